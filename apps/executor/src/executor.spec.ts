import { CommandClient, publish, Relay } from '@countersign/bus';
import { approvalDecided, decisionTakenBack, pinKeys, settleEffect, teamChanged, uuidv7, type Message, type Service } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import { createService, type RunningService } from '@countersign/service';
import { seedCustomer, serviceEnv, testDatabase, testNats, until, type TestDatabase, type TestNats } from '@countersign/testing';
import { expect } from 'expect';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import { DEVICE_HOLD_MS } from './config.js';
import { ExecutorModule } from './executor.module.js';
import { aKey } from './testing/approver.js';
import { healthOf } from './testing/health-of.js';
import { startNotary, type NotaryProcess } from './testing/notary-process.js';
import { anApprovedGoal, aRepository, copies, enrol, pushOf, removeRepository, seen, type Approved, type Repository } from './testing/scene.js';

const silent = pino({ level: 'silent' });

describe('the executor on the bus', () => {
  let database: TestDatabase;
  let nats: TestNats;
  let executor: RunningService;
  let gateway: CommandClient;
  let mirrors: string;
  let executorHome: string;
  let repository: Repository;
  let notary: NotaryProcess;
  const relays: Relay[] = [];
  const senders = new Map<Service, Database>();
  before(async () => {
    [database, nats] = await Promise.all([testDatabase(), testNats()]);
    const env = serviceEnv('executor', { database, nats });
    executorHome = env['COUNTERSIGN_HOME']!;
    mirrors = join(executorHome, '../fleet/mirrors');
    process.env['COUNTERSIGN_FIRST_KEYS'] = env['COUNTERSIGN_FIRST_KEYS']; // what is the executor's alone it reads there
    [executor, notary] = await Promise.all([createService({ service: 'executor', module: ExecutorModule, env }), startNotary({ database, nats })]);
    for (const service of ['gateway', 'spawn-gate'] as const) {
      const [bus, asService] = [await nats.as(service), database.as(service)];
      const relay = new Relay(bus, asService, silent);
      relay.start();
      relays.push(relay);
      senders.set(service, asService);
      if (service === 'gateway') gateway = new CommandClient(bus, 60_000);
    }
  });
  after(async () => {
    delete process.env['COUNTERSIGN_FIRST_KEYS'];
    await executor?.close();
    await notary?.stop();
    await Promise.all(relays.map((relay) => relay.stop()));
    await nats?.close();
    await database?.close();
  });
  beforeEach(() => {
    repository = { ...aRepository(), mirrors };
  });
  afterEach(() => removeRepository(repository));

  const tell = <T extends object, S extends string>({ teamId }: Approved, message: Message<T, S>, body: NoInfer<T>): Promise<void> =>
    senders.get(message.author)!.withTeam(teamId, (tx) => {
      tx.ledgerOnly();
      publish(tx, message as Message<object>, { teamId } as never, body);
      return Promise.resolve();
    });
  /** What waits, as its health page says. */
  const waits = async (): Promise<string> => JSON.stringify((await healthOf(executor)).waits ?? {});
  const decided = (goal: Approved, outcome: 'approve' | 'deny' = 'approve'): Promise<void> => tell(goal, approvalDecided, { epoch: 1, approvalId: goal.approvalId, goalId: goal.goalId, outcome });
  const settled = (goal: Approved): Promise<Awaited<ReturnType<typeof seen>>> =>
    until('that it is settled', async () => {
      const now = await seen(database, goal);
      return now.effects.some(({ state }) => state !== 'started') && now;
    });

  it('performs an approved effect when it hears of the decision, and tells the others', async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    await decided(goal);
    expect(await settled(goal)).toMatchObject({ effects: [{ state: 'executed' }], begun: 1, told: ['executed'] });
    expect(repository.git(repository.remote, 'rev-parse', 'countersign/goal-1^')).toBe(repository.base);
  });

  it('begins nothing while no notary signs, says so as long as it waits, and begins when one does', async () => {
    await notary.stop();
    try {
      const [goal, lapsed, stopped] = [await anApprovedGoal(database, repository, pushOf(repository)), await anApprovedGoal(database, repository, pushOf(repository)), await anApprovedGoal(database, repository, pushOf(repository))];
      for (const each of [goal, lapsed, stopped]) await decided(each);
      const wait = async (...those: readonly Approved[]): Promise<boolean[]> => {
        const said = await waits();
        return those.map(({ approvalId }) => said.includes(`"effect of ${approvalId}":"an approved effect waits for a signed head of the notary: notary_away"`));
      };
      const waiting = (...those: readonly boolean[]): Promise<true> => until(`waiting: ${those.join()}`, async () => isDeepStrictEqual(await wait(goal, lapsed, stopped), those) && (true as const));
      await waiting(true, true, true);
      await database.admin(`update app.approval set valid_until = '2000-01-01' where id = $1`, [lapsed.approvalId]);
      await database.admin(`update app.team set state = 'suspended', epoch = 2 where team_id = $1`, [stopped.teamId]);
      await waiting(true, false, false);
      expect(await seen(database, goal)).toMatchObject({ effects: [], begun: 0, used: 0 });
      await notary.start();
      expect(await settled(goal)).toMatchObject({ effects: [{ state: 'executed' }], begun: 1 });
      await until('that nothing waits any more', async () => !(await waits()).includes('notary')); // it is said once the effect rests
    } finally {
      await notary.start();
    }
  });

  it('is one for its folder: a second one on it does not start, and the first goes on', async () => {
    const second = serviceEnv('executor', { database, nats });
    await expect(createService({ service: 'executor', module: ExecutorModule, env: { ...second, COUNTERSIGN_HOME: executorHome }, log: silent })).rejects.toMatchObject({ code: 'pins_held', retryable: true });
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    await decided(goal);
    expect(await settled(goal)).toMatchObject({ effects: [{ state: 'executed' }] });
  });

  it('performs it also when the message never comes', async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    expect(await settled(goal)).toMatchObject({ effects: [{ state: 'executed' }] });
  });

  it('settles an unknown effect when the gateway asks in a person’s name, and tells the others', async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    await settled(goal);
    const { teamId, approvalId, customerId, personId } = goal;
    const request = (outcome: 'look' | 'failed') => gateway.request(settleEffect, { teamId, approvalId, settlementId: uuidv7(), by: { personId, customerId, roles: ['customer_governor'] }, outcome, reason: '' });
    await expect(request('look')).rejects.toMatchObject({ name: 'RefusedError', code: 'effect_not_unknown' });
    await database.admin(`alter table app.effect disable trigger end_effect; update app.effect set state = 'unknown', receipt = null where team_id = '${teamId}'; alter table app.effect enable trigger end_effect`);
    await expect(request('failed')).rejects.toMatchObject({ name: 'RefusedError', code: 'reason_missing' });
    expect(await request('look')).toMatchObject({ ok: true, state: 'executed' });
    expect((await seen(database, goal)).told).toEqual(['executed', 'executed']);
  });

  it('pins a customer’s keys when the gateway says so, and ends those of a device that is gone', async () => {
    const { customerId, personId } = await seedCustomer(database);
    const pinned = () => gateway.request(pinKeys, { customerId });
    expect(await pinned()).toMatchObject({ ok: true, keys: [] });
    const [phone, browser] = [aKey(), aKey()];
    const deviceId = await enrol(database, { customerId, personId }, phone);
    await enrol(database, { customerId, personId }, browser);
    const [first, second] = (await pinned()).keys.map(({ effectiveFrom, highestFrom }) => [effectiveFrom - Date.now(), highestFrom - Date.now()] as const);
    expect(Math.max(...first!)).toBeLessThanOrEqual(0);
    expect(second!.map((ms) => Math.ceil(ms / DEVICE_HOLD_MS))).toEqual([1, 3]);
    await database.admin(`update app.device set removed_at = now() where id = $1`, [deviceId]);
    expect((await pinned()).keys).toHaveLength(1);
    await database.admin(`update app.device set removed_at = null where id = $1`, [deviceId]);
    expect((await pinned()).keys).toHaveLength(1);
    expect(readFileSync(join(executorHome, 'pins/pins.ndjson'), 'utf8')).toContain(phone.credentialId);
  });

  it('says in the chain when it is told to perform what nobody approved', async () => {
    const goal = await anApprovedGoal(database, repository, pushOf(repository), { state: 'pending', decision: false });
    await decided(goal);
    const chained = async () => (await seen(database, goal)).chain;
    await until('an entry', async () => (await chained()).length > 0);
    expect(await seen(database, goal)).toMatchObject({ chain: ['EFFECT-REFUSED approval_not_granted'], effects: [], told: [] });
  });

  it('performs nothing that is held, and remembers what was taken back, ended by a no, or must wait when it hears or sees of it', async () => {
    const [held, taken, denied] = [await anApprovedGoal(database, repository, pushOf(repository), { state: 'pending', delaySeconds: '600' }), await anApprovedGoal(database, repository, pushOf(repository), { state: 'pending' }), await anApprovedGoal(database, repository, pushOf(repository), { state: 'denied' })];
    await database.admin(`update app.approval set state = 'held', held_for = 'approved', effective_at = now() + interval '10 minutes' where id = $1`, [held.approvalId]);
    await decided(held);
    await database.admin(`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, undoes) select team_id, gen_random_uuid(), approval_id, 'undo', digest, person_id, id from app.approval_decision where approval_id = $1`, [taken.approvalId]);
    await tell(taken, decisionTakenBack, { epoch: 1, approvalId: taken.approvalId, goalId: taken.goalId });
    await database.admin(`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id) select team_id, gen_random_uuid(), approval_id, 'deny', digest, person_id from app.approval_decision where approval_id = $1`, [denied.approvalId]);
    await decided(denied, 'deny');
    const pins = (): string => readFileSync(join(executorHome, 'pins/pins.ndjson'), 'utf8');
    const all = (): boolean => pins().includes(`"pin":"waits","approvalId":"${held.approvalId}"`) && [taken, denied].every(({ approvalId }) => pins().includes(`"pin":"spent","approvalId":"${approvalId}"`));
    await until('the pins of all', all);
    for (const goal of [held, taken, denied]) expect(await seen(database, goal)).toMatchObject({ effects: [], chain: [], told: [] });
  });

  it('begins the wait of what is held without a message, however many others are', async () => {
    const [crowd, goal] = [await anApprovedGoal(database, repository, pushOf(repository), { state: 'pending' }), await anApprovedGoal(database, repository, pushOf(repository), { state: 'pending', delaySeconds: '600' })];
    const hold = ({ approvalId }: Approved): Promise<unknown> => database.admin(`update app.approval set state = 'held', held_for = 'approved', effective_at = now() + interval '10 minutes' where id = $1`, [approvalId]);
    await hold(crowd);
    await copies(database, crowd, 100);
    await hold(goal);
    const waits = (): boolean => readFileSync(join(executorHome, 'pins/pins.ndjson'), 'utf8').includes(`"pin":"waits","approvalId":"${goal.approvalId}"`);
    await until('the pin', waits);
    await database.admin(`update app.team set state = 'suspended', epoch = epoch + 1 where team_id = $1`, [crowd.teamId]);
  });

  it('stops a push that is under way when the team is suspended, and records that nothing came of it', async () => {
    const waiting = join(repository.root, 'waiting');
    mkdirSync(join(repository.remote, 'hooks'), { recursive: true });
    writeFileSync(join(repository.remote, 'hooks/pre-receive'), `#!/bin/sh\ncat > /dev/null\ntouch ${waiting}\nexec sleep 120\n`);
    chmodSync(join(repository.remote, 'hooks/pre-receive'), 0o755);
    const goal = await anApprovedGoal(database, repository, pushOf(repository));
    await decided(goal);
    await until('the push being under way', () => existsSync(waiting));
    await database.admin(`update app.team set state = 'suspended', epoch = 2 where team_id = $1`, [goal.teamId]);
    await tell(goal, teamChanged, { epoch: 2, state: 'suspended' });
    expect(await settled(goal)).toMatchObject({ effects: [{ state: 'failed', code: 'stale_epoch', attempts: 1 }] });
    expect(repository.git(repository.remote, 'for-each-ref', 'refs/heads/countersign')).toBe('');
  });
});
