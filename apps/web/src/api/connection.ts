import { useSyncExternalStore } from 'react';

export interface Connection {
  readonly online: boolean;
  /** What is on the screen was saved then, because the server could not be reached. */
  readonly savedAt?: string | undefined;
}

const PROBE_EVERY_MS = 4_000;
let current: Connection = { online: navigator.onLine };
let probe: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<(connection: Connection) => void>();

function become(next: Connection): void {
  if (next.online === current.online && next.savedAt === current.savedAt) return;
  current = next;
  if (next.online) {
    clearInterval(probe);
    probe = undefined;
  } else probe ??= setInterval(() => void lookAgain(), PROBE_EVERY_MS);
  for (const listener of listeners) listener(current);
}

/** An answer that the server gave just now. */
export const cameFromServer = (): void => become({ online: true });
/** An answer that an earlier visit left behind. */
export const cameFromStore = (savedAt: string): void => become({ online: false, savedAt });
export const unreachable = (): void => become({ ...current, online: false });

/** Screens that show how the connection stands; without one (a receipt is verified with no server) nothing is asked. */
let watching = 0;

async function lookAgain(): Promise<void> {
  if (watching === 0) return;
  try {
    const response = await fetch('/healthz', { cache: 'no-store' });
    if (response.status < 500) cameFromServer();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // still away: the next look tells
  }
}

window.addEventListener('offline', unreachable);
window.addEventListener('online', () => void lookAgain());

export function onConnection(listener: (connection: Connection) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const isOnline = (): boolean => current.online;

function watchConnection(listener: () => void): () => void {
  watching += 1;
  const stop = onConnection(listener);
  return () => {
    watching -= 1;
    stop();
  };
}

export const useConnection = (): Connection => useSyncExternalStore(watchConnection, () => current);
