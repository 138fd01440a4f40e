import { digestWords } from '@countersign/contracts/digest-words';

import { bodyOf, type DecisionReport } from './decision-receipt.js';

/** What a sound receipt shows, for a person who is no cryptographer: each line one fact, and what remains to be known by other means. */
export interface ReceiptWords {
  readonly proven: readonly string[];
  readonly open: readonly string[];
}

const DEEDS: Readonly<Record<string, string>> = {
  'MOBILE-APPROVAL-GRANTED': 'The request was approved',
  'MOBILE-APPROVAL-DENIED': 'The request was denied',
  'APPROVAL-CHANGES-REQUESTED': 'Changes were requested',
  'APPROVAL-EXPIRED': 'The request expired without an answer',
  'APPROVAL-WITHDRAWN': 'The request was withdrawn',
  'APPROVAL-COUNTED': 'A yes to the request was counted, one of several that it needs: by itself it had no effect',
  'APPROVAL-UNDONE': 'A decision on the request was taken back before it had an effect',
};
/** By what was decided; that it took effect, another entry says. */
const HELD: Readonly<Record<string, string>> = { approve: 'A yes', deny: 'A no', request_changes: 'A wish for changes' };
const KEYS = { passkey: 'a passkey', device: 'a key that a browser keeps', software: 'a key in a file' } as const;

/** Nothing for a receipt that was refused. */
export function receiptWords({ ok, key = '', keyPinned, seq, size, atMs, payload, signed }: DecisionReport): ReceiptWords {
  if (!ok) return { proven: [], open: [] };
  const { digest, approval_id: approval, decision } = bodyOf(payload);
  const about = typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest) ? `: the one with the digest ${digest} (${digestWords(digest)})` : '';
  const action = String(payload?.['action']);
  const held = action === 'APPROVAL-HELD' ? `${HELD[String(decision)] ?? 'A decision'} on the request was recorded and held, to be undone for a while: it had no effect yet` : undefined;
  const deed = held ?? DEEDS[action] ?? (payload === null ? 'Something was written that is not kept any more' : `${action} was written`);
  return {
    proven: [
      `${deed}${about}.`,
      `That is entry ${seq} of the team's record, written ${new Date(atMs ?? 0).toISOString()} by the database's clock, below a signed head of ${size} entries. It cannot be changed, moved or left out without breaking this receipt.`,
      ...(signed ? [`The yes was signed with ${KEYS[signed.kind]}${signed.userVerified ? ', which verified its person' : ''}, at ${signed.origin}, over exactly this digest and no other.`] : []),
    ],
    open: [
      ...(keyPinned ? [] : [`Whether the key of the record is the right one: it came with the file. Compare its id, ${key.split('+')[1] ?? '?'}, with one that you have from elsewhere.`]),
      `What the request said: here is only its digest. The manifest${typeof approval === 'string' ? ` of approval ${approval}` : ''} has to hash to it.`,
      ...(signed ? ['Whose hand it was: the record names the person by a commitment, and the key by its name.'] : []),
      'What became of it, and what was written before and after: other entries say that, each with a receipt of its own.',
    ],
  };
}
