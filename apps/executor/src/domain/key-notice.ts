import type { KeyKind } from '@countersign/contracts/assertions';

/** What is said of a key that was not there before. It carries no link and no word that a row says: whoever wrote the row may be whom it warns of. */
export function keyNotice({ kind, countsFrom }: { readonly kind: KeyKind; readonly countsFrom: Date }): { readonly subject: string; readonly text: string } {
  const what = kind === 'passkey' ? 'A passkey' : 'A key of a browser or program';
  return {
    subject: 'A key to approve with was added to your account',
    text: `${what} with which approvals can be signed in your name was added to your Countersign account.\n\nUnless another key of yours vouches for it, it counts from ${countsFrom.toUTCString()}.\n\nIf that was not you: open Countersign as you always do, go to Me, Devices, and remove the device you do not know. Its keys end at once.\n\nThis letter was sent by the service that carries out approvals, not by the one you sign in to.\n`,
  };
}
