import { after, before, describe, it } from 'node:test';
import { defaultMissionId, PersonId, CustomerId, uuidv7, type Capabilities, type InstanceId, type SpawnPolicyFile } from '@countersign/contracts';
import { expect } from 'expect';
import { pino } from 'pino';
import { GateBench, shippedPolicy, shippedTemplates, type BenchTeam } from '../../testing/gate-bench.js';
import { Sweeper } from './sweep.js';

let gate: GateBench;
let sweeper: Sweeper;
before(async () => {
  gate = await GateBench.open();
  sweeper = new Sweeper(gate.db.as('spawn-gate'), gate.endings, gate.approvals, gate.teams, pino({ level: 'silent' }));
});
after(() => gate.close());

const figures = async (team: BenchTeam, id: string): Promise<string> => (await gate.account(team, id))['tokens']!;

describe('what a person starts', () => {
  it('is a place: granted, paid for, and running only when a supervisor holds it', async () => {
    const team = await gate.team();
    const reply = await gate.requestSpawn(team, { by: gate.ops, justification: 'A second pair of eyes' });
    expect(reply).toMatchObject({ ok: true, code: 'ok', status: 'queued', missionId: 'mission-default', violations: [], requiresUserApproval: false, skillHash: expect.stringMatching(/^sha256:/), slice: { tokens: 20_000 } });
    const instance = await gate.instance(reply.instanceId!);
    expect(instance).toMatchObject({ state: 'queued', goal_id: null, task_id: null, run_id: null, member_id: null, parent_id: null, role: 'worker', template_id: 'doc-bot', source: 'ui_action', requested_by: `person:${gate.ops.personId}`, justification: 'A second pair of eyes' });
    expect(instance!['deadline_at']).toEqual(expect.any(Date));
    const mission = defaultMissionId(team.teamId);
    expect([await figures(team, mission), await figures(team, reply.instanceId!)]).toEqual(['200000/20000/0', '20000/0/0']);
    expect((await gate.entries(team)).slice(-3).map(({ action }) => action)).toEqual(['BUDGET-GRANTED', 'SPAWN-ALLOWED', 'BUDGET-HELD']);
    expect((await gate.entries(team, 'SPAWN-ALLOWED')).at(-1)!.body).toMatchObject({ task_id: null, role: 'worker', template_id: 'doc-bot', source: 'ui_action', mission_id: mission, skill_hash: reply.skillHash });
    const [decision] = await gate.db.admin(`select source, requested_by, role, template_id, allowed, code, policy_version from app.spawn_decision where id = $1`, [reply.instanceId]);
    expect(decision).toMatchObject({ source: 'ui_action', requested_by: `person:${gate.ops.personId}`, allowed: true, code: 'ok', template_id: 'doc-bot' });
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('comes once per request, whatever the decision, and the same id never means something else', async () => {
    const team = await gate.team();
    const requestId = uuidv7();
    const replies = await Promise.all([1, 2, 3].map(() => gate.requestSpawn(team, { requestId })));
    expect(new Set(replies.map(({ instanceId }) => instanceId)).size).toBe(1);
    expect(replies.every(({ ok, status, slice }) => ok && status === 'queued' && slice?.tokens === 20_000)).toBe(true);
    const denied = uuidv7();
    const first = await gate.requestSpawn(team, { requestId: denied, role: 'tester' });
    expect(first).toMatchObject({ ok: false, code: 'spawn_unknown_template', violations: [{ code: 'spawn_unknown_template' }] });
    expect(await gate.requestSpawn(team, { requestId: denied, role: 'tester' })).toMatchObject({ ok: false, code: first.code, violations: first.violations });
    for (const change of [{ role: 'worker' as const }, { justification: 'other' }, { by: gate.ops }]) await expect(gate.requestSpawn(team, { requestId: denied, role: 'tester', ...change })).rejects.toMatchObject({ code: 'request_id_reused' });
    expect((await gate.entries(team, 'SPAWN-DENIED')).length).toBe(1);
  });

  it('is for the customer’s governors, operators and the platform governor, and everybody else’s attempt is on record', async () => {
    const team = await gate.team();
    for (const by of [team.asha, gate.ops, gate.gov]) expect(await gate.requestSpawn(team, { by })).toMatchObject({ ok: true });
    const strangers = [gate.requester(CustomerId.next()), gate.genesis, { personId: PersonId.next(), customerId: CustomerId.next(), roles: ['operator', 'platform_governor'] }, { ...team.asha, roles: [] }];
    for (const by of strangers) expect(await gate.requestSpawn(team, { by })).toMatchObject({ ok: false, code: 'spawn_denied_edge' });
    expect((await gate.entries(team, 'SPAWN-DENIED')).length).toBe(strangers.length);
  });

  it('ends unused when no supervisor comes, and gives everything back', async () => {
    const team = await gate.team();
    const { instanceId } = await gate.requestSpawn(team);
    await gate.db.admin(`update app.instance set deadline_at = clock_timestamp() where id = $1`, [instanceId]);
    await sweeper.sweep();
    expect(await gate.instance(instanceId!)).toMatchObject({ state: 'cancelled', end_reason: 'place_unused' });
    expect(await figures(team, defaultMissionId(team.teamId))).toBe('0/0/0');
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('waits as long as the policy says, and no longer', async () => {
    const team = await gate.team();
    const { instanceId } = await gate.under({ place_ms: 5_000 }, () => gate.requestSpawn(team));
    const [{ left }] = (await gate.db.admin<{ left: number }>(`select extract(epoch from deadline_at - clock_timestamp())::float8 as left from app.instance where id = $1`, [instanceId])) as [{ left: number }];
    expect(left).toBeLessThanOrEqual(5);
  });
});

describe('a run', () => {
  it('takes the oldest place of the default mission, and its slice comes under the goal', async () => {
    const team = await gate.team();
    const [first, second] = [await gate.requestSpawn(team), await gate.requestSpawn(team)];
    const goalId = await gate.goal(team);
    const taskId = await gate.task(team, goalId);
    const before = (await gate.wire(team)).length;
    const reply = await gate.spawn(team, taskId, { epoch: 1 });
    expect(reply).toMatchObject({ allowed: true, instanceId: first.instanceId, slice: { tokens: 20_000 }, skillHash: first.skillHash });
    const instance = await gate.instance(first.instanceId!);
    expect(instance).toMatchObject({ state: 'running', goal_id: goalId, task_id: taskId, sandbox_level: 3, source: 'ui_action', member_id: expect.any(String), run_id: expect.any(String) });
    expect([await figures(team, goalId), await figures(team, defaultMissionId(team.teamId))]).toEqual(['200000/20000/0', '200000/20000/0']);
    expect(await gate.instance(second.instanceId!)).toMatchObject({ state: 'queued' });
    expect((await gate.wire(team, before)).map(({ type }) => type)).toEqual(['instance.started']);
    expect((await gate.entries(team)).slice(-4).map(({ action }) => action)).toEqual(['BUDGET-GRANTED', 'BUDGET-RELEASED', 'BUDGET-HELD', 'INSTANCE-STARTED']);
    await gate.end(team, first.instanceId!, { steps: 3 });
    expect((await gate.account(team, goalId))['steps']).toBe('400/0/3');
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('may call no tool that its mission does not name: started for it, come to it as a place, or started by one of its agents', async () => {
    const wide = { tool_allowlist: ['docs.*', 'read', 'spawn_agent'], fs_scopes: { read: ['.'], write: ['.'] } };
    const team = await gate.team(['certify']); // under what is shipped: templates this wide want reviews
    await gate.certifiedWith(team, { tools: ['*'], paths: ['*'] });
    await gate.setPolicy({ max_concurrent: 20, spawn_edges: { ...shippedPolicy().spawn_edges, worker: { behavior: 'allow', can_spawn: ['worker'] } } }, shippedTemplates().map((template) => ({ ...template, capabilities: { ...template.capabilities, ...wide } })));
    try {
      await gate.move(team, 'deploy', team.asha);
      const goalId = await gate.goal(team);
      const callsOf = async (id: string | undefined) => ((await gate.instance(id!))!['capabilities'] as Capabilities).tool_allowlist.toSorted();
      const place = await gate.requestSpawn(team);
      expect(await callsOf(place.instanceId)).toEqual(wide.tool_allowlist.toSorted());
      const terms = (tools: unknown) => gate.db.admin(`update app.goal set spec = $2 where id = $1`, [goalId, { capabilities: { allowed_tools: tools } }]);
      await terms(['docs.read', 'spawn_agent', 'bash']);
      const run = await gate.spawn(team, await gate.task(team, goalId));
      expect(run).toMatchObject({ allowed: true, instanceId: place.instanceId });
      expect((run.capabilities as Capabilities).tool_allowlist.toSorted()).toEqual(['docs.read', 'spawn_agent']);
      const child = await gate.spawnAgent(team, place.instanceId!);
      expect([child.code, await callsOf(place.instanceId), await callsOf(child.instanceId)]).toEqual(['ok', ['docs.read', 'spawn_agent'], ['docs.read', 'spawn_agent']]);
      const asked = await gate.requestSpawn(team, { missionId: goalId });
      expect([asked.code, await callsOf(asked.instanceId)]).toEqual(['ok', ['docs.read', 'spawn_agent']]);
      for (const [tools, calls] of [[['bash'], []], [[], wide.tool_allowlist.toSorted()], ['bash', wide.tool_allowlist.toSorted()]] as const) {
        await terms(tools);
        const next = await gate.requestSpawn(team, { missionId: goalId });
        expect([tools, next.code, await callsOf(next.instanceId)]).toEqual([tools, 'ok', calls]);
      }
    } finally {
      await gate.setPolicy({});
    }
  });

  it('comes to no mission that names others: not for its task, not from a place, not when a person asks', async () => {
    const team = await gate.team();
    const goalId = await gate.goal(team);
    const taskId = await gate.task(team, goalId);
    const place = await gate.requestSpawn(team);
    const names = (agents: readonly string[]) => gate.db.admin(`update app.goal set spec = $2 where id = $1`, [goalId, { capabilities: { allowed_agents: agents } }]);
    await names(['tester', 'patch-bot']);
    const refused = { code: 'mission_agent_not_allowed' };
    expect([await gate.spawn(team, taskId), await gate.requestSpawn(team, { missionId: goalId }), await gate.missionSpawn(team, taskId)]).toMatchObject([refused, refused, refused]);
    expect(await gate.instance(place.instanceId!)).toMatchObject({ state: 'queued', goal_id: null });
    await names(['Doc-Bot']);
    expect(await gate.spawn(team, taskId)).toMatchObject({ allowed: true, instanceId: place.instanceId });
  });

  it('takes no place of the default mission past the number of agents that its own mission may have', async () => {
    const team = await gate.team();
    const goalId = await gate.goal(team);
    await gate.under({ max_agents: 1 }, async () => {
      expect(await gate.spawn(team, await gate.task(team, goalId))).toMatchObject({ allowed: true });
      const place = await gate.requestSpawn(team);
      expect(place).toMatchObject({ ok: true });
      expect(await gate.spawn(team, await gate.task(team, goalId))).toMatchObject({ allowed: false, code: 'spawn_max_agents_exceeded' });
      expect(await gate.instance(place.instanceId!)).toMatchObject({ state: 'queued' });
    });
  });

  it('takes the place of its own task first, then one of its mission, and never one that does not fit', async () => {
    const team = await gate.team();
    const goalId = await gate.goal(team);
    const other = await gate.requestSpawn(team, { missionId: await gate.goal(team) });
    const roaming = await gate.requestSpawn(team);
    const ours = await gate.requestSpawn(team, { missionId: goalId });
    const wrongMould = await gate.requestSpawn(team, { missionId: goalId, templateId: 'patch-bot' });
    const taskId = await gate.task(team, goalId);
    const kept = await gate.missionSpawn(team, taskId);
    expect(kept).toMatchObject({ ok: true, status: 'queued', missionId: goalId });
    expect((await gate.spawn(team, taskId)).instanceId).toBe(kept.instanceId);
    expect((await gate.spawn(team, await gate.task(team, goalId))).instanceId).toBe(ours.instanceId);
    const third = await gate.spawn(team, await gate.task(team, goalId));
    expect(third.instanceId).toBe(roaming.instanceId);
    const fourth = await gate.under({ max_concurrent: 20 }, async () => gate.spawn(team, await gate.task(team, goalId)));
    expect(fourth).toMatchObject({ allowed: true });
    expect([other.instanceId, wrongMould.instanceId]).not.toContain(fourth.instanceId);
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('leaves a place alone that the goal could not pay for, or whose skills have changed', async () => {
    const team = await gate.team();
    const place = await gate.requestSpawn(team);
    const goalId = await gate.goal(team);
    await gate.under({ mission_total_budget: { max_tokens: 15_000, max_steps: 800, max_tool_calls: 800, max_duration_ms: 3_600_000, max_cost_usd: 6 } }, async () => {
      const reply = await gate.spawn(team, await gate.task(team, goalId));
      expect(reply).toMatchObject({ allowed: true, slice: { tokens: 6_000 } });
      expect(reply.instanceId).not.toBe(place.instanceId);
    });
    await gate.db.admin(`update app.instance set skill_hash = 'sha256:other' where id = $1`, [place.instanceId]);
    expect((await gate.spawn(team, await gate.task(team, await gate.goal(team)))).instanceId).not.toBe(place.instanceId);
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('gets no more from a place than its template allows now, and a place is no way round what is judged anew', async () => {
    const team = await gate.team();
    const place = await gate.requestSpawn(team);
    await gate.db.admin(`update app.instance set capabilities = jsonb_set(capabilities, '{tool_allowlist}', '["*"]') where id = $1`, [place.instanceId]);
    const taskId = await gate.task(team, await gate.goal(team));
    expect(await gate.spawn(team, taskId, { sandboxLevel: 1 })).toMatchObject({ allowed: false, code: 'spawn_sandbox_insufficient' });
    expect(await gate.spawn(team, taskId, { epoch: 9 })).toMatchObject({ allowed: false, code: 'stale_epoch' });
    expect(await gate.instance(place.instanceId!)).toMatchObject({ state: 'queued' });
    const reply = await gate.spawn(team, taskId);
    expect(reply).toMatchObject({ instanceId: place.instanceId, capabilities: { tool_allowlist: [] } });
    expect(await gate.instance(place.instanceId!)).toMatchObject({ capabilities: { tool_allowlist: [] } });
  });

  it('gets of a place what no child of that place holds', async () => {
    const team = await gate.team();
    const goalId = await gate.goal(team);
    await gate.under({ spawn_edges: { operator: { behavior: 'allow', can_spawn: ['worker'] }, worker: { behavior: 'allow', can_spawn: ['worker'] } } }, async () => {
      const place = await gate.requestSpawn(team, { missionId: goalId });
      const below = await gate.requestSpawn(team, { parentInstanceId: place.instanceId! });
      expect(below).toMatchObject({ ok: true, missionId: goalId, slice: { tokens: 8_000, ms: 48_000 } });
      const reply = await gate.spawn(team, await gate.task(team, goalId));
      expect(reply).toMatchObject({ instanceId: place.instanceId, slice: { tokens: 12_000, ms: 72_000 } });
      const [{ life }] = (await gate.db.admin<{ life: number }>(`select (extract(epoch from deadline_at - started_at) * 1000)::int as life from app.instance where id = $1`, [place.instanceId])) as [{ life: number }];
      expect(life).toBe(74_000);
    });
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('takes one place, also when many come at once', async () => {
    const team = await gate.team();
    const place = await gate.requestSpawn(team);
    const goalId = await gate.goal(team);
    const tasks = await Promise.all([1, 2, 3].map(() => gate.task(team, goalId)));
    const replies = await Promise.all(tasks.map((taskId) => gate.spawnInsisting(team, taskId)));
    expect(replies.filter(({ instanceId }) => instanceId === place.instanceId).length).toBe(1);
    expect(new Set(replies.map(({ instanceId }) => instanceId)).size).toBe(3);
    expect(await gate.brokenAccounts()).toEqual([]);
  });
});

describe('a mission’s spawn', () => {
  it('names the task only, and a task that has an instance gets no second', async () => {
    const team = await gate.team();
    const goalId = await gate.goal(team);
    const taskId = await gate.task(team, goalId, 'docs', 'todo');
    const requestId = uuidv7();
    const first = await gate.missionSpawn(team, taskId, requestId);
    expect(first).toMatchObject({ ok: true, status: 'queued', missionId: goalId });
    expect(await gate.instance(first.instanceId!)).toMatchObject({ source: 'orchestrator_runtime', requested_by: `instance:${await gate.manager(team)}`, parent_id: await gate.manager(team), task_id: taskId });
    for (const again of [requestId, uuidv7()]) expect((await gate.missionSpawn(team, taskId, again)).instanceId).toBe(first.instanceId);
    expect(await gate.db.admin(`select 1 from app.instance where task_id = $1`, [taskId])).toHaveLength(1);
  });

  it('reads the role of a work item that is no member’s from the task, and refuses one that names none', async () => {
    const team = await gate.team();
    const goalId = await gate.goal(team);
    const item = async (role: string) => {
      const taskId = await gate.task(team, goalId, 'docs', 'todo');
      await gate.db.admin(`update app.task set member_id = null, skill = $2 where id = $1`, [taskId, role]);
      return gate.missionSpawn(team, taskId);
    };
    expect(await item('Worker')).toMatchObject({ ok: true });
    expect(await item('tester')).toMatchObject({ ok: false, code: 'spawn_unknown_template' });
    expect(await item('wizard')).toMatchObject({ ok: false, code: 'task_not_assigned' });
  });

  it('stays inside the mission’s own budget', async () => {
    const team = await gate.team();
    const goalId = await gate.goal(team);
    await gate.db.admin(`update app.goal set spec = '{"budgets":{"max_steps":10,"max_duration_ms":50000}}' where id = $1`, [goalId]);
    expect(await gate.missionSpawn(team, await gate.task(team, goalId))).toMatchObject({ ok: true, slice: { steps: 4, ms: 20_000 } });
    expect(await gate.account(team, goalId)).toMatchObject({ steps: '10/4/0', ms: '50000/20000/0', tokens: '200000/20000/0' });
  });
});

describe('what an agent starts', () => {
  it('is its child: asked for by the instance the fleet holds, inside its mission, capabilities, slice and time', async () => {
    const team = await gate.team();
    const parent = await gate.worker(team);
    const left = (id: string) => gate.db.admin<{ left: number }>(`select (extract(epoch from deadline_at - started_at) * 1000)::int8 as left from app.instance where id = $1`, [id]).then(([row]) => Number(row!.left));
    await gate.under({ spawn_edges: { operator: { behavior: 'allow', can_spawn: ['orchestrator'] }, orchestrator: { behavior: 'allow', can_spawn: ['worker'] }, worker: { behavior: 'allow', can_spawn: ['worker'] } } }, async () => {
      await gate.db.admin(`update app.instance set capabilities = jsonb_set(capabilities, '{fs_scopes,write}', '["src"]') where id = $1`, [parent.instanceId]);
      const before = await left(parent.instanceId);
      const child = await gate.spawnAgent(team, parent.instanceId, { drawn: { steps: 10, ms: 20_000 } });
      expect(child).toMatchObject({ ok: true, status: 'queued', missionId: parent.goalId, slice: { tokens: 8_000, steps: 12, ms: 40_000 } });
      expect(await gate.instance(child.instanceId!)).toMatchObject({ parent_id: parent.instanceId, goal_id: parent.goalId, source: 'tool_call', requested_by: `instance:${parent.instanceId}`, capabilities: { fs_scopes: { read: ['.'], write: ['src'] } } });
      expect(await gate.account(team, parent.instanceId)).toMatchObject({ tokens: '20000/8000/0', steps: '40/12/0' });
      expect(await gate.account(team, parent.goalId)).toMatchObject({ tokens: '200000/20000/0' });
      expect(before - (await left(parent.instanceId))).toBe(40_000);
      expect(await gate.brokenAccounts()).toEqual([]);
      const second = await gate.spawnAgent(team, parent.instanceId, { justification: 'More help', budgetOverride: { ms: 90_000 } });
      expect(second).toMatchObject({ ok: true, slice: { ms: 32_000 } });
      const [overlap] = await gate.db.admin<{ inside: boolean }>(`select c.deadline_at <= p.deadline_at as inside from app.instance c join app.instance p on p.id = c.parent_id where c.parent_id = $1 order by 1 limit 1`, [parent.instanceId]);
      expect(overlap).toEqual({ inside: true });
      await gate.end(team, parent.instanceId, { steps: 20 });
      expect(await gate.instance(child.instanceId!)).toMatchObject({ state: 'cancelled', end_reason: 'parent_ended' });
      expect(await gate.instance(second.instanceId!)).toMatchObject({ state: 'cancelled' });
      expect(await gate.account(team, parent.goalId)).toMatchObject({ tokens: '200000/0/0', steps: '400/0/20' });
      expect(await gate.brokenAccounts()).toEqual([]);
    });
  });

  it('what it spends, its parent has spent: a parent that has nothing left ends, and its children with it', async () => {
    const team = await gate.team();
    const parent = await gate.worker(team);
    const allow: SpawnPolicyFile = { child_budget_percent_of_parent_remaining: 90, spawn_edges: { operator: { behavior: 'allow', can_spawn: ['orchestrator'] }, orchestrator: { behavior: 'allow', can_spawn: ['worker'] }, worker: { behavior: 'allow', can_spawn: ['worker'] } } };
    const child = await gate.under(allow, () => gate.spawnAgent(team, parent.instanceId));
    const taskId = await gate.task(team, parent.goalId);
    expect((await gate.spawn(team, taskId)).instanceId).toBe(child.instanceId);
    const [one, two] = [crypto.randomUUID(), crypto.randomUUID()];
    await gate.reserve(team, child.instanceId!, { tokens: 18_000 }, one);
    await gate.settle(team, child.instanceId!, { tokens: 17_999 }, one);
    expect(await gate.account(team, parent.instanceId)).toMatchObject({ tokens: '20000/1/17999' });
    expect(await gate.brokenAccounts()).toEqual([]);
    await gate.reserve(team, parent.instanceId, { tokens: 2_000 }, two);
    await gate.settle(team, parent.instanceId, { tokens: 2_000 }, two);
    expect(await gate.instance(parent.instanceId)).toMatchObject({ state: 'running' });
    expect(await gate.account(team, parent.instanceId)).toMatchObject({ tokens: '20000/1/19999' });
    const three = crypto.randomUUID();
    await gate.reserve(team, child.instanceId!, { tokens: 1 }, three);
    await gate.settle(team, child.instanceId!, { tokens: 1 }, three);
    expect([(await gate.instance(child.instanceId!))!['end_reason'], (await gate.instance(parent.instanceId))!['end_reason']]).toEqual(['budget_exhausted', 'budget_exhausted']);
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('comes from nobody who does not run, from no other team, and not for another mission', async () => {
    const team = await gate.team();
    const other = await gate.team();
    const parent = await gate.worker(team);
    const place = await gate.requestSpawn(team);
    const code = async (who: BenchTeam, instanceId: InstanceId, change = {}) => (await gate.spawnAgent(who, instanceId, change)).code;
    expect(await code(other, parent.instanceId)).toBe('spawn_parent_unknown');
    expect(await code(team, place.instanceId!)).toBe('spawn_parent_unknown');
    expect(await code(team, parent.instanceId, { missionId: await gate.goal(team) })).toBe('spawn_parent_unknown');
    await gate.end(team, parent.instanceId);
    expect(await code(team, parent.instanceId)).toBe('spawn_parent_unknown');
  });

  it('cannot go on for ever: four deep, eight at a time', async () => {
    const team = await gate.team();
    const free: SpawnPolicyFile = { max_concurrent: 1_000, max_agents: 1_000, spawn_edges: { operator: { behavior: 'allow', can_spawn: ['orchestrator', 'worker'] }, orchestrator: { behavior: 'allow', can_spawn: ['worker'] }, worker: { behavior: 'allow', can_spawn: ['worker'] } } };
    await gate.under(free, async () => {
      const { instanceId } = await gate.worker(team);
      const replies = await Promise.all(Array.from({ length: 12 }, () => gate.spawnAgent(team, instanceId, { budgetOverride: { tokens: 1, steps: 1, ms: 1, usd_micros: 1 } })));
      expect(replies.filter(({ ok }) => ok).length).toBe(8);
      expect(new Set(replies.filter(({ ok }) => !ok).map(({ code }) => code))).toEqual(new Set(['spawn_children_exceeded']));
      const deep = await gate.requestSpawn(team, { parentInstanceId: replies.find(({ ok }) => ok)!.instanceId!, budgetOverride: { tokens: 0, steps: 0, ms: 0, usd_micros: 0 } });
      expect(deep).toMatchObject({ ok: true });
      expect(await gate.requestSpawn(team, { parentInstanceId: deep.instanceId!, budgetOverride: { tokens: 0, steps: 0, ms: 0, usd_micros: 0 } })).toMatchObject({ ok: false, code: 'spawn_depth_exceeded' });
    });
  });
});

describe('a parent that a person names', () => {
  it('must allow it as well, and narrows it', async () => {
    const team = await gate.team();
    const parent = await gate.worker(team);
    await gate.db.admin(`update app.instance set capabilities = jsonb_set(capabilities, '{fs_scopes,write}', '["src"]') where id = $1`, [parent.instanceId]);
    const named = (behavior: 'allow' | 'deny' | 'request_only') =>
      gate.under({ spawn_edges: { operator: { behavior: 'allow', can_spawn: ['worker', 'orchestrator'] }, orchestrator: { behavior: 'allow', can_spawn: ['worker'] }, worker: { behavior, ...(behavior === 'deny' ? {} : { can_spawn: ['worker'] }) } } }, () => gate.requestSpawn(team, { parentInstanceId: parent.instanceId }));
    expect(await named('deny')).toMatchObject({ ok: false, code: 'spawn_denied_edge' });
    expect(await named('request_only')).toMatchObject({ ok: false, code: 'spawn_requires_approval', requiresUserApproval: true });
    const reply = await named('allow');
    expect(reply).toMatchObject({ ok: true, missionId: parent.goalId, slice: { tokens: 8_000 } });
    expect(await gate.instance(reply.instanceId!)).toMatchObject({ parent_id: parent.instanceId, source: 'ui_action', capabilities: { fs_scopes: { write: ['src'] } } });
    expect(await gate.requestSpawn(team, { parentInstanceId: uuidv7() as InstanceId })).toMatchObject({ ok: false, code: 'spawn_parent_unknown' });
    expect(await gate.requestSpawn(team, { parentInstanceId: parent.instanceId, missionId: await gate.goal(team) })).toMatchObject({ ok: false, code: 'spawn_parent_unknown' });
    expect(await gate.requestSpawn(team, { parentInstanceId: await gate.manager(team), missionId: parent.goalId })).toMatchObject({ ok: true });
  });
});
