import { after, before, describe, it } from 'node:test';
import { CustomerId, DEFAULT_TEAM_POLICY, InstanceId, PLATFORM_CHAIN, uuidv7, type RecordedKind, type Requester, type TeamId } from '@countersign/contracts';
import { sql } from '@countersign/database';
import { expect } from 'expect';
import { GateBench, shippedBundle, type BenchTeam } from '../../testing/gate-bench.js';

let gate: GateBench;
before(async () => {
  gate = await GateBench.open();
});
after(() => gate.close());

const person = (role: 'systems_architect' | 'vision_guardian'): Requester => ({ ...gate.gov, personId: uuidv7() as Requester['personId'], roles: [role] });
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
/** Reviews of one member, the newest last. */
const reviews = async (team: BenchTeam, decisions: readonly ('approved' | 'revise')[], skill = 'docs'): Promise<void> => {
  const taskId = await gate.task(team, await gate.goal(team), skill);
  for (const decision of decisions) await gate.db.admin(`insert into app.review (team_id, id, task_id, draft_id, round, decision, decided_at) values ($1, gen_random_uuid(), $2, gen_random_uuid(), 1, $3, clock_timestamp())`, [team.teamId, taskId, decision]);
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
    await gate.db.admin(`update app.budget set granted = 200000000, spent = 150000000 where team_id = $1 and account_id = $1 and unit = 'usd_micros'`, [team.teamId]);
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
    expect(entries.find(({ body }) => body['trigger'] === 'cost_over')!.body).toMatchObject({ figures: { usdMicros: '150000000' }, to_role: 'platform_governor' });
    await gate.db.admin(`update app.budget set granted = 40000000, spent = 0 where team_id = $1 and account_id = $1 and unit = 'usd_micros'`, [team.teamId]);
  });

  it('is also slow coordination, too many files, hard tasks for the same member, and a quality that falls', async () => {
    const team = await gate.team();
    const taskId = await gate.task(team, await gate.goal(team));
    const run = uuidv7();
    const all = await members(team);
    await gate.db.admin(`insert into app.task_event (team_id, id, task_id, kind, actor, body, at) values ($1, gen_random_uuid(), $2, 'assigned', 'x', '{"round": 1}', clock_timestamp())`, [team.teamId, taskId]);
    await gate.db.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, state, epoch, queued_at) values ($1, $2, $3, $4, 1, 'queued', 1, clock_timestamp() + interval '9 seconds')`, [team.teamId, run, taskId, all['docs']!.id]);
    await look(team);
    expect(await raised(team)).toEqual([]);
    await gate.db.admin(`update app.worker_run set queued_at = clock_timestamp() + interval '11 seconds' where id = $1`, [run]);
    await gate.db.admin(`insert into app.draft (team_id, id, task_id, run_id, round, summary, base_commit) values ($1, $2, $3, $2, 1, '', '')`, [team.teamId, run, taskId]);
    await gate.db.admin(`insert into app.artifact (team_id, id, draft_id, path, version, media_type, size, sha256) select $1, gen_random_uuid(), $2, n::text, 1, 'text/plain', 600000000, sha256('x') from generate_series(1, 2) n`, [team.teamId, run]);
    for (const skill of ['docs', 'docs', 'docs', 'docs', 'tests']) await gate.db.admin(`update app.task set round = 2 where id = $1`, [await gate.task(team, await gate.goal(team), skill)]);
    await reviews(team, [...Array<'approved'>(10).fill('approved'), ...Array<'approved'>(7).fill('approved'), 'revise', 'approved', 'approved']);
    await reviews(team, ['revise'], 'tests');
    await reviews(team, ['approved']);
    await look(team);
    expect((await raised(team)).sort()).toEqual(['context_full', 'coordination_slow', 'delegation_biased']);
    await reviews(team, ['revise', 'approved', 'revise'], 'tests');
    await look(team);
    expect((await escalations(team)).map(({ trigger, to_role }) => [trigger, to_role]).sort()).toEqual([['context_full', 'systems_architect'], ['coordination_slow', 'systems_architect'], ['delegation_biased', 'vision_guardian'], ['quality_falling', 'vision_guardian']]);
  });

  it('is also what the fleet says of a shared context that is full, once', async () => {
    const team = await gate.team();
    await gate.db.admin(`insert into app.workspace_signal (team_id, kind, bytes) values ($1, 'size', 1100000000)`, [team.teamId]);
    await look(team);
    await look(team);
    expect((await escalations(team)).map(({ trigger, subject, to_role }) => [trigger, subject, to_role])).toEqual([['context_full', 'shared', 'systems_architect']]);
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
    expect(await state(team)).toMatchObject({ state: 'active' });
    expect(JSON.stringify(await gate.entries(team))).not.toContain('said so');
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
    await gate.publish({ ...shippedBundle(), version: 8, helpdesk: { activation: 'ask', plan: 'We call you.' } });
    const team = await gate.team(['certify', 'deploy'], { version: 8 });
    const open = (by: Requester) => gate.terms.change({ teamId: team.teamId, by, change: 'open_helpdesk', reason: '' });
    expect(await open(gate.gov)).toMatchObject({ code: 'wrong_team_state' });
    await gate.move(team, 'suspend', team.asha, 'enough');
    await look(team);
    expect((await raised(team)).sort()).toEqual(['helpdesk_waits', 'team_suspended']);
    for (const stranger of [team.asha, gate.genesis, gate.ops]) expect(await open(stranger)).toMatchObject({ code: 'not_permitted' });
    expect((await Promise.all([1, 2].map(() => open(gate.gov)))).map(({ code }) => code).sort()).toEqual(['ok', 'unchanged']);
    expect(await gate.entries(team, 'HELPDESK-ACTIVATED')).toMatchObject([{ body: { authority: 'platform_governor' } }]);
    await gate.db.admin(`insert into app.conversation (team_id, session_id, seq, message_id, author, text, to_person) select $1, id, 1, gen_random_uuid(), 'customer', 'call me', true from app.helpdesk_session where team_id = $1`, [team.teamId]);
    await look(team);
    await look(team);
    expect((await escalations(team)).map((one) => [one.trigger, one.to_role, one.state]).sort()).toEqual([['customer_message', 'platform_governor', 'open'], ['helpdesk_waits', 'platform_governor', 'resolved'], ['team_suspended', 'customer_governor', 'open']]);
    await gate.move(team, 'reactivate', gate.genesis);
    expect(await gate.entries(team, 'HELPDESK-DEACTIVATED')).toHaveLength(1);
  });

  it('of a suspension is over with it, and one that lasts too long goes to the platform’s governor', async () => {
    const team = await gate.team();
    await gate.move(team, 'suspend', team.asha, 'enough');
    await look(team);
    expect(await raised(team)).toEqual(['team_suspended']);
    await gate.db.admin(`update app.team set state_changed_at = now() - interval '6 days' where team_id = $1`, [team.teamId]);
    await look(team);
    expect((await raised(team)).sort()).toEqual(['suspension_long', 'team_suspended']);
    await gate.move(team, 'reactivate', gate.genesis);
    await look(team);
    expect((await escalations(team)).map((one) => one.state)).toEqual(['resolved', 'resolved']);
    expect((await gate.entries(team, 'ESCALATION-RESOLVED')).map(({ body }) => body['resolution'])).toEqual(['over', 'over']);
  });
});

describe('a suspension by what is measured', () => {
  it('follows an attempt of the manager at once: who did it, why, and what is left of it', async () => {
    const team = await gate.team();
    const { instanceId } = await gate.worker(team);
    await deny(team, await gate.manager(team), 'tool_not_allowed');
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
  it('is that its API is too slow, once while that lasts; it stands in the platform’s own record', async () => {
    const found = () => gate.db.admin<{ id: string }>(`select id from app.escalation where team_id = $1 order by raised_at`, [PLATFORM_CHAIN]);
    await gate.watch.pace({ requests: 100, p95Ms: 500 });
    expect(await found()).toEqual([]);
    await Promise.all([1, 2, 3].map(() => gate.watch.pace({ requests: 100, p95Ms: 501 })));
    const [{ id }, ...others] = (await found()) as [{ id: string }];
    expect(others).toEqual([]);
    const resolve = (by: Requester) => gate.escalations.steer({ teamId: PLATFORM_CHAIN as TeamId, escalationId: id, by, verb: 'resolve', words: 'restarted' });
    expect(await resolve(gate.gov)).toMatchObject({ code: 'not_permitted' });
    expect(await resolve(person('systems_architect'))).toMatchObject({ ok: true });
    expect(await gate.entries({ teamId: PLATFORM_CHAIN as TeamId }, 'ESCALATION-RESOLVED')).toHaveLength(1);
    expect(await gate.entries({ teamId: PLATFORM_CHAIN as TeamId }, 'ESCALATION-RAISED')).toMatchObject([{ body: { trigger: 'api_slow', to_role: 'systems_architect', figures: { p95Ms: '501', requests: '100' } } }]);
  });
});
