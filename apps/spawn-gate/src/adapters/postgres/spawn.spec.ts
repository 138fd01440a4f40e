import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { canonicalJson, type Json } from '@countersign/audit';
import { RunId, TaskId, TeamId, type SpawnPolicyFile } from '@countersign/contracts';
import { expect } from 'expect';
import { GateBench, shippedBundle, type BenchTeam } from '../../testing/gate-bench.js';
import { raceForTheLastTen } from '../../testing/race.js';

let gate: GateBench;
let team: BenchTeam;
before(async () => {
  gate = await GateBench.open();
  team = await gate.team();
});
after(() => gate.close());


describe('a spawn', () => {
  it('starts a worker for an assigned task, with its slice, what it may touch, and everything on record', async () => {
    const goalId = await gate.goal(team);
    const taskId = await gate.task(team, goalId);
    const runId = RunId.next();
    const reply = await gate.spawn(team, taskId, { runId, epoch: 1 });
    expect(reply).toMatchObject({ allowed: true, code: 'ok', slice: { tokens: 20_000, steps: 40, tool_calls: 0, ms: 120_000, usd_micros: 100_000 }, capabilities: { fs_scopes: { read: ['.'] }, net_scopes: { enabled: false } } });
    expect(reply.skillHash).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    const instance = await gate.instance(reply.instanceId!);
    expect(instance).toMatchObject({ state: 'running', task_id: taskId, run_id: runId, role: 'worker', template_id: 'doc-bot', sandbox_level: 3, epoch: 1 });
    expect(instance!['parent_id']).not.toBeNull();
    expect(await gate.account(team, goalId)).toEqual({ tokens: '200000/20000/0', steps: '400/40/0', tool_calls: '400/0/0', ms: '600000/120000/0', usd_micros: '2000000/100000/0' });
    const about = (await gate.entries(team)).filter(({ body }) => [body['instance_id'], body['account_id'], body['hold_id']].some((id) => id === reply.instanceId || id === goalId));
    expect(about.map(({ action }) => action)).toEqual(['BUDGET-GRANTED', 'SPAWN-ALLOWED', 'BUDGET-HELD']);
    expect(about[1]!.body).toMatchObject({ task_id: taskId, role: 'worker', policy_version: '1', sandbox_level: '3' });
    expect(await gate.events(team, reply.instanceId)).toEqual(['spawn.approved', 'instance.started']);
  });

  it('starts the agent of the skill for whoever stands in, with its rights and budget; anybody else’s own', async () => {
    for (const [skill, template] of [['tests', 'doc-bot'], ['patches', 'patch-bot']]) {
      const taskId = await gate.task(team, await gate.goal(team));
      await gate.db.admin(`update app.task set member_id = (select id from app.member where team_id = $1 and skill = $3) where team_id = $1 and id = $2`, [team.teamId, taskId, skill]);
      const reply = await gate.spawn(team, taskId, { epoch: 1 });
      expect(reply).toMatchObject({ allowed: true });
      expect([skill, await gate.instance(reply.instanceId!)]).toMatchObject([skill, { template_id: template }]);
      await gate.end(team, reply.instanceId!);
    }
  });

  it('starts the agent of a member who is suspended under nobody’s name; of one who is gone, under that of who stands in', async () => {
    const own = await gate.team();
    const [taskId, owner] = [await gate.task(own, await gate.goal(own)), (state: string) => gate.db.admin(`update app.member set state = $2 where team_id = $1 and skill = 'docs'`, [own.teamId, state])];
    await gate.db.admin(`update app.task set member_id = (select id from app.member where team_id = $1 and skill = 'tests') where team_id = $1 and id = $2`, [own.teamId, taskId]);
    await owner('suspended');
    expect(await gate.spawn(own, taskId)).toMatchObject({ allowed: false, code: 'agent_suspended', reason: expect.stringContaining('suspended') });
    await owner('removed');
    expect(await gate.spawn(own, taskId)).toMatchObject({ allowed: true });
  });

  it('comes once, however often the same run asks', async () => {
    const taskId = await gate.task(team, await gate.goal(team));
    const runId = RunId.next();
    const replies = await Promise.all([1, 2, 3, 4].map(() => gate.spawn(team, taskId, { runId })));
    expect(new Set(replies.map(({ instanceId }) => instanceId)).size).toBe(1);
    expect(replies.every(({ allowed, slice }) => allowed && slice?.tokens === 20_000)).toBe(true);
    await gate.end(team, replies[0]!.instanceId!);
    expect(await gate.spawn(team, taskId, { runId })).toMatchObject({ allowed: false, code: 'instance_ended' });
    await expect(gate.spawn(team, await gate.task(team, await gate.goal(team)), { runId })).rejects.toMatchObject({ code: 'run_of_other_task' });
  });

  it('is denied with a code, a sentence and a record of what went in', async () => {
    const taskId = await gate.task(team, await gate.goal(team));
    const before = (await gate.events(team)).length;
    const reply = await gate.spawn(team, taskId, { sandboxLevel: 1, epoch: 9 });
    expect(reply).toMatchObject({ allowed: false, code: 'stale_epoch', requiresUserApproval: false });
    expect(reply.reason).toMatch(/before the team was last stopped; the role worker needs the sandbox strict, the supervisor has level 1/);
    const [denial] = (await gate.entries(team, 'SPAWN-DENIED')).filter(({ body }) => body['task_id'] === taskId);
    expect(denial).toMatchObject({ result: 'denied', body: { code: 'stale_epoch', role: 'worker', policy_version: '1', violations: [{ code: 'stale_epoch' }, { code: 'spawn_sandbox_insufficient' }] } });
    expect((await gate.events(team)).slice(before)).toEqual(['spawn.requested', 'spawn.denied stale_epoch']);
    const [decision] = await gate.db.admin<{ inputs: Json; inputs_hash: string; allowed: boolean; policy_hash: string }>(`select * from app.spawn_decision where task_id = $1`, [taskId]);
    expect(decision).toMatchObject({ allowed: false, inputs: { ask: { epoch: 9, sandboxLevel: 1 }, facts: { team: { epoch: 1, state: 'active' } } } });
    expect(decision!.inputs_hash).toBe(createHash('sha256').update(canonicalJson(decision!.inputs)).digest('hex'));
    expect(await gate.db.admin(`select 1 from app.instance where task_id = $1`, [taskId])).toEqual([]);
  });

  it('is denied where the sandbox is too weak, and allowed where the policy accepts that', async () => {
    const taskId = await gate.task(team, await gate.goal(team));
    expect(await gate.spawn(team, taskId, { sandboxLevel: 2 })).toMatchObject({ code: 'spawn_sandbox_insufficient' });
    expect(await gate.under({ minimum_sandbox: { worker: 'process', orchestrator: 'none' } }, () => gate.spawn(team, taskId, { sandboxLevel: 2 }))).toMatchObject({ allowed: true });
    expect(await gate.under({ minimum_sandbox: { worker: 'none', orchestrator: 'none' } }, () => gate.spawn(team, taskId, { sandboxLevel: 0 }))).toMatchObject({ allowed: true });
  });

  it('is denied by each rule of the policy with the code of that rule', async () => {
    const deny = async (policy: SpawnPolicyFile | null, state = 'assigned', goalState = 'running'): Promise<string> => {
      const taskId = await gate.task(team, await gate.goal(team, goalState), 'docs', state);
      return gate.under(policy, async () => (await gate.spawn(team, taskId)).code);
    };
    expect(await deny(null)).toBe('spawn_policy_missing');
    expect(await deny({ enabled: false })).toBe('spawn_policy_disabled');
    expect(await deny({ max_agents: 0 })).toBe('spawn_max_agents_exceeded');
    expect(await deny({ max_concurrent: 1 })).toBe('spawn_max_concurrent_exceeded');
    expect(await deny({ spawn_edges: { orchestrator: { behavior: 'deny' } } })).toBe('spawn_denied_edge');
    expect(await deny({ spawn_edges: { orchestrator: { behavior: 'request_only', can_spawn: ['worker'] } } })).toBe('spawn_requires_approval');
    expect(await deny({ required_skills: { worker: [{ path: 'skills/a.md' }] } })).toBe('spawn_required_skill_missing');
    expect(await deny({ mission_total_budget: { max_tokens: 0 } })).toBe('spawn_mission_budget_exceeded');
    expect(await deny({}, 'todo')).toBe('task_not_assigned');
    expect(await deny({}, 'done')).toBe('task_not_assigned');
    expect(await deny({}, 'assigned', 'cancelled')).toBe('mission_cancelled');
    expect(await deny({}, 'assigned', 'executing')).toBe('mission_cancelled');
    expect(await deny({})).toBe('ok');
  });

  it('needs a reason: a task without a title starts nothing', async () => {
    const taskId = await gate.task(team, await gate.goal(team), 'docs', 'assigned', ' ');
    expect(await gate.spawn(team, taskId)).toMatchObject({ code: 'spawn_justification_required' });
  });

  it('names nothing but the task: a task that is not there, or another team’s, starts nothing', async () => {
    const other = await gate.team();
    const foreign = await gate.task(other, await gate.goal(other));
    expect(await gate.spawn(team, TaskId.next())).toMatchObject({ allowed: false, code: 'task_not_assigned' });
    expect(await gate.spawn(team, foreign)).toMatchObject({ allowed: false, code: 'task_not_assigned' });
    await expect(gate.spawn({ ...team, teamId: TeamId.next() }, foreign)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('uses the template the bundle names, and refuses one that is gone or made for another role', async () => {
    const bundle = shippedBundle();
    const [dora, ...others] = bundle.members;
    /** Of a team that was certified when it was otherwise: nobody certifies one whose template is missing. */
    const spawnAs = async (change: Partial<typeof dora>) => {
      const its = await gate.team();
      await gate.db.admin(`update app.team set bundle = $2 where team_id = $1`, [its.teamId, JSON.stringify({ ...bundle, members: [{ ...dora!, ...change }, ...others] })]);
      return gate.spawn(its, await gate.task(its, await gate.goal(its)));
    };
    expect(await spawnAs({ template: 'nobody' })).toMatchObject({ code: 'spawn_unknown_template' });
    expect(await spawnAs({ role: 'tester' })).toMatchObject({ code: 'spawn_role_mismatch' });
    expect(await spawnAs({ budget: { tokens: 123 } })).toMatchObject({ allowed: true, slice: { tokens: 123, steps: 40 } });
  });

  it('gives no child more than its manager may touch', async () => {
    const its = await gate.team();
    await gate.db.admin(`update app.instance set capabilities = jsonb_set(capabilities, '{fs_scopes,write}', '["src"]') where team_id = $1 and task_id is null`, [its.teamId]);
    const reply = await gate.spawn(its, await gate.task(its, await gate.goal(its)));
    expect(reply.capabilities).toMatchObject({ fs_scopes: { read: ['.'], write: ['src'] } });
  });

  it('keeps the goal’s total under the policy, also when the bundle asks for more', async () => {
    const goalId = await gate.goal(team);
    const taskId = await gate.task(team, goalId);
    await gate.under({ mission_total_budget: { max_tokens: 9_000 } }, () => gate.spawn(team, taskId));
    expect(await gate.account(team, goalId)).toMatchObject({ tokens: '9000/3600/0', steps: '400/40/0' });
  });

  it('grants exactly what is left when two hundred ask at once, through two doors, ten times', () => raceForTheLastTen(gate, 10));

  it('never runs more at once than the policy allows, whoever asks at the same time', async () => {
    const its = await gate.team();
    const taskId = await gate.task(its, await gate.goal(its));
    const replies = await gate.under({ max_concurrent: 4, max_agents: 1000 }, () => Promise.all(Array.from({ length: 20 }, () => gate.spawnInsisting(its, taskId))));
    expect(replies.filter(({ allowed }) => allowed).length).toBe(3); // the manager is the fourth
  });

  it('starts the agent of a member who is suspended for nobody, whoever asks and by whichever door, until it may work again', async () => {
    const own = await gate.team();
    const { instanceId, goalId } = await gate.worker(own, undefined, 'tests');
    const owner = (state: string) => gate.db.admin(`update app.member set state = $2 where team_id = $1 and skill = 'docs'`, [own.teamId, state]);
    const item = await gate.task(own, goalId, 'docs', 'assigned');
    await gate.db.admin(`update app.task set member_id = null, skill = 'worker' where team_id = $1 and id = $2`, [own.teamId, item]); // the first of its role is the docs' own
    const helping = { spawn_edges: { operator: { behavior: 'allow', can_spawn: ['worker'] }, orchestrator: { behavior: 'allow', can_spawn: ['worker'] }, worker: { behavior: 'allow', can_spawn: ['worker'] } } } as const satisfies SpawnPolicyFile;
    const doors: Readonly<Record<string, () => Promise<unknown>>> = {
      person: () => gate.requestSpawn(own, { templateId: 'doc-bot' }),
      'person, by role': () => gate.requestSpawn(own),
      'person, for a goal': () => gate.requestSpawn(own, { templateId: 'doc-bot', missionId: goalId }),
      worker: () => gate.spawnAgent(own, instanceId, { templateId: 'doc-bot' }),
      mission: () => gate.missionSpawn(own, item),
      run: () => gate.spawn(own, item),
    };
    await gate.under(helping, async () => {
      await owner('suspended');
      for (const [door, open] of Object.entries(doors)) expect([door, await open()]).toMatchObject([door, { code: 'agent_suspended' }]);
      expect(await gate.requestSpawn(own, { templateId: 'patch-bot' })).toMatchObject({ ok: true });
      await owner('active');
      for (const door of ['person', 'mission']) expect([door, await doors[door]!()]).toMatchObject([door, { ok: true }]);
    });
  });

  it('starts no second lead beside the certified one, by the shipped policy: not for a governor, staff or the lead itself', async () => {
    const team = await gate.team();
    const lead = { role: 'orchestrator', templateId: 'manager' } as const;
    for (const by of [team.asha, gate.ops, gate.gov]) expect(await gate.requestSpawn(team, { ...lead, by })).toMatchObject({ ok: false, code: 'spawn_denied_edge', requiresUserApproval: false });
    expect(await gate.requestSpawn(team, { role: 'orchestrator' })).toMatchObject({ ok: false, code: 'spawn_denied_edge' });
    expect(await gate.spawnAgent(team, await gate.manager(team), lead)).toMatchObject({ ok: false, code: 'spawn_denied_edge' });
    expect(await gate.db.admin(`select 1 from app.instance where team_id = $1 and role = 'orchestrator'`, [team.teamId])).toHaveLength(1);
    // its own it has by its deployment, and again when it goes on
    const other = await gate.team(['certify', 'deploy', 'suspend']);
    expect(await gate.move(other, 'reactivate', gate.genesis)).toMatchObject({ ok: true });
    expect(await gate.instance(await gate.manager(other))).toMatchObject({ role: 'orchestrator', template_id: 'manager', state: 'running' });
  });
});
