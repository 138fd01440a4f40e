import { uuidv7 } from '@countersign/contracts';
import { sql, type Statement } from '@countersign/database';
import { testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import { aScene, type Scene } from './scene.js';
import { append, entryOf, TakenOver } from './taken-over.js';

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

  it('refuses one that needs more yeses than it has: of one person, taken back, or of other bytes', async () => {
    const yes = (scene: Scene, person: string, digest = scene.digest): Promise<unknown> => database.admin(`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, device_id) values ($1, $2, $3, 'approve', $4, $5, $2)`, [scene.teamId, uuidv7(), scene.approvalId, digest, person]);
    const scene = await aScene(database, { approval: 'approved', need: 2 });
    expect(await attempt(scene, use(scene))).toBe('approval_not_granted');
    await yes(scene, scene.personId);
    await yes(scene, uuidv7(), Buffer.alloc(32, 7));
    expect(await attempt(scene, use(scene))).toBe('approval_not_granted');
    const other = uuidv7();
    await yes(scene, other);
    const taken = await aScene(database, { approval: 'approved' });
    for (const { teamId, approvalId } of [scene, taken]) {
      await database.admin(`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, undoes) select team_id, gen_random_uuid(), approval_id, 'undo', digest, person_id, id from app.approval_decision d where team_id = $1 and approval_id = $2 and decision = 'approve' order by at desc limit 1`, [teamId, approvalId]);
    }
    for (const each of [scene, taken]) expect(await attempt(each, use(each))).toBe('approval_not_granted');
    await database.admin(`delete from app.approval_decision where approval_id = $1 and decision = 'undo'`, [scene.approvalId]);
    expect(await attempt(scene, use(scene), effect(scene))).toBe('done');
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

describe('P8 the helpdesk decides nothing, whoever holds it', () => {
  let database: TestDatabase;
  let helpdesk: TakenOver;
  before(async () => {
    database = await testDatabase();
    helpdesk = await TakenOver.open(database, 'helpdesk-agent');
  });
  after(async () => {
    await helpdesk[Symbol.asyncDispose]();
    await database.close();
  });

  const ATTACKS: readonly (readonly [string, (scene: Scene) => Statement, (scene: Scene) => Statement])[] = [
    ['approves', () => sql`update app.approval set state = 'approved'`, ({ teamId, approvalId }) => sql`select state from app.approval where team_id = ${teamId} and id = ${approvalId}`],
    ['says that a person did', ({ teamId, approvalId, digest, personId, deviceId }) => sql`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, device_id) values (${teamId}, ${uuidv7()}, ${approvalId}, 'approve', ${digest}, ${personId}, ${deviceId})`, () => sql`select count(*)::int from app.approval_decision`],
    ['takes a question back', () => sql`delete from app.approval`, () => sql`select count(*)::int from app.approval`],
    ['lowers a tier', () => sql`update app.approval set tier = 0`, ({ approvalId }) => sql`select tier from app.approval where id = ${approvalId}`],
    ['lowers it in the policy', () => sql`insert into app.policy default values`, () => sql`select count(*)::int from app.policy`],
    ['lowers it in the bundle', () => sql`update app.team set bundle = '{}'`, ({ teamId }) => sql`select bundle from app.team where team_id = ${teamId}`],
    ['uses an approval', (scene) => use(scene), () => sql`select count(*)::int from app.approval_use`],
    ['writes an effect', (scene) => effect(scene), () => sql`select count(*)::int from app.effect`],
    ['enrols a key', ({ customerId, personId, deviceId }) => sql`insert into app.approver_key (customer_id, id, person_id, device_id, kind, credential_id, public_key, rp_id, backup_eligible, seal) values (${customerId}, ${uuidv7()}, ${personId}, ${deviceId}, 'device', 'x', '\\x00', 'localhost', false, '\\x00')`, () => sql`select count(*)::int from app.approver_key`],
    ['lets a key count at once', () => sql`update app.approver_key set effective_from = now(), vouch = '{}'`, () => sql`select count(*)::int from app.approver_key`],
    ['registers a device', ({ customerId, personId }) => sql`insert into app.device (customer_id, id, person_id, name, platform, address) values (${customerId}, ${uuidv7()}, ${personId}, 'x', 'fcm', 'x')`, () => sql`select count(*)::int from app.device`],
    ['binds a session to a device', () => sql`insert into app.oidc_record default values`, () => sql`select count(*)::int from app.oidc_record`],
    ['makes a challenge', () => sql`insert into app.approval_challenge default values`, () => sql`select count(*)::int from app.approval_challenge`],
    ['lets the team work again', () => sql`update app.team set state = 'active', epoch = 1`, ({ teamId }) => sql`select state, epoch from app.team where team_id = ${teamId}`],
  ];
  it(`neither by its role nor with its key, in ${ATTACKS.length} ways: nothing is written`, async () => {
    const scene = await aScene(database);
    for (const [what, attack, shows] of ATTACKS) {
      const before = await shown(shows(scene));
      expect([what, await helpdesk.run({ id: scene.teamId }, attack(scene), entryOf('helpdesk-agent'))]).toEqual([what, expect.stringMatching(/^permission denied/)]);
      for (const scope of ['customer', 'platform'] as const) expect([what, await helpdesk.run({ scope, id: scene.customerId }, attack(scene), entryOf('helpdesk-agent'))]).not.toEqual([what, 'done']);
      expect([what, await shown(shows(scene))]).toEqual([what, before]);
    }
  });
  const shown = ({ text, values }: Statement): Promise<object[]> => database.admin(text, [...values]);

  it('and puts no other word than its own into the chain', async () => {
    const scene = await aScene(database);
    for (const action of ['MOBILE-APPROVAL-GRANTED', 'KEY-CREATED', 'TEAM-REACTIVATED', 'EFFECT-EXECUTED']) expect([action, await helpdesk.run({ id: scene.teamId }, append({ service: 'helpdesk-agent', action }))]).not.toEqual([action, 'done']);
    expect(await helpdesk.run({ id: scene.teamId }, entryOf('helpdesk-agent'))).toBe('done');
  });
});
