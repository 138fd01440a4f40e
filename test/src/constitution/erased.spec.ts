import { uuidv7 } from '@countersign/contracts';
import { sql, type Statement } from '@countersign/database';
import { testDatabase, until, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, beforeEach, describe, it } from 'node:test';
import { aScene, type Scene } from './scene.js';
import { entryOf, TakenOver, type SignedAs } from './taken-over.js';

const ADDRESS = 'asha@chai.example';

describe('whoever holds the gateway erases nobody quietly, and writes nothing of who is erased', { concurrency: 1 }, () => {
  let database: TestDatabase;
  let gateway: TakenOver;
  let scene: Scene;
  let as: SignedAs;
  before(async () => {
    database = await testDatabase();
    gateway = await TakenOver.open(database, 'gateway');
  });
  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await database.close();
  });
  beforeEach(async () => {
    scene = await aScene(database);
    as = { scope: 'customer', id: scene.customerId };
  });

  const entry = (): Statement => entryOf('gateway');
  const blank = (): Statement => sql`update app.preference set doc = '{}', version = version + 1 where person_id = ${scene.personId}`;
  const mark = (): Statement => sql`update app.person set erased_at = now() where id = ${scene.personId}`;
  const prefers = (): Promise<unknown> => database.admin(`insert into app.preference (customer_id, person_id, doc, version) values ($1, $2, jsonb_build_object('email', $3::text), 1)`, [scene.customerId, scene.personId, ADDRESS]);
  const enrolled = (): Promise<unknown> => database.admin(`insert into app.approver_key (customer_id, id, person_id, device_id, kind, credential_id, public_key, rp_id, backup_eligible, seal) values ($1, gen_random_uuid(), $2, $3, 'device', 'x', $4, 'localhost', false, $5)`, [scene.customerId, scene.personId, scene.deviceId, Buffer.alloc(91), Buffer.alloc(32)]);
  const warnedAt = async (): Promise<unknown[]> => (await database.as('executor').ops<{ email: string }>('addresses_of_customer', scene.customerId)).map(({ email }) => email);
  const removed = async (): Promise<unknown[]> => (await database.as('executor').ops<{ removed: boolean }>('approver_keys', scene.customerId)).map((key) => key.removed);

  it('takes nobody’s former addresses away by an erased person of the same id in another customer', async () => {
    await prefers();
    expect(await gateway.run(as, blank(), entry())).toBe('done');
    const invented = { scope: 'customer', id: uuidv7() } as const;
    const twin = sql`insert into app.person (customer_id, id, login, display_name, roles, erased_at) values (sec.customer(), ${scene.personId}, 'x', 'x', '{}', now())`;
    expect(await gateway.run(invented, sql`insert into app.customer (customer_id, name) values (sec.customer(), 'x')`, entry())).toBe('done');
    const answer = await gateway.run(invented, twin, sql`select ops.forget_person(${scene.personId})`, entry());
    expect(await warnedAt()).toEqual([ADDRESS]);
    expect(answer).toMatch(/person_by_id/);
  });

  it('lets no key of somebody count any more when they are erased', async () => {
    await enrolled();
    expect(await removed()).toEqual([false]);
    expect(await gateway.run(as, mark(), entry())).toBe('done');
    expect(await removed()).toEqual([true]);
  });

  const told = (about: Statement): Statement => sql`insert into app.account_notice (customer_id, id, person_id, kind, about, about_person, channel, state) select ${scene.customerId}::uuid, gen_random_uuid(), x.*, 'email', 'due' from (${about}) x (person_id, kind, about, about_person)`;
  const notices = (): Promise<unknown[]> => database.admin('select about from app.account_notice where customer_id = $1', [scene.customerId]);
  const colleague = async (): Promise<string> => {
    const id = uuidv7();
    await database.admin(`insert into app.person (customer_id, id, login, display_name, roles) values ($1, $2, 'ravi', 'Ravi', '{customer_governor}')`, [scene.customerId, id]);
    return id;
  };
  /** What a request does that was let in before the erasure and comes to write when that is under way: what is said of it then, and what is left. */
  const late = async (...writes: Statement[]): Promise<string> => {
    let answer!: Promise<string>;
    await database.as('gateway').withCustomer(scene.customerId, async (tx) => {
      tx.ledgerOnly(); // its entry is among the statements
      for (const each of [sql`select from app.person where id = ${scene.personId} for update`, mark(), entry()]) await tx.read(each);
      answer = gateway.run(as, ...writes, entry());
      await until('it waits for the erasure', async () => (await database.admin(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).length > 0);
    });
    return answer;
  };

  it('takes in no settings, device or key of somebody while they are erased, and none after that', async () => {
    const writes: Readonly<Record<string, () => Statement>> = {
      settings: () => sql`insert into app.preference (customer_id, person_id, doc, version) values (${scene.customerId}, ${scene.personId}, '{"email": "asha@chai.example"}', 1) on conflict (customer_id, person_id) do update set doc = excluded.doc`,
      device: () => sql`insert into app.device (customer_id, id, person_id, name, platform, address) values (${scene.customerId}, gen_random_uuid(), ${scene.personId}, 'Asha’s', 'cli', 'x')`,
      key: () => sql`insert into app.approver_key (customer_id, id, person_id, device_id, kind, credential_id, public_key, rp_id, backup_eligible, seal) values (${scene.customerId}, gen_random_uuid(), ${scene.personId}, ${scene.deviceId}, 'device', 'y', ${Buffer.alloc(91)}, 'localhost', false, ${Buffer.alloc(32)})`,
      'a vouch': () => sql`update app.approver_key set vouch = '{}' where person_id = ${scene.personId}`,
      'a device’s name': () => sql`update app.device set name = 'Asha’s' where person_id = ${scene.personId}`,
    };
    for (const [what, write] of Object.entries(writes)) {
      scene = await aScene(database);
      as = { scope: 'customer', id: scene.customerId };
      await enrolled();
      expect([what, await late(write())]).toEqual([what, 'person_erased']);
      expect([what, await gateway.run(as, write(), entry())]).toEqual([what, 'person_erased']);
    }
  });

  it('tells somebody who is erased nothing, and others not what they were called', async () => {
    const ravi = await colleague();
    const theirs = told(sql`select ${scene.personId}::uuid, 'email_changed', ${ADDRESS}, null::uuid`);
    const named = (whom: string): Statement => told(sql`select ${ravi}::uuid, 'approves_hastily', 'Asha', ${whom}::uuid`);
    expect(await gateway.run(as, named(scene.personId))).toBe('done');
    expect(await notices()).toEqual([{ about: 'Asha' }]);
    expect(await late(theirs, named(scene.personId))).toBe('done');
    expect(await notices()).toEqual([{ about: 'Asha' }, { about: 'Erased person' }]); // the first goes with ops.forget_person
    expect(await gateway.run(as, sql`select ops.forget_person(${scene.personId})`, theirs)).toBe('done');
    expect(await notices()).toEqual([{ about: 'Erased person' }, { about: 'Erased person' }]);
  });

  it('lets nobody in who is erased, by a session that was just being made', async () => {
    const session = (): Promise<unknown[]> => database.as('gateway').ops('person_of_session', 'late');
    await database.admin(`insert into app.oidc_record (kind, id, payload, expires_at) values ('WebSession', 'late', jsonb_build_object('personId', $1::text), now() + interval '1 hour')`, [scene.personId]);
    expect(await session()).toHaveLength(1);
    expect(await gateway.run(as, mark(), entry())).toBe('done');
    expect(await session()).toEqual([]);
  });
});
