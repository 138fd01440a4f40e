import { checkAssertion, isAssertion, vouchPreimage, type Assertion, type EnrolledKey, type Es256 } from '@countersign/contracts/assertions';
import { createHash } from 'node:crypto';

/** A key as it was enrolled, from when it counts, and from when no more. Times are the executor's own, in milliseconds. */
export interface PinnedKey extends EnrolledKey {
  readonly keyId: string;
  readonly customerId: string;
  readonly personId: string;
  readonly deviceId: string;
  readonly effectiveFrom: number;
  /** The same of what cannot be undone. */
  readonly highestFrom: number;
  readonly endedAt?: number;
}

/** What the executor remembers of its own: keys, since when it has known the yeses of what must wait, which were taken back, which approvals it began, which it acted on where a repeat cannot be told apart, and of which the outcome is known. */
export type Pin =
  | { readonly pin: 'key'; readonly key: Omit<PinnedKey, 'endedAt' | 'publicKey' | 'counter'> & { readonly publicKey: string } }
  | { readonly pin: 'vouched'; readonly customerId: string; readonly credentialId: string; readonly by: string }
  | { readonly pin: 'ended'; readonly customerId: string; readonly credentialId: string }
  | { readonly pin: 'waits'; readonly approvalId: string; readonly yeses: string }
  | { readonly pin: 'spent'; readonly approvalId: string; readonly nonce: string }
  | { readonly pin: 'used'; readonly approvalId: string }
  | { readonly pin: 'acted'; readonly approvalId: string }
  | { readonly pin: 'unsent'; readonly approvalId: string }
  | { readonly pin: 'done'; readonly approvalId: string };

/** An enrolment as its row says it; whether its seal fits was judged before. */
export interface Enrolled extends Omit<PinnedKey, 'effectiveFrom' | 'highestFrom' | 'endedAt' | 'counter'> {
  readonly vouch: Assertion | null;
  readonly removed: boolean;
}

/** Everything pinned so far, in memory. */
export class Pinned {
  private readonly byName = new Map<string, PinnedKey>();
  private readonly customers = new Set<string>();
  private readonly used = new Set<string>();
  private readonly acted = new Set<string>();
  private readonly done = new Set<string>();
  private readonly spent = new Set<string>();
  private readonly waits = new Map<string, number>();

  key = (customerId: string, credentialId: string): PinnedKey | undefined => this.byName.get(nameOf(customerId, credentialId));
  hasCustomer = (customerId: string): boolean => this.customers.has(customerId);
  keysOn = (customerId: string, deviceId: string): PinnedKey[] => this.keysOf(customerId).filter((key) => key.deviceId === deviceId);
  /** That this public key stands under another name: whoever holds it is one, whatever it is called, and it comes back by no new name. */
  isRenamed = ({ customerId, credentialId, publicKey }: Pick<PinnedKey, 'customerId' | 'credentialId' | 'publicKey'>): boolean =>
    this.keysOf(customerId).some((key) => key.credentialId !== credentialId && Buffer.compare(key.publicKey, publicKey) === 0);
  keysOf = (customerId: string): PinnedKey[] => [...this.byName.values()].filter((key) => key.customerId === customerId);
  isUsed = (approvalId: string): boolean => this.used.has(approvalId);
  hasActed = (approvalId: string): boolean => this.acted.has(approvalId);
  isDone = (approvalId: string): boolean => this.done.has(approvalId);

  isSpent = (approvalId: string, nonce: string): boolean => this.spent.has(nameOf(approvalId, nonce));
  waitsSince = (approvalId: string, yeses: string): number | undefined => this.waits.get(nameOf(approvalId, yeses));

  apply(pin: Pin, at: number): void {
    if (pin.pin === 'spent') this.spent.add(nameOf(pin.approvalId, pin.nonce));
    else if (pin.pin === 'waits') this.waits.set(nameOf(pin.approvalId, pin.yeses), at);
    else if (pin.pin === 'used') this.used.add(pin.approvalId);
    else if (pin.pin === 'acted') this.acted.add(pin.approvalId);
    else if (pin.pin === 'unsent') this.acted.delete(pin.approvalId);
    else if (pin.pin === 'done') this.done.add(pin.approvalId);
    else if (pin.pin === 'key') this.put({ ...pin.key, publicKey: Buffer.from(pin.key.publicKey, 'base64url'), counter: 0 });
    else this.change(pin, at);
  }

  private put(key: PinnedKey): void {
    this.byName.set(nameOf(key.customerId, key.credentialId), key);
    this.customers.add(key.customerId);
  }

  private change({ pin, customerId, credentialId }: Extract<Pin, { pin: 'vouched' | 'ended' }>, at: number): void {
    const key = this.key(customerId, credentialId);
    if (key) this.put(pin === 'ended' ? { ...key, endedAt: at } : { ...key, effectiveFrom: Math.min(key.effectiveFrom, at) });
  }
}

const nameOf = (whose: string, name: string): string => `${whose} ${name}`;

/** How long a key waits, and how long for what cannot be undone. */
export interface Holds {
  readonly holdMs: number;
  readonly highestHoldMs: number;
  /** Customers whose first key waits for nothing, because the operator named them; `*` is every one. */
  readonly firstKeys: readonly string[];
}

/** The first key of a customer whom the operator named. Of any other it is as good as a stranger's: whoever writes the database invents a customer, and its person. */
export const isNamedFirst = (customerId: string, pinned: Pinned, { firstKeys }: Pick<Holds, 'firstKeys'>): boolean =>
  !pinned.hasCustomer(customerId) && firstKeys.some((named) => named === '*' || named === customerId);

/**
 * What is to be pinned of an enrolment, once: the first key that a named customer ever had counts at once, every other one after the
 * hold, by the executor's own clock, or as soon as a key of the same person that counts already vouches for it. What cannot be undone
 * waits longer, and nobody's word shortens that: a device that could vouch for the second one would be both. A key that ended never
 * comes back, whatever its row says by then and by whatever name it is enrolled again: a name is signed by nobody.
 */
export function pinsFor(enrolled: Enrolled, pinned: Pinned, { now, ...holds }: Holds & { readonly now: number }, es256: Es256): Pin[] {
  const { vouch, removed, publicKey, ...key } = enrolled;
  const { customerId, credentialId } = key;
  const known = pinned.key(customerId, credentialId);
  if (known ? known.endedAt !== undefined : pinned.isRenamed(enrolled)) return [];
  const first = isNamedFirst(customerId, pinned, holds);
  const pins: Pin[] = known ? [] : [{ pin: 'key', key: { ...key, publicKey: Buffer.from(publicKey).toString('base64url'), effectiveFrom: first ? now : now + holds.holdMs, highestFrom: first ? now : now + holds.highestHoldMs } }];
  if (removed) return [...pins, { pin: 'ended', customerId, credentialId }];
  const waits = known ? known.effectiveFrom > now : !first && holds.holdMs > 0;
  // A row that says something else than what was pinned is vouched for as what was pinned.
  if (waits && isAssertion(vouch) && vouchesFor(vouch, known ?? { ...key, publicKey }, pinned, now, es256)) pins.push({ pin: 'vouched', customerId, credentialId, by: vouch.credentialId });
  return pins;
}

/** A passkey is vouched for by a passkey, with its person verified: the other kinds sign without anybody noticing. */
function vouchesFor(vouch: Assertion, key: Pick<PinnedKey, 'customerId' | 'personId' | 'deviceId' | 'publicKey' | 'kind'>, pinned: Pinned, now: number, es256: Es256): boolean {
  const by = pinned.key(key.customerId, vouch.credentialId);
  const userVerified = key.kind === 'passkey';
  if (userVerified && by?.kind !== 'passkey') return false;
  if (!by || by.personId !== key.personId || by.endedAt !== undefined || by.effectiveFrom > now) return false;
  const keyHash = createHash('sha256').update(key.publicKey).digest('hex');
  const challenge = es256.sha256(vouchPreimage({ keyHash, customerId: key.customerId, personId: key.personId, deviceId: key.deviceId }));
  return checkAssertion(vouch, { key: by, challenge, origin: undefined, userVerified }, es256).ok;
}

export const NOTHING_BEFORE = '0'.repeat(64);

/** One line of the file, without its end: the pin, when, and the hash of the line before. */
export const lineOf = (pin: Pin, at: number, before: string): string => JSON.stringify({ before, at, ...pin });
export const hashOfLine = (line: string): string => createHash('sha256').update(line).digest('hex');

/** Reads one line back; undefined where it is no pin, or does not follow the line with this hash. */
export function readLine(line: string, before: string): { readonly pin: Pin; readonly at: number } | undefined {
  let value: (Pin & { readonly at: number; readonly before: string }) | null;
  try {
    value = JSON.parse(line) as typeof value;
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { before: named, at, ...pin } = value;
  return named === before && lineOf(pin, at, before) === line ? { pin, at } : undefined;
}

