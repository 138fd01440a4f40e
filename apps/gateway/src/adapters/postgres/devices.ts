import { person, personal, type Audit } from '@countersign/audit';
import { CustomerId, DeviceId, NotFoundError, type Device, type PushSubscriptionBody, type RegisterDevice } from '@countersign/contracts';
import { Database, json, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../domain/access.js';
import type { Tried } from '../reach/channel.js';
import { tellOfDevice } from './account-notices.js';
import { iso, isoOrNull } from './pages.js';
import { sessionKeyOf } from './sessions.js';

interface DeviceRow {
  readonly id: string;
  readonly person_id: string;
  readonly name: string;
  readonly platform: Device['platform'];
  readonly created_at: Date;
  readonly address: string;
  readonly last_success_at: Date | null;
  readonly last_failure_at: Date | null;
  readonly last_failure: string | null;
  readonly subscription: object | null;
  readonly removed_at: Date | null;
  readonly address_gone_at: Date | null;
}
export interface BoundDevice {
  readonly id: string;
  readonly personId: string;
  readonly removed: boolean;
  readonly name: string;
}

/** A person's devices. */
@Injectable()
export class Devices {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** The same address of the same person again is the same device. Returns its id. */
  register(caller: Caller, body: RegisterDevice, newId: string): Promise<DeviceId> {
    return this.within(caller, async (tx) => {
      const known = await tx.one<DeviceRow>(sql`select id from app.device where customer_id = ${tx.scopeId} and person_id = ${caller.personId} and platform = ${body.platform} and address = ${body.address} and removed_at is null`);
      if (known) return this.rungAgain(tx, known.id);
      tx.write(sql`insert into app.device (customer_id, id, person_id, name, platform, address) values (${tx.scopeId}, ${newId}, ${caller.personId}, ${body.name}, ${body.platform}, ${body.address})`);
      tx.write(tellOfDevice(tx, { personId: caller.personId, kind: 'device_added', about: body.name, deviceId: newId }));
      await this.audit(tx, 'DEVICE-REGISTERED', { customer_id: caller.customerId, person_id: person(caller.personId), device_id: personal(caller.personId, newId), platform: body.platform });
      return DeviceId.parse(newId);
    });
  }

  /** Whoever registers an address says that it is there. */
  private rungAgain(tx: Tx, id: string): DeviceId {
    tx.ledgerOnly();
    tx.write(sql`update app.device set address_gone_at = null where customer_id = ${tx.scopeId} and id = ${id} and address_gone_at is not null`);
    return DeviceId.parse(id);
  }

  list(caller: Caller): Promise<Device[]> {
    return this.within(caller, async (tx) => {
      const rows = await tx.read<DeviceRow>(sql`select * from app.device where customer_id = ${tx.scopeId} and person_id = ${caller.personId} and removed_at is null order by id`);
      return rows.map(viewOf);
    });
  }

  async read(caller: Caller, id: string): Promise<Device> {
    const row = await this.within(caller, (tx) => ownDevice(tx, caller, id));
    if (row === undefined || row.removed_at !== null) throw new NotFoundError('device');
    return viewOf(row);
  }

  /** The device that the session or token of this key is bound to: also when it was removed, or (by a forged binding) is somebody else's. */
  async ofSession({ customerId, personId }: Caller, sessionKey: string): Promise<BoundDevice | undefined> {
    const [row] = await this.database.ops<{ id: string; person_id: string; name: string; removed: boolean }>('device_of_session', sessionKeyOf(sessionKey), customerId, personId);
    return row && { id: row.id, personId: row.person_id, removed: row.removed, name: row.name };
  }

  /** Also when it was removed. */
  async find(caller: Caller, id: string): Promise<BoundDevice | undefined> {
    const row = await this.within(caller, (tx) => tx.one<DeviceRow>(sql`select * from app.device where customer_id = ${tx.scopeId} and id = ${id}`));
    return row && { id: row.id, personId: row.person_id, removed: row.removed_at !== null, name: row.name };
  }

  /** `lost`: by its owner, who has it no more. The others are told. */
  remove(caller: Caller, id: string, reason: 'by_owner' | 'lost' = 'by_owner'): Promise<void> {
    return this.within(caller, async (tx) => {
      const row = await ownDevice(tx, caller, id);
      if (row === undefined || row.removed_at !== null) throw new NotFoundError('device');
      tx.writeExpecting(1, 'not_found', sql`update app.device set removed_at = clock_timestamp() where customer_id = ${tx.scopeId} and id = ${id} and removed_at is null`);
      tx.write(tellOfDevice(tx, { personId: caller.personId, kind: reason === 'lost' ? 'device_lost' : 'device_removed', about: row.name, deviceId: id }));
      await this.audit(tx, 'DEVICE-REMOVED', { customer_id: caller.customerId, person_id: person(caller.personId), device_id: personal(caller.personId, id), reason });
    });
  }

  /** Its owner's word for it; the record names it by its id, and never by this. */
  rename(caller: Caller, id: string, name: string): Promise<Device> {
    return this.within(caller, async (tx) => {
      const row = await ownDevice(tx, caller, id);
      if (row === undefined || row.removed_at !== null) throw new NotFoundError('device');
      if (row.name === name) return viewOf(row);
      tx.writeExpecting(1, 'not_found', sql`update app.device set name = ${name} where customer_id = ${tx.scopeId} and id = ${id} and removed_at is null`);
      await this.audit(tx, 'DEVICE-RENAMED', { customer_id: caller.customerId, person_id: person(caller.personId), device_id: personal(caller.personId, id) });
      return viewOf({ ...row, name });
    });
  }

  /**
   * What came of ringing it at this address; nothing where it has another by now. An address that exists no more is given up, a browser's
   * subscription so that it may subscribe anew; the device stays, because its owner signs with the keys on it.
   */
  async wasRung(customerId: string, id: string, address: string, outcome: Tried): Promise<void> {
    await this.ofCustomer(customerId, (tx) => {
      tx.ledgerOnly();
      const change = outcome.sent
        ? sql`last_success_at = clock_timestamp(), last_failure = null`
        : sql`last_failure_at = clock_timestamp(), last_failure = ${outcome.code}, address_gone_at = case when ${outcome.gone} and subscription is null then clock_timestamp() else address_gone_at end, subscription = case when ${outcome.gone} then null else subscription end`;
      tx.write(sql`update app.device set ${change} where customer_id = ${tx.scopeId} and id = ${id} and removed_at is null and ${ADDRESS} = ${address}`);
      return Promise.resolve();
    });
  }

  /** Where this browser is rung from now on, and no other device that was rung there: the browser may be somebody else's by now. */
  subscribe(caller: Caller, id: string, subscription: PushSubscriptionBody): Promise<void> {
    return this.within(caller, async (tx) => {
      const row = await ownDevice(tx, caller, id);
      if (row === undefined || row.removed_at !== null || row.platform !== 'webpush') throw new NotFoundError('device');
      tx.ledgerOnly();
      tx.write(sql`select ops.rings_only(${id}, ${subscription.endpoint})`);
      tx.write(sql`update app.device set subscription = ${json(subscription)}, last_failure = null, address_gone_at = null where customer_id = ${tx.scopeId} and id = ${id}`);
    });
  }

  private within<T>(caller: Caller, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.database.withCustomer(caller.customerId as CustomerId, work, { principal: `person:${caller.personId}` });
  }

  private ofCustomer<T>(customerId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.database.withCustomer(customerId as CustomerId, work);
  }
}

/** Where the device of a row is rung. */
const ADDRESS = sql`coalesce(subscription::text, address)`;

const ownDevice = (tx: Tx, caller: Caller, id: string): Promise<DeviceRow | undefined> =>
  tx.one<DeviceRow>(sql`select * from app.device where customer_id = ${tx.scopeId} and id = ${id} and person_id = ${caller.personId}`);

const viewOf = (row: DeviceRow): Device => ({ id: row.id, name: row.name, platform: row.platform, createdAt: iso(row.created_at), lastSuccessAt: isoOrNull(row.last_success_at), lastFailureAt: isoOrNull(row.last_failure_at), lastFailure: row.last_failure, rings: row.address_gone_at === null && (row.platform === 'fcm' || row.subscription !== null || row.address.startsWith('{')) });
