import { after, before, describe, it } from 'node:test';
import { auditor, serviceKey } from '@countersign/audit';
import { buryForged } from '@countersign/bus';
import { CustomerId, databaseRole, DEFAULT_TEAM_POLICY, InstanceId, PLATFORM_CHAIN, uuidv7, type RecordedKind, type Requester, type TaskId, type TeamId } from '@countersign/contracts';
import { sql, type Statement } from '@countersign/database';
import { eachAtOnce, Health } from '@countersign/service';
import { timed } from '@countersign/testing';
import { expect } from 'expect';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { BrokerWatch } from '../files/broker-watch.js';
import { killedAt, stoppedAt } from '../../testing/crashes.js';
import { desksOn } from '../../testing/desks.js';
import { AUDIT_KEY, GateBench, shippedBundle, type BenchTeam } from '../../testing/gate-bench.js';
import { MILESTONES } from '../../testing/stopping.js';

let gate: GateBench;
before(async () => {
  gate = await GateBench.open();
});
after(() => gate.close());

const person = (role: 'systems_architect' | 'vision_guardian'): Requester => ({ ...gate.gov, personId: uuidv7() as Requester['personId'], roles: [role] });
const managerAudit = auditor({ service: 'manager-agent', key: serviceKey(AUDIT_KEY) });
const eventually = async (holds: () => Promise<void>): Promise<void> => {
  for (const until = Date.now() + 60_000; ; ) {
    try {
      return await holds();
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
};
interface Escalation {
  readonly id: string;
  readonly trigger: string;
  readonly subject: string;
  readonly to_role: string;
  readonly state: string;
  readonly counted: number;
}
const escalations = ({ teamId }: BenchTeam): Promise<Escalation[]> => gate.db.admin(`select id, trigger, subject, to_role, state, counted from app.escalation where team_id = $1 order by raised_at, trigger`, [teamId]);
const raised = async (team: BenchTeam): Promise<string[]> => (await escalations(team)).map(({ trigger }) => trigger);
const look = ({ teamId }: BenchTeam): Promise<void> => gate.watch.look(teamId);
const state = async ({ teamId }: BenchTeam) => (await gate.db.admin<{ state: string; state_reason: string }>(`select state, state_reason from app.team where team_id = $1`, [teamId]))[0]!;
const members = async ({ teamId }: BenchTeam): Promise<Record<string, { id: string; state: string }>> =>
  Object.fromEntries((await gate.db.admin<{ id: string; skill: string; state: string }>(`select id, skill, state from app.member where team_id = $1`, [teamId])).map(({ skill, ...row }) => [skill, row]));
const deny = ({ teamId }: BenchTeam, instanceId: InstanceId, code: string) => gate.endings.deny({ teamId, instanceId, code, tool: 'bash', reason: 'no', what: 'x', denialId: uuidv7() });
const times = async (n: number, work: () => Promise<unknown>): Promise<void> => {
  for (let i = 0; i < n; i++) await work();
};
/** Reviews of what one member made, the newest last; who has the task afterwards does not matter. */
const reviews = async (team: BenchTeam, decisions: readonly ('approved' | 'revise')[], skill = 'docs', heldBy = skill): Promise<void> => {
  const taskId = await gate.task(team, await gate.goal(team), heldBy);
  for (const [n, decision] of decisions.entries()) {
    const [run, draft] = [uuidv7(), uuidv7()];
    await gate.db.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, attempt, state, epoch) select $1, $2, $3, m.id, 1, $5, 'submitted', 1 from app.member m where m.team_id = $1 and m.skill = $4`, [team.teamId, run, taskId, skill, n + 1]);
    await gate.db.admin(`insert into app.draft (team_id, id, task_id, run_id, round, summary, base_commit) values ($1, $2, $3, $4, 1, '', '')`, [team.teamId, draft, taskId, run]);
    await gate.db.admin(`insert into app.review (team_id, id, task_id, draft_id, round, decision, decided_at) values ($1, gen_random_uuid(), $2, $3, 1, $4, clock_timestamp())`, [team.teamId, taskId, draft, decision]);
  }
};
/** A task that went into a second round, made by the member with that skill in the first. */
const hard = async (team: BenchTeam, skill: string, heldBy = skill): Promise<void> => {
  const taskId = await gate.task(team, await gate.goal(team), heldBy);
  for (const round of [1, 2]) await gate.db.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, state, epoch, queued_at) select $1, gen_random_uuid(), $2, m.id, $3, 'submitted', 1, clock_timestamp() from app.member m where m.team_id = $1 and m.skill = $4`, [team.teamId, taskId, round, round === 1 ? skill : heldBy]);
};
async function answered(team: BenchTeam, states: readonly ('approved' | 'denied' | 'changes_requested' | 'pending')[], { entry = true } = {}): Promise<void> {
  for (const one of states) {
    const [goalId, deliverable, approval] = [await gate.goal(team), uuidv7(), uuidv7()];
    await gate.db.admin(`insert into app.deliverable (team_id, id, goal_id, revision, summary, effect, files, checks, proposed_by) values ($1, $2, $3, 1, '', '{}', '[]', '[]', gen_random_uuid())`, [team.teamId, deliverable, goalId]);
    await gate.db.admin(
      `insert into app.approval (team_id, id, goal_id, deliverable_id, revision, manifest, digest, title, tier, state, epoch, customer_id, requested_by, due_at, decided_at, decided_by, device_id, valid_until)
       values ($1, $6, $2, $3, 1, 'm', sha256('m'), 't', 1, $4, 1, $5, gen_random_uuid(), now(), now(), gen_random_uuid(), gen_random_uuid(), now())`,
      [team.teamId, goalId, deliverable, one, team.customerId, approval],
    );
    if (one === 'pending') continue;
    const written = entry ? `(select e.entry_id from audit.entry e where e.team_id = $1 limit 1)` : 'gen_random_uuid()';
    await gate.db.admin(`insert into app.approval_decision (team_id, id, approval_id, decision, digest, entry_id, at) values ($1, gen_random_uuid(), $2, $3, sha256('m'), ${written}, now() - interval '1 minute')`, [team.teamId, approval, one === 'approved' ? 'approve' : one === 'denied' ? 'deny' : 'request_changes']);
  }
}
const record = ({ teamId }: BenchTeam, kind: RecordedKind, by: Requester, memberId?: string, incidentId = uuidv7()) => gate.escalations.record({ teamId, incidentId, by, kind, words: 'said so', ...(memberId ? { memberId } : {}) });
const steer = (team: BenchTeam, id: string, verb: 'acknowledge' | 'resolve', by: Requester) => gate.escalations.steer({ teamId: team.teamId, escalationId: id, by, verb, words: 'looked at' });

describe('what is measured about a team', () => {
  it('is nothing about one that works well', async () => {
    const team = await gate.team();
    await reviews(team, ['revise', 'approved', 'approved']);
    await answered(team, ['approved', 'approved', 'approved', 'denied']);
    await look(team);
    expect(await escalations(team)).toEqual([]);
    expect(await state(team)).toMatchObject({ state: 'active' });
  });

  it('is raised from rows to its authority, once however often it is looked at and by however many, and with an entry', async () => {
    const team = await gate.team();
    await reviews(team, ['approved', 'revise', 'revise', 'revise']);
    await answered(team, ['pending']);
    await answered(team, ['approved'], { entry: false });
    const { instanceId } = await gate.worker(team);
    await gate.setTeamPolicy({ escalation: { ...DEFAULT_TEAM_POLICY.escalation, platformCost: { usd: 1, perRupees: 1_000_000 } } });
    for (const usd_micros of [20_000, 10_000]) {
      const call = uuidv7();
      await gate.reserve(team, instanceId, { usd_micros }, call);
      await gate.settle(team, instanceId, { usd_micros }, call);
    }
    await Promise.all([1, 2, 3].map(() => gate.watch.sweep()));
    await look(team);
    const found = await escalations(team);
    const byTrigger = Object.fromEntries(found.map((one) => [one.trigger, one]));
    expect(Object.keys(byTrigger).sort()).toEqual(['audit_bypassed', 'cost_over', 'deliverable_ready', 'quality_failures']);
    expect(found).toHaveLength(4);
    expect(byTrigger['quality_failures']).toMatchObject({ to_role: 'genesis', counted: 3, subject: (await members(team))['docs']!.id });
    expect(byTrigger['cost_over']).toMatchObject({ to_role: 'platform_governor' });
    expect(byTrigger['audit_bypassed']).toMatchObject({ to_role: 'vision_guardian' });
    const entries = await gate.entries(team, 'ESCALATION-RAISED');
    expect(entries.map(({ body }) => body['trigger']).sort()).toEqual(Object.keys(byTrigger).sort());
    expect(entries.find(({ body }) => body['trigger'] === 'cost_over')!.body).toMatchObject({ figures: { usdMicros: '30000', limitUsdMicros: '24500' }, to_role: 'platform_governor' });
    await gate.setTeamPolicy({});
  });

  it('is also slow coordination, before and after somebody takes a task up', async (t) => {
    expect(DEFAULT_TEAM_POLICY.escalation.coordinationMs).toBe(10_000);
    t.after(() => gate.setTeamPolicy({}));
    await gate.setTeamPolicy({ escalation: { ...DEFAULT_TEAM_POLICY.escalation, coordinationMs: 1_000_000 } }); // a hundred times as long, for a machine that is slow
    const team = await gate.team();
    const taskId = await gate.task(team, await gate.goal(team));
    const all = await members(team);
    await gate.db.admin(`update app.task set round = 1 where id = $1`, [taskId]);
    await gate.db.admin(`update app.team set state_changed_at = now() - interval '1 hour' where team_id = $1`, [team.teamId]);
    const assign = (seconds: number) => gate.db.admin(`insert into app.task_event (team_id, id, task_id, kind, actor, body, at) values ($1, gen_random_uuid(), $2, 'assigned', 'x', '{"round": 1}', clock_timestamp() - $3::int * interval '1 second')`, [team.teamId, taskId, seconds]);
    await assign(900);
    await look(team);
    expect(await raised(team)).toEqual([]);
    await gate.db.admin(`update app.task_event set at = at - interval '200 seconds' where task_id = $1`, [taskId]);
    await look(team);
    expect(await raised(team)).toEqual(['coordination_slow']);
    // the fleet comes back hours later: the same delegation, and no second cause
    await steer(team, (await escalations(team))[0]!.id, 'resolve', person('systems_architect'));
    await gate.db.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, state, epoch) values ($1, gen_random_uuid(), $2, $3, 1, 'queued', 1)`, [team.teamId, taskId, all['docs']!.id]);
    await look(team);
    expect(await raised(team)).toEqual(['coordination_slow']);
    await gate.db.admin(`delete from app.worker_run where task_id = $1`, [taskId]);
    await gate.db.admin(`update app.goal set paused_at = now() where team_id = $1`, [team.teamId]);
    await assign(0);
    await look(team);
    expect(await raised(team)).toEqual(['coordination_slow']);
  });

  it('is hard tasks for the same member, by who made them and not by who has them now, and a quality that falls', async () => {
    const team = await gate.team();
    for (const [skill, heldBy] of [['docs', 'tests'], ['docs', 'tests'], ['docs', 'tests'], ['docs', 'tests'], ['tests', 'docs']] as const) await hard(team, skill, heldBy);
    await look(team);
    expect((await escalations(team)).map(({ trigger, to_role, subject }) => [trigger, to_role, subject])).toEqual([['delegation_biased', 'vision_guardian', (await members(team))['docs']!.id]]);
    await steer(team, (await escalations(team))[0]!.id, 'resolve', person('vision_guardian'));
    await gate.db.admin(`update app.task set changed_at = clock_timestamp() where team_id = $1`, [team.teamId]); // whatever changes of them, they became hard before
    await look(team);
    expect(await raised(team)).toEqual(['delegation_biased']);
    await hard(team, 'docs');
    await look(team);
    expect(await raised(team)).toEqual(['delegation_biased', 'delegation_biased']);
    await reviews(team, [...Array<'approved'>(10).fill('approved'), ...Array<'approved'>(7).fill('approved'), 'revise', 'approved', 'approved']);
    const falling = async () => (await escalations(team)).filter(({ trigger }) => trigger === 'quality_falling');
    await look(team);
    expect(await falling()).toEqual([]);
    await reviews(team, ['revise', 'revise'], 'tests');
    await look(team);
    const [{ id }] = (await falling()) as [Escalation];
    await steer(team, id, 'resolve', person('vision_guardian'));
    await reviews(team, ['approved'], 'patches'); // no further drop
    await look(team);
    expect(await falling()).toHaveLength(1);
    await reviews(team, ['revise'], 'patches');
    await look(team);
    expect(await falling()).toHaveLength(2);
  });

  it('is that a team keeps too much, files and texts and what files were before together: over when it is below, and again when it is above again', async () => {
    const team = await gate.team();
    const [taskId, run] = [await gate.task(team, await gate.goal(team)), uuidv7()];
    await gate.db.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, state, epoch) values ($1, $2, $3, $4, 1, 'submitted', 1)`, [team.teamId, run, taskId, (await members(team))['docs']!.id]);
    await gate.db.admin(`insert into app.draft (team_id, id, task_id, run_id, round, summary, base_commit) values ($1, $2, $3, $2, 1, '', '')`, [team.teamId, run, taskId]);
    await gate.db.admin(`insert into app.artifact (team_id, id, draft_id, path, version, media_type, size, sha256, content, base_content) select $1, gen_random_uuid(), $2, 'a', 1, 'text/plain', 400, sha256('x'), convert_to(repeat('x', 400), 'UTF8'), convert_to(repeat('y', 400), 'UTF8')`, [team.teamId, run]);
    await gate.setTeamPolicy({ escalation: { ...DEFAULT_TEAM_POLICY.escalation, contextBytes: 1_000 } });
    const share = async () => {
      const id = uuidv7();
      await gate.db.admin(`insert into app.context (team_id, id, name, visibility, version, sha256, size) values ($1, $2, 'n', 'team', 1, sha256('x'), 300)`, [team.teamId, id]);
      await gate.db.admin(`insert into app.context_version (team_id, context_id, version, sha256, size, content, writer, provenance) values ($1, $2, 1, sha256(convert_to(repeat('z', 300), 'UTF8')), 300, convert_to(repeat('z', 300), 'UTF8'), 'x', '{}')`, [team.teamId, id]);
      await look(team);
    };
    const erase = async () => {
      await gate.db.admin(`update app.context_version set content = null, erased_at = now() where team_id = $1`, [team.teamId]);
      await look(team);
    };
    const states = async () => (await escalations(team)).map(({ trigger, state: is }) => [trigger, is]);
    try {
      await look(team);
      expect(await states()).toEqual([]);
      await share();
      expect((await escalations(team)).map(({ trigger, subject, to_role }) => [trigger, subject, to_role])).toEqual([['context_full', 'workspace', 'systems_architect']]);
      await steer(team, (await escalations(team))[0]!.id, 'resolve', person('systems_architect'));
      await look(team);
      expect(await states()).toEqual([['context_full', 'resolved']]);
      await erase();
      await share();
      expect(await states()).toEqual([['context_full', 'resolved'], ['context_full', 'open']]);
      await erase();
      expect(await states()).toEqual([['context_full', 'resolved'], ['context_full', 'resolved']]);
      await share();
      expect((await states()).filter(([, is]) => is === 'open')).toHaveLength(1);
    } finally {
      await gate.setTeamPolicy({});
    }
  });

  it('is recorded by a person where no row shows it, and only by one who may', async () => {
    const team = await gate.team();
    const id = uuidv7();
    expect(await record(team, 'composition_change', team.asha, undefined, id)).toMatchObject({ ok: true, code: 'ok' });
    expect(await record(team, 'composition_change', team.asha, undefined, id)).toMatchObject({ ok: true, code: 'unchanged' });
    expect(await record(team, 'architecture_change', person('systems_architect'))).toMatchObject({ ok: true });
    expect(await record(team, 'app_store_rejection', gate.ops)).toMatchObject({ ok: true });
    for (const stranger of [gate.requester(CustomerId.next()), gate.genesis]) expect(await record(team, 'composition_change', stranger)).toMatchObject({ code: 'not_permitted' });
    expect((await escalations(team)).map(({ trigger, to_role }) => [trigger, to_role]).sort()).toEqual([['app_store_rejection', 'platform_governor'], ['architecture_change', 'platform_governor'], ['composition_change', 'genesis']]);
    expect(await gate.db.admin(`select kind, recorded_as, words from app.incident where team_id = $1 order by at`, [team.teamId])).toEqual([['composition_change', 'customer_governor'], ['architecture_change', 'systems_architect'], ['app_store_rejection', 'operator']].map(([kind, recorded_as]) => ({ kind, recorded_as, words: 'said so' })));
    expect(await state(team)).toMatchObject({ state: 'active' });
    expect(JSON.stringify(await gate.entries(team))).not.toContain('said so');
    // of whom nobody would hear it, it is not taken
    const flag = (of: BenchTeam) => record(of, 'ethics_violation', person('vision_guardian'));
    const certified = await gate.team(['certify']);
    expect(await flag(certified)).toMatchObject({ ok: false, code: 'wrong_team_state' });
    await gate.move(team, 'suspend', team.asha, 'enough');
    // what is seen while it stands still is written down, too, and stops nothing that stands
    const [before, all] = [await state(team), await members(team)];
    expect([await flag(team), await record(team, 'ethics_violation', person('vision_guardian'), all['docs']!.id)]).toMatchObject([{ ok: true, code: 'ok' }, { ok: true, code: 'ok' }]);
    expect([await state(team), await members(team)]).toEqual([before, all]);
    expect((await gate.entries(team, 'INCIDENT-RECORDED')).slice(-2)).toMatchObject([{ body: { kind: 'ethics_violation' } }, { body: { kind: 'ethics_violation', member_id: all['docs']!.id } }]);
    expect(await gate.entries(team, 'TEAM-SUSPENDED')).toHaveLength(1);
    for (const stranger of [gate.gov, gate.genesis, team.asha]) expect(await record(team, 'ethics_violation', stranger)).toMatchObject({ code: 'not_permitted' });
    expect(await record(team, 'composition_change', team.asha)).toMatchObject({ ok: true });
    await gate.move(team, 'dissolve', gate.gov);
    expect(await record(team, 'composition_change', team.asha)).toMatchObject({ ok: false, code: 'wrong_team_state' });
  });
});

describe('an escalation', () => {
  it('is acknowledged and resolved by its authority alone, comes again only with newer evidence, and says once that it is late', async () => {
    const team = await gate.team();
    await reviews(team, ['revise', 'revise', 'revise']);
    await look(team);
    const [{ id }] = (await escalations(team)) as [Escalation];
    for (const stranger of [gate.gov, gate.ops, team.asha, person('vision_guardian')]) expect(await steer(team, id, 'resolve', stranger)).toMatchObject({ code: 'not_permitted' });
    await expect(steer(team, uuidv7(), 'resolve', gate.genesis)).rejects.toMatchObject({ code: 'not_found' });
    await gate.db.admin(`update app.escalation set due_at = now() where id = $1`, [id]);
    await look(team);
    await look(team);
    expect(await gate.entries(team, 'ESCALATION-OVERDUE')).toHaveLength(1);
    expect((await Promise.all([1, 2].map(() => steer(team, id, 'acknowledge', gate.genesis)))).map(({ code }) => code).sort()).toEqual(['ok', 'unchanged']);
    expect((await Promise.all([1, 2].map(() => steer(team, id, 'resolve', gate.genesis)))).map(({ code }) => code).sort()).toEqual(['ok', 'unchanged']);
    await look(team);
    expect(await escalations(team)).toHaveLength(1);
    await reviews(team, ['revise']);
    await look(team);
    expect((await escalations(team)).map((one) => one.state)).toEqual(['resolved', 'open']);
    expect((await gate.entries(team)).map(({ action }) => action).filter((action) => action.startsWith('ESCALATION'))).toEqual(['ESCALATION-RAISED', 'ESCALATION-OVERDUE', 'ESCALATION-ACKNOWLEDGED', 'ESCALATION-RESOLVED', 'ESCALATION-RAISED']);
    expect(JSON.stringify(await gate.entries(team))).not.toContain('looked at');
  });

  it('of a team whose bundle left the helpdesk to be decided goes to the platform’s governor, who opens it; a message for a person does, too', async () => {
    await gate.publish({ ...shippedBundle(), id: 'asking', helpdesk: { activation: 'ask', plan: 'We call you.' } });
    const team = await gate.team(['certify', 'deploy'], { id: 'asking' });
    const open = (by: Requester) => gate.terms.change({ teamId: team.teamId, by, change: 'open_helpdesk', reason: '' });
    expect(await open(gate.gov)).toMatchObject({ code: 'wrong_team_state' });
    await gate.move(team, 'suspend', team.asha, 'enough');
    await look(team);
    expect((await raised(team)).sort()).toEqual(['helpdesk_waits', 'plan_waits', 'team_suspended']);
    for (const stranger of [team.asha, gate.genesis, gate.ops]) expect(await open(stranger)).toMatchObject({ code: 'not_permitted' });
    expect((await Promise.all([1, 2].map(() => open(gate.gov)))).map(({ code }) => code).sort()).toEqual(['ok', 'unchanged']);
    expect(await gate.entries(team, 'HELPDESK-ACTIVATED')).toMatchObject([{ body: { authority: 'platform_governor' } }]);
    await gate.db.admin(`insert into app.conversation (team_id, session_id, seq, message_id, author, text, to_person) select $1, id, 1, gen_random_uuid(), 'customer', 'call me', true from app.helpdesk_session where team_id = $1`, [team.teamId]);
    await look(team);
    await look(team);
    expect((await escalations(team)).map((one) => [one.trigger, one.to_role, one.state]).sort()).toEqual([['customer_message', 'platform_governor', 'open'], ['helpdesk_waits', 'platform_governor', 'resolved'], ['plan_waits', 'genesis', 'open'], ['team_suspended', 'customer_governor', 'open']]);
    await gate.move(team, 'reactivate', gate.genesis);
    expect(await gate.entries(team, 'HELPDESK-DEACTIVATED')).toHaveLength(1);
    // what is left in the last moment is heard also when nothing of the team is left
    await gate.move(team, 'suspend', team.asha, 'for good');
    const note = uuidv7();
    await gate.db.admin(`insert into app.conversation (team_id, session_id, seq, message_id, author, text, to_person) select $1, id, 1, $2, 'customer', 'too late?', true from app.helpdesk_session where team_id = $1 and closed_at is null`, [team.teamId, note]);
    await gate.move(team, 'dissolve', gate.genesis);
    await gate.watch.sweep();
    expect((await escalations(team)).filter((one) => one.subject === note)).toMatchObject([{ trigger: 'customer_message', state: 'open' }]);
    expect(await gate.entries(team, 'HELPDESK-DEACTIVATED')).toHaveLength(1); // it had not begun to answer
  });

  it('of a message for a person is raised, and once, wherever the gate dies between its being written down and its being raised', async () => {
    const left: { readonly team: BenchTeam; readonly note: string }[] = [];
    for (const at of MILESTONES) {
      const team = await gate.team();
      const note = uuidv7();
      await gate.move(team, 'suspend', team.asha, 'enough');
      await gate.db.admin(`insert into app.conversation (team_id, session_id, seq, message_id, author, text, to_person) select $1, id, 1, $2, 'customer', 'call me', true from app.helpdesk_session where team_id = $1`, [team.teamId, note]);
      const looking = { desk: 'watch', verb: 'look', request: team.teamId as unknown as object } as const;
      if (at === 'sending') expect(await killedAt(gate, at, looking)).toEqual([null, 'SIGKILL']);
      else await stoppedAt(gate, at, looking);
      if (at !== 'sending') expect([at, (await escalations(team)).filter(({ subject }) => subject === note).length]).toEqual([at, at === 'committed' ? 1 : 0]);
      left.push({ team, note });
    }
    await desksOn(gate.database, gate.audit).watch.sweep(); // a gate that is back knows nothing of before
    for (const { team, note } of left) {
      expect((await escalations(team)).filter(({ subject }) => subject === note)).toMatchObject([{ trigger: 'customer_message', to_role: 'platform_governor', state: 'open' }]);
      expect((await gate.entries(team, 'ESCALATION-RAISED')).filter(({ body }) => body['subject'] === note)).toHaveLength(1);
    }
  });

  it('of a helpdesk that is silent, open too long or too often', async () => {
    const team = await gate.team();
    await gate.move(team, 'suspend', team.asha, 'enough');
    await look(team);
    expect(await raised(team)).not.toContain('helpdesk_silent');
    await gate.db.admin(`update app.helpdesk_session set opened_at = now() - interval '121 minutes' where team_id = $1`, [team.teamId]);
    await look(team);
    await look(team);
    expect((await raised(team)).sort()).toEqual(['helpdesk_silent', 'plan_waits', 'team_suspended']);
    const say = (seq: number, author: string, minutes: number) => gate.db.admin(`insert into app.conversation (team_id, session_id, seq, message_id, author, text, at) select $1, id, $2, gen_random_uuid(), $3, 'x', now() - $4::int * interval '1 minute' from app.helpdesk_session where team_id = $1 and closed_at is null`, [team.teamId, seq, author, minutes]);
    await say(1, 'helpdesk', 1);
    await look(team);
    expect((await escalations(team)).find(({ trigger }) => trigger === 'helpdesk_silent')).toMatchObject({ state: 'resolved' });
    await say(2, 'customer', 121);
    await look(team);
    expect((await escalations(team)).filter(({ trigger, state: is }) => trigger === 'helpdesk_silent' && is === 'open')).toHaveLength(0); // older than what was resolved
    await gate.move(team, 'reactivate', gate.genesis);
    await gate.db.admin(`update app.helpdesk_session set closed_at = null where team_id = $1`, [team.teamId]);
    await gate.db.admin(`update app.team set state_changed_at = now() - interval '61 minutes' where team_id = $1`, [team.teamId]);
    await gate.db.admin(`insert into app.helpdesk_session (team_id, id, epoch, reason, plan, snapshot, closed_at) select $1, gen_random_uuid(), 1, '', '', '{}', now() from generate_series(1, 10)`, [team.teamId]);
    await look(team);
    await look(team);
    expect((await escalations(team)).filter(({ state: is }) => is === 'open').map(({ trigger, to_role }) => [trigger, to_role]).sort()).toEqual([['helpdesk_often', 'platform_governor'], ['helpdesk_open', 'platform_governor']]);
    // what is left open keeps nobody from stopping the team, and ends with that, on record
    const left = (await gate.db.admin<{ id: string }>(`select id from app.helpdesk_session where team_id = $1 and closed_at is null`, [team.teamId]))[0]!.id;
    expect(await gate.move(team, 'suspend', team.asha, 'enough')).toMatchObject({ ok: true });
    expect((await gate.entries(team, 'HELPDESK-DEACTIVATED')).map(({ body }) => body['session_id'])).toEqual([left, left]); // the first was the end that somebody took back
    const [{ id }] = (await gate.db.admin<{ id: string }>(`select id from app.helpdesk_session where team_id = $1 and closed_at is null`, [team.teamId])) as [{ id: string }];
    expect((await gate.entries(team, 'HELPDESK-ACTIVATED')).map(({ body }) => body['session_id'])).toEqual([left, id]);
    await look(team);
    expect((await escalations(team)).find(({ trigger }) => trigger === 'helpdesk_open')).toMatchObject({ state: 'resolved' });
  });

  it('of a deliverable that waits stands while its answer is held, also after that was taken back, and again after a suspension', async () => {
    const team = await gate.team();
    await answered(team, ['pending']);
    const standing = async () => (await escalations(team)).filter(({ trigger }) => trigger === 'deliverable_ready').map(({ state: is }) => is);
    const held = (set: string) => gate.db.admin(`update app.approval set ${set} where team_id = $1`, [team.teamId]);
    await look(team);
    await held(`state = 'held', held_for = 'denied', effective_at = now(), decided_at = now(), decided_by = gen_random_uuid()`);
    await look(team);
    await held(`state = 'pending', held_for = null, effective_at = null, decided_at = null, decided_by = null, device_id = null, valid_until = null`);
    await look(team);
    expect(await standing()).toEqual(['open']);
    await gate.move(team, 'suspend', team.asha, 'enough');
    await look(team);
    expect(await standing()).toEqual(['resolved']);
    await gate.move(team, 'reactivate', gate.genesis);
    await look(team);
    await look(team);
    expect(await standing()).toEqual(['resolved', 'open']);
  });

  it('of an effect of which nobody knows whether it happened goes to who approved it, also of a team that stands still, until somebody has said it', async () => {
    const team = await gate.team();
    await answered(team, ['approved']);
    const [{ id }] = (await gate.db.admin<{ id: string }>(`select id from app.approval where team_id = $1`, [team.teamId])) as [{ id: string }];
    await gate.db.admin(`insert into app.approval_use (team_id, approval_id) values ($1, $2)`, [team.teamId, id]);
    await gate.db.admin(`insert into app.effect (team_id, id, approval_id, goal_id, kind, state, code, idempotency_key, finished_at) select team_id, gen_random_uuid(), id, goal_id, 'email.send', 'unknown', 'answer_lost', 'k', now() from app.approval where id = $1`, [id]);
    const standing = async () => (await escalations(team)).filter(({ trigger }) => trigger === 'effect_unknown').map(({ to_role, subject, state: is }) => [to_role, subject, is]);
    await look(team);
    await gate.move(team, 'suspend', team.asha, 'enough');
    await look(team);
    expect(await standing()).toEqual([['customer_governor', id, 'open']]);
    await gate.db.admin(`update app.effect set state = 'executed', settlement_id = gen_random_uuid(), settled_by = $2, settled_how = 'word', settled_reason = 'it came' where approval_id = $1`, [id, team.asha.personId]);
    await look(team);
    expect(await standing()).toEqual([['customer_governor', id, 'resolved']]);
  });

  it('that is over by itself when its time is over, too, is only over: nobody is told that it is late, and what else is found is done', async () => {
    const team = await gate.team();
    await answered(team, ['pending']);
    await reviews(team, ['revise', 'revise', 'revise']);
    await look(team);
    await gate.db.admin(`update app.escalation set due_at = now() where team_id = $1`, [team.teamId]);
    await gate.db.admin(`update app.approval set state = 'expired', decided_at = now() where team_id = $1`, [team.teamId]);
    await answered(team, Array<'denied'>(10).fill('denied'));
    await look(team);
    const lateAndOver = await gate.db.admin(`select trigger, state, overdue_at is not null as late from app.escalation where team_id = $1 and trigger in ('deliverable_ready', 'quality_failures') order by trigger`, [team.teamId]);
    expect(lateAndOver).toEqual([{ trigger: 'deliverable_ready', state: 'resolved', late: false }, { trigger: 'quality_failures', state: 'open', late: true }]);
    expect(await gate.entries(team, 'ESCALATION-OVERDUE')).toMatchObject([{ body: { to_role: 'genesis' } }]);
    expect(await state(team)).toMatchObject({ state: 'suspended' });
  });

  it('that a person resolves while a look is on its way takes nothing from what that look does', async () => {
    const team = await gate.team();
    await answered(team, ['pending']);
    await look(team);
    const [{ id }] = (await escalations(team)) as [Escalation];
    await answered(team, Array<'denied'>(10).fill('denied'));
    await gate.db.admin(`update app.approval set state = 'superseded' where team_id = $1 and state = 'pending'`, [team.teamId]);
    const waits = () => eventually(async () => expect(await gate.db.admin(`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).not.toEqual([]));
    let resolving: ReturnType<typeof steer> | undefined;
    await gate.database.withTeam(team.teamId, async (tx) => {
      await gate.watch.lookWithin(tx);
      resolving = steer(team, id, 'resolve', team.asha);
      await Promise.race([resolving, waits()]);
    });
    expect(await resolving).toMatchObject({ ok: true, code: 'unchanged' });
    expect(await state(team)).toMatchObject({ state: 'suspended' });
  });

  it('of a trial’s end goes to its customer, once, and is over with the trial', async () => {
    const team = await gate.team(['certify', 'deploy'], { mode: 'trial' });
    await gate.db.admin(`update app.trial set ends_at = now() - interval '1 minute' where team_id = $1`, [team.teamId]);
    await gate.teams.sweepTrial(team.teamId);
    await gate.watch.sweep();
    await look(team);
    expect((await escalations(team)).map(({ trigger, to_role, state: is }) => [trigger, to_role, is])).toEqual([['trial_ended', 'customer_governor', 'open']]);
    const [news, ...others] = await gate.db.admin<{ payload: string }>(`select convert_from(payload, 'UTF8') as payload from app.outbox where team_id = $1 and subject like '%lifecycle.escalation'`, [team.teamId]);
    expect([JSON.parse(news!.payload), others]).toEqual([{ epoch: 1, escalationId: (await escalations(team))[0]!.id, what: 'raised' }, []]);
    await gate.db.admin(`update app.trial set grace_until = ends_at where team_id = $1`, [team.teamId]);
    await gate.teams.sweepTrial(team.teamId);
    await gate.watch.sweep();
    expect((await escalations(team)).map(({ state: is }) => is)).toEqual(['resolved']);
  });

  it('of a trial’s end waits for nobody while its team is suspended, where nothing can be done about it, and is raised again when it goes on', async () => {
    const team = await gate.team(['certify', 'deploy'], { mode: 'trial' });
    const standing = async () => (await escalations(team)).filter(({ trigger }) => trigger === 'trial_ended').map(({ state: is }) => is);
    await gate.db.admin(`update app.trial set ends_at = now() - interval '1 minute' where team_id = $1`, [team.teamId]);
    await gate.teams.sweepTrial(team.teamId);
    await look(team);
    await gate.move(team, 'suspend', team.asha, 'enough');
    await gate.db.admin(`update app.escalation set due_at = now() where team_id = $1`, [team.teamId]);
    await look(team);
    expect(await standing()).toEqual(['resolved']);
    expect(await gate.entries(team, 'ESCALATION-OVERDUE')).toEqual([]);
    await gate.move(team, 'reactivate', gate.genesis);
    await look(team);
    await look(team);
    expect(await standing()).toEqual(['resolved', 'open']);
  });

  it('of a suspension is over with it, and one that lasts too long goes to the platform’s governor', async () => {
    const team = await gate.team();
    await gate.move(team, 'suspend', team.asha, 'enough');
    await look(team);
    expect((await raised(team)).sort()).toEqual(['plan_waits', 'team_suspended']);
    await gate.db.admin(`update app.team set state_changed_at = now() - interval '6 days' where team_id = $1`, [team.teamId]);
    await look(team);
    expect((await raised(team)).sort()).toEqual(['plan_waits', 'suspension_long', 'team_suspended']);
    await gate.move(team, 'reactivate', gate.genesis);
    await look(team);
    expect((await escalations(team)).map((one) => one.state)).toEqual(['resolved', 'resolved', 'resolved']);
    expect((await gate.entries(team, 'ESCALATION-RESOLVED')).map(({ body }) => body['resolution'])).toEqual(['over', 'over', 'over']);
  });
});

describe('a suspension by what is measured', () => {
  it('follows an attempt of the manager at once: who did it, why, and what is left of it', async () => {
    const team = await gate.team();
    const { instanceId } = await gate.worker(team);
    const manager = await gate.manager(team);
    const { tookMs, lostMs } = await timed(async () => {
      await deny(team, manager, 'tool_not_allowed');
      // nobody looks: what was written down makes the gate look by itself
      await eventually(async () => expect(await state(team)).toMatchObject({ state: 'suspended' }));
    }, () => gate.db.touch());
    expect(tookMs - lostMs).toBeLessThan(2_000);
    await Promise.all([look(team), look(team), gate.watch.sweep()]);
    const all = await members(team);
    expect(await state(team)).toEqual({ state: 'suspended', state_reason: 'The team’s manager tried something that only people decide; it was refused.' });
    const [suspended] = await gate.entries(team, 'TEAM-SUSPENDED');
    expect(suspended!.body).toMatchObject({ reason: 'unauthorised_execution', root_cause_agent_id: all['manager']!.id, epoch: '2' });
    expect(await gate.entries(team, 'TEAM-SUSPENDED')).toHaveLength(1);
    expect(await gate.entries(team, 'HELPDESK-ACTIVATED')).toHaveLength(1);
    expect(await gate.instance(instanceId)).toMatchObject({ state: 'cancelled', end_reason: 'team_suspended' });
    expect((await raised(team)).filter((trigger) => trigger === 'delegation_exceeded')).toHaveLength(1);
    await gate.move(team, 'reactivate', gate.genesis);
    await look(team);
    expect(await state(team)).toMatchObject({ state: 'active' }); // what was tried before is past
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('follows a spawn that the manager was denied; not an effect that the executor refused, which says nothing of who is to blame', async () => {
    const [first, second] = [await gate.team(), await gate.team()];
    await gate.spawnAgent(first, await gate.manager(first), { role: 'orchestrator', templateId: 'manager' });
    await look(first);
    expect(await gate.db.admin(`select code from app.spawn_decision where team_id = $1 and not allowed`, [first.teamId])).toEqual([{ code: expect.stringMatching(/spawn_denied_edge|spawn_role_mismatch/) }]);
    expect(await state(first)).toMatchObject({ state: 'suspended' });
    await gate.db.admin(`insert into app.effect (team_id, id, approval_id, goal_id, kind, state, code, idempotency_key) values ($1, gen_random_uuid(), gen_random_uuid(), $2, 'git.push', 'refused', 'digest_mismatch', 'k')`, [second.teamId, await gate.goal(second)]);
    await look(second);
    expect(await state(second)).toMatchObject({ state: 'active' });
  });

  it('follows what a manager that was taken over tries with its own credentials: work that is nobody’s to give, a goal that is carried out without a yes, and another’s message', async () => {
    const asManager = async (team: BenchTeam, ...writes: readonly Statement[]): Promise<void> => {
      for (const write of writes)
        await gate.db.as('manager-agent').withTeam(team.teamId, async (tx) => {
          tx.write(write);
          await managerAudit(tx, 'GOAL-BLOCKED', { goal_id: uuidv7(), reason: 'no_progress' });
        });
    };
    const newGoal = ({ teamId, asha }: BenchTeam, goalId: string, origin = 'goal'): Statement => sql`insert into app.goal (team_id, id, text, state, submitted_by, origin, repository) values (${teamId}, ${goalId}, 'Mine', 'planned', ${asha.personId}, ${origin}, '{}')`;
    const aTask = ({ teamId }: BenchTeam, goalId: string, taskId: string): Statement => sql`insert into app.task (team_id, id, goal_id, ordinal, key, title, skill, criteria, state) values (${teamId}, ${taskId}, ${goalId}, 1, 'k', 'Lead', 'orchestrator', '[]', 'todo')`;
    const suspended = async (team: BenchTeam): Promise<void> => {
      await eventually(async () => expect(await state(team)).toMatchObject({ state: 'suspended' }));
      expect((await gate.entries(team, 'TEAM-SUSPENDED'))[0]!.body).toMatchObject({ reason: 'unauthorised_execution', root_cause_agent_id: (await members(team))['manager']!.id });
    };
    const ask = async (team: BenchTeam, origin: string): Promise<void> => {
      const [goalId, taskId] = [uuidv7(), uuidv7()];
      await asManager(team, newGoal(team, goalId, origin), sql`update app.goal set state = 'running' where team_id = ${team.teamId} and id = ${goalId}`, aTask(team, goalId, taskId));
      const manager = await gate.manager(team);
      expect(await gate.missionSpawn(team, taskId as TaskId)).toMatchObject({ ok: false, code: 'spawn_denied_edge' });
      expect(await gate.db.admin(`select requested_by from app.spawn_decision where team_id = $1 and task_id = $2`, [team.teamId, taskId])).toEqual([{ requested_by: `instance:${manager}` }]);
    };
    const [spawner, mission, executor, forger] = [await gate.team(), await gate.team(), await gate.team(), await gate.team()];
    await ask(spawner, 'goal');
    await suspended(spawner);
    await ask(mission, 'mission'); // the roles of a mission are the words of whoever made it
    await look(mission);
    expect(await state(mission)).toMatchObject({ state: 'active' });
    const goalId = uuidv7();
    await asManager(executor, newGoal(executor, goalId), ...['running', 'proposed', 'executing'].map((to) => sql`update app.goal set state = ${to}, changed_at = clock_timestamp() where team_id = ${executor.teamId} and id = ${goalId}`));
    await gate.watch.sweep();
    await suspended(executor);
    const forged = { teamId: forger.teamId, consumer: `${databaseRole('executor')}:approvals.decided.v1`, subject: `team.${forger.teamId}.approvals.decided`, place: 7, headers: {}, payload: Buffer.from('{}') };
    await buryForged(gate.db.as('executor'), { ...forged, sender: 'gateway' });
    await gate.watch.sweep();
    expect(await state(forger)).toMatchObject({ state: 'active' });
    for (const place of [8, 8]) await buryForged(gate.db.as('executor'), { ...forged, place, sender: 'manager-agent' });
    await gate.watch.sweep();
    await suspended(forger);
    expect((await gate.entries(forger, 'ESCALATION-RAISED')).find(({ body }) => body['trigger'] === 'delegation_exceeded')!.body).toMatchObject({ counted: '1', figures: { forged: '1' } });

    // let go on, it is stopped again by what is new, however much there was, and not by what was before that is read late
    const sent = async (places: number, at?: Date): Promise<void> => {
      const refused = Array.from({ length: places }, () => ({ ...forged, place: uuidv7(), sender: 'manager-agent' as const, ...(at === undefined ? {} : { at }) }));
      await eachAtOnce(refused, 8, (each) => buryForged(gate.db.as('executor'), each));
      await look(forger);
    };
    await sent(120);
    await gate.move(forger, 'reactivate', gate.genesis);
    await sent(120, new Date(Date.now() - 60_000));
    expect(await state(forger)).toMatchObject({ state: 'active' });
    await sent(1);
    expect(await state(forger)).toMatchObject({ state: 'suspended' });
    const [{ kept }] = await gate.db.admin<{ kept: number }>(`select count(*)::int as kept from app.dead_letter where team_id = $1`, [forger.teamId]) as [{ kept: number }];
    expect(kept).toBeLessThan(150);
  });

  it('does not follow what another made of a task that is somebody else’s now, nor what was before the team was let go on', async () => {
    const team = await gate.team();
    await reviews(team, Array<'revise'>(6).fill('revise'), 'docs', 'tests');
    await look(team);
    expect(Object.fromEntries(Object.entries(await members(team)).map(([skill, member]) => [skill, member.state]))).toMatchObject({ docs: 'suspended', tests: 'active' });
    const other = await gate.team();
    await reviews(other, Array<'revise'>(6).fill('revise'));
    await gate.move(other, 'suspend', other.asha, 'enough');
    await gate.move(other, 'reactivate', gate.genesis);
    await look(other);
    expect((await members(other))['docs']).toMatchObject({ state: 'active' });
  });

  it('follows what the customer keeps refusing, and the guardian’s flag, which nobody else may raise', async () => {
    const [refused, flagged] = [await gate.team(), await gate.team()];
    await answered(refused, [...Array<'denied'>(5).fill('denied'), ...Array<'approved'>(4).fill('approved')]);
    await look(refused);
    expect(await state(refused)).toMatchObject({ state: 'active' });
    await answered(refused, ['changes_requested']);
    await look(refused);
    expect(await state(refused)).toMatchObject({ state: 'active' });
    await answered(refused, ['denied', 'denied']);
    await look(refused);
    expect((await gate.entries(refused, 'TEAM-SUSPENDED'))[0]!.body).toMatchObject({ reason: 'performance_failure', root_cause_agent_id: (await members(refused))['manager']!.id });
    for (const stranger of [gate.gov, gate.genesis, flagged.asha]) expect(await record(flagged, 'ethics_violation', stranger)).toMatchObject({ code: 'not_permitted' });
    expect(await record(flagged, 'ethics_violation', person('vision_guardian'))).toMatchObject({ ok: true });
    expect((await gate.entries(flagged, 'TEAM-SUSPENDED'))[0]!.body).toMatchObject({ reason: 'ethics_violation' });
  });

  it('tells Genesis of noes in a row, once: a yes between them begins anew, a wish for changes does not', async () => {
    const team = await gate.team();
    for (const answer of ['denied', 'denied', 'approved', 'denied', 'denied', 'changes_requested'] as const) await answered(team, [answer]);
    await look(team);
    expect(await raised(team)).toEqual([]);
    await answered(team, ['denied']);
    await Promise.all([look(team), look(team)]);
    await answered(team, ['denied']);
    await look(team);
    expect(await raised(team)).toEqual(['rejections_repeated']);
  });

  it('stops one member for a leak, for drifting off, for failing, and by a flag, while the others go on; Genesis lets it work again', async () => {
    const team = await gate.team();
    const all = await members(team);
    const docs = await gate.worker(team);
    const tests = await gate.worker(team, docs.goalId, 'tests');
    await times(4, () => deny(team, docs.instanceId, 'host_not_allowed'));
    await look(team);
    expect((await members(team))['docs']).toMatchObject({ state: 'active' });
    await deny(team, docs.instanceId, 'secret_not_allowed');
    await Promise.all([look(team), look(team)]);
    expect((await members(team))['docs']).toMatchObject({ state: 'suspended' });
    expect(await gate.instance(docs.instanceId)).toMatchObject({ state: 'cancelled', end_reason: 'member_suspended' });
    expect(await gate.instance(tests.instanceId)).toMatchObject({ state: 'running' });
    expect(await gate.entries(team, 'TEAM-MEMBER-SUSPENDED')).toMatchObject([{ body: { team_member_id: all['docs']!.id, reason: 'data_leak', counted: '5' } }]);
    expect(await gate.spawn(team, await gate.task(team, docs.goalId))).toMatchObject({ allowed: false });
    expect(await state(team)).toMatchObject({ state: 'active' });
    const reinstate = (by: Requester) => gate.escalations.member({ teamId: team.teamId, memberId: all['docs']!.id, by, verb: 'reinstate', reason: 'taught' });
    for (const stranger of [gate.gov, team.asha, gate.ops]) expect(await reinstate(stranger)).toMatchObject({ code: 'not_permitted' });
    expect(await reinstate(gate.genesis)).toMatchObject({ ok: true, code: 'ok' });
    await look(team);
    expect((await members(team))['docs']).toMatchObject({ state: 'active' });
    await times(20, () => deny(team, tests.instanceId, 'path_not_allowed'));
    await reviews(team, Array<'revise'>(6).fill('revise'), 'patches');
    await record(team, 'ethics_violation', person('vision_guardian'), all['docs']!.id);
    expect(Object.fromEntries(Object.entries(await members(team)).map(([skill, member]) => [skill, member.state]))).toEqual({ manager: 'active', docs: 'suspended', tests: 'suspended', patches: 'suspended' });
    expect((await gate.entries(team, 'TEAM-MEMBER-SUSPENDED')).map(({ body }) => body['reason']).slice(1).sort()).toEqual(['ethics_violation', 'quality_failure', 'scope_drift']);
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('stops with a member what runs or stands ready of its agent without a task of it: a person’s, a worker’s and a mission’s; another’s goes on', async () => {
    const team = await gate.team();
    const { docs } = (await members(team)) as Record<string, { id: string }>;
    await gate.under({ max_concurrent: 20, spawn_edges: { operator: { behavior: 'allow', can_spawn: ['worker'] }, orchestrator: { behavior: 'allow', can_spawn: ['worker'] }, worker: { behavior: 'allow', can_spawn: ['worker'] } } }, async () => {
      const { instanceId, goalId } = await gate.worker(team, undefined, 'tests');
      const item = await gate.task(team, goalId, 'docs', 'assigned');
      await gate.db.admin(`update app.task set member_id = null, skill = 'worker' where team_id = $1 and id = $2`, [team.teamId, item]);
      const started = [await gate.requestSpawn(team, { templateId: 'doc-bot' }), await gate.spawnAgent(team, instanceId, { templateId: 'doc-bot' }), await gate.spawn(team, item)].map((reply) => reply.instanceId!);
      const other = (await gate.requestSpawn(team, { templateId: 'patch-bot' })).instanceId!;
      expect(await gate.escalations.member({ teamId: team.teamId, memberId: docs!.id, by: team.asha, verb: 'suspend', reason: 'enough' })).toMatchObject({ ok: true });
      for (const id of started) expect(await gate.instance(id)).toMatchObject({ state: 'cancelled', end_reason: 'member_suspended' });
      expect([await gate.instance(instanceId), await gate.instance(other), await gate.instance(await gate.manager(team))]).toMatchObject([{ state: 'running' }, { state: 'queued' }, { state: 'running' }]);
    });
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('stops with a member also what another does with its agent, and asks nobody about that', async () => {
    const team = await gate.team();
    const { docs, patches } = (await members(team)) as Record<string, { id: string }>;
    const goalId = await gate.goal(team);
    const forTess = async () => {
      const taskId = await gate.task(team, goalId);
      await gate.db.admin(`update app.task set member_id = (select id from app.member where team_id = $1 and skill = 'tests') where team_id = $1 and id = $2`, [team.teamId, taskId]);
      return taskId;
    };
    const [stoodIn, own] = [await gate.spawn(team, await forTess()), await gate.worker(team, goalId, 'tests')];
    await gate.under({ spawn_edges: { operator: { behavior: 'allow', can_spawn: ['orchestrator'] }, orchestrator: { behavior: 'request_only', can_spawn: ['worker'] } } }, async () => {
      expect(await gate.spawn(team, await forTess())).toMatchObject({ code: 'spawn_requires_approval' });
    });
    const suspend = (memberId: string) => gate.escalations.member({ teamId: team.teamId, memberId, by: team.asha, verb: 'suspend', reason: 'said so' });
    expect(await suspend(patches!.id)).toMatchObject({ ok: true });
    expect(await gate.instance(stoodIn.instanceId!)).toMatchObject({ state: 'running' });
    expect(await suspend(docs!.id)).toMatchObject({ ok: true });
    expect(await gate.instance(stoodIn.instanceId!)).toMatchObject({ state: 'cancelled', end_reason: 'member_suspended' });
    expect(await gate.instance(own.instanceId)).toMatchObject({ state: 'running' });
    expect(await gate.db.admin(`select state, decision_reason from app.gate_approval where team_id = $1`, [team.teamId])).toEqual([{ state: 'withdrawn', decision_reason: 'member_suspended' }]);
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('stops all members that are due in one look, also those that another of them started, and raises what is due of each', async () => {
    const team = await gate.team();
    const docs = await gate.worker(team);
    const started = await gate.under({ spawn_edges: { operator: { behavior: 'allow', can_spawn: ['orchestrator'] }, orchestrator: { behavior: 'allow', can_spawn: ['worker'] }, worker: { behavior: 'allow', can_spawn: ['worker'] } } }, () => gate.spawnAgent(team, docs.instanceId, { templateId: 'test-writer-bot' }));
    const tests = await gate.worker(team, docs.goalId, 'tests');
    expect([tests.instanceId, (await gate.instance(tests.instanceId))!['parent_id']]).toEqual([started.instanceId, docs.instanceId]);
    const patches = await gate.worker(team, docs.goalId, 'patches');
    for (const skill of ['tests', 'docs', 'patches']) await reviews(team, Array<'revise'>(6).fill('revise'), skill);
    await look(team);
    expect(Object.fromEntries(Object.entries(await members(team)).map(([skill, member]) => [skill, member.state]))).toEqual({ manager: 'active', docs: 'suspended', tests: 'suspended', patches: 'suspended' });
    for (const { instanceId } of [docs, tests, patches]) expect(await gate.instance(instanceId)).toMatchObject({ state: 'cancelled', end_reason: 'member_suspended' });
    expect(await gate.account(team, docs.goalId)).toMatchObject({ tokens: expect.stringMatching(/^\d+\/0\/0$/) });
    expect(await gate.brokenAccounts()).toEqual([]);
    expect(await raised(team)).toEqual(['quality_failures', 'quality_failures', 'quality_failures']);
    expect((await gate.entries(team, 'TEAM-MEMBER-SUSPENDED')).map(({ body }) => [body['reason'], body['counted']])).toEqual(Array(3).fill(['quality_failure', '6']));
  });

  it('is past once Genesis lets a member work again, also what came while a person had stopped it, and a question about its work waits for nobody', async () => {
    const team = await gate.team();
    const { docs } = (await members(team)) as { docs: { id: string; state: string } };
    const steerMember = (verb: 'suspend' | 'reinstate', by: Requester) => gate.escalations.member({ teamId: team.teamId, memberId: docs.id, by, verb, reason: 'said so' });
    const asked = { docs: await gate.task(team, await gate.goal(team)), tests: await gate.task(team, await gate.goal(team), 'tests') };
    await gate.under({ spawn_edges: { operator: { behavior: 'allow', can_spawn: ['orchestrator'] }, orchestrator: { behavior: 'request_only', can_spawn: ['worker'] } } }, async () => {
      for (const taskId of [asked.docs, asked.tests]) expect(await gate.spawn(team, taskId)).toMatchObject({ allowed: false, code: 'spawn_requires_approval' });
    });
    expect(await steerMember('suspend', team.asha)).toMatchObject({ ok: true });
    expect(await gate.db.admin(`select task_id, state, decision_reason from app.gate_approval where team_id = $1 order by state`, [team.teamId])).toEqual([{ task_id: asked.tests, state: 'pending', decision_reason: '' }, { task_id: asked.docs, state: 'withdrawn', decision_reason: 'member_suspended' }]);
    await reviews(team, Array<'revise'>(6).fill('revise'));
    expect(await record(team, 'ethics_violation', person('vision_guardian'), docs.id)).toMatchObject({ ok: true });
    expect(await steerMember('reinstate', gate.genesis)).toMatchObject({ ok: true });
    await look(team);
    expect((await members(team))['docs']).toMatchObject({ state: 'active' });
    await reviews(team, Array<'revise'>(6).fill('revise'));
    await look(team);
    expect((await members(team))['docs']).toMatchObject({ state: 'suspended' }); // what comes afterwards counts
    // all this was told, and none of it as a move of the team
    const told = `select convert_from(payload, 'UTF8')::jsonb as body, seq from app.outbox where team_id = $1 and subject like '%.lifecycle.changed'`;
    expect(await gate.db.admin(`with told as (${told}) select distinct body from told where seq > (select seq from told where body ->> 'verb' = 'deploy')`, [team.teamId])).toEqual([{ body: { epoch: 1, state: 'active' } }]);
  });

  it('ends with a fresh member in its place, where a governor asked for that and Genesis carries it out: work goes on by the bundle’s rights, and what was measured before is nobody’s', async () => {
    const team = await gate.team();
    const { docs, tests, manager } = (await members(team)) as Record<'docs' | 'tests' | 'manager', { id: string }>;
    const replace = (memberId: string, replacementId: string = InstanceId.next(), by: Requester = gate.genesis) => gate.escalations.member({ teamId: team.teamId, memberId, by, verb: 'replace', reason: 'too many drafts', replacementId });
    const { instanceId, goalId } = await gate.worker(team);
    expect(await replace(docs.id)).toMatchObject({ code: 'change_not_asked' });
    expect(await record(team, 'composition_change', team.asha)).toMatchObject({ ok: true }); // about nobody in particular
    expect(await replace(docs.id)).toMatchObject({ code: 'change_not_asked' });
    expect(await record(team, 'composition_change', team.asha, docs.id)).toMatchObject({ ok: true });
    for (const stranger of [team.asha, gate.gov, gate.ops]) expect(await replace(docs.id, undefined, stranger)).toMatchObject({ code: 'not_permitted' });
    expect(await replace(docs.id, undefined, { ...team.asha, roles: ['customer_governor', 'genesis'] })).toMatchObject({ code: 'requester_may_not_decide' });
    expect([await replace(tests.id), await replace(manager.id)]).toMatchObject([{ code: 'change_not_asked' }, { code: 'manager_is_the_team' }]);
    expect(await gate.instance(instanceId)).toMatchObject({ state: 'running' });

    await reviews(team, Array<'revise'>(6).fill('revise'));
    const fresh = InstanceId.next();
    expect((await Promise.all([replace(docs.id, fresh), replace(docs.id, fresh)])).map(({ code }) => code).sort()).toEqual(['ok', 'unchanged']);
    expect(await gate.instance(instanceId)).toMatchObject({ state: 'cancelled', end_reason: 'member_suspended' });
    expect(await gate.db.admin(`select id, state, name, kind, agent = first_value(agent) over (order by state desc) as same from app.member where team_id = $1 and skill = 'docs' order by state`, [team.teamId])).toEqual([{ id: fresh, state: 'active', name: 'Dora 2', kind: 'specialist', same: true }, { id: docs.id, state: 'removed', name: 'Dora', kind: 'specialist', same: true }]);
    const [entry] = await gate.entries(team, 'TEAM-MEMBER-REPLACED');
    expect(entry!.body).toMatchObject({ team_member_id: docs.id, replacement_id: fresh, name: 'Dora 2', skill: 'docs' });
    expect(JSON.stringify(await gate.entries(team))).not.toContain('too many drafts');
    // the request about it is resolved, the one about nobody in particular waits for Genesis
    expect((await escalations(team)).filter(({ trigger }) => trigger === 'composition_change').map(({ state: is }) => is).sort()).toEqual(['open', 'resolved']);
    expect(await replace(docs.id)).toMatchObject({ code: 'member_removed' });
    expect(await replace(fresh)).toMatchObject({ code: 'change_not_asked' });
    await look(team);
    expect((await gate.db.admin(`select state from app.member where team_id = $1 and id = $2`, [team.teamId, fresh]))).toEqual([{ state: 'active' }]);
    expect(await gate.spawn(team, await gate.task(team, goalId))).toMatchObject({ allowed: true });
    await gate.move(team, 'suspend', team.asha, 'enough');
    await gate.move(team, 'dissolve', gate.gov);
    expect(await replace(fresh)).toMatchObject({ code: 'wrong_team_state' });
  });

  it('of one member is also a person’s, of the own team, and never of the manager', async () => {
    const team = await gate.team();
    const all = await members(team);
    const suspend = (memberId: string, by: Requester) => gate.escalations.member({ teamId: team.teamId, memberId, by, verb: 'suspend', reason: 'writes nonsense' });
    expect(await suspend(all['docs']!.id, gate.requester(CustomerId.next()))).toMatchObject({ code: 'not_permitted' });
    expect(await suspend(all['manager']!.id, team.asha)).toMatchObject({ code: 'manager_is_the_team' });
    expect((await Promise.all([1, 2].map(() => suspend(all['docs']!.id, team.asha)))).map(({ code }) => code).sort()).toEqual(['ok', 'unchanged']);
    expect(JSON.stringify(await gate.entries(team, 'TEAM-MEMBER-SUSPENDED'))).not.toContain('nonsense');
    await expect(suspend(InstanceId.next(), team.asha)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('uses the policy’s numbers', async () => {
    await gate.setTeamPolicy({ suspension: { ...DEFAULT_TEAM_POLICY.suspension, unauthorisedExecutions: 2 } });
    try {
      const team = await gate.team();
      await deny(team, await gate.manager(team), 'tool_not_allowed');
      await look(team);
      expect(await state(team)).toMatchObject({ state: 'active' });
      await deny(team, await gate.manager(team), 'spawn_not_allowed');
      await look(team);
      expect(await state(team)).toMatchObject({ state: 'suspended' });
    } finally {
      await gate.setTeamPolicy({});
    }
  });
});

/** Numbers that are the same in every run. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('a suspension at any point of the work', () => {
  /** What happens in a team that works, step by step; each may find what an earlier one left. */
  const workOf = (team: BenchTeam) => {
    const at: { docs?: InstanceId; tests?: InstanceId; goal?: Awaited<ReturnType<GateBench['goal']>>; call: string } = { call: uuidv7() };
    const steps: readonly (() => Promise<unknown>)[] = [
      async () => { at.goal = await gate.goal(team); },
      async () => { at.docs = (await gate.worker(team, at.goal)).instanceId; },
      async () => at.docs && gate.reserve(team, at.docs, { tokens: 500 }, at.call),
      async () => at.docs && gate.askTool(team, at.docs),
      async () => gate.requestSpawn(team),
      async () => { at.tests = (await gate.worker(team, at.goal, 'tests')).instanceId; },
      async () => at.docs && gate.spawnAgent(team, at.docs),
      async () => at.docs && gate.settle(team, at.docs, { tokens: 400 }, at.call),
      async () => gate.fanOut(team, 2),
      async () => at.docs && gate.end(team, at.docs),
      async () => at.tests && deny(team, at.tests, 'path_not_allowed'),
      async () => at.tests && gate.end(team, at.tests, { tokens: 10 }),
    ];
    return { at, steps };
  };

  it('leaves no agent, no late call or effect, no lost approval and one word to the customer: twenty random points, each raced by what happens then', async () => {
    const roll = dice(20_260_301);
    for (let round = 0; round < 20; round++) {
      const team = await gate.team();
      const { at, steps } = workOf(team);
      const point = Math.floor(roll() * steps.length);
      for (const step of steps.slice(0, point)) await step();
      await answered(team, ['pending', 'approved']);
      const dueBefore = await gate.db.admin<{ left: number }>(`select (extract(epoch from due_at - clock_timestamp()) * 1000)::int8 as left from app.approval where team_id = $1 and state = 'pending'`, [team.teamId]);
      const raced = await Promise.allSettled([steps[point]!(), gate.move(team, 'suspend', team.asha, 'stop')]);
      const seen = { round, point };
      expect({ ...seen, suspended: raced[1] }).toMatchObject({ ...seen, suspended: { status: 'fulfilled', value: { ok: true } } });
      const one = async (text: string): Promise<unknown> => (await gate.db.admin<{ n: number }>(text, [team.teamId]))[0]!.n;
      expect({ ...seen, open: await one(`select count(*)::int as n from app.instance where team_id = $1 and state in ('queued', 'running')`) }).toEqual({ ...seen, open: 0 });
      expect({ ...seen, asked: await one(`select count(*)::int as n from app.gate_approval where team_id = $1 and state = 'pending' and request -> 'move' is null`) }).toEqual({ ...seen, asked: 0 });
      // what was decided keeps its decision, and cannot be used; what waits keeps the time it had
      const uses = await gate.db.admin<{ id: string }>(`select id from app.approval where team_id = $1 and state = 'approved'`, [team.teamId]);
      for (const { id } of uses) await expect(gate.db.as('executor').withTeam(team.teamId, (tx) => tx.read(sql`select sec.use_approval(${id}, sha256('m'))`))).rejects.toMatchObject({ code: 'stale_epoch' });
      expect({ ...seen, kept: await one(`select count(*)::int as n from app.approval where team_id = $1 and state in ('pending', 'approved') and (state = 'approved' or left_ms between 0 and ${Math.max(0, dueBefore[0]!.left) + 1_000})`) }).toEqual({ ...seen, kept: 2 });
      if (at.docs) expect({ ...seen, late: await gate.reserve(team, at.docs, { tokens: 1 }) }).toMatchObject({ ...seen, late: { granted: false } });
      expect(await gate.spawn(team, await gate.task(team, at.goal ?? (await gate.goal(team))), { epoch: 1 })).toMatchObject({ allowed: false });
      const told = (await gate.entries(team)).map(({ action }) => action);
      expect({ ...seen, told: ['TEAM-SUSPENDED', 'HELPDESK-ACTIVATED'].map((name) => told.filter((action) => action === name).length) }).toEqual({ ...seen, told: [1, 1] });
      expect({ ...seen, news: await one(`select count(*)::int as n from app.outbox where team_id = $1 and subject like '%.lifecycle.changed' and convert_from(payload, 'UTF8') like '%suspended%'`) }).toEqual({ ...seen, news: 1 });
      // two days later it goes on, and nothing of before comes back
      await gate.db.admin(`update app.team set frozen_at = frozen_at - interval '2 days' where team_id = $1`, [team.teamId]);
      expect(await gate.move(team, 'reactivate', gate.genesis)).toMatchObject({ ok: true });
      if (at.docs) expect(await gate.reserve(team, at.docs, { tokens: 1 })).toMatchObject({ granted: false });
      expect({ ...seen, open: await one(`select count(*)::int as n from app.instance where team_id = $1 and state in ('queued', 'running')`) }).toEqual({ ...seen, open: 1 });
    }
    expect(await gate.brokenAccounts()).toEqual([]);
  });
});

describe('an escalation of the platform', () => {
  it('is that its API is too slow, once while that lasts, by whichever gateway; it stands in the platform’s own record', async () => {
    const found = () => gate.db.admin<{ id: string }>(`select id from app.escalation where team_id = $1 order by raised_at`, [PLATFORM_CHAIN]);
    const pace = (p95Ms: number) => gate.watch.pace({ requests: 100, p95Ms });
    await pace(500);
    expect(await found()).toEqual([]);
    await Promise.all([1, 2, 3].map(() => pace(501)));
    const [{ id }, ...others] = (await found()) as [{ id: string }];
    expect(others).toEqual([]);
    await gate.db.admin(`update app.escalation set due_at = now() where id = $1`, [id]);
    await Promise.all([1, 2].map(() => gate.watch.sweep()));
    expect(await gate.entries({ teamId: PLATFORM_CHAIN as TeamId }, 'ESCALATION-OVERDUE')).toHaveLength(1);
    const resolve = (by: Requester) => gate.escalations.steer({ teamId: PLATFORM_CHAIN as TeamId, escalationId: id, by, verb: 'resolve', words: 'restarted' });
    expect(await resolve(gate.gov)).toMatchObject({ code: 'not_permitted' });
    expect(await resolve(person('systems_architect'))).toMatchObject({ ok: true });
    await pace(700); // it was not fast in between
    expect(await found()).toHaveLength(1);
    expect(await gate.entries({ teamId: PLATFORM_CHAIN as TeamId }, 'ESCALATION-RESOLVED')).toHaveLength(1);
    expect(await gate.entries({ teamId: PLATFORM_CHAIN as TeamId }, 'ESCALATION-RAISED')).toMatchObject([{ body: { trigger: 'api_slow', to_role: 'systems_architect', figures: { p95Ms: '501', requests: '100' } } }]);
    for (const ms of [20, 900]) await pace(ms); // of several gateways one is fast, and the other is as slow as it was
    expect(await found()).toHaveLength(1);
    const quiet = async (minutes: number): Promise<void> => {
      await gate.db.admin(`update app.escalation set resolved_at = resolved_at - $1::int * interval '1 minute' where resolved_at is not null`, [minutes]);
      await gate.db.admin(`update app.escalation_over set reported_at = reported_at - $1::int * interval '1 minute'`, [minutes]);
    };
    await quiet(9);
    await pace(900);
    expect(await found()).toHaveLength(1);
    await quiet(10);
    await pace(900);
    expect(await found()).toHaveLength(2);
    for (const ms of [20, 900]) await pace(ms); // that ends nothing that stands open, and raises nothing anew
    expect(await found()).toHaveLength(2);
  });

  it('follows the broker’s log: says where there is none, raises what was tried in the name of no team, and reads no more than it could note', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'countersign-refused-'));
    after(() => rmSync(dir, { recursive: true }));
    const [path, key] = [join(dir, 'nats.log'), `U${'A'.repeat(55)}`];
    const health = new Health('spawn-gate');
    const problem = async () => (await health.now()).problems?.['broker log'];
    const given: number[] = [];
    let away = 0;
    const signals = Object.create(gate.watch, { triedElsewhere: { value: (subject: 'credential', tried: readonly { at: Date }[]): Promise<void> => {
      given.push(tried.length);
      return away-- > 0 ? Promise.reject(new Error('the database is away')) : gate.watch.triedElsewhere(subject, tried);
    } } }) as typeof gate.watch;
    const broker = new BrokerWatch(gate.database, signals, health, { path, managerKey: key }, pino({ level: 'silent' }));
    const credential = () => gate.db.admin(`select figures from app.escalation where team_id = $1 and subject = 'credential'`, [PLATFORM_CHAIN]);
    await broker.follow();
    expect(await problem()).toMatch(/nats\.log is not there/);
    const refused = Array.from({ length: 3 }, (_, n) => `[1] 2026/11/29 23:44:28.12345${n} [ERR] 127.0.0.1:5 - cid:7 - Publish Violation - JWT User "${key}", Subject "team.${uuidv7()}.approvals.decided"\n`).join('');
    writeFileSync(path, refused);
    away = 2;
    for (let round = 0; round < 2; round++) {
      await expect(broker.follow()).rejects.toThrow('away');
      appendFileSync(path, refused);
    }
    expect(await problem()).toBeUndefined();
    expect(await credential()).toEqual([]);
    await broker.follow();
    expect(given).toEqual([3, 3, 3, 6]);
    expect(await credential()).toEqual([{ figures: { refused: 3 } }]);
    await broker.onApplicationShutdown();
    await gate.watch.triedElsewhere('credential', Array.from({ length: 200_000 }, () => ({ at: new Date() })));
    expect(await credential()).toHaveLength(1);
  });

  it('takes what a clock that goes ahead wrote of no team for what is now: it is raised, and again once somebody has looked', async () => {
    const ahead = { at: new Date(Date.now() + 3_600_000) };
    const found = () => gate.db.admin<{ fresh: boolean }>(`select evidence_at between raised_at - interval '1 minute' and raised_at as fresh from app.escalation where team_id = $1 and subject = 'hidden' order by raised_at`, [PLATFORM_CHAIN]);
    const looked = () => gate.db.admin(`update app.escalation set state = 'resolved', resolved_at = clock_timestamp() where team_id = $1 and subject = 'hidden' and state <> 'resolved'`, [PLATFORM_CHAIN]);
    await looked();
    const before = (await found()).length;
    for (let times = 0; times < 2; times++) {
      await gate.watch.triedElsewhere('hidden', [{ at: new Date(Date.now() - 1_000) }, ahead]);
      await looked();
    }
    expect((await found()).slice(before)).toEqual([{ fresh: true }, { fresh: true }]);
  });
});
