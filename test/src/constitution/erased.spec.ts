import { uuidv7 } from '@countersign/contracts';
import { sql, type Statement } from '@countersign/database';
import { testDatabase, type TestDatabase } from '@countersign/testing';
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
});
