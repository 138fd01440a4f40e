import { createService, type RunningService } from '@countersign/service';
import { MailServerDouble, serviceEnv, testDatabase, testNats, type TestDatabase, type TestNats } from '@countersign/testing';
import { expect } from 'expect';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'node:test';
import { ExecutorModule } from './executor.module.js';
import { aKey } from './testing/approver.js';
import { healthOf } from './testing/health-of.js';
import { startNotary, type NotaryProcess } from './testing/notary-process.js';
import { aMail, anEgress, MAILED } from './testing/outgoing.js';
import { anApprovedGoal, aRepository, enrol, pushOf, removeRepository, seen, type Approved, type Repository } from './testing/scene.js';

const FULL = 'full@chai.test';

describe('an executor with one customer whose mailbox puts every letter off', () => {
  let database: TestDatabase;
  let nats: TestNats;
  let mail: MailServerDouble;
  let notary: NotaryProcess;
  let executor: RunningService;
  let repository: Repository;
  let theirs: Approved;
  before(async () => {
    [database, nats, mail] = await Promise.all([testDatabase(), testNats(), MailServerDouble.start()]);
    repository = aRepository();
    const env = serviceEnv('executor', { database, nats });
    const egress = join(repository.root, 'egress.json');
    writeFileSync(egress, JSON.stringify(anEgress()));
    Object.assign(process.env, { COUNTERSIGN_FIRST_KEYS: '*', SMTP_URL: mail.url, COUNTERSIGN_EGRESS: egress, COUNTERSIGN_MIRRORS: repository.mirrors });
    mail.deferred.add(FULL);
    theirs = await anApprovedGoal(database, repository, aMail({ to: [FULL], cc: [] }), { files: MAILED });
    await database.admin(`insert into app.preference (customer_id, person_id, doc, version) values ($1, $2, jsonb_build_object('email', $3::text), 1)`, [theirs.customerId, theirs.personId, FULL]);
    await enrol(database, theirs, aKey());
    notary = await startNotary({ database, nats });
    executor = await createService({ service: 'executor', module: ExecutorModule, env });
  });
  after(async () => {
    for (const name of ['COUNTERSIGN_FIRST_KEYS', 'SMTP_URL', 'COUNTERSIGN_EGRESS', 'COUNTERSIGN_MIRRORS']) delete process.env[name];
    await executor?.close();
    await notary?.stop();
    await mail?.[Symbol.asyncDispose]();
    await nats?.close();
    await database?.close();
    removeRepository(repository);
  });
  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    for (const end = Date.now() + 15_000; !(await holds()); await sleep(50)) if (Date.now() > end) throw new Error(`not so in time: ${what}`);
  };

  it('is well: it says what waits, of the key and of the effect, and carries out what the others approved', async () => {
    await until('the letters about the key were put off', async () => (await healthOf(executor)).waits?.['letters'] !== undefined);
    await until('the approved e-mail was begun', async () => (await seen(database, theirs)).effects.length > 0);
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    await until('another customer’s push is carried out', async () => (await seen(database, goal)).effects[0]?.state === 'executed');
    expect(await seen(database, theirs)).toMatchObject({ effects: [{ state: 'started' }] });
    expect(await healthOf(executor)).toMatchObject({ status: 200, ok: true, waits: { letters: 'new keys that do not count yet, because the mail server has not taken every letter about them: 1' } });
    expect(mail.taken).toEqual([]);
  });
});
