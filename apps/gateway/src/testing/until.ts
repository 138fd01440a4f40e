import { setTimeout as sleep } from 'node:timers/promises';

const WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 25;

/** Looks until there is something to see; throws after two minutes. */
export async function until<T>(look: () => Promise<T | undefined | false>, what = 'what the test waits for'): Promise<T> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > deadline) throw new Error(`${what} did not happen`);
    await sleep(LOOK_EVERY_MS);
  }
}
