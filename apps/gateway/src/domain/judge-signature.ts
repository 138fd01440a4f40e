import { approvalPreimage, checkAssertion, countsFrom, isBound, needsVerifiedUser, unfitFor, type Assertion, type EnrolledKey, type Es256 } from '@countersign/contracts/assertions';

/** A key of the person's as its row says it. */
export interface SigningKeyFacts extends EnrolledKey, Counting {
  readonly personId: string;
  readonly deviceId: string;
  readonly removed: boolean;
  /** Of the same person's keys on the session's device, which know it: what is not bound to one device signs where there is one that counts. */
  readonly here: readonly Counting[];
}
/** The executor's word, in general and for the highest tier; undefined: it has not said yet. */
export interface Counting {
  readonly effectiveFrom: Date | undefined;
  readonly highestFrom: Date | undefined;
}
export interface ChallengeFacts {
  readonly nonce: Uint8Array;
  readonly personId: string;
  readonly deviceId: string;
  readonly expiresAt: Date;
}
/** What came with an approve, and what is known about it. */
export interface SignatureFacts {
  readonly assertion: Assertion | undefined;
  /** By the nonce that was named, of this approval; undefined: never given, or used. */
  readonly challenge: ChallengeFacts | undefined;
  readonly key: SigningKeyFacts | undefined;
  readonly tier: number;
  readonly origin: string;
  /** Keys in files; not in production. */
  readonly softwareKeys: boolean;
}
export type SignatureRefusal = 'assertion_missing' | 'assertion_invalid' | 'challenge_unknown' | 'challenge_expired' | 'key_unfit' | 'key_not_confirmed' | 'key_not_in_effect';

const UNFIT = {
  passkey_required: 'others will see what this does: approve it with a passkey',
  device_bound_required: 'this is of the highest tier: approve it with a key that is on one device alone, a passkey that is not synchronised or a browser’s own',
} as const;

/** Whose yes it is to be. */
export interface Yes {
  readonly now: Date;
  readonly digest: string;
  readonly personId: string;
  readonly deviceId: string;
}
export type JudgedSignature = { readonly ok: true; /** What the authenticator has counted to, under the verified signature. */ readonly counter: number } | No;
type No = { readonly ok: false; readonly code: SignatureRefusal; readonly message: string; readonly details?: Readonly<Record<string, unknown>> };

const no = (code: SignatureRefusal, message: string, details?: No['details']): No => ({ ok: false, code, message, ...(details ? { details } : {}) });

/** What makes one that is new count sooner: a passkey takes another passkey's word alone. */
const SOONER = {
  device: 'as soon as you say on the page Me that it is yours: there with a passkey that counts, or on an older device',
  passkey: 'as soon as you say with an older passkey, on the page Me, that it is yours',
} as const;

/** Why none of these keys counts yet at this tier: of a device, or the key itself. */
function tooEarly(now: Date, tier: number, keys: readonly Counting[], what: keyof typeof SOONER): No | undefined {
  if (keys.length === 0) return no('assertion_invalid', 'this device is not known by a key of its own: enrol one here first', { fault: 'device_unknown' });
  const said = keys.map((key) => countsFrom(tier, key)).filter((from) => from !== undefined);
  if (said.length === 0) return no('key_not_confirmed', `the executor has not confirmed this ${what} yet; try again in a moment`);
  const from = new Date(Math.min(...said.map((each) => each.getTime())));
  if (from.getTime() <= now.getTime()) return undefined;
  const effectiveFrom = from.toISOString();
  return no('key_not_in_effect', tier >= 3 ? `this ${what} is new: for what is of the highest tier it counts from ${effectiveFrom}` : `this ${what} is new: it counts from ${effectiveFrom}, or ${SOONER[what]}`, { effectiveFrom });
}

/**
 * Whether a yes is signed by a key of this person that may sign on this device, over this manifest and a challenge of ours that nobody has used.
 * The executor judges the same by keys it has pinned itself; here a person is told at once.
 */
export function judgeSignature({ now, digest, personId, deviceId }: Yes, { assertion, challenge, key, tier, origin, softwareKeys }: SignatureFacts, es256: Es256): JudgedSignature {
  if (!assertion) return no('assertion_missing', 'an approval is signed: ask for a challenge, sign it, and send the assertion');
  if (!challenge || challenge.personId !== personId || challenge.deviceId !== deviceId) return no('challenge_unknown', 'this challenge was never given for this, or was used: ask for a new one');
  if (challenge.expiresAt.getTime() <= now.getTime()) return no('challenge_expired', 'the signature came too late: ask for a new challenge');
  const away = key !== undefined && key.deviceId !== deviceId;
  if (!key || key.removed || key.personId !== personId || (away && isBound(key))) return no('assertion_invalid', 'this key is not enrolled for you on this device', { fault: 'credential_unknown' });
  const unfit = unfitFor(tier, key);
  if (unfit) return no('key_unfit', UNFIT[unfit]);
  if (key.kind === 'software' && !softwareKeys) return no('key_unfit', 'a key in a file signs nothing in production');
  const early = tooEarly(now, tier, [key], key.kind === 'passkey' ? 'passkey' : 'device') ?? (away ? tooEarly(now, tier, key.here, 'device') : undefined);
  if (early) return early;
  const preimage = approvalPreimage({ digest, nonce: challenge.nonce, approverId: personId, deviceId, expiresAt: challenge.expiresAt.getTime() / 1000 });
  const checked = checkAssertion(assertion, { key, challenge: es256.sha256(preimage), origin, userVerified: needsVerifiedUser(tier, key.kind) }, es256);
  return checked.ok ? { ok: true, counter: checked.counter } : no('assertion_invalid', `the signature does not stand for this approval: ${checked.fault.replaceAll('_', ' ')}`, { fault: checked.fault });
}
