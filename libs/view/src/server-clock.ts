/** An answer takes a moment, and names its time to the second: less than this is no wrong clock. */
const BELOW_MS = 5_000;

/** How far the server's clock is ahead of a device's, by the `Date` of an answer that came just now; `known` where that tells nothing new. */
export function aheadBy(date: string | null, deviceMs: number, known: number): number {
  const said = Date.parse(date ?? '');
  if (Number.isNaN(said)) return known;
  const off = said + 500 - deviceMs;
  if (Math.abs(off) < BELOW_MS) return 0;
  return Math.abs(off - known) < BELOW_MS ? known : off;
}
