import type { KeyKind } from '@countersign/contracts/assertions';

export interface KeyNews {
  readonly kind: KeyKind;
  readonly countsFrom: Date;
  /** It is for whom the letter goes to; else for somebody of their customer who had no key before. */
  readonly own: boolean;
}

/** What is said of a key that was not there before. It carries no link and no word that a row says: whoever wrote the row may be whom it warns of. */
export function keyNotice({ kind, countsFrom, own }: KeyNews): { readonly subject: string; readonly text: string } {
  const what = kind === 'passkey' ? 'A passkey' : 'A key of a browser or program';
  const whose = own ? 'in your name was added to your Countersign account' : 'was added for somebody of your company who could approve nothing before';
  const then = own
    ? 'If that was not you: open Countersign as you always do, go to Me, Devices, and remove the device you do not know. Its keys end at once.'
    : 'If you do not know of that: tell your platform governor before then.';
  return {
    subject: own ? 'A key to approve with was added to your account' : 'Somebody else can approve for your company',
    text: `${what} with which approvals can be signed ${whose}.\n\nUnless another key of ${own ? 'yours' : 'theirs'} vouches for it, it counts no sooner than ${countsFrom.toUTCString()}.\n\n${then}\n\nThis letter was sent by the service that carries out approvals, not by the one you sign in to.\n`,
  };
}

/** How far the letters about a key have come: to how many addresses they got, how many are to be tried again, and since when that is tried. */
export interface Announced {
  readonly reached: number;
  readonly deferred: number;
  readonly sinceMs: number;
}

/** An address that a letter was kept from for so long, while others took theirs, is as good as one that takes none. */
export const DEFERRED_FOR_GOOD_MS = 24 * 3_600_000;

/** Whether enough was said of a key that its hold may begin: one address that is always put off, and may be an old one, keeps it from counting for a day and no longer. */
export const isAnnounced = ({ reached, deferred, sinceMs }: Announced): boolean => deferred === 0 || (reached > 0 && sinceMs >= DEFERRED_FOR_GOOD_MS);
