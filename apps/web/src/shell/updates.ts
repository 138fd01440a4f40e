import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { keys } from '../api/queries.js';
import { pageStands } from './stands.js';

/** What the service worker tells the pages it serves. */
export type WorkerMessage = { readonly type: 'push'; readonly approvalId: string | undefined; readonly shown: boolean } | { readonly type: 'open'; readonly path: string };

let takeUpdate: (() => void) | undefined;
const listeners = new Set<() => void>();
function offer(update: () => void): void {
  takeUpdate = update;
  for (const listener of listeners) listener();
}

/** Registers the service worker once the page stands, and hears what it has to say. */
export function listenToWorker(client: QueryClient, open: (path: string) => void): void {
  if (!('serviceWorker' in navigator)) return;
  navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<WorkerMessage | undefined>) => {
    if (data?.type === 'open') open(data.path);
    if (data?.type === 'push') for (const queryKey of [keys.approvals, ['approval']]) void client.invalidateQueries({ queryKey });
  });
  if (import.meta.env.DEV) return;
  // it fetches the whole app to keep it: not beside what somebody waits for
  void pageStands(client).then(async () => {
    const { registerSW } = await import('virtual:pwa-register');
    const update = registerSW({ onNeedRefresh: () => offer(() => void update(true)) });
  });
}

/** How to take a new version, once there is one. */
export const useUpdate = (): (() => void) | undefined =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => takeUpdate,
  );
