import { aheadBy } from '@countersign/view';
import { keepHere } from './keep-here.js';

const KEPT = 'countersign.clock';
let aheadMs = Number(localStorage.getItem(KEPT) ?? 0) || 0;
let told: (() => void) | undefined;

/** The server's time as far as this device knows it: deadlines are the server's, and a phone's clock may be wrong. */
export const serverNow = (): number => Date.now() + aheadMs;
/** The clock of the screen is set anew at once. */
export const onClockSet = (listener: () => void): void => void (told = listener);

/**
 * Learns from the `Date` of an answer that the server gave just now: what a browser may have kept says what time it was then. Kept, so
 * that it is known without a connection too; where this browser has no room for that, for as long as the page is open.
 */
export function learnTime({ headers }: Response, askedAt: number): void {
  if (!/no-store/.test(headers.get('cache-control') ?? '')) return;
  const next = aheadBy(headers.get('date'), { askedAt, answeredAt: Date.now() }, aheadMs);
  if (next === aheadMs) return;
  aheadMs = next;
  if (next === 0) localStorage.removeItem(KEPT);
  else keepHere(KEPT, String(next));
  told?.();
}
