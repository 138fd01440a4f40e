import { approvalPreimage, challengeSeconds, checkAssertion, countsFrom, fromBase64url, goodUntilMs, isAssertion, isBound, needsVerifiedUser, toBase64url, unfitFor, type Assertion, type Es256 } from '@countersign/contracts/assertions';
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
  /** Those that are bound to a device or were made there: how it knows a device, and since when. */
  keysOn(customerId: string, deviceId: string): readonly PinnedKey[];
  /** Whoever signed over this nonce took it back. */
  isSpent(nonce: string): boolean;
  /** Milliseconds, by its own clock. */
  readonly now: number;
  /** The approval was begun after it was verified, and is looked after: what came of its key since, and how late it is, changes nothing of what it was. */
  readonly begun: boolean;
  /** Keys in files count for nothing in production. */
  readonly softwareKeys: boolean;
}

/** Between the look at the challenge and the row of the decision. */
const RECORDING_MS = 5_000;
/** Between the executor's clock and the database's. */
const CLOCKS_MS = 60_000;

/** As many yeses as the order needs, by the nonces that they were signed over; or why not. */
export type Countersigned = { readonly ok: true; readonly yeses: readonly string[] } | Refused;

/**
 * Whether enough of these decisions are yeses that keys of the approvers' signed, over exactly this order: of several each is another
 * person's (or device's), with another key, over another challenge, and of somebody whom the manifest names. How late it is, is
 * counted from the last of them.
 */
export function verifySignatures(order: Order, digest: string, decided: readonly Decided[], witness: Witness): Countersigned {
  let best: Refused = refuse('assertion_missing');
  const good: Counted[] = [];
  for (const each of decided) {
    const wrong = wrongWith(order, digest, each, witness);
    if (!wrong) good.push({ ...(each as Signed), key: witness.key(order.customerId, each.assertion!.credentialId)! });
    else if (wrong.code !== 'assertion_missing') best = wrong;
  }
  const counted = distinct(order, good);
  if (counted.length < (order.quorum?.need ?? 1)) return good.length > 0 && best.code === 'assertion_missing' ? refuse('quorum_short') : best;
  if (isLate(order, Math.max(...counted.map(({ assertion }) => assertion.expiresAt)), witness)) return refuse('assertion_late');
  return { ok: true, yeses: counted.map(({ assertion }) => assertion.nonce).sort() };
}

type Signed = Decided & { readonly personId: string; readonly deviceId: string; readonly assertion: StoredAssertion };
type Counted = Signed & { readonly key: PinnedKey };

/** Nobody counts twice, no device where devices are counted, no key by whatever names, and no signature. The newest first: it is good for longest. */
function distinct({ quorum }: Order, good: readonly Counted[]): Counted[] {
  const seen = new Set<string>();
  return [...good]
    .sort((one, other) => other.assertion.expiresAt - one.assertion.expiresAt)
    .filter(({ personId, deviceId, assertion, key }) => {
      const marks = [quorum?.of === 'devices' ? `device ${deviceId}` : `person ${personId}`, `key ${toBase64url(key.publicKey)}`, `nonce ${assertion.nonce}`];
      if (marks.some((mark) => seen.has(mark))) return false;
      for (const mark of marks) seen.add(mark);
      return true;
    });
}

function wrongWith(order: Order, digest: string, { personId, deviceId, at, assertion }: Decided, witness: Witness): Refused | undefined {
  if (personId === null || deviceId === null || assertion === null) return refuse('assertion_missing');
  if (!isAssertion(assertion)) return refuse('assertion_invalid');
  if (order.quorum && !order.quorum.people.includes(personId)) return refuse('approver_not_named');
  const key = witness.key(order.customerId, assertion.credentialId);
  if (!key) return refuse('key_unknown');
  const wrongKey = unusable(key, order, { personId, deviceId }, witness);
  if (wrongKey) return wrongKey;
  const challenge = challengeOf(digest, { personId, deviceId }, assertion, witness.es256);
  const checked = challenge && checkAssertion(assertion, { key, challenge, origin: undefined, userVerified: needsVerifiedUser(order.tier, key.kind) }, witness.es256);
  if (!checked) return refuse('assertion_invalid');
  if (!checked.ok) return refuse(checked.fault === 'user_unverified' ? 'key_unfit' : 'assertion_invalid');
  if (isAhead(order, assertion.expiresAt, witness)) return refuse('assertion_invalid');
  if (!witness.begun && witness.isSpent(assertion.nonce)) return refuse('assertion_spent');
  return at.getTime() > assertion.expiresAt * 1000 + RECORDING_MS ? refuse('assertion_late') : undefined;
}

type Who = Pick<Signed, 'personId' | 'deviceId'>;

function unusable(key: PinnedKey, order: Order, who: Who, witness: Witness): Refused | undefined {
  const { now, begun, softwareKeys } = witness;
  if (key.personId !== who.personId) return refuse('key_foreign');
  const strange = key.deviceId === who.deviceId ? undefined : strangeDevice(key, order, who, witness);
  if (strange) return strange;
  if (!begun && key.endedAt !== undefined) return refuse('key_ended');
  if (!begun && countsFrom(order.tier, key) > now) return refuse('key_not_in_effect');
  if (key.kind === 'software' && !softwareKeys) return refuse('key_unfit');
  return unfitFor(order.tier, key) ? refuse('key_unfit') : undefined;
}

/** What is not bound to one device signs on another of the same person's that is known by a key of its own, and since long enough. */
function strangeDevice(key: PinnedKey, { customerId, tier }: Order, { personId, deviceId }: Who, { now, begun, keysOn }: Witness): Refused | undefined {
  const theirs = isBound(key) ? [] : keysOn(customerId, deviceId).filter((each) => each.personId === personId);
  if (theirs.length === 0) return refuse('key_foreign');
  if (begun) return undefined;
  const standing = theirs.filter(({ endedAt }) => endedAt === undefined);
  if (standing.length === 0) return refuse('key_ended');
  return standing.some((each) => countsFrom(tier, each) <= now) ? undefined : refuse('key_not_in_effect');
}

/** What was signed is the manifest's own hash and the signed expiry, so that neither row nor clock of the database can make a yes last. */
function isLate(order: Order, expiresAt: number, { now, begun }: Witness): boolean {
  return !begun && now > goodUntilMs(expiresAt, order) + CLOCKS_MS;
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
