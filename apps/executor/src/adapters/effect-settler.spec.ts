import { CustomerId, PLATFORM_CHAIN, uuidv7, type SettleEffect } from '@countersign/contracts';
import { sql } from '@countersign/database';
import { testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { aRunner, aSettler } from '../testing/runner.js';
import { anApprovedGoal, aRepository, pushOf, removeRepository, seen, type Approved, type Repository } from '../testing/scene.js';
import type { Milestone } from './effect-runner.js';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe('an effect whose outcome is unknown', () => {
  let database: TestDatabase;
  let repository: Repository;
  before(async () => { database = await testDatabase(); });
  after(() => database.close());
  beforeEach(() => { repository = aRepository(); });
  afterEach(() => removeRepository(repository));

  /** Begun (and done, at `acted`), then the executor lost sight of the remote for good. */
  const unknown = async (at: Milestone = 'begun', effect = pushOf(repository)): Promise<Approved> => {
    const goal = await anApprovedGoal(database, repository, effect);
    const passed = (milestone: Milestone): void => {
      if (milestone === at) throw new Error('stopped here');
    };
    await aRunner(database.as('executor'), repository, { passed, log: silent }).run(goal.teamId, goal.approvalId);
    await database.admin(`update app.effect set state = 'unknown', code = 'remote_silent' where team_id = $1`, [goal.teamId]);
    return goal;
  };
  const wish = ({ teamId, approvalId, customerId, personId }: Approved, over: Partial<SettleEffect> = {}): SettleEffect => ({ teamId, approvalId, settlementId: uuidv7(), by: { personId, customerId, roles: ['customer_governor'] }, outcome: 'look', reason: '', ...over });
  const settle = (request: SettleEffect, options = {}) => aSettler(database.as('executor'), repository, options).settle(request);
  const settlement = async ({ teamId }: Approved) => (await database.admin(`select settled_by, settled_how, settled_reason from app.effect where team_id = $1`, [teamId]))[0];
  const entries = async ({ teamId }: Approved) => (await database.admin<{ payload: Buffer }>(`select payload from audit.entry where team_id = $1 order by seq`, [teamId])).map(({ payload }) => payload.toString('utf8'));

  describe('looked at again', () => {
    it('is executed when its result is there, with the receipt', async () => {
      const goal = await unknown('acted');
      expect(await settle(wish(goal))).toBe('executed');
      expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'executed', receipt: { branch: 'countersign/goal-1', remote: repository.remote } }], chain: ['EFFECT-STARTED', 'EFFECT-EXECUTED'], told: ['executed'] });
      expect(await settlement(goal)).toEqual({ settled_by: goal.personId, settled_how: 'look', settled_reason: '' });
      expect(JSON.parse((await entries(goal)).at(-1)!)).toMatchObject({ actor: { kind: 'person' } });
    });

    it('failed when the target is as it was, and nothing is done about it', async () => {
      const goal = await unknown();
      expect(await settle(wish(goal))).toBe('failed');
      await aRunner(database.as('executor'), repository).run(goal.teamId, goal.approvalId);
      expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'failed', code: 'not_there' }], told: ['failed'] });
      expect(repository.git(repository.remote, 'for-each-ref', 'refs/heads/countersign')).toBe('');
    });

    it('stays unknown while the target gives no answer, however slowly, and leaves no trace', async () => {
      const goal = await unknown();
      renameSync(repository.remote, join(repository.root, 'away.git'));
      expect(await settle(wish(goal))).toBe('unknown');
      const never = { place: { kind: 'git.push', remote: '/x', branch: 'x' }, look: () => new Promise(() => undefined) };
      const slow = { prepare: () => Promise.reject(new Error()), recall: () => Promise.resolve({ ok: true, plan: { kind: 'git.push' } }), target: () => Promise.resolve(never) };
      expect(await settle(wish(goal), { performers: { 'git.push': slow }, lookMs: 20 })).toBe('unknown');
      expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'unknown' }], chain: ['EFFECT-STARTED'], told: [] });
    });

    it('is left to a person’s word when what was countersigned can no longer be verified: nothing is looked at', async () => {
      const goal = await unknown('acted');
      await database.admin(`update app.approval set manifest = manifest || ' '::bytea, digest = sha256(manifest || ' '::bytea) where team_id = $1`, [goal.teamId]);
      await expect(settle(wish(goal))).rejects.toMatchObject({ code: 'effect_unverifiable' });
      expect(await settle(wish(goal, { outcome: 'executed', reason: 'I saw it' }))).toBe('executed');
    });
  });

  for (const outcome of ['executed', 'failed'] as const) {
    it(`is ${outcome} on a person’s word: in the row, and in the chain as theirs without their name or words`, async () => {
      const goal = await unknown();
      expect(await settle(wish(goal, { outcome, reason: 'I asked Ravi at the host' }))).toBe(outcome);
      expect(await seen(database, goal)).toMatchObject({ effects: [{ state: outcome, code: 'settled_by_person', receipt: null }], chain: ['EFFECT-STARTED', 'EFFECT-SETTLED'], told: [outcome] });
      expect(await settlement(goal)).toEqual({ settled_by: goal.personId, settled_how: 'word', settled_reason: 'I asked Ravi at the host' });
      const last = (await entries(goal)).at(-1)!;
      expect(JSON.parse(last)).toMatchObject({ actor: { kind: 'person' }, body: { outcome, digest: goal.digest } });
      expect(last).not.toMatch(/Ravi/);
      expect(last).not.toContain(goal.personId);
    });
  }

  it('is settled by nobody else: another customer finds nothing, and a role alone is not enough', async () => {
    const goal = await unknown();
    const as = (customerId: string, role: string) => settle(wish(goal, { outcome: 'executed', reason: 'x', by: { personId: goal.personId, customerId: customerId as CustomerId, roles: [role] } })).catch(({ code }: { code: string }) => code);
    expect(await as(CustomerId.next(), 'customer_governor')).toBe('not_found');
    expect(await as(CustomerId.next(), 'platform_governor')).toBe('not_found');
    expect(await as(goal.customerId, 'operator')).toBe('not_permitted');
    expect(await as(goal.customerId, 'platform_governor')).toBe('not_permitted');
    expect(await as(PLATFORM_CHAIN, 'customer_governor')).toBe('not_permitted');
    expect(await seen(database, goal)).toMatchObject({ effects: [{ state: 'unknown' }], chain: ['EFFECT-STARTED'] });
    expect(await as(PLATFORM_CHAIN, 'platform_governor')).toBe('executed');
    expect(await settle({ ...wish(goal), approvalId: uuidv7() as never }).catch(({ code }: { code: string }) => code)).toBe('not_found');
  });

  it('is settled once: of two people at once one is told that there is nothing to settle; the same wish again is answered the same', async () => {
    const goal = await unknown();
    const wishes = (['executed', 'failed'] as const).map((outcome) => wish(goal, { outcome, reason: 'x' }));
    const answers = await Promise.all([...wishes, ...wishes].map((request) => settle(request).catch(({ code }: { code: string }) => code)));
    const [winner] = (await seen(database, goal)).effects;
    const expected = wishes.map(({ outcome }) => (outcome === winner!.state ? outcome : 'effect_not_unknown'));
    expect(answers).toEqual([...expected, ...expected]);
    expect(await seen(database, goal)).toMatchObject({ chain: ['EFFECT-STARTED', 'EFFECT-SETTLED'], told: [winner!.state] });
  });

  it('is all that can be settled: a known outcome stays, also for raw SQL with the executor’s own role', async () => {
    const settled = await unknown('acted');
    const raw = (statement: ReturnType<typeof sql>) => database.as('executor').withTeam(settled.teamId, (tx) => tx.read(statement));
    for (const state of ['executed', 'failed', 'started']) await expect(raw(sql`update app.effect set state = ${state}`)).rejects.toMatchObject({ code: 'effect_settled' });
    await settle(wish(settled));
    await expect(settle(wish(settled, { outcome: 'failed', reason: 'no' }))).rejects.toMatchObject({ code: 'effect_not_unknown' });
    await expect(raw(sql`update app.effect set state = 'failed', settlement_id = ${uuidv7()}, settled_by = ${settled.personId}, settled_how = 'word', settled_reason = 'no'`)).rejects.toMatchObject({ code: 'effect_settled' });
    const started = await anApprovedGoal(database, repository, pushOf(repository, { branch: 'other' }));
    await expect(settle(wish(started))).rejects.toMatchObject({ code: 'effect_not_unknown' });
  });
});
