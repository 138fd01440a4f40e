import { useSyncExternalStore } from 'react';

/** Chromium's own dialog, kept for the moment when it makes sense. https://developer.mozilla.org/docs/Web/API/BeforeInstallPromptEvent */
interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

let kept: InstallPrompt | undefined;
const listeners = new Set<() => void>();
const keep = (prompt: InstallPrompt | undefined): void => {
  kept = prompt;
  for (const listener of listeners) listener();
};

window.addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault();
  keep(event as InstallPrompt);
});
window.addEventListener('appinstalled', () => keep(undefined));

/** How to install the app with the browser's own dialog, where the browser has one. */
export const useInstall = (): (() => void) | undefined => {
  const prompt = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => kept,
  );
  return prompt && (() => void prompt.prompt().then(() => keep(undefined)));
};

export const isInstalled = (): boolean => matchMedia('(display-mode: standalone)').matches || (navigator as { readonly standalone?: boolean }).standalone === true;
