import { useSyncExternalStore } from 'react';

export interface Connection {
  readonly online: boolean;
  /** What is on the screen was saved then, because the server could not be reached. */
  readonly savedAt?: string | undefined;
  /** Something on the screen was saved then, and the server has been asked for it and not answered yet: nobody knows that it is away. */
  readonly lateSince?: string | undefined;
}

const PROBE_EVERY_MS = 4_000;
let current: Connection = { online: navigator.onLine };
let probe: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<(connection: Connection) => void>();

function become(next: Connection): void {
  if (next.online === current.online && next.savedAt === current.savedAt && next.lateSince === current.lateSince) return;
  current = next;
  if (next.online) {
    clearInterval(probe);
    probe = undefined;
  } else probe ??= setInterval(() => void lookAgain(), PROBE_EVERY_MS);
  for (const listener of listeners) listener(current);
}

/** What was shown before its answer came, by path: of when it is, and when that was. What is on the screen is asked for again sooner than it is forgotten here. */
const late = new Map<string, { readonly savedAt: string; readonly at: number }>();
const LATE_FOR_MS = 20_000;
function lateSince(): string | undefined {
  for (const [path, { at }] of late) if (performance.now() - at > LATE_FOR_MS) late.delete(path);
  return [...late.values()].map(({ savedAt }) => savedAt).sort()[0];
}

/** Where a server answers one thing and not another, the screen does not say now this, now that, faster than anybody reads. */
const CALM_MS = 1_000;
let fromStoreAt = -Infinity;

/** An answer that the server gave just now. */
export function cameFromServer(path: string): void {
  late.delete(path);
  if (performance.now() - fromStoreAt < CALM_MS) return;
  become({ online: true, lateSince: lateSince() });
}
/** An answer that an earlier visit left behind, shown because the server is slow. Whether there is a connection is not known by it. */
export function cameLate(path: string, savedAt: string): void {
  late.set(path, { savedAt, at: performance.now() });
  become({ ...current, lateSince: lateSince() });
}
/** An answer that an earlier visit left behind. */
export function cameFromStore(savedAt: string): void {
  fromStoreAt = performance.now();
  become({ online: false, savedAt });
}
export const unreachable = (): void => become({ ...current, online: false });

/** Screens that show how the connection stands; without one (a receipt is verified with no server) nothing is asked. */
let watching = 0;

/** Nothing was answered in the time that there was. */
export const isSilence = (error: unknown): boolean => error instanceof DOMException && error.name === 'TimeoutError';

async function lookAgain(): Promise<void> {
  if (watching === 0) return;
  try {
    const response = await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(PROBE_EVERY_MS) });
    if (response.status < 500) cameFromServer('/healthz');
  } catch (error) {
    if (!(error instanceof TypeError || isSilence(error))) throw error; // still away: the next look tells
  }
}

window.addEventListener('offline', unreachable);
window.addEventListener('online', () => void lookAgain());

export function onConnection(listener: (connection: Connection) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const isOnline = (): boolean => current.online;
export const isLate = (): boolean => current.lateSince !== undefined;

function watchConnection(listener: () => void): () => void {
  watching += 1;
  const stop = onConnection(listener);
  return () => {
    watching -= 1;
    stop();
  };
}

export const useConnection = (): Connection => useSyncExternalStore(watchConnection, () => current);
