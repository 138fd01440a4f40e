import { uuidv7 } from '@countersign/contracts';
import { sql, type Statement } from '@countersign/database';
import { testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import { aScene, type Scene } from './scene.js';
import { entryOf, TakenOver } from './taken-over.js';

const use = ({ approvalId, digest }: Scene): Statement => sql`select sec.use_approval(${approvalId}, ${digest})`;
const effect = ({ teamId, approvalId, goalId }: Scene, state = 'started', id: string = uuidv7()): Statement =>
  sql`insert into app.effect (team_id, id, approval_id, goal_id, kind, state, idempotency_key) values (${teamId}, ${id}, ${approvalId}, ${goalId}, 'git.push', ${state}, 'k')`;
const NO_USE = /violates foreign key constraint "effect_team_id_used_approval_fkey"/;

describe('P5 countersigned or nothing, whoever holds the executor', () => {
  let database: TestDatabase;
  let executor: TakenOver;
  before(async () => {
    database = await testDatabase();
    executor = await TakenOver.open(database, 'executor');
  });
  after(async () => {
    await executor[Symbol.asyncDispose]();
    await database.close();
  });
  const approved = (): Promise<Scene> => aScene(database, { approval: 'approved' });
  const attempt = ({ teamId }: Scene, ...statements: Statement[]): Promise<string> => executor.run({ id: teamId }, ...statements, entryOf('executor'));

  it('uses an approval once, with one effect, and never again', async () => {
    const scene = await approved();
    expect(await attempt(scene, use(scene), effect(scene))).toBe('done');
    expect(await attempt(scene, use(scene))).toBe('approval_used');
    expect(await attempt(scene, effect(scene))).toMatch(/duplicate key/);
  });

  it('lets exactly one of sixteen at once use it', async () => {
    const scene = await approved();
    const attackers = await Promise.all(Array.from({ length: 16 }, () => TakenOver.open(database, 'executor')));
    const answers = await Promise.all(attackers.map((attacker) => attacker.run({ id: scene.teamId }, use(scene), effect(scene), entryOf('executor'))));
    for (const attacker of attackers) await attacker[Symbol.asyncDispose]();
    expect(answers.sort()).toEqual([...Array.from({ length: 15 }, () => 'approval_used'), 'done']);
  });

  it('cannot write the use of an approval by hand, change it or take it back', async () => {
    const scene = await approved();
    for (const statement of [
      sql`insert into app.approval_use (team_id, approval_id) values (${scene.teamId}, ${scene.approvalId})`,
      sql`update app.approval_use set used_at = now()`,
      sql`delete from app.approval_use`,
    ]) expect(await attempt(scene, statement)).toBe('permission denied for table approval_use');
  });

  const unusable: readonly [string, Parameters<typeof aScene>[1], string][] = [
    ['nobody has decided', { approval: 'pending' }, 'approval_not_granted'],
    ['a person denied', { approval: 'denied' }, 'approval_not_granted'],
    ['a person wants changed', { approval: 'changes_requested' }, 'approval_not_granted'],
    ['expired unanswered', { approval: 'expired' }, 'approval_not_granted'],
    ['was replaced', { approval: 'superseded' }, 'approval_not_granted'],
    ['was taken back', { approval: 'withdrawn' }, 'approval_not_granted'],
    ['was granted, too long ago', { approval: 'approved', valid: '-1 second' }, 'approval_expired'],
  ];
  for (const [what, over, code] of unusable) {
    it(`refuses an approval that ${what}`, async () => {
      const scene = await aScene(database, over);
      expect(await attempt(scene, use(scene), effect(scene))).toBe(code);
      expect(await attempt(scene, effect(scene))).toMatch(NO_USE);
    });
  }

  it('refuses other bytes than the person saw', async () => {
    const scene = await approved();
    expect(await attempt(scene, use({ ...scene, digest: Buffer.alloc(32, 7) }), effect(scene))).toBe('digest_mismatch');
  });

  it('refuses an approval that says "approved" without a person’s decision on these bytes', async () => {
    for (const forged of [`delete from app.approval_decision where approval_id = $1`, `update app.approval_decision set person_id = null where approval_id = $1`, `update app.approval_decision set decision = 'deny' where approval_id = $1`, `update app.approval_decision set digest = sha256('x') where approval_id = $1`]) {
      const scene = await approved();
      await database.admin(forged, [scene.approvalId]);
      expect(await attempt(scene, use(scene), effect(scene))).toBe('approval_not_granted');
    }
  });

  it('refuses another team’s approval, by its id, by its row and by its team', async () => {
    const [ours, theirs] = [await approved(), await approved()];
    expect(await attempt(ours, use(theirs))).toBe('approval_not_found');
    expect(await attempt(ours, effect({ ...theirs, teamId: ours.teamId }))).toMatch(NO_USE);
    expect(await attempt(ours, effect(theirs))).toMatch(/row-level security/);
    expect(await attempt(theirs, use(theirs))).toBe('done');
    expect(await attempt(ours, effect({ ...ours, approvalId: theirs.approvalId }))).toMatch(NO_USE);
  });

  it('refuses one of a team that was stopped or has moved on, and of a goal that was cancelled', async () => {
    const [stopped, moved, cancelled] = [await approved(), await approved(), await approved()];
    await database.admin(`update app.team set state = 'suspended' where team_id = $1`, [stopped.teamId]);
    await database.admin(`update app.team set epoch = 2 where team_id = $1`, [moved.teamId]);
    await database.admin(`update app.goal set state = 'cancelled' where id = $1`, [cancelled.goalId]);
    for (const scene of [stopped, moved]) expect(await attempt(scene, use(scene), effect(scene))).toBe('stale_epoch');
    expect(await attempt(cancelled, use(cancelled), effect(cancelled))).toBe('goal_cancelled');
  });

  it('writes no effect without the use, in whatever state it is to begin', async () => {
    const scene = await approved();
    expect(await attempt(scene, effect(scene))).toMatch(NO_USE);
    for (const state of ['executed', 'failed', 'unknown']) {
      expect(await attempt(scene, effect(scene, state))).toBe('move_refused');
      expect(await attempt(scene, use(scene), effect(scene, state))).toBe('move_refused');
    }
  });

  it('makes nothing of a refusal: it can neither be executed nor begun, also with the approval unused', async () => {
    const scene = await approved();
    expect(await attempt(scene, effect(scene, 'refused'))).toBe('done');
    for (const state of ['started', 'executed', 'failed', 'unknown']) expect(await attempt(scene, sql`update app.effect set state = ${state} where team_id = ${scene.teamId}`)).toBe('effect_settled');
    expect(await attempt(scene, use(scene), sql`update app.effect set state = 'started' where team_id = ${scene.teamId}`)).toBe('effect_settled');
  });

  it('points a running effect at nothing else: approval, kind, plan and key stay as they were begun', async () => {
    const scene = await approved();
    expect(await attempt(scene, use(scene), effect(scene))).toBe('done');
    for (const set of [sql`approval_id = ${uuidv7()}`, sql`kind = 'email.send'`, sql`plan = '{}'`, sql`idempotency_key = 'x'`, sql`team_id = ${uuidv7()}`]) expect(await attempt(scene, sql`update app.effect set ${set}`)).toBe('permission denied for table effect');
  });

  it('gives itself no approval: it can neither write nor decide one, and nobody else can use one', async () => {
    const scene = await aScene(database);
    for (const statement of [sql`update app.approval set state = 'approved'`, sql`insert into app.approval default values`, sql`insert into app.approval_decision default values`]) expect(await attempt(scene, statement)).toMatch(/permission denied/);
    for (const service of ['gateway', 'manager-agent', 'helpdesk-agent', 'spawn-gate', 'fleet', 'notary'] as const) {
      await using other = await TakenOver.open(database, service);
      expect(await other.run({ id: scene.teamId }, use(scene))).toBe('permission denied for function use_approval');
      expect(await other.run({ id: scene.teamId }, effect(scene))).toBe('permission denied for table effect');
    }
  });
});
