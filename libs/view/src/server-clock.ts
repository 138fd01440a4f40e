/** Clocks that differ by less are right. */
const BELOW_MS = 5_000;
/** A `Date` names its time to the second. */
const SECOND_MS = 1_000;

/** When an answer was asked for and when it came, by the device's clock, in milliseconds. Its `Date` was written between the two. */
export interface Asked {
  readonly askedAt: number;
  readonly answeredAt: number;
}

/**
 * How far the server's clock is ahead of a device's, by the `Date` of an answer that the server gave just now; `known` where that tells
 * nothing new. An answer that was long on its way says little: whatever it does not speak against stays.
 */
export function aheadBy(date: string | null, { askedAt, answeredAt }: Asked, known: number): number {
  const said = Date.parse(date ?? '');
  if (Number.isNaN(said)) return known;
  const fits = (ahead: number): boolean => ahead > said - answeredAt - BELOW_MS && ahead < said + SECOND_MS - askedAt + BELOW_MS;
  if (fits(0) && answeredAt - askedAt < BELOW_MS) return 0;
  if (fits(known)) return known;
  return fits(0) ? 0 : said + SECOND_MS / 2 - answeredAt;
}
