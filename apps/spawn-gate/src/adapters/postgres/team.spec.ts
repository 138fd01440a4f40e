import { after, before, describe, it } from 'node:test';
import { BUDGET_UNITS, CustomerId, PersonId, TeamId, type CommandReply, type Requester, type TeamVerb } from '@countersign/contracts';
import { sql } from '@countersign/database';
import { expect } from 'expect';
import { GateBench, shippedBundle, type BenchTeam } from '../../testing/gate-bench.js';

let gate: GateBench;
before(async () => {
  gate = await GateBench.open();
});
after(() => gate.close());

const teamRow = async ({ teamId }: BenchTeam) => (await gate.db.admin(`select state, epoch, state_reason, frozen_at from app.team where team_id = $1`, [teamId]))[0];
/** A round of the sweeper that finds the question where it was. */
const sweepQuestions = async ({ teamId }: BenchTeam, id: string) => {
  expect((await gate.database.ops<{ id: string }>('due_gate_approvals')).filter((due) => due.id === id)).toEqual([]);
  await gate.approvals.sweep(teamId, id);
  expect(await gate.db.admin(`select state from app.gate_approval where id = $1`, [id])).toEqual([{ state: 'pending' }]);
};
const actions = async (team: BenchTeam) => (await gate.entries(team)).map(({ action }) => action);
const news = (team: BenchTeam) =>
  gate.db
    .admin<{ payload: Buffer }>(`select payload from app.outbox where team_id = $1 and subject like '%.lifecycle.changed' order by seq`, [team.teamId])
    .then((rows) => rows.map(({ payload }) => Object.values(JSON.parse(payload.toString()) as object)));
const session = async ({ teamId }: BenchTeam) => (await gate.db.admin(`select * from app.helpdesk_session where team_id = $1 order by opened_at desc`, [teamId]))[0];
/** Polls until it is so. */
async function until(holds: () => Promise<boolean>, deadline = Date.now() + 60_000): Promise<void> {
  while (!(await holds())) if (Date.now() > deadline) throw new Error('it never came to be');
}
const person = (...roles: string[]): Requester => ({ personId: PersonId.next(), customerId: CustomerId.next(), roles });

describe('hiring a team', () => {
  it('writes the team, its members and its budget, and starts nothing', async () => {
    const team = await gate.team([]);
    expect(await teamRow(team)).toMatchObject({ state: 'requested', epoch: 1 });
    const members = await gate.db.admin(`select kind, skill, agent, name from app.member where team_id = $1 order by skill`, [team.teamId]);
    expect(members).toEqual([
      { kind: 'specialist', skill: 'docs', agent: 'doc-bot', name: 'Dora' },
      { kind: 'manager', skill: 'manager', agent: 'manager-agent', name: 'Mira' },
      { kind: 'specialist', skill: 'patches', agent: 'patch-bot', name: 'Pax' },
      { kind: 'specialist', skill: 'tests', agent: 'test-writer-bot', name: 'Tess' },
    ]);
    expect(await gate.account(team, team.teamId)).toMatchObject({ tokens: '4000000/0/0', usd_micros: '40000000/0/0' });
    expect(await gate.db.admin(`select 1 from app.instance where team_id = $1`, [team.teamId])).toEqual([]);
    const [created, granted] = await gate.entries(team);
    expect(created).toMatchObject({ action: 'TEAM-CREATED', body: { team_id: team.teamId, customer_id: team.customerId, bundle: 'code-care@1', mode: 'production', composition: { manager: { name: 'Mira' } }, pricing: { monthly: '24500' } } });
    expect(granted).toMatchObject({ action: 'BUDGET-GRANTED', body: { parent_account_id: null } });
    expect(JSON.stringify([created, granted])).not.toContain(team.asha.personId);
    expect(await news(team)).toEqual([[1, 'requested']]);
  });

  it('gives a team on trial the budget of a trial', async () => {
    const team = await gate.team([], { mode: 'trial' });
    expect(await gate.account(team, team.teamId)).toMatchObject({ tokens: '2000000/0/0', usd_micros: '5000000/0/0' });
    expect(Object.keys(await gate.account(team, team.teamId)).sort()).toEqual([...BUDGET_UNITS].sort());
  });

  it('happens once, also when it is asked twice at the same time', async () => {
    const customerId = CustomerId.next();
    const request = { teamId: TeamId.next(), by: gate.requester(customerId), bundleId: 'code-care', bundleVersion: 1, mode: 'trial' as const };
    const replies = await Promise.all([1, 2, 3].map(() => gate.hiring.hire(request)));
    expect(replies.map(({ ok, code }) => [ok, code]).sort()).toEqual([[true, 'ok'], [true, 'unchanged'], [true, 'unchanged']]);
    expect((await gate.entries(request, 'TEAM-CREATED')).length).toBe(1);
    expect(await gate.hiring.hire({ ...request, by: gate.requester(CustomerId.next()) })).toMatchObject({ ok: false, code: 'team_exists' });
  });

  it('is for customer governors, and for bundles that are published and sound', async () => {
    const request = { teamId: TeamId.next(), bundleId: 'code-care', bundleVersion: 1, mode: 'trial' as const };
    for (const role of ['platform_governor', 'genesis', 'operator']) expect(await gate.hiring.hire({ ...request, by: person(role) })).toMatchObject({ ok: false, code: 'not_permitted' });
    const asha = person('customer_governor');
    expect(await gate.hiring.hire({ ...request, bundleVersion: 99, by: asha })).toMatchObject({ ok: false, code: 'bundle_not_found' });
    expect(await gate.hiring.hire({ ...request, bundleId: 'nothing', by: asha })).toMatchObject({ ok: false, code: 'bundle_not_found' });
    await gate.publish({ ...shippedBundle(), id: 'broken', members: [] });
    expect(await gate.hiring.hire({ ...request, bundleId: 'broken', by: asha })).toMatchObject({ ok: false, code: 'invalid_bundle' });
  });

  it('is for the newest version alone, whatever the price of an older one was, and says which that is', async () => {
    const renewed = { teamId: TeamId.next(), by: person('customer_governor'), bundleId: 'renewed', bundleVersion: 1, mode: 'production' as const };
    await gate.publish({ ...shippedBundle(), id: 'renewed', version: 1 });
    expect(await gate.hiring.hire(renewed)).toMatchObject({ ok: true });
    for (const version of [2, 3]) await gate.publish({ ...shippedBundle(), id: 'renewed', version });
    const hired = (bundleVersion: number): Promise<CommandReply> => gate.hiring.hire({ ...renewed, teamId: TeamId.next(), bundleVersion, by: gate.requester(CustomerId.next()) });
    for (const version of [1, 2]) expect(await hired(version)).toMatchObject({ ok: false, code: 'bundle_superseded', message: expect.stringContaining('version 3 of renewed') });
    expect(await hired(3)).toMatchObject({ ok: true });
    expect(await gate.hiring.hire(renewed)).toMatchObject({ ok: true, code: 'unchanged' }); // what was hired before, asked once more
  });
});

describe("a team's life", () => {
  it('goes from request to work: certified by Genesis, deployed by its governor, with a manager that works', async () => {
    const team = await gate.team([]);
    expect(await gate.move(team, 'certify', gate.genesis)).toMatchObject({ ok: true });
    expect(await gate.move(team, 'deploy', team.asha)).toMatchObject({ ok: true });
    const [manager] = await gate.db.admin<Record<string, unknown>>(`select * from app.instance where team_id = $1`, [team.teamId]);
    expect(manager).toMatchObject({ state: 'running', role: 'orchestrator', template_id: 'manager', task_id: null, parent_id: null, deadline_at: null, epoch: 1, sandbox_level: 0 });
    expect(await actions(team)).toEqual(['TEAM-CREATED', 'BUDGET-GRANTED', 'TEAM-CERTIFIED', 'SPAWN-ALLOWED', 'BUDGET-HELD', 'TEAM-DEPLOYED']);
    const deployed = (await gate.entries(team, 'TEAM-DEPLOYED'))[0]!;
    expect(deployed.body).toMatchObject({ team_id: team.teamId, mode: 'production', manager_instance_id: manager!['id'], deployment_timestamp: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(await news(team)).toEqual([[1, 'requested'], [1, 'certified', 'certify', gate.genesis.personId], [1, 'active', 'deploy', team.asha.personId]]);
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('is moved by nobody who may not, and never skips a step', async () => {
    const team = await gate.team([]);
    const refuse = async (verb: TeamVerb, by: Requester) => (await gate.move(team, verb, by)).code;
    expect(await refuse('certify', team.asha)).toBe('not_permitted');
    expect(await refuse('certify', gate.gov)).toBe('not_permitted');
    expect(await refuse('deploy', team.asha)).toBe('wrong_team_state');
    expect(await refuse('deploy', gate.requester(CustomerId.next()))).toBe('not_permitted');
    await gate.move(team, 'certify', gate.genesis);
    expect(await refuse('deploy', gate.genesis)).toBe('not_permitted');
    expect(await refuse('deploy', gate.requester(CustomerId.next()))).toBe('not_permitted');
    expect(await refuse('suspend', team.asha)).toBe('wrong_team_state');
    expect(await refuse('reject', gate.genesis)).toBe('wrong_team_state');
    expect(await teamRow(team)).toMatchObject({ state: 'certified', epoch: 1 });
    await expect(gate.move({ ...team, teamId: TeamId.next() }, 'certify', gate.genesis)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('ends at once where Genesis rejects it, with the words kept out of the chain', async () => {
    const team = await gate.team([]);
    await gate.move(team, 'reject', gate.genesis, 'Dora cannot spell');
    expect(await teamRow(team)).toMatchObject({ state: 'rejected' });
    const [entry] = await gate.entries(team, 'TEAM-REJECTED');
    expect(entry!.body['reason']).toBeUndefined();
    expect(JSON.stringify(entry)).not.toContain('spell');
  });

  it('stays where it is when the spawn policy refuses its manager, and the refusal is on record', async () => {
    const team = await gate.team(['certify']);
    await gate.setPolicy({ spawn_edges: { operator: { behavior: 'deny' } } });
    const reply = await gate.move(team, 'deploy', team.asha);
    await gate.setPolicy({});
    expect(reply).toMatchObject({ ok: false, code: 'spawn_denied_edge' });
    expect(await teamRow(team)).toMatchObject({ state: 'certified' });
    expect((await actions(team)).at(-1)).toBe('SPAWN-DENIED');
    expect(await gate.move(team, 'deploy', team.asha)).toMatchObject({ ok: true });
  });

  it('waits where its manager needs a person’s yes, is one question however often it is asked, and goes on with the yes', async () => {
    const team = await gate.team(['certify']);
    await gate.setPolicy({ spawn_edges: { operator: { behavior: 'request_only' } } });
    try {
      const replies = [await gate.move(team, 'deploy', team.asha, 'we are ready'), await gate.move(team, 'deploy', team.asha, 'really')];
      const [approvalId] = new Set(replies.map((reply) => reply.approvalId!));
      expect(replies).toEqual([1, 2].map(() => ({ ok: false, code: 'spawn_requires_approval', message: expect.stringContaining('approval'), approvalId })));
      expect(await teamRow(team)).toMatchObject({ state: 'certified', epoch: 1 });
      expect(await gate.db.admin(`select kind, state, code, request -> 'shown' as shown from app.gate_approval where team_id = $1`, [team.teamId])).toEqual([{ kind: 'spawn', state: 'pending', code: 'spawn_requires_approval', shown: { role: 'orchestrator', templateId: 'manager', justification: 'deploy' } }]);
      await sweepQuestions(team, approvalId!);
      expect(await gate.answer(team, approvalId!, 'approve', team.asha)).toMatchObject({ ok: false, code: 'requester_may_not_decide' });
      expect(await gate.answer(team, approvalId!, 'approve', gate.ops)).toMatchObject({ ok: false, code: 'not_permitted' });
      expect(await teamRow(team)).toMatchObject({ state: 'certified' });
      const answered = await gate.answer(team, approvalId!, 'approve', gate.gov, 'go');
      expect(answered).toMatchObject({ ok: true, code: 'ok', state: 'approved', status: 'running', instanceId: expect.any(String) });
      expect(await teamRow(team)).toMatchObject({ state: 'active', epoch: 1, state_reason: 'we are ready' });
      expect(await gate.instance(answered.instanceId!)).toMatchObject({ state: 'running', role: 'orchestrator', template_id: 'manager', requested_by: `person:${team.asha.personId}`, parent_id: null });
      expect((await actions(team)).slice(-4)).toEqual(['SPAWN-APPROVAL-GRANTED', 'SPAWN-ALLOWED', 'BUDGET-HELD', 'TEAM-DEPLOYED']);
      expect(await gate.answer(team, approvalId!, 'approve', gate.gov)).toMatchObject({ ok: true, instanceId: answered.instanceId });
      expect(await gate.db.admin(`select 1 from app.instance where team_id = $1`, [team.teamId])).toHaveLength(1);
      expect(await gate.brokenAccounts()).toEqual([]);
    } finally {
      await gate.setPolicy({});
    }
  });

  it('stays where it is when the answer is no, when the policy says no by then, and when what was asked is over', async () => {
    const team = await gate.team(['certify']);
    const ask = async () => {
      await gate.setPolicy({ spawn_edges: { operator: { behavior: 'request_only' } } });
      return (await gate.move(team, 'deploy', team.asha)).approvalId!;
    };
    try {
      expect(await gate.answer(team, await ask(), 'deny')).toMatchObject({ ok: true, state: 'denied' });
      const second = await ask();
      await gate.setPolicy({ spawn_edges: { operator: { behavior: 'deny' } } });
      expect(await gate.answer(team, second)).toMatchObject({ ok: false, code: 'spawn_denied_edge', state: 'approved' });
      expect(await teamRow(team)).toMatchObject({ state: 'certified' });
      const third = await ask();
      await gate.setPolicy({});
      expect(await gate.move(team, 'deploy', gate.gov)).toMatchObject({ ok: true });
      expect(await gate.answer(team, third)).toMatchObject({ ok: false, code: 'approval_withdrawn', state: 'withdrawn' });
      expect(await gate.db.admin(`select 1 from app.instance where team_id = $1`, [team.teamId])).toHaveLength(1);
      expect((await gate.entries(team, 'TEAM-DEPLOYED')).length).toBe(1);
    } finally {
      await gate.setPolicy({});
    }
  });

  it('asks one question for a deployment and another for an agent of the same role, template and reason', async () => {
    const team = await gate.team(['certify']);
    await gate.setPolicy({ spawn_edges: { operator: { behavior: 'request_only' } } });
    const digests = async () => (await gate.db.admin<{ digest: string }>(`select encode(digest, 'hex') as digest from app.gate_approval where team_id = $1 order by created_at, id`, [team.teamId])).map(({ digest }) => digest);
    const like = (justification: string) => gate.requestSpawn(team, { role: 'orchestrator', templateId: 'manager', justification });
    try {
      const { approvalId } = await gate.move(team, 'deploy', team.asha);
      expect(await gate.answer(team, approvalId!)).toMatchObject({ ok: true, status: 'running' });
      const spawn = await like('deploy');
      expect(spawn).toMatchObject({ code: 'spawn_requires_approval', approvalId: expect.any(String) });
      expect(spawn.approvalId).not.toBe(approvalId);
      for (let turn = 0; turn < 2; turn++) {
        await gate.move(team, 'suspend', team.asha, 'enough');
        const again = await gate.move(team, 'reactivate', gate.gov);
        expect(await gate.answer(team, again.approvalId!, 'approve', team.asha)).toMatchObject({ ok: true });
      }
      expect(await like('reactivate')).toMatchObject({ code: 'spawn_requires_approval', approvalId: expect.any(String) });
      expect(new Set(await digests()).size).toBe(5);
    } finally {
      await gate.setPolicy({});
    }
  });

  it('is reactivated by the same way: the question outlives a second try, and is taken back when the team is dissolved', async () => {
    const team = await gate.team();
    await gate.move(team, 'suspend', team.asha, 'enough');
    await gate.setPolicy({ spawn_edges: { operator: { behavior: 'request_only' } } });
    try {
      const [first, again] = [await gate.move(team, 'reactivate', gate.gov), await gate.move(team, 'reactivate', gate.gov)];
      expect([first.code, again.approvalId]).toEqual(['spawn_requires_approval', first.approvalId]);
      await sweepQuestions(team, first.approvalId!);
      expect(await gate.answer(team, first.approvalId!, 'approve', team.asha)).toMatchObject({ ok: true, status: 'running' });
      expect(await teamRow(team)).toMatchObject({ state: 'active', epoch: 3 });
      await gate.move(team, 'suspend', team.asha, 'again');
      const { approvalId } = await gate.move(team, 'reactivate', gate.gov);
      expect(await gate.move(team, 'dissolve', gate.gov)).toMatchObject({ ok: true });
      expect(await gate.db.admin(`select state from app.gate_approval where id = $1`, [approvalId])).toEqual([{ state: 'withdrawn' }]);
    } finally {
      await gate.setPolicy({});
    }
  });

  it('does nothing twice', async () => {
    const team = await gate.team();
    const replies = await Promise.all([1, 2, 3].map(() => gate.move(team, 'suspend', team.asha, 'enough')));
    expect(replies.map(({ code }) => code).sort()).toEqual(['ok', 'unchanged', 'unchanged']);
    expect(await teamRow(team)).toMatchObject({ epoch: 2 });
    expect((await gate.entries(team, 'TEAM-SUSPENDED')).length).toBe(1);
  });

  it('completes with everything stopped and given back', async () => {
    const team = await gate.team();
    const { instanceId } = await gate.worker(team);
    expect(await gate.move(team, 'complete', team.asha)).toMatchObject({ ok: true });
    expect(await teamRow(team)).toMatchObject({ state: 'completed', epoch: 2 });
    expect(await gate.instance(instanceId)).toMatchObject({ state: 'cancelled', end_reason: 'team_completed' });
    expect(await gate.brokenAccounts()).toEqual([]);
  });
});

describe('a suspension', () => {
  it('is one transaction: state, epoch, instances, budgets, helpdesk, entries and news', async () => {
    const team = await gate.team();
    const { instanceId, goalId } = await gate.worker(team);
    await gate.reserve(team, instanceId, { tokens: 500 });
    const before = await gate.db.admin<{ n: number }>(`select count(*)::int as n from audit.entry where team_id = $1`, [team.teamId]);
    expect(await gate.move(team, 'suspend', team.asha, 'Dora writes nonsense')).toMatchObject({ ok: true });
    expect(await teamRow(team)).toMatchObject({ state: 'suspended', epoch: 2, state_reason: 'Dora writes nonsense', frozen_at: expect.any(Date) });
    const instances = await gate.db.admin(`select state, end_reason from app.instance where team_id = $1`, [team.teamId]);
    expect(instances).toEqual([{ state: 'cancelled', end_reason: 'team_suspended' }, { state: 'cancelled', end_reason: 'team_suspended' }]);
    expect((await gate.account(team, goalId))['tokens']).toBe('200000/0/0');
    expect((await gate.account(team, instanceId))['tokens']).toBe('0/0/0');
    const entries = (await gate.entries(team)).slice(before[0]!.n);
    expect(entries.map(({ action }) => action)).toEqual(['INSTANCE-ENDED', 'BUDGET-RELEASED', 'INSTANCE-ENDED', 'BUDGET-RELEASED', 'TEAM-SUSPENDED', 'HELPDESK-ACTIVATED']);
    expect(entries[4]!.body).toEqual({ team_id: team.teamId, root_cause_agent_id: null, epoch: '2' });
    const open = await session(team);
    expect(entries[5]!.body).toEqual({ team_id: team.teamId, session_id: open!['id'], authority: 'bundle:code-care@1' });
    expect(open).toMatchObject({ epoch: 2, reason: 'Dora writes nonsense', plan: expect.stringContaining('Your team has stopped'), closed_at: null });
    expect(open!['snapshot']).toMatchObject({ goals: [{ state: 'running', tasks: [{ title: 'Document the exports', state: 'assigned' }] }] });
    expect(await gate.events(team, instanceId)).toContain('instance.cancelled team_suspended');
    expect((await news(team)).at(-1)).toEqual([2, 'suspended', 'suspend', team.asha.personId]);
    expect(await gate.db.admin(`select distinct xmin::text from app.team where team_id = $1 union select xmin::text from app.helpdesk_session where team_id = $1 union select xmin::text from app.instance where team_id = $1`, [team.teamId])).toHaveLength(1);
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('makes everything late come too late: spawns, calls, and writes of any service with the old epoch', async () => {
    const team = await gate.team();
    const { instanceId, taskId } = await gate.worker(team);
    await gate.move(team, 'suspend', team.asha);
    expect(await gate.spawn(team, taskId, { epoch: 1 })).toMatchObject({ allowed: false, code: 'team_not_active' });
    expect(await gate.reserve(team, instanceId, { tokens: 1 })).toMatchObject({ granted: false, code: 'instance_ended' });
    const late = (fence: number) => gate.db.as('fleet').withTeam(team.teamId, (tx) => tx.read(sql`select 1`), { fence });
    await expect(late(1)).rejects.toMatchObject({ code: 'team_not_active' });
    await gate.move(team, 'reactivate', gate.genesis);
    await expect(late(1)).rejects.toMatchObject({ code: 'stale_epoch' });
    expect(await gate.spawn(team, taskId, { epoch: 1 })).toMatchObject({ allowed: false, code: 'stale_epoch' });
    expect(await gate.spawn(team, taskId, { epoch: 3 })).toMatchObject({ allowed: true });
  });

  it('waits for a write under way, and no write slips past it', async () => {
    const team = await gate.team();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const order: string[] = [];
    let entered = (): void => undefined;
    const inside = new Promise<void>((resolve) => (entered = resolve));
    const write = gate.db.as('fleet').withTeam(team.teamId, async (tx) => {
      await tx.read(sql`select 1`);
      entered();
      await held;
    }, { fence: 1 }).then(() => order.push('write'));
    await inside;
    const suspend = gate.move(team, 'suspend', team.asha).then(() => order.push('suspend'));
    await until(async () => (await gate.db.admin(`select 1 from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'`, [gate.db.name])).length > 0);
    release();
    await Promise.all([write, suspend]);
    expect(order).toEqual(['write', 'suspend']);
  });

  it('ends with a reactivation: new epoch, new manager, helpdesk closed, the goal’s spending remembered', async () => {
    const team = await gate.team();
    const { instanceId, goalId, taskId } = await gate.worker(team);
    const callId = crypto.randomUUID();
    await gate.reserve(team, instanceId, { tokens: 500 }, callId);
    await gate.settle(team, instanceId, { tokens: 400 }, callId);
    await gate.move(team, 'suspend', gate.gov);
    const opened = await session(team);
    expect(await gate.move(team, 'reactivate', team.asha)).toMatchObject({ ok: false, code: 'not_permitted' });
    expect(await gate.move(team, 'reactivate', gate.genesis, 'trained')).toMatchObject({ ok: true });
    expect(await teamRow(team)).toMatchObject({ state: 'active', epoch: 3, frozen_at: null });
    expect(await session(team)).toMatchObject({ id: opened!['id'], closed_at: expect.any(Date), resolution: 'trained' });
    expect((await actions(team)).slice(-4)).toEqual(['SPAWN-ALLOWED', 'BUDGET-HELD', 'HELPDESK-DEACTIVATED', 'TEAM-REACTIVATED']);
    expect(await gate.spawn(team, taskId, { epoch: 3 })).toMatchObject({ allowed: true });
    expect(await gate.account(team, goalId)).toMatchObject({ tokens: '200000/20000/400' });
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('takes no time from a mission that it stops', async () => {
    const team = await gate.team();
    const [running, paused, over, planned] = [await gate.goal(team), await gate.goal(team), await gate.goal(team), await gate.goal(team)];
    await gate.db.admin(`update app.goal set started_at = now() - interval '1 hour', running_since = now() - interval '1 hour', paused_ms = 1000 where id = any ($1)`, [[running, paused, over]]);
    await gate.db.admin(`update app.goal set finished_at = now(), state = 'failed' where id = $1`, [over]);
    await gate.move(team, 'suspend', team.asha);
    await gate.db.admin(`update app.team set frozen_at = now() - interval '30 minutes' where team_id = $1`, [team.teamId]);
    await gate.db.admin(`update app.goal set paused_at = now() - interval '20 minutes' where id = $1`, [paused]); // its end counts the rest
    await gate.move(team, 'reactivate', gate.genesis);
    const minutes = async (id: string): Promise<number> => (await gate.db.admin<{ m: number }>(`select round(paused_ms / 60000.0)::int as m from app.goal where id = $1`, [id]))[0]!.m;
    expect(await Promise.all([running, paused, over, planned].map(minutes))).toEqual([30, 10, 0, 0]);
  });

  it('lets no helpdesk answer where the bundle says ask, though it keeps what is told and handed over, and closes the one of a team that is dissolved', async () => {
    await gate.publish({ ...shippedBundle(), id: 'asking', helpdesk: { activation: 'ask', plan: 'We call you.' } });
    const quiet = await gate.team(['certify', 'deploy', 'suspend'], { id: 'asking' });
    expect(await session(quiet)).toMatchObject({ talks: false, closed_at: null, plan: 'We call you.', causes: [], cadence_hours: 24 });
    expect(await actions(quiet)).not.toContain('HELPDESK-ACTIVATED');
    await gate.setTeamPolicy({ helpdesk: { cadenceHours: { L1: 12, L2: 8, L3: 2 } } });
    const team = await gate.team(['certify', 'deploy', 'suspend']);
    expect(await session(team)).toMatchObject({ talks: true, cadence_hours: 12 });
    expect(await session(quiet)).toMatchObject({ cadence_hours: 24 }); // it was told so
    expect(await gate.move(team, 'dissolve', gate.gov, '')).toMatchObject({ ok: true });
    expect(await session(team)).toMatchObject({ closed_at: expect.any(Date) });
    expect((await gate.entries(team)).slice(-2).map(({ action, body }) => [action, body['reason'] ?? body['resolution']])).toEqual([['HELPDESK-DEACTIVATED', 'unspecified'], ['TEAM-DISSOLVED', 'unspecified']]);
  });
});
