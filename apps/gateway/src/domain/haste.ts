/** So many of a person's newest yeses are looked at. */
export const YESES_LOOKED_AT = 10;
const FASTEST_READ_MS = 2_000;

/** From first sight to yes, in milliseconds: that half of so many took less than anybody reads in. Fewer say nothing. */
export function isHasty(tookMs: readonly number[]): boolean {
  if (tookMs.length < YESES_LOOKED_AT) return false;
  const sorted = [...tookMs].sort((one, other) => one - other);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)]!, sorted[Math.ceil((sorted.length - 1) / 2)]!];
  return (low + high) / 2 < FASTEST_READ_MS;
}
