import { approvalPreimage, challengeSeconds, checkAssertion, fromBase64url, isAssertion, needsVerifiedUser, unfitFor, type Assertion, type Es256 } from '@countersign/contracts/assertions';
import type { Order } from './order.js';
import type { PinnedKey } from './pins.js';
import { refuse, type Refused } from './refusal.js';

/** A person's yes as its row says it. */
export interface Decided {
  readonly digest: string;
  readonly personId: string | null;
  readonly deviceId: string | null;
  /** When it was recorded, by the database. */
  readonly at: Date;
  readonly assertion: StoredAssertion | null;
}
/** What was signed over, besides the manifest and whose row it is. */
export interface StoredAssertion extends Assertion {
  readonly nonce: string;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/** What the executor knows by itself. */
export interface Witness {
  readonly es256: Es256;
  key(customerId: string, credentialId: string): PinnedKey | undefined;
  /** Milliseconds, by its own clock. */
  readonly now: number;
  /** The approval was begun after it was verified: what came of its key since, and how late it is, changes nothing. */
  readonly begun: boolean;
  /** Keys in files count for nothing in production. */
  readonly softwareKeys: boolean;
}

/** Between the look at the challenge and the row of the decision. */
const RECORDING_MS = 5_000;
/** Between the executor's clock and the database's. */
const CLOCKS_MS = 60_000;

/** Whether one of these decisions is a yes that a key of the approver's signed, over exactly this order. Undefined: it is; else why the best of them is not. */
export function verifySignature(order: Order, digest: string, decided: readonly Decided[], witness: Witness): Refused | undefined {
  let best: Refused = refuse('assertion_missing');
  for (const each of decided) {
    const wrong = wrongWith(order, digest, each, witness);
    if (!wrong) return undefined;
    if (wrong.code !== 'assertion_missing') best = wrong;
  }
  return best;
}

function wrongWith(order: Order, digest: string, { personId, deviceId, at, assertion }: Decided, witness: Witness): Refused | undefined {
  if (personId === null || deviceId === null || assertion === null) return refuse('assertion_missing');
  if (!isAssertion(assertion)) return refuse('assertion_invalid');
  const key = witness.key(order.customerId, assertion.credentialId);
  if (!key) return refuse('key_unknown');
  const wrongKey = unusable(key, order, { personId, deviceId }, witness);
  if (wrongKey) return wrongKey;
  const challenge = challengeOf(digest, { personId, deviceId }, assertion, witness.es256);
  const checked = challenge && checkAssertion(assertion, { key, challenge, origin: undefined, userVerified: needsVerifiedUser(order.tier) }, witness.es256);
  if (!checked) return refuse('assertion_invalid');
  if (!checked.ok) return refuse(checked.fault === 'user_unverified' ? 'key_unfit' : 'assertion_invalid');
  if (isAhead(order, assertion.expiresAt, witness)) return refuse('assertion_invalid');
  return isLate(order, at, assertion.expiresAt, witness) ? refuse('assertion_late') : undefined;
}

function unusable(key: PinnedKey, { tier }: Order, { personId, deviceId }: { personId: string; deviceId: string }, { now, begun, softwareKeys }: Witness): Refused | undefined {
  if (key.personId !== personId || key.deviceId !== deviceId) return refuse('key_foreign');
  if (!begun && key.endedAt !== undefined) return refuse('key_ended');
  if (!begun && key.effectiveFrom > now) return refuse('key_not_in_effect');
  if (key.kind === 'software' && !softwareKeys) return refuse('key_unfit');
  const unfit = unfitFor(tier, key.kind);
  return unfit ? refuse(unfit === 'tier_not_offered' ? 'tier_not_offered' : 'key_unfit') : undefined;
}

/** What was signed is the manifest's own hash and the signed expiry, so that neither row nor clock of the database can make a yes last. */
function isLate({ validMinutes }: Order, at: Date, expiresAt: number, { now, begun }: Witness): boolean {
  const until = expiresAt * 1000;
  return at.getTime() > until + RECORDING_MS || (!begun && now > until + validMinutes * 60_000 + CLOCKS_MS);
}

/** No honest gateway asks for a signature that may be handed in so late: whoever does wants to keep it. */
function isAhead({ tier }: Order, expiresAt: number, { now, begun }: Witness): boolean {
  return !begun && expiresAt * 1000 > now + challengeSeconds(tier) * 1000 + CLOCKS_MS;
}

function challengeOf(digest: string, { personId, deviceId }: { personId: string; deviceId: string }, { nonce, expiresAt }: StoredAssertion, es256: Es256): Uint8Array | undefined {
  const bytes = typeof nonce === 'string' ? fromBase64url(nonce) : undefined;
  if (bytes?.length !== 32 || !Number.isSafeInteger(expiresAt) || expiresAt < 0) return undefined;
  return es256.sha256(approvalPreimage({ digest, nonce: bytes, approverId: personId, deviceId, expiresAt }));
}
