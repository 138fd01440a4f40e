import { canMove, CONFIRMATION_IDS, isTerminal, PLATFORM_CHAIN, uuidv7, type Machine, type Service } from '@countersign/contracts';
import { sql, TABLES, type Moves, type Statement } from '@countersign/database';
import { testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import { aScene, type Scene } from './scene.js';
import { entryOf, TakenOver, type SignedAs } from './taken-over.js';

/** The row that is moved, the service that writes it, and what a move needs besides the state so that nothing but the move can be refused. */
interface Row {
  readonly by: Service;
  readonly where: (scene: Scene) => Statement;
  readonly alongside?: (to: string, scene: Scene) => Statement;
  /** Whose row it is, where it is not the team's. */
  readonly as?: SignedAs;
  /** What the superuser sets with the state it comes from. */
  readonly from?: (state: string, scene: Scene) => Statement;
}
const NOTHING = sql``;
const HUMAN = ['approved', 'denied', 'changes_requested'];

const DECIDED = ({ personId, deviceId }: Scene): Statement => sql`, decided_by = ${personId}, device_id = ${deviceId}, decided_at = now(), valid_until = now() + interval '1 hour', held_for = null, effective_at = null`;
const HELD = ({ personId, deviceId }: Scene): Statement => sql`, decided_by = ${personId}, device_id = ${deviceId}, decided_at = now(), valid_until = now() + interval '1 hour', held_for = 'approved', effective_at = now() + interval '1 minute'`;
const UNDECIDED = sql`, decided_by = null, device_id = null, decided_at = null, valid_until = null, reason = null, held_for = null, effective_at = null`;

const PLATFORM: SignedAs = { scope: 'platform', id: PLATFORM_CHAIN };
const SIX = JSON.stringify(CONFIRMATION_IDS.map((question) => ({ question, accepted: true })));
const evolved = (state: string, { personId }: Scene): Statement => (state === 'proposed' ? sql`, decided_by = null, decided_at = null` : sql`, decided_by = ${personId}, decided_at = now(), rationale = '["x"]', answers = ${SIX}::jsonb`);

const ROWS: Readonly<Record<string, Row>> = {
  'app.evolution': { by: 'spawn-gate', as: PLATFORM, where: () => sql`id = 'EVOLUTION-800'`, alongside: evolved, from: evolved },
  'app.team': { by: 'spawn-gate', where: ({ teamId }) => sql`team_id = ${teamId}` },
  'app.instance': { by: 'spawn-gate', where: ({ instanceId }) => sql`id = ${instanceId}` },
  'app.gate_approval': {
    by: 'spawn-gate',
    where: ({ teamId }) => sql`team_id = ${teamId}`,
    alongside: (to, { personId }) => (['approved', 'denied'].includes(to) ? sql`, decided_by = ${personId}` : sql`, decided_by = null`),
    from: (state, { personId }) => (['approved', 'denied'].includes(state) ? sql`, decided_by = ${personId}` : sql`, decided_by = null`),
  },
  'app.escalation': {
    by: 'spawn-gate',
    where: ({ teamId }) => sql`team_id = ${teamId}`,
    alongside: (to) => (to === 'resolved' ? sql`, resolved_at = now()` : sql`, resolved_at = null`),
    from: (state) => (state === 'resolved' ? sql`, resolved_at = now()` : sql`, resolved_at = null`),
  },
  'app.goal': { by: 'manager-agent', where: ({ goalId }) => sql`id = ${goalId}` },
  'app.task': { by: 'manager-agent', where: ({ taskId }) => sql`id = ${taskId}` },
  'app.todo': { by: 'manager-agent', where: ({ teamId }) => sql`team_id = ${teamId}` },
  'app.worker_run': { by: 'fleet', where: ({ runId }) => sql`id = ${runId}` },
  'app.approval': {
    by: 'gateway',
    where: ({ approvalId }) => sql`id = ${approvalId}`,
    alongside: (to, scene) => (to === 'held' ? HELD(scene) : HUMAN.includes(to) ? DECIDED(scene) : to === 'pending' ? UNDECIDED : NOTHING),
    from: (state, scene) => (state === 'held' ? HELD(scene) : HUMAN.includes(state) ? DECIDED(scene) : UNDECIDED),
  },
  'app.effect': {
    by: 'executor',
    where: ({ teamId }) => sql`team_id = ${teamId}`,
    alongside: (to) => (['executed', 'failed'].includes(to) ? sql`, settlement_id = gen_random_uuid(), settled_by = gen_random_uuid(), settled_how = 'word', settled_reason = 'x'` : NOTHING),
  },
};

const MOVING = TABLES.filter((table): table is typeof table & { moves: Moves } => table.moves !== undefined);

describe('P6 a state moves only as its machine says, whoever holds the service that writes it', () => {
  let database: TestDatabase;
  before(async () => {
    database = await testDatabase();
  });
  after(() => database.close());

  const admin = ({ text, values }: Statement): Promise<unknown> => database.admin(text, values);
  /** For approvals: what only time may do is due, and what a person may do is in time; what is held is held for that, and whoever decided has taken it back where it is to wait again. */
  const due = async (table: string, to: string, { teamId, approvalId, personId, digest }: Scene): Promise<void> => {
    if (table !== 'app.approval') return;
    await admin(sql`update app.approval set due_at = now() + ${to === 'expired' ? '-1 hour' : '1 hour'}::interval where id = ${approvalId}`);
    await admin(sql`update app.approval set held_for = ${HUMAN.includes(to) ? to : 'approved'}, effective_at = now() + ${to === 'pending' ? '1 hour' : '-1 second'}::interval where id = ${approvalId} and state = 'held'`);
    if (to === 'approved') await admin(sql`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id) values (${teamId}, ${uuidv7()}, ${approvalId}, 'approve', ${digest}, ${personId})`);
    if (to !== 'pending') return;
    const taken = uuidv7();
    for (const [id, decision, undoes] of [[taken, 'approve', null], [uuidv7(), 'undo', taken]]) await admin(sql`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, undoes) values (${teamId}, ${id}, ${approvalId}, ${decision}, ${digest}, ${personId}, ${undoes})`);
  };

  /** An effect's end is said once, also by the superuser: it is put in anew. */
  const setState = async (name: string, state: string, scene: Scene): Promise<void> => {
    if (name !== 'app.effect') return void (await admin(sql`update ${{ text: name, values: [] }} set state = ${state}${ROWS[name]!.from?.(state, scene) ?? NOTHING} where ${ROWS[name]!.where(scene)}`));
    await admin(sql`delete from app.effect where team_id = ${scene.teamId}`);
    await admin(sql`insert into app.effect (team_id, id, approval_id, goal_id, kind, state, idempotency_key) values (${scene.teamId}, ${uuidv7()}, ${scene.approvalId}, ${scene.goalId}, 'git.push', ${state}, 'k')`);
  };

  it('has a row to attack for every table whose state moves', () => {
    expect(Object.keys(ROWS).sort()).toEqual(MOVING.map(({ name }) => name).sort());
  });

  for (const { name, moves } of MOVING) {
    const { by, where, alongside, as } = ROWS[name]!;
    const refusals = name === 'app.effect' ? ['move_refused', 'effect_settled'] : ['move_refused'];
    const machine = moves.machine as Machine<string>;
    const states = Object.keys(machine);
    const table: Statement = { text: name, values: [] };

    it(`${name}: refuses, as ${by}, every move that is not in the machine, and takes every one that is`, async () => {
      const scene = await sceneWith(name);
      await using attacker = await TakenOver.open(database, by);
      const wrong: string[] = [];
      for (const from of states) {
        await setState(name, from, scene);
        for (const to of states.filter((state) => state !== from)) {
          await due(name, to, scene);
          // a person's yes may only be replaced or taken back: the columns of the decision stay as they are
          const beside = name === 'app.approval' && (from === 'approved' || (from === 'held' && to !== 'pending')) ? NOTHING : (alongside?.(to, scene) ?? NOTHING);
          const answer = await attacker.tried(as ?? { id: scene.teamId, principal: `person:${scene.personId}` }, sql`update ${table} set state = ${to}${beside} where ${where(scene)}`, entryOf(by));
          if ((answer === 'done') !== canMove(machine, from, to) || !['done', ...refusals].includes(answer)) wrong.push(`${from} to ${to}: ${answer}`);
        }
      }
      expect(wrong).toEqual([]);
    });

    if (moves.final) {
      it(`${name}: changes nothing of a row that has ended, in any column`, async () => {
        const scene = await sceneWith(name);
        await using attacker = await TakenOver.open(database, by);
        const columns = await database.admin<{ column_name: string }>(`select column_name from information_schema.column_privileges where grantee = $1 and table_schema || '.' || table_name = $2 and privilege_type = 'UPDATE'`, [`svc_${by.replaceAll('-', '_')}`, name]);
        expect(columns.length).toBeGreaterThan(3);
        for (const state of states.filter((each) => isTerminal(machine, each))) {
          await setState(name, state, scene);
          for (const { column_name: column } of columns) {
            expect([state, column, await attacker.tried(as ?? { id: scene.teamId }, { ...sql`update ${table} set ${{ text: `${column} = ${column}`, values: [] }} where ${where(scene)}` }, entryOf(by))]).toEqual([state, column, 'move_refused']);
          }
        }
      });
    }
  }

  it('lets a row begin only where its life begins', async () => {
    const scene = await aScene(database);
    const { teamId, goalId, taskId, memberId, personId, managerId, customerId, instanceId } = scene;
    const beginnings: Readonly<Record<string, (state: string) => Statement>> = {
      'app.evolution': (state) => sql`insert into app.evolution (id, number, request_id, proposal, sha256, state, proposed_by, decided_by, rationale, answers) select 'EVOLUTION-' || n, n, gen_random_uuid(), '{}', ${Buffer.alloc(32)}, ${state}, ${managerId}::uuid, case when ${state} <> 'proposed' then ${personId}::uuid end, '["x"]', ${SIX}::jsonb from (select 900 + count(*)::int as n from app.evolution) counted`,
      'app.team': (state) => sql`insert into app.team (team_id, customer_id, name, bundle_id, bundle_version, bundle, mode, state) values (sec.team(), ${uuidv7()}, 'x', 'x', 1, '{}', 'trial', ${state})`,
      'app.instance': (state) => sql`insert into app.instance (team_id, id, member_id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch) values (${teamId}, ${uuidv7()}, ${memberId}, 'w', 'w', ${state}, '{}', '{}', '', 1, 3, 1)`,
      'app.gate_approval': (state) => sql`insert into app.gate_approval (team_id, id, kind, requested_by, request, digest, code, reason, epoch, due_at, state, decided_by) values (${teamId}, ${uuidv7()}, 'spawn', 'service', '{}', ${Buffer.alloc(32)}, 'x', 'x', 1, now(), ${state}, ${['approved', 'denied'].includes(state) ? personId : null})`,
      'app.goal': (state) => sql`insert into app.goal (team_id, id, text, state, submitted_by, repository) values (${teamId}, ${uuidv7()}, 'x', ${state}, ${personId}, '{}')`,
      'app.task': (state) => sql`insert into app.task (team_id, id, goal_id, ordinal, key, title, skill, member_id, criteria, state) values (${teamId}, ${uuidv7()}, ${goalId}, 1, 'x', 'x', 'x', ${memberId}, '[]', ${state})`,
      'app.escalation': (state) => sql`insert into app.escalation (team_id, id, trigger, subject, to_role, state, evidence_at, due_at, resolved_at) values (${teamId}, ${uuidv7()}, 'cost_over', ${uuidv7()}, 'platform_governor', ${state}, now(), now(), case when ${state} = 'resolved' then now() end)`,
      'app.todo': (state) => sql`insert into app.todo (team_id, id, goal_id, subject, created_by, creator_id, state) values (${teamId}, ${uuidv7()}, ${goalId}, 'x', ${instanceId}, ${memberId}, ${state})`,
      'app.worker_run': (state) => sql`insert into app.worker_run (team_id, id, task_id, member_id, round, attempt, state, epoch) values (${teamId}, ${uuidv7()}, ${taskId}, ${memberId}, 9, 9, ${state}, 1)`,
      'app.approval': (state) => sql`insert into app.approval (team_id, id, goal_id, deliverable_id, revision, manifest, digest, title, tier, state, epoch, customer_id, requested_by, due_at, decided_by, device_id, valid_until)
        select ${teamId}::uuid, ${uuidv7()}::uuid, ${goalId}::uuid, ${fresh}::uuid, 2, 'm'::bytea, sha256('m'::bytea), 'x', 1, ${state}, 1, ${customerId}::uuid, ${managerId}::uuid, now(), ${personId}::uuid, ${uuidv7()}::uuid, now()`,
      'app.effect': (state) => sql`insert into app.effect (team_id, id, approval_id, goal_id, kind, state, idempotency_key) values (${teamId}, ${uuidv7()}, ${used}, ${goalId}, 'git.push', ${state}, 'k')`,
    };
    const fresh = uuidv7();
    const used = scene.approvalId;
    await database.admin(`update app.approval set state = 'withdrawn' where id = $1`, [used]); // one open question per goal
    await database.admin(`insert into app.deliverable (team_id, id, goal_id, revision, summary, effect, files, checks, proposed_by) values ($1, $2, $3, 2, 's', '{}', '[]', '[]', $4)`, [teamId, fresh, goalId, managerId]);
    await database.admin(`insert into app.approval_use (team_id, approval_id) values ($1, $2)`, [teamId, used]);
    for (const { name, moves } of MOVING) {
      await using attacker = await TakenOver.open(database, ROWS[name]!.by);
      for (const state of Object.keys(moves.machine)) {
        const context = ROWS[name]!.as ?? { id: name === 'app.team' ? uuidv7() : teamId };
        expect([name, state, await attacker.tried(context, beginnings[name]!(state), entryOf(ROWS[name]!.by))]).toEqual([name, state, moves.first.includes(state) ? 'done' : 'move_refused']);
      }
    }
  });

  async function sceneWith(name: string): Promise<Scene> {
    const scene = await aScene(database);
    const { teamId, approvalId, goalId } = scene;
    if (name === 'app.evolution') await database.admin(`insert into app.evolution (id, number, request_id, proposal, sha256, state, proposed_by) values ('EVOLUTION-800', 800, $1, '{}', $2, 'proposed', $3) on conflict do nothing`, [uuidv7(), Buffer.alloc(32), uuidv7()]);
    if (name === 'app.team') await database.admin(`insert into app.certification (team_id, id, bundle_id, bundle_version, bundle_sha256, verdict, classification, criteria, scope, checklists, precedents, reviews, alignment, risks, notes, decided_by) values ($1, $2, 'code-care', 1, $3, 'certified', 'within', '{}', '{}', '[]', '[]', '[]', 100, '[]', '[]', $2)`, [teamId, uuidv7(), Buffer.alloc(32)]);
    if (name === 'app.gate_approval') await database.admin(`insert into app.gate_approval (team_id, id, kind, requested_by, request, digest, code, reason, epoch, due_at) values ($1, $2, 'spawn', 'service', '{}', $3, 'x', 'x', 1, now())`, [teamId, uuidv7(), Buffer.alloc(32)]);
    if (name === 'app.escalation') await database.admin(`insert into app.escalation (team_id, id, trigger, subject, to_role, evidence_at, due_at) values ($1, $2, 'cost_over', 's', 'platform_governor', now(), now())`, [teamId, uuidv7()]);
    if (name === 'app.todo') await database.admin(`insert into app.todo (team_id, id, goal_id, subject, created_by, creator_id) values ($1, $2, $3, 'x', $4, $5)`, [teamId, uuidv7(), goalId, scene.instanceId, scene.memberId]);
    if (name === 'app.effect') {
      await database.admin(`insert into app.approval_use (team_id, approval_id) values ($1, $2)`, [teamId, approvalId]);
      await database.admin(`insert into app.effect (team_id, id, approval_id, goal_id, kind, state, idempotency_key) values ($1, $2, $3, $4, 'git.push', 'started', 'k')`, [teamId, uuidv7(), approvalId, goalId]);
    }
    return scene;
  }
});
