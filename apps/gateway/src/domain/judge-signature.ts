import { approvalPreimage, checkAssertion, needsVerifiedUser, unfitFor, type Assertion, type EnrolledKey, type Es256 } from '@countersign/contracts/assertions';

/** A key of the person's as its row says it. */
export interface SigningKeyFacts extends EnrolledKey {
  readonly personId: string;
  readonly deviceId: string;
  readonly removed: boolean;
  /** The executor's word; undefined: it has not said yet, and will judge by itself. */
  readonly effectiveFrom: Date | undefined;
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
export type SignatureRefusal = 'assertion_missing' | 'assertion_invalid' | 'challenge_unknown' | 'challenge_expired' | 'key_unfit' | 'key_not_in_effect' | 'tier_not_offered';

/** Whose yes it is to be. */
export interface Yes {
  readonly now: Date;
  readonly digest: string;
  readonly personId: string;
  readonly deviceId: string;
}
type No = { readonly code: SignatureRefusal; readonly message: string; readonly details?: Readonly<Record<string, unknown>> };

/**
 * Whether a yes is signed by a key of this person on this device, over this manifest and a challenge of ours that nobody has used.
 * The executor judges the same by keys it has pinned itself; here a person is told at once. Undefined: it is.
 */
export function judgeSignature({ now, digest, personId, deviceId }: Yes, { assertion, challenge, key, tier, origin, softwareKeys }: SignatureFacts, es256: Es256): No | undefined {
  if (!assertion) return { code: 'assertion_missing', message: 'an approval is signed: ask for a challenge, sign it, and send the assertion' };
  if (tier > 2) return { code: 'tier_not_offered', message: `approvals of tier ${tier} cannot be given yet` };
  if (!challenge || challenge.personId !== personId || challenge.deviceId !== deviceId) return { code: 'challenge_unknown', message: 'this challenge was never given for this, or was used: ask for a new one' };
  if (challenge.expiresAt.getTime() <= now.getTime()) return { code: 'challenge_expired', message: 'the signature came too late: ask for a new challenge' };
  if (!key || key.removed || key.personId !== personId || key.deviceId !== deviceId) return { code: 'assertion_invalid', message: 'this key is not enrolled for you on this device', details: { fault: 'credential_unknown' } };
  const unfit = unfitFor(tier, key.kind);
  if (unfit) return { code: 'key_unfit', message: 'others will see what this does: approve it with a passkey' };
  if (key.kind === 'software' && !softwareKeys) return { code: 'key_unfit', message: 'a key in a file signs nothing in production' };
  if (key.effectiveFrom && key.effectiveFrom.getTime() > now.getTime()) return { code: 'key_not_in_effect', message: `this device is new: it counts from ${key.effectiveFrom.toISOString()}, or as soon as an older one vouches for it`, details: { effectiveFrom: key.effectiveFrom.toISOString() } };
  const preimage = approvalPreimage({ digest, nonce: challenge.nonce, approverId: personId, deviceId, expiresAt: challenge.expiresAt.getTime() / 1000 });
  const checked = checkAssertion(assertion, { key, challenge: es256.sha256(preimage), origin, userVerified: needsVerifiedUser(tier) }, es256);
  return checked.ok ? undefined : { code: 'assertion_invalid', message: `the signature does not stand for this approval: ${checked.fault.replaceAll('_', ' ')}`, details: { fault: checked.fault } };
}
