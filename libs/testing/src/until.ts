import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;
/** Finds what hangs; a machine that is busy with other tests is not to be mistaken for it. */
const LIMIT_MS = 120_000;

/** Looks until there is something to see; a deadline turns a hang into a failure that says what was seen last. */
export async function until<T>(what: string, look: () => Promise<T | undefined | false> | T | undefined | false, limitMs = LIMIT_MS, everyMs = LOOK_EVERY_MS): Promise<T> {
  const deadline = performance.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      last = seen;
    } catch (error) {
      last = error; // what is looked at may just be away; the deadline decides
    }
    if (performance.now() > deadline) throw new Error(`${what} did not happen in ${limitMs} ms; last: ${String(last)}`);
    await sleep(everyMs);
  }
}
