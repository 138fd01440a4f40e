/** Durations or rates of one thing, measured many times. */
export interface Summary {
  readonly n: number;
  readonly p50: number;
  readonly p99: number;
}

/** The smallest value that at least this part of all values does not exceed (nearest rank). */
export function percentile(values: readonly number[], part: number): number {
  if (values.length === 0) throw new RangeError('nothing was measured');
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)]!;
}

export const summaryOf = (values: readonly number[]): Summary => ({ n: values.length, p50: percentile(values, 0.5), p99: percentile(values, 0.99) });

/** How long the work took, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
