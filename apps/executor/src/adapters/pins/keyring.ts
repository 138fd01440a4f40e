import type { Assertion } from '@countersign/contracts/assertions';
import type { Database } from '@countersign/database';
import { eachAtOnce, es256, type EnrolmentSeal, type Enrolment } from '@countersign/service';
import { isNamedFirst, pinsFor, type Enrolled, type Holds, type PinnedKey } from '../../domain/pins.js';
import type { Witness } from '../../domain/verify-signature.js';
import type { RunnerLog } from '../effect-runner.js';
import type { PinFile } from './pin-file.js';

export interface KeyringOptions extends Holds {
  readonly database: Database;
  readonly seal: EnrolmentSeal;
  readonly pins: PinFile;
  readonly log: RunnerLog;
  /** Keys in files; not in production. */
  readonly softwareKeys: boolean;
  readonly now?: () => number;
  /** Resolves with true when the owner of a new key was told of it, and of a newcomer's first key their customer's people; until then it is not pinned. Unset: nobody is told from here. */
  readonly tell?: (key: Enrolled, countsFrom: Date, newcomer: boolean) => Promise<boolean>;
  /** Hears after each look at all customers how many keys are not pinned because their owners could not be told yet. */
  readonly untold?: (keys: number) => void;
}

/** Owners who are told at once. */
const TOLD_AT_ONCE = 8;

interface KeyRow {
  readonly id: string;
  readonly customer_id: string;
  readonly person_id: string;
  readonly device_id: string;
  readonly kind: Enrolment['kind'];
  readonly credential_id: string;
  readonly public_key: Buffer;
  readonly rp_id: string;
  readonly backup_eligible: boolean;
  readonly seal: Buffer;
  readonly vouch: Assertion | null;
  readonly removed: boolean;
}

/** Whose signature counts, and which approvals were begun: what the executor knows by itself, whatever the database says by now. */
export class Keyring {
  private readonly forged = new Set<string>();
  private readonly now: () => number;

  constructor(private readonly options: KeyringOptions) {
    this.now = options.now ?? Date.now;
  }

  /** Pins what it has not pinned yet, of one customer or of all; a later key when its owner was told of it. Returns that customer's keys that have not ended. */
  async learn(customerId: string | null): Promise<PinnedKey[]> {
    await this.look(customerId, true);
    return customerId === null ? [] : this.options.pins.pinned.keysOf(customerId).filter(({ endedAt }) => endedAt === undefined);
  }

  /** Resolves with the rows that somebody enrolled. `telling`: owners of later keys are told now; without it such a key is left for the next time, because an approval waits. */
  private async look(customerId: string | null, telling = false): Promise<KeyRow[]> {
    const rows = await this.options.database.ops<KeyRow>('approver_keys', customerId);
    this.options.pins.follow();
    const sealed = rows.filter((row) => this.isSealed(row));
    for (const row of sealed) if (!this.isNews(row)) this.pin(row);
    if (telling) await this.announce(customerId, sealed.filter((row) => this.isNews(row)));
    return sealed;
  }

  /** Several owners at once, the keys of one in turn: after the first of somebody new, they are new no more. */
  private async announce(customerId: string | null, news: readonly KeyRow[]): Promise<void> {
    const owners = [...new Set(news.map(({ person_id }) => person_id))];
    let untold = 0;
    await eachAtOnce(owners, TOLD_AT_ONCE, async (owner) => {
      for (const row of news.filter(({ person_id }) => person_id === owner)) {
        if (!this.isNews(row) || (await this.tellOf(row))) this.pin(row); // one before it may have been the same by another name
        else untold++;
      }
    });
    if (customerId === null) this.options.untold?.(untold);
  }

  private isSealed(row: KeyRow): boolean {
    const fits = this.options.seal.fits({ ...enrolledOf(row), id: row.id }, row.seal);
    if (!fits && !this.forged.has(row.id)) this.options.log.error({ keyId: row.id, customerId: row.customer_id }, 'a key stands in the database that nobody enrolled; it is not pinned');
    if (!fits) this.forged.add(row.id);
    return fits;
  }

  /** What is known, by whatever name, and a named customer's first key need no letter, nor what was removed before it counted. */
  private isNews(row: KeyRow): boolean {
    const { customer_id: customerId, credential_id: credentialId, removed } = row;
    const { pins: { pinned }, tell } = this.options;
    return tell !== undefined && !removed && !pinned.key(customerId, credentialId) && !pinned.isRenamed(enrolledOf(row)) && !isNamedFirst(customerId, pinned, this.options);
  }

  private tellOf(row: KeyRow): Promise<boolean> {
    const { pins, tell, holdMs } = this.options;
    const newcomer = !pins.pinned.keysOf(row.customer_id).some(({ personId }) => personId === row.person_id);
    return tell!(enrolledOf(row), new Date(this.now() + holdMs), newcomer);
  }

  private pin(row: KeyRow): void {
    const { pins, log, holdMs, highestHoldMs, firstKeys } = this.options;
    const now = this.now();
    for (const pin of pinsFor(enrolledOf(row), pins.pinned, { now, holdMs, highestHoldMs, firstKeys }, es256)) {
      pins.append(pin, now);
      log.info({ pin: pin.pin, keyId: row.id, kind: row.kind }, 'pinned');
    }
  }

  /**
   * After another look at the enrolments of the approval's customer: a key that was enrolled or removed a moment ago counts as that.
   * One whose row is away counts for nothing new: nobody could see it wait, and nobody could end it. `anew`: as of what is yet to be begun.
   */
  async witness({ id, customerId }: { readonly id: string; readonly customerId: string }, { anew = false } = {}): Promise<Witness> {
    const shown = new Set((await this.look(customerId)).map(({ credential_id }) => credential_id));
    const { pins, softwareKeys } = this.options;
    const { pinned } = pins;
    const begun = !anew && pinned.isUsed(id);
    const counts = (customer: string, credentialId: string): boolean => begun || (customer === customerId && shown.has(credentialId));
    const key: Witness['key'] = (customer, credentialId) => (counts(customer, credentialId) ? pinned.key(customer, credentialId) : undefined);
    const keysOn: Witness['keysOn'] = (customer, deviceId) => pinned.keysOn(customer, deviceId).filter(({ credentialId }) => counts(customer, credentialId));
    return { es256, key, keysOn, isSpent: (nonce) => pinned.isSpent(id, nonce), now: this.now(), begun, softwareKeys };
  }

  /** Milliseconds until what stands on these yeses may be carried out, by this clock, from when they were first seen here together: whatever a row says, nothing is sooner. */
  waitMs(approvalId: string, yeses: readonly string[], delaySeconds: number): number {
    const { pins } = this.options;
    const name = yeses.join(' ');
    pins.follow();
    if (pins.pinned.waitsSince(approvalId, name) === undefined) pins.append({ pin: 'waits', approvalId, yeses: name }, this.now());
    return Math.max(0, pins.pinned.waitsSince(approvalId, name)! + delaySeconds * 1000 - this.now());
  }

  /** What was taken back counts for nothing ever after, also when every row of that is gone. */
  spend(approvalId: string, nonces: readonly string[]): void {
    const { pins } = this.options;
    pins.follow();
    for (const nonce of nonces) if (!pins.pinned.isSpent(approvalId, nonce)) pins.append({ pin: 'spent', approvalId, nonce }, this.now());
  }

  isUsed(approvalId: string): boolean {
    this.options.pins.follow();
    return this.options.pins.pinned.isUsed(approvalId);
  }

  /** That its outcome was known: it is never acted on again, only looked at. */
  isDone(approvalId: string): boolean {
    return this.options.pins.pinned.isDone(approvalId);
  }

  /** On disk on return: after the start is committed, before the first act. */
  use(approvalId: string): void {
    if (!this.isUsed(approvalId)) this.options.pins.append({ pin: 'used', approvalId }, this.now());
  }

  /** That something of it may have arrived: whatever its row says by then, it is not acted on for the first time again. */
  hasActed(approvalId: string): boolean {
    this.options.pins.follow();
    return this.options.pins.pinned.hasActed(approvalId);
  }

  /** On disk on return: before what is sent is sent. */
  act(approvalId: string): void {
    if (!this.hasActed(approvalId)) this.options.pins.append({ pin: 'acted', approvalId }, this.now());
  }

  /** That the last of it surely did not arrive. */
  takeBack(approvalId: string): void {
    if (this.hasActed(approvalId)) this.options.pins.append({ pin: 'unsent', approvalId }, this.now());
  }

  finish(approvalId: string): void {
    if (!this.isDone(approvalId)) this.options.pins.append({ pin: 'done', approvalId }, this.now());
  }
}

const enrolledOf = (row: KeyRow): Enrolled => ({
  keyId: row.id,
  customerId: row.customer_id,
  personId: row.person_id,
  deviceId: row.device_id,
  kind: row.kind,
  credentialId: row.credential_id,
  publicKey: row.public_key,
  rpId: row.rp_id,
  backupEligible: row.backup_eligible,
  vouch: row.vouch,
  removed: row.removed,
});
