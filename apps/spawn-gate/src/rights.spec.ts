import { after, before, describe, it } from 'node:test';
import { SERVICES, uuidv7, type Service } from '@countersign/contracts';
import { sql, type Statement } from '@countersign/database';
import { expect } from 'expect';
import { GateBench, type BenchTeam } from './testing/gate-bench.js';

let gate: GateBench;
let team: BenchTeam;
let memberId: string;
before(async () => {
  gate = await GateBench.open();
  team = await gate.team();
  memberId = (await gate.db.admin<{ id: string }>(`select id from app.member where team_id = $1 and skill = 'docs'`, [team.teamId]))[0]!.id;
});
after(() => gate.close());

/** What only the gate may write: everything that grants authority (design §2). */
const AUTHORITY: Readonly<Record<string, () => Statement>> = {
  'insert an instance': () => sql`insert into app.instance (team_id, id, member_id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch)
    values (${team.teamId}, ${uuidv7()}, ${memberId}, 'worker', 'doc-bot', 'running', '{}', '{}', '', 1, 3, 1)`,
  'revive an instance': () => sql`update app.instance set state = 'running'`,
  'insert a budget': () => sql`insert into app.budget (team_id, account_id, unit, kind, granted) values (${team.teamId}, ${uuidv7()}, 'tokens', 'mission', 1)`,
  'raise a budget': () => sql`update app.budget set granted = granted + 1`,
  'move a budget': () => sql`insert into app.budget_entry (team_id, id, account_id, call_id, kind, amounts) values (${team.teamId}, ${uuidv7()}, ${team.teamId}, ${uuidv7()}, 'grant', '{}')`,
  'raise the epoch': () => sql`update app.team set epoch = epoch + 1`,
  'reactivate a team': () => sql`update app.team set state = 'active'`,
  'hire a team': () => sql`insert into app.team (team_id, customer_id, name, bundle_id, bundle_version, bundle, mode, state) values (${uuidv7()}, ${uuidv7()}, 'x', 'x', 1, '{}', 'trial', 'active')`,
  'add a member': () => sql`insert into app.member (team_id, id, kind, skill, agent, name) values (${team.teamId}, ${uuidv7()}, 'specialist', 'spy', 'spy', 'Spy')`,
  'open a helpdesk session': () => sql`insert into app.helpdesk_session (team_id, id, epoch, reason, plan, snapshot) values (${team.teamId}, ${uuidv7()}, 1, '', '', '{}')`,
  'record a decision': () => sql`insert into app.spawn_decision (team_id, id, allowed, code, violations, policy_version, policy_hash, inputs_hash, inputs) values (${team.teamId}, ${uuidv7()}, true, 'ok', '[]', 1, '', '', '{}')`,
  'answer a question': () => sql`update app.gate_approval set state = 'approved'`,
  'ask a question': () => sql`insert into app.gate_approval (team_id, id, kind, requested_by, request, digest, code, reason, epoch, due_at) values (${team.teamId}, ${uuidv7()}, 'spawn', 'x', '{}', sha256('x'), 'x', 'x', 1, now())`,
  'stop a mission': () => sql`insert into app.mission_stop (team_id, mission_id, state, stopped_by) values (${team.teamId}, ${uuidv7()}, 'paused', 'x')`,
  'lift a stop': () => sql`delete from app.mission_stop`,
  'write an event past the numbering': () => sql`insert into app.agent_event (team_id, seq, type, properties) values (${team.teamId}, 1, 'x', '{}')`,
  'take the team’s turn': () => sql`select 1 from app.budget where team_id = ${team.teamId} for update`,
};

/** Runs one statement in the team's own context, as a service that was taken over could; nothing else in it can be refused. */
const attempt = (service: Service, statement: Statement): Promise<unknown> =>
  gate.db.as(service).withTeam(team.teamId, (tx) => {
    tx.ledgerOnly();
    tx.write(statement);
    return Promise.resolve();
  });

describe('authority', () => {
  it('is the gate’s alone: no other service can write any of it, not even inside its own team', async () => {
    const refusals: unknown[] = [];
    for (const service of SERVICES.filter((name) => name !== 'spawn-gate')) {
      for (const [what, statement] of Object.entries(AUTHORITY)) {
        const outcome = await attempt(service, statement()).then(() => 'done', (error: { code?: string }) => error.code);
        if (outcome !== 'not_permitted') refusals.push([service, what, outcome]);
      }
    }
    expect(refusals).toEqual([]);
  });

  it('does not reach the work: the gate can neither write goals, tasks and approvals nor read an artifact', async () => {
    for (const statement of [sql`update app.goal set state = 'done'`, sql`update app.task set state = 'done'`, sql`select * from app.artifact`, sql`select * from app.approval`, sql`update app.worker_run set state = 'failed'`, sql`delete from app.instance`, sql`delete from app.budget_entry`, sql`update app.spawn_decision set allowed = true`]) {
      await expect(attempt('spawn-gate', statement)).rejects.toMatchObject({ code: 'not_permitted' });
    }
  });

  it('ends at the budget also for the gate itself: the database refuses to spend what was not granted', async () => {
    await expect(attempt('spawn-gate', sql`update app.budget set spent = granted + 1 where account_id = ${team.teamId} and unit = 'tokens'`)).rejects.toMatchObject({ sqlState: '23514' });
  });
});
