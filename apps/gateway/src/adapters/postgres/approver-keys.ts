import { person, personal, type Audit } from '@countersign/audit';
import { NotFoundError, pinKeys, RefusedError, type ApproverKeyView, type CustomerId, type EnrolKeyBody, type PinReply } from '@countersign/contracts';
import { checkAssertion, enrolmentPreimage, fromBase64url, isBound, isP256, toBase64url, vouchPreimage, type Assertion, type EnrolledKey, type KeyKind, type RegisteredPasskey } from '@countersign/contracts/assertions';
import { Database, DatabaseError, json, sql, type Statement, type Tx } from '@countersign/database';
import { AUDIT, EnrolmentSeal, es256, LOGGER, type Enrolment, type Logger } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { GatewayConfig } from '../../config.js';
import type { Caller } from '../../domain/access.js';
import type { SigningKeyFacts } from '../../domain/judge-signature.js';
import { Commands } from '../http/commands.js';
import { tellOfDevice, tellOfKey } from './account-notices.js';
import { isoOrNull } from './pages.js';

interface KeyRow {
  readonly id: string;
  readonly person_id: string;
  readonly device_id: string;
  readonly kind: KeyKind;
  readonly credential_id: string;
  readonly public_key: Buffer;
  readonly rp_id: string;
  readonly backup_eligible: boolean;
  readonly counter: number;
  readonly vouch: Assertion | null;
  readonly effective_from: Date | null;
  readonly highest_from: Date | null;
  readonly removed: boolean;
}
type NewKey = Pick<Enrolment, 'deviceId' | 'kind' | 'credentialId' | 'publicKey' | 'backupEligible'> & { readonly counter: number };

/** An executor that is away is not waited for at each approval. */
const ASK_AGAIN_MS = 5_000;

/** The keys with which people sign. What counts is what the executor has pinned of them; these rows say what was enrolled. */
@Injectable()
export class ApproverKeys {
  /** Customers of whom the executor was asked, and when. */
  private readonly asked = new Map<string, number>();

  constructor(
    private readonly database: Database,
    private readonly config: GatewayConfig,
    private readonly commands: Commands,
    private readonly seal: EnrolmentSeal,
    @Inject(AUDIT) private readonly audit: Audit,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** For whom signatures are made: the host of the address that people use. */
  get rpId(): string {
    return new URL(this.config.publicUrl).hostname;
  }

  /** Enrols a key of a browser's or program's own on a device of the caller's, who has shown that they hold it. Again is the same key. */
  async enrol(caller: Caller, deviceId: string, { kind, publicKey, proof }: EnrolKeyBody, newId: string): Promise<ApproverKeyView> {
    if (kind === 'software' && !this.config.softwareKeys) throw new RefusedError('key_unfit', 'a key in a file is not for production');
    const spki = fromBase64url(publicKey);
    if (!spki || !isP256(spki)) throw new RefusedError('key_invalid', 'send a P-256 public key as SPKI');
    const own = { credentialId: toBase64url(es256.sha256(spki)), publicKey: spki, kind, rpId: this.rpId, backupEligible: false, counter: 0 };
    const challenge = es256.sha256(enrolmentPreimage({ keyHash: Buffer.from(es256.sha256(spki)).toString('hex'), customerId: caller.customerId, personId: caller.personId }));
    const checked = checkAssertion(proof, { key: own, challenge, origin: this.config.publicUrl, userVerified: false }, es256);
    if (!checked.ok) throw new RefusedError('key_invalid', `the proof does not show that you hold this key: ${checked.fault.replaceAll('_', ' ')}`, { fault: checked.fault });
    return this.put(caller, { ...own, deviceId }, newId);
  }

  enrolPasskey(caller: Caller, deviceId: string, { credentialId, publicKey, backupEligible, counter }: RegisteredPasskey, newId: string): Promise<ApproverKeyView> {
    return this.put(caller, { kind: 'passkey', deviceId, credentialId, publicKey, backupEligible, counter }, newId);
  }

  /** A person's keys on devices that are theirs still; where the executor has not said yet from when one counts, it is asked again. */
  list(caller: Caller): Promise<ApproverKeyView[]> {
    return this.confirmed(caller, () => true);
  }

  /** The same of those that can sign on a device. */
  usableOn(caller: Caller, deviceId: string): Promise<ApproverKeyView[]> {
    return this.confirmed(caller, (key) => key.deviceId === deviceId || !isBound(key));
  }

  private async confirmed(caller: Caller, isWanted: (key: ApproverKeyView) => boolean): Promise<ApproverKeyView[]> {
    const read = async (): Promise<ApproverKeyView[]> => (await this.rows(caller)).filter(({ person_id, removed }) => person_id === caller.personId && !removed).map(viewOf).filter(isWanted);
    const known = await read();
    const asked = performance.now() - (this.asked.get(caller.customerId) ?? -Infinity) < ASK_AGAIN_MS;
    if (asked || known.every(({ effectiveFrom }) => effectiveFrom !== null)) return known;
    await this.pin(caller);
    return read();
  }

  /** A key of the caller's own, by the name an assertion gives it; where the executor has not said yet from when it counts, it is asked again. */
  async find(caller: Caller, credentialId: string, deviceId: string | undefined): Promise<SigningKeyFacts | undefined> {
    const known = await this.own(caller, credentialId, deviceId);
    if (!known || known.removed || [known, ...known.here].every(({ effectiveFrom }) => effectiveFrom)) return known;
    await this.pin(caller);
    return this.own(caller, credentialId, deviceId);
  }

  /** An authenticator of the caller's that counts has signed, and that was verified: a copy of it will be found by its lower count. */
  async counted(caller: Caller, credentialId: string, counter: number): Promise<void> {
    await this.within(caller, (tx) => {
      tx.ledgerOnly();
      tx.write(countTo(tx, caller, credentialId, counter));
      return Promise.resolve();
    });
  }

  /** A key of the caller's has signed with a count that was passed: there may be two of it. Told by every way of theirs and written down, once a day. */
  async suspectCopy(caller: Caller, credentialId: string): Promise<void> {
    const { customerId, personId } = caller;
    await this.within(caller, async (tx) => {
      const key = await tx.one<{ id: string; device: string }>(sql`update app.approver_key k set copy_noted_at = clock_timestamp() from app.device d where k.customer_id = ${tx.scopeId} and k.person_id = ${personId} and k.credential_id = ${credentialId}
        and d.customer_id = k.customer_id and d.id = k.device_id and coalesce(k.copy_noted_at < clock_timestamp() - interval '1 day', true) returning k.id, d.name as device`);
      if (!key) return;
      tx.write(tellOfDevice(tx, { personId, kind: 'key_copied', about: key.device }));
      await this.audit(tx, 'KEY-COPY-SUSPECTED', { key_id: key.id, credential_id: credentialId, customer_id: customerId, person_id: person(personId) });
    });
  }

  /** Keeps the signature of one of the caller's keys that lets another count at once; whether it does is for the executor to say. */
  async vouch(caller: Caller, keyId: string, assertion: Assertion): Promise<ApproverKeyView> {
    const rows = (await this.rows(caller)).filter(({ person_id, removed }) => person_id === caller.personId && !removed);
    const [wanted, by] = [rows.find(({ id }) => id === keyId), rows.find(({ credential_id }) => credential_id === assertion.credentialId)];
    if (!wanted) throw new NotFoundError('key');
    if (!by || by === wanted) throw new RefusedError('assertion_invalid', 'vouch with another key of yours, for one of yours');
    if (wanted.vouch?.signature !== assertion.signature) await this.keepVouch(caller, wanted, by, assertion);
    await this.pin(caller);
    return (await this.list(caller)).find(({ id }) => id === keyId)!;
  }

  private async keepVouch(caller: Caller, wanted: KeyRow, by: KeyRow, assertion: Assertion): Promise<void> {
    const userVerified = wanted.kind === 'passkey';
    if (userVerified && by.kind !== 'passkey') throw new RefusedError('key_unfit', 'a passkey is vouched for by another passkey of yours; without one it counts after the hold');
    const challenge = es256.sha256(vouchPreimage({ keyHash: Buffer.from(es256.sha256(wanted.public_key)).toString('hex'), customerId: caller.customerId, personId: caller.personId, deviceId: wanted.device_id }));
    const checked = checkAssertion(assertion, { key: enrolledOf(by), challenge, origin: this.config.publicUrl, userVerified }, es256);
    if (!checked.ok && checked.fault === 'counter_back') await this.suspectCopy(caller, by.credential_id);
    if (!checked.ok) throw new RefusedError('assertion_invalid', `the signature does not vouch for this key: ${checked.fault.replaceAll('_', ' ')}`, { fault: checked.fault });
    const { credentialId, authenticatorData, clientDataJSON, signature } = assertion;
    await this.within(caller, async (tx) => {
      tx.writeExpecting(1, 'not_found', sql`update app.approver_key set vouch = ${json({ credentialId, authenticatorData, clientDataJSON, signature })} where customer_id = ${tx.scopeId} and id = ${wanted.id}`);
      if (checked.counter > 0) tx.write(countTo(tx, caller, credentialId, checked.counter));
      await this.audit(tx, 'KEY-VOUCHED', { key_id: wanted.id, by_credential_id: credentialId, customer_id: caller.customerId, person_id: person(caller.personId) });
    });
  }

  /** Tells the executor to look, and notes what it says. It looks by itself too: when it starts, and before it acts. */
  async pin(caller: Caller): Promise<void> {
    this.asked.set(caller.customerId, performance.now());
    try {
      const { keys } = await this.commands.ask(pinKeys, { customerId: caller.customerId as CustomerId }, { timeoutMs: this.config.pinWaitMs });
      await this.within(caller, (tx) => {
        tx.ledgerOnly();
        for (const pinned of keys) tx.write(notePinned(tx, pinned));
        return Promise.resolve();
      });
    } catch (error) {
      this.log.warn({ err: error, customerId: caller.customerId }, 'the executor has not said yet from when a key counts');
    }
  }

  private async put(caller: Caller, key: NewKey, id: string): Promise<ApproverKeyView> {
    const known = (await this.rows(caller)).find(({ credential_id, public_key }) => credential_id === key.credentialId || public_key.equals(key.publicKey));
    if (known) return sameKey(known, caller, key.deviceId);
    const { customerId, personId } = caller;
    const { kind, deviceId, credentialId, publicKey, backupEligible, counter } = key;
    const enrolment: Enrolment = { id, customerId, personId, deviceId, kind, credentialId, publicKey, rpId: this.rpId, backupEligible };
    await this.within(caller, async (tx) => {
      tx.write(sql`insert into app.approver_key (customer_id, id, person_id, device_id, kind, credential_id, public_key, rp_id, backup_eligible, counter, seal)
        values (${customerId}, ${id}, ${personId}, ${deviceId}, ${kind}, ${credentialId}, ${Buffer.from(publicKey)}, ${this.rpId}, ${backupEligible}, ${counter}, ${this.seal.seal(enrolment)})`);
      await tellOfKey(tx, personId, deviceId);
      await this.audit(tx, 'KEY-CREATED', { key_id: id, purpose: 'approve', public_key: toBase64url(publicKey), kind, credential_id: credentialId, customer_id: customerId, person_id: person(personId), device_id: personal(personId, deviceId) });
    }).catch((error: unknown) => {
      if (!(error instanceof DatabaseError && error.code === 'already_exists')) throw error; // the same request, twice at once
    });
    await this.pin(caller);
    const made = (await this.rows(caller)).find(({ credential_id }) => credential_id === credentialId)!;
    return sameKey(made, caller, deviceId);
  }

  private async own(caller: Caller, credentialId: string, deviceId: string | undefined): Promise<SigningKeyFacts | undefined> {
    const theirs = (await this.rows(caller)).filter(({ person_id }) => person_id === caller.personId);
    const row = theirs.find((each) => each.credential_id === credentialId);
    const here = theirs.filter((each) => each.device_id === deviceId && !each.removed).map(timesOf);
    return row && { ...enrolledOf(row), ...timesOf(row), personId: row.person_id, deviceId: row.device_id, removed: row.removed, here };
  }

  private rows({ customerId }: Caller): Promise<KeyRow[]> {
    return this.database.ops<KeyRow>('approver_keys', customerId);
  }

  private within<T>(caller: Caller, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.database.withCustomer(caller.customerId as CustomerId, work, { principal: `person:${caller.personId}` });
  }
}

const countTo = (tx: Tx, { personId }: Caller, credentialId: string, counter: number): Statement =>
  sql`update app.approver_key set counter = greatest(counter, ${counter}) where customer_id = ${tx.scopeId} and credential_id = ${credentialId} and person_id = ${personId}`;

function notePinned(tx: Tx, { keyId, ...pinned }: PinReply['keys'][number]): Statement {
  const [from, highest] = [new Date(pinned.effectiveFrom), new Date(pinned.highestFrom)];
  return sql`update app.approver_key set effective_from = ${from}, highest_from = ${highest} where customer_id = ${tx.scopeId} and id = ${keyId} and (effective_from, highest_from) is distinct from (${from}::timestamptz, ${highest}::timestamptz)`;
}
const timesOf = ({ effective_from, highest_from }: KeyRow) => ({ effectiveFrom: effective_from ?? undefined, highestFrom: highest_from ?? undefined });

function sameKey(row: KeyRow, { personId }: Caller, deviceId: string): ApproverKeyView {
  if (row.person_id !== personId || row.device_id !== deviceId || row.removed) throw new RefusedError('key_known', 'this key was enrolled on another device: make a new one');
  return viewOf(row);
}

const viewOf = (row: KeyRow): ApproverKeyView => ({ id: row.id, deviceId: row.device_id, kind: row.kind, credentialId: row.credential_id, backupEligible: row.backup_eligible, keySha256: Buffer.from(es256.sha256(row.public_key)).toString('hex'), effectiveFrom: isoOrNull(row.effective_from), highestFrom: isoOrNull(row.highest_from) });
const enrolledOf = (row: KeyRow): EnrolledKey => ({ credentialId: row.credential_id, publicKey: row.public_key, kind: row.kind, rpId: row.rp_id, backupEligible: row.backup_eligible, counter: Number(row.counter) });
