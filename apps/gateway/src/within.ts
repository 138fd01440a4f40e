import { setTimeout as sleep } from 'node:timers/promises';

/** What the work resolves with, or undefined when it takes longer; it is not stopped then, and what it comes to is not looked at. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  try {
    return await Promise.race([work, sleep(ms, undefined, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}
