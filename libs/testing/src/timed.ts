import { setTimeout as sleep } from 'node:timers/promises';

const TICK_MS = 20;

export interface Timed<T> {
  readonly value: T;
  /** By the clock on the wall. */
  readonly tookMs: number;
  /** What of it the machine did not give: ticks, and looks at what the work needs, that took longer meanwhile than they should, less what this process itself was busy. */
  readonly lostMs: number;
}

/**
 * Times work where the time is the rule. `look` does in a moment what the work depends on (a row written, say), `lookMs` is
 * what it may cost: where even that has to wait, it is the machine that is late and not the work.
 */
export async function timed<T>(work: () => Promise<T>, look: () => Promise<unknown> = () => Promise.resolve(), lookMs = TICK_MS): Promise<Timed<T>> {
  const over = new AbortController();
  const began = performance.now();
  const lost = lostUntil(over.signal, look, TICK_MS + lookMs);
  try {
    const value = await work();
    const tookMs = performance.now() - began;
    over.abort();
    return { value, tookMs, lostMs: await lost };
  } finally {
    over.abort();
  }
}

async function lostUntil(over: AbortSignal, look: () => Promise<unknown>, shouldMs: number): Promise<number> {
  let lost = 0;
  while (!over.aborted) {
    const [began, busy] = [performance.now(), process.cpuUsage()];
    await sleep(TICK_MS);
    await look();
    const { user, system } = process.cpuUsage(busy);
    lost += Math.max(0, performance.now() - began - Math.max(shouldMs, (user + system) / 1_000));
  }
  return lost;
}
