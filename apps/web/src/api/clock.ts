import { aheadBy } from '@countersign/view';

const KEPT = 'countersign.clock';
let aheadMs = Number(localStorage.getItem(KEPT) ?? 0) || 0;
let told: (() => void) | undefined;

/** The server's time as far as this device knows it: deadlines are the server's, and a phone's clock may be wrong. */
export const serverNow = (): number => Date.now() + aheadMs;
/** The clock of the screen is set anew at once. */
export const onClockSet = (listener: () => void): void => void (told = listener);

/** Learns from the `Date` of an answer that the server gave just now. Kept, so that it is known without a connection too. */
export function learnTime(date: string | null): void {
  const next = aheadBy(date, Date.now(), aheadMs);
  if (next === aheadMs) return;
  aheadMs = next;
  if (next === 0) localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, String(next));
  told?.();
}
