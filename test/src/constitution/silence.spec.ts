import { uuidv7 } from '@countersign/contracts';
import { sql, type Statement } from '@countersign/database';
import { testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import { aScene, type Scene, type SceneOptions } from './scene.js';
import { entryOf, TakenOver } from './taken-over.js';

describe('P6, P11, P12 a yes is a person’s, in time, whoever holds the gateway', () => {
  let database: TestDatabase;
  let gateway: TakenOver;
  before(async () => {
    database = await testDatabase();
    gateway = await TakenOver.open(database, 'gateway');
  });
  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await database.close();
  });

  const moved = ({ approvalId }: Scene, to: string, by: string | null): Statement =>
    sql`update app.approval set state = ${to}, decided_at = now(), decided_by = ${by}, device_id = ${uuidv7()}, valid_until = now() + interval '1 hour' where id = ${approvalId}`;
  const attempt = ({ teamId }: Scene, principal: string, ...statements: Statement[]): Promise<string> => gateway.run({ id: teamId, principal }, ...statements, entryOf('gateway'));
  const asPerson = (scene: Scene, ...statements: Statement[]): Promise<string> => attempt(scene, `person:${scene.personId}`, ...statements);
  const waiting = (over: SceneOptions = {}): Promise<Scene> => aScene(database, over);
  const OUTCOMES = ['approved', 'denied', 'changes_requested'];

  it('takes what a person decides, in time and in person', async () => {
    for (const outcome of OUTCOMES) {
      const scene = await waiting();
      expect(await asPerson(scene, moved(scene, outcome, scene.personId))).toBe('done');
    }
  });

  describe('P6 silence is never consent', () => {
    it('refuses every answer after the deadline, also before anybody swept it', async () => {
      const scene = await waiting({ due: '-1 second' });
      for (const outcome of OUTCOMES) expect(await asPerson(scene, moved(scene, outcome, scene.personId))).toBe('approval_expired');
      expect(await asPerson(scene, sql`update app.approval set state = 'held' where id = ${scene.approvalId}`, moved(scene, 'approved', scene.personId))).toBe('approval_expired');
    });

    it('lets an approval that expired become nothing else', async () => {
      const scene = await waiting({ due: '-1 second' });
      expect(await attempt(scene, 'service', sql`update app.approval set state = 'expired' where id = ${scene.approvalId}`)).toBe('done');
      for (const outcome of OUTCOMES) expect(await asPerson(scene, moved(scene, outcome, scene.personId))).toBe('move_refused');
      for (const state of ['pending', 'held', 'withdrawn', 'superseded']) expect(await asPerson(scene, sql`update app.approval set state = ${state} where id = ${scene.approvalId}`)).toBe('move_refused');
    });

    it('moves no deadline', async () => {
      const scene = await waiting({ due: '-1 second' });
      for (const set of [sql`due_at = now() + interval '1 year'`, sql`created_at = now()`, sql`frozen_ms = 1000000`, sql`left_ms = 1000000`]) expect(await asPerson(scene, sql`update app.approval set ${set} where id = ${scene.approvalId}`)).toBe('permission denied for table approval');
    });

    it('says of nothing that its time is over before it is, and of no silence that a person kept it', async () => {
      const [early, late] = [await waiting(), await waiting({ due: '-1 second' })];
      expect(await attempt(early, 'service', sql`update app.approval set state = 'expired' where id = ${early.approvalId}`)).toBe('not_due');
      expect(await asPerson(late, moved(late, 'expired', late.personId))).toBe('not_due');
      const over = ({ approvalId }: Scene): Statement => sql`update app.approval set state = 'expired' where id = ${approvalId}`;
      await database.admin(`update app.goal set paused_at = now() where team_id = $1`, [late.teamId]);
      expect(await attempt(late, 'service', over(late))).toBe('not_due');
      await database.admin(`update app.goal set paused_at = null where team_id = $1`, [late.teamId]);
      for (const stopped of [`state = 'suspended'`, `state = 'active', epoch = epoch + 1`]) {
        await database.admin(`update app.team set ${stopped} where team_id = $1`, [late.teamId]);
        expect(await attempt(late, 'service', over(late))).toBe('not_due');
      }
    });

    it('stretches no yes: who, when, on what and for how long stay as they were given', async () => {
      const scene = await waiting({ approval: 'approved' });
      for (const set of [sql`valid_until = now() + interval '1 year'`, sql`decided_at = now()`, sql`device_id = ${uuidv7()}`, sql`reason = 'x'`, sql`decided_by = ${scene.managerId}`]) expect(await asPerson(scene, sql`update app.approval set ${set} where id = ${scene.approvalId}`)).toBe('decision_is_final');
      expect(await asPerson(scene, sql`update app.approval set state = 'withdrawn', valid_until = now() + interval '1 year' where id = ${scene.approvalId}`)).toBe('decision_is_final');
      for (const set of [sql`manifest = 'x', digest = sha256('x')`, sql`epoch = 2`, sql`requested_by = ${uuidv7()}`, sql`goal_id = ${uuidv7()}`, sql`tier = 0`]) expect(await asPerson(scene, sql`update app.approval set ${set} where id = ${scene.approvalId}`)).toBe('permission denied for table approval');
      expect(await asPerson(scene, sql`update app.approval set state = 'withdrawn' where id = ${scene.approvalId}`)).toBe('done');
    });
  });

  describe('P6 what is held is what was said, until it takes effect or is taken back', () => {
    const held = async (by: Partial<{ readonly for: string; readonly until: string }> = {}): Promise<Scene> => {
      const scene = await waiting();
      await database.admin(`update app.approval set state = 'held', held_for = $2, effective_at = now() + $3::interval, decided_at = now() - interval '1 minute', decided_by = $4, device_id = $5, valid_until = now() + interval '1 hour' where id = $1`, [scene.approvalId, by.for ?? 'approved', by.until ?? '1 minute', scene.personId, scene.deviceId]);
      await database.admin(`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id) values ($1, $2, $2, $3, $4, $5)`, [scene.teamId, scene.approvalId, by.for === 'denied' ? 'deny' : 'approve', scene.digest, scene.personId]);
      return scene;
    };
    const to = ({ approvalId }: Scene, state: string): Statement => sql`update app.approval set state = ${state} where id = ${approvalId}`;
    const undo = ({ teamId, approvalId, digest }: Scene, by: string, undoes: string = approvalId): Statement => sql`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, undoes) values (${teamId}, ${uuidv7()}, ${approvalId}, 'undo', ${digest}, ${by}, ${undoes})`;
    const back = ({ approvalId }: Scene): Statement => sql`update app.approval set state = 'pending', decided_at = null, decided_by = null, device_id = null, valid_until = null, held_for = null, effective_at = null where id = ${approvalId}`;

    it('takes no effect before its time, and no other than was said', async () => {
      const [early, due] = [await held(), await held({ until: '-1 second' })];
      for (const outcome of OUTCOMES) expect(await attempt(early, 'service', to(early, outcome))).not.toBe('done');
      expect(await attempt(early, 'service', to(early, 'approved'))).toBe('not_due');
      expect(await attempt(due, 'service', sql`update app.approval set state = 'approved', valid_until = now() + interval '1 year' where id = ${due.approvalId}`)).toBe('decision_is_final');
      for (const stopped of [`app.goal set paused_at = now()`, `app.goal set paused_at = null`]) {
        await database.admin(`update ${stopped} where team_id = $1`, [due.teamId]);
        expect(await attempt(due, 'service', to(due, 'approved'))).toBe(stopped.endsWith('now()') ? 'not_due' : 'done');
      }
    });

    it('is no yes any more once the device it came from is removed', async () => {
      const scene = await held({ until: '-1 second' });
      await database.admin(`update app.approval_decision set device_id = $2 where approval_id = $1`, [scene.approvalId, scene.deviceId]);
      for (const [removed, answer] of [['now()', 'quorum_short'], ['null', 'done']] as const) {
        await database.admin(`update app.device set removed_at = ${removed} where id = $1`, [scene.deviceId]);
        expect(await attempt(scene, 'service', to(scene, 'approved'))).toBe(answer);
      }
    });

    it('names the entry of its effect when that is, and never another', async () => {
      const [scene, due] = [await held(), await held({ until: '-1 second' })];
      const naming = ({ approvalId }: Scene, more: Statement = sql``): Statement => sql`update app.approval set effect_entry_id = ${uuidv7()}${more} where id = ${approvalId}`;
      expect(await asPerson(scene, naming(scene))).toBe('decision_is_final');
      expect(await attempt(due, 'service', naming(due, sql`, state = 'approved'`))).toBe('done');
      expect(await attempt(due, 'service', naming(due))).toBe('decision_is_final');
    });

    it('is not shortened, stretched or given to somebody else', async () => {
      const scene = await held();
      for (const set of [sql`effective_at = now()`, sql`valid_until = now() + interval '1 year'`, sql`held_for = 'denied'`, sql`decided_by = ${uuidv7()}`, sql`reason = 'x'`]) expect(await asPerson(scene, sql`update app.approval set ${set} where id = ${scene.approvalId}`)).toBe('decision_is_final');
    });

    it('is taken back by who said it, with a row that says so, and in time', async () => {
      const [scene, late, theirs] = [await held(), await held({ until: '-1 second' }), await held()];
      expect(await asPerson(scene, back(scene))).toBe('not_the_person');
      const other = uuidv7();
      expect(await attempt(scene, `person:${other}`, undo(scene, other), back(scene))).toBe('not_the_person');
      expect(await asPerson(scene, undo(scene, scene.personId, theirs.approvalId), back(scene))).not.toBe('done');
      expect(await attempt(scene, 'service', undo(scene, scene.personId))).toBe('not_the_person');
      expect(await asPerson(late, undo(late, late.personId), back(late))).toBe('undo_too_late');
      expect(await asPerson(scene, undo(scene, scene.personId), back(scene))).toBe('done');
      expect(await asPerson(scene, undo(scene, scene.personId))).toMatch(/approval_decision_undone/);
    });

    it('is ended by a no and by nothing else', async () => {
      const [yes, no] = [await held(), await held({ for: 'denied' })];
      expect(await attempt(no, `person:${uuidv7()}`, moved(no, 'approved', no.personId))).toBe('decision_is_final');
      const other = uuidv7();
      expect(await attempt(yes, `person:${other}`, moved(yes, 'denied', other))).toBe('done');
    });
  });

  describe('P11 several must say yes', () => {
    const said = ({ teamId, approvalId, digest }: Scene, person: string, device: string = uuidv7()): Statement => sql`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, device_id) values (${teamId}, ${uuidv7()}, ${approvalId}, 'approve', ${digest}, ${person}, ${device})`;
    it('refuses one yes for two, the same person’s twice, and a yes of who made it', async () => {
      const scene = await waiting({ need: 2 });
      expect(await asPerson(scene, said(scene, scene.personId), moved(scene, 'approved', scene.personId))).toBe('quorum_short');
      expect(await asPerson(scene, said(scene, scene.personId), said(scene, scene.personId), moved(scene, 'approved', scene.personId))).toBe('quorum_short');
      expect(await asPerson(scene, said(scene, scene.personId), sql`update app.approval set state = 'held', held_for = 'approved', effective_at = now(), decided_at = now(), decided_by = ${scene.personId}, device_id = ${uuidv7()}, valid_until = now() where id = ${scene.approvalId}`)).toBe('quorum_short');
      expect(await attempt(scene, `person:${scene.memberId}`, said(scene, scene.memberId))).toBe('author_may_not_decide');
      expect(await asPerson(scene, sql`update app.approval set need = 1 where id = ${scene.approvalId}`)).toBe('permission denied for table approval');
    });
    it('takes two people’s', async () => {
      const [scene, other] = [await waiting({ need: 2 }), uuidv7()];
      expect(await asPerson(scene, said(scene, scene.personId))).toBe('done');
      expect(await attempt(scene, `person:${other}`, said(scene, other), moved(scene, 'approved', other))).toBe('done');
    });
    it('counts none whose device is gone', async () => {
      const [scene, other] = [await waiting({ need: 2 }), uuidv7()];
      expect(await asPerson(scene, said(scene, scene.personId, scene.deviceId))).toBe('done');
      await database.admin('update app.device set removed_at = now() where id = $1', [scene.deviceId]);
      expect(await attempt(scene, `person:${other}`, said(scene, other), moved(scene, 'approved', other))).toBe('quorum_short');
    });
  });

  describe('P11 who asked for it or made a part of it does not decide it', () => {
    it('refuses the requester', async () => {
      const requester = uuidv7();
      const scene = await waiting({ requestedBy: requester });
      for (const outcome of OUTCOMES) expect(await attempt(scene, `person:${requester}`, moved(scene, outcome, requester))).toBe('author_may_not_decide');
      expect(await asPerson(scene, moved(scene, 'approved', scene.personId))).toBe('done');
    });

    it('refuses an author by the record of the runs, also when the task is somebody else’s by now', async () => {
      const scene = await waiting();
      expect(await attempt(scene, `person:${scene.memberId}`, moved(scene, 'approved', scene.memberId))).toBe('author_may_not_decide');
      await database.admin(`update app.task set member_id = $2 where id = $1`, [scene.taskId, scene.managerId]);
      expect(await attempt(scene, `person:${scene.memberId}`, moved(scene, 'approved', scene.memberId))).toBe('author_may_not_decide');
    });

    it('refuses, as the gate, who asked the gate for something to be the one who allows it', async () => {
      const scene = await waiting();
      await using gate = await TakenOver.open(database, 'spawn-gate');
      const id = uuidv7();
      await database.admin(`insert into app.gate_approval (team_id, id, kind, requested_by, request, digest, code, reason, epoch, due_at) values ($1, $2, 'spawn', $3, '{}', $4, 'x', 'x', 1, now())`, [scene.teamId, id, `person:${scene.personId}`, Buffer.alloc(32)]);
      const decided = (by: string): Promise<string> => gate.run({ id: scene.teamId, principal: `person:${by}` }, sql`update app.gate_approval set state = 'approved', decided_by = ${by} where id = ${id}`, entryOf('spawn-gate'));
      expect(await decided(scene.personId)).toMatch(/violates check constraint/);
      expect(await gate.run({ id: scene.teamId }, sql`update app.gate_approval set requested_by = 'service' where id = ${id}`, entryOf('spawn-gate'))).toBe('permission denied for table gate_approval');
      expect(await decided(uuidv7())).toBe('done');
    });
  });

  describe('P12 who decides is whom the credential names', () => {
    it('refuses a decision in the name of anybody but the context’s person', async () => {
      const scene = await waiting();
      for (const principal of ['service', `person:${uuidv7()}`, `agent:${scene.personId}`, `instance:${scene.personId}`, `person:${scene.personId}x`, scene.personId, '']) {
        for (const outcome of OUTCOMES) expect([principal, await attempt(scene, principal, moved(scene, outcome, scene.personId))]).toEqual([principal, 'not_the_person']);
      }
      expect(await asPerson(scene, moved(scene, 'approved', null))).not.toBe('done');
    });

    it('refuses a decision’s own row in another name, and an act of time in a person’s', async () => {
      const scene = await waiting();
      const row = (decision: string, person: string | null): Statement => sql`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id) values (${scene.teamId}, ${uuidv7()}, ${scene.approvalId}, ${decision}, ${scene.digest}, ${person})`;
      for (const decision of ['approve', 'deny', 'request_changes', 'defer', 'escalate', 'ask']) {
        expect(await asPerson(scene, row(decision, uuidv7()))).toBe('not_the_person');
        expect(await asPerson(scene, row(decision, null))).toBe('not_the_person');
        expect(await asPerson(scene, row(decision, scene.personId))).toBe('done');
        expect(await attempt(scene, 'service', row(decision, scene.personId))).toBe('not_the_person');
      }
      for (const decision of ['expire', 'withdraw']) {
        expect(await asPerson(scene, row(decision, scene.personId))).toBe('not_the_person');
        expect(await attempt(scene, 'service', row(decision, null))).toBe('done');
      }
    });
  });
});
