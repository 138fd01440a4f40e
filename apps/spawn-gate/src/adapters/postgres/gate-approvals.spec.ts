import { after, before, describe, it } from 'node:test';
import { PersonId, uuidv7, wireId, type Requester, type SpawnPolicyFile } from '@countersign/contracts';
import { expect } from 'expect';
import { pino } from 'pino';
import { GateBench, type BenchTeam } from '../../testing/gate-bench.js';
import { Sweeper } from './sweep.js';

let gate: GateBench;
let sweeper: Sweeper;
before(async () => {
  gate = await GateBench.open();
  sweeper = new Sweeper(gate.db.as('spawn-gate'), gate.endings, gate.approvals, gate.teams, pino({ level: 'silent' }));
  await gate.setPolicy(asking);
});
after(() => gate.close());

/** Everybody may ask for a worker, nobody may start one without a person. */
const asking: SpawnPolicyFile = {
  max_concurrent: 100,
  max_agents: 1_000,
  spawn_edges: { operator: { behavior: 'request_only', can_spawn: ['worker'] }, orchestrator: { behavior: 'allow', can_spawn: ['worker'] }, worker: { behavior: 'request_only', can_spawn: [] } },
};
/** Runs the work under another policy, and puts this file's back. */
const under = <T>(policy: SpawnPolicyFile, work: () => Promise<T>): Promise<T> => gate.under(policy, work, asking);
/** A team whose manager was started while that was allowed. */
const aTeam = (): Promise<BenchTeam> => under({}, () => gate.team());
const row = async (id: string) => (await gate.db.admin<Record<string, unknown>>(`select * from app.gate_approval where id = $1`, [id]))[0]!;
const actions = async (team: BenchTeam, prefix: string): Promise<string[]> => (await gate.entries(team)).map(({ action }) => action).filter((action) => action.startsWith(prefix));
const colleague = (team: BenchTeam): Requester => ({ personId: PersonId.next(), customerId: team.customerId, roles: ['customer_governor'] });
const overdue = (id: string) => gate.db.admin(`update app.gate_approval set due_at = clock_timestamp() where id = $1`, [id]);

describe('a spawn that needs a person', () => {
  it('waits as a question that says who asks for what, and is told to whoever listens', async () => {
    const team = await aTeam();
    const before = (await gate.wire(team)).length;
    const reply = await gate.requestSpawn(team, { justification: 'Read the logs' });
    expect(reply).toMatchObject({ ok: false, code: 'spawn_requires_approval', requiresUserApproval: true, violations: [{ code: 'spawn_requires_approval' }], approvalId: expect.any(String) });
    expect(reply.instanceId).toBeUndefined();
    const question = await row(reply.approvalId!);
    expect(question).toMatchObject({ kind: 'spawn', state: 'pending', code: 'spawn_requires_approval', requested_by: `person:${team.asha.personId}`, request: { wish: { role: 'worker', justification: 'Read the logs' }, shown: { role: 'worker' } }, epoch: 1 });
    expect((question['due_at'] as Date).getTime() - (question['created_at'] as Date).getTime()).toBe(3_600_000);
    expect((await gate.wire(team, before)).map(({ type, properties }) => [type, properties['code'] ?? null])).toEqual([['spawn.requested', null], ['approval.requested', 'spawn_requires_approval'], ['spawn.denied', 'spawn_requires_approval']]);
    expect(await actions(team, 'SPAWN-')).toEqual(['SPAWN-ALLOWED', 'SPAWN-DENIED', 'SPAWN-APPROVAL-REQUESTED']);
    expect(await gate.requestSpawn(team, { justification: 'Read the logs' })).toMatchObject({ approvalId: reply.approvalId });
    expect((await gate.requestSpawn(team, { justification: 'Read other logs' })).approvalId).not.toBe(reply.approvalId);
  });

  it('starts with a person’s yes, through the whole gate again, and the requester hears it', async () => {
    const team = await aTeam();
    const requestId = uuidv7();
    const asked = await gate.requestSpawn(team, { requestId });
    const before = (await gate.wire(team)).length;
    const granted = await gate.answer(team, asked.approvalId!, 'approve', gate.gov, 'go ahead');
    expect(granted).toMatchObject({ ok: true, code: 'ok', kind: 'spawn', state: 'approved', status: 'queued', missionId: 'mission-default', instanceId: expect.any(String), skillHash: expect.any(String) });
    expect(await gate.instance(granted.instanceId!)).toMatchObject({ state: 'queued', source: 'ui_action', requested_by: `person:${team.asha.personId}` });
    expect(await row(asked.approvalId!)).toMatchObject({ state: 'approved', decided_by: gate.gov.personId, result_id: granted.instanceId });
    expect((await gate.wire(team, before)).map(({ type }) => type)).toEqual(['approval.decided', 'spawn.requested', 'spawn.approved']);
    expect(await actions(team, 'SPAWN-')).toEqual(['SPAWN-ALLOWED', 'SPAWN-DENIED', 'SPAWN-APPROVAL-REQUESTED', 'SPAWN-APPROVAL-GRANTED', 'SPAWN-ALLOWED']);
    const [replayed] = await gate.db.admin(`select allowed, code, inputs -> 'ask' ->> 'approved' as approved from app.spawn_decision where id = $1`, [granted.instanceId]);
    expect(replayed).toEqual({ allowed: true, code: 'ok', approved: 'true' });
    expect(await gate.requestSpawn(team, { requestId })).toMatchObject({ ok: true, instanceId: granted.instanceId });
    expect(await gate.answer(team, asked.approvalId!, 'approve', gate.gov)).toMatchObject({ ok: true, state: 'approved', instanceId: granted.instanceId });
    expect((await gate.entries(team, 'SPAWN-APPROVAL-GRANTED')).length).toBe(1);
    expect(JSON.stringify(await gate.entries(team))).not.toContain('go ahead');
  });

  it('is decided by a person with the role, never by the one who asked, and once', async () => {
    const team = await aTeam();
    const { approvalId } = await gate.requestSpawn(team);
    const code = async (by: Requester) => (await gate.answer(team, approvalId!, 'approve', by)).code;
    expect(await code(team.asha)).toBe('requester_may_not_decide');
    for (const by of [gate.ops, gate.genesis, gate.requester(gate.gov.customerId), { ...colleague(team), roles: ['operator'] }]) expect(await code(by)).toBe('not_permitted');
    expect(await row(approvalId!)).toMatchObject({ state: 'pending', decided_by: null });
    const bystander = await aTeam();
    await expect(gate.answer(bystander, approvalId!)).rejects.toMatchObject({ code: 'not_found' });
    const answers = await Promise.all([gate.answer(team, approvalId!, 'approve', colleague(team)), gate.answer(team, approvalId!, 'deny', colleague(team))]);
    expect(answers.map(({ code: each }) => each).sort()).toEqual(['already_decided', 'ok']);
    expect((await actions(team, 'SPAWN-APPROVAL-')).length).toBe(2);
  });

  it('gets a no, with its reason, and the record says whose and why', async () => {
    const team = await aTeam();
    const requestId = uuidv7();
    const { approvalId } = await gate.requestSpawn(team, { requestId });
    const before = (await gate.wire(team)).length;
    expect(await gate.answer(team, approvalId!, 'deny', gate.gov, 'not today')).toMatchObject({ ok: true, state: 'denied' });
    expect((await gate.wire(team, before)).map(({ type, properties }) => [type, properties['code']])).toEqual([['approval.decided', 'spawn_approval_denied'], ['spawn.denied', 'spawn_approval_denied']]);
    expect(await gate.requestSpawn(team, { requestId })).toMatchObject({ ok: false, code: 'spawn_approval_denied', requiresUserApproval: false, approvalId });
    const [denied] = await gate.entries(team, 'SPAWN-APPROVAL-DENIED');
    expect(denied).toMatchObject({ result: 'denied', body: { approval_id: approvalId, digest: expect.stringMatching(/^[0-9a-f]{64}$/) } });
    expect(JSON.stringify(denied)).not.toContain('not today');
    expect((await gate.requestSpawn(team)).approvalId).not.toBe(approvalId);
  });

  it('expires when nobody answers: no yes, and no person’s no', async () => {
    const team = await aTeam();
    const requestId = uuidv7();
    const { approvalId } = await gate.requestSpawn(team, { requestId });
    const late = await gate.requestSpawn(team, { justification: 'other' });
    await Promise.all([overdue(approvalId!), overdue(late.approvalId!)]);
    expect(await gate.answer(team, late.approvalId!)).toMatchObject({ ok: false, code: 'approval_expired', state: 'expired' });
    await sweeper.sweep();
    expect(await row(approvalId!)).toMatchObject({ state: 'expired', decided_by: null });
    expect((await actions(team, 'SPAWN-APPROVAL-')).filter((action) => action.endsWith('EXPIRED')).length).toBe(2);
    expect(await gate.requestSpawn(team, { requestId })).toMatchObject({ code: 'spawn_approval_expired' });
    expect(await gate.answer(team, approvalId!)).toMatchObject({ ok: false, code: 'approval_expired' });
    expect(await gate.db.admin(`select 1 from app.instance where team_id = $1 and source = 'ui_action' and member_id is null`, [team.teamId])).toEqual([]);
  });

  it('is judged by the policy of the moment it is answered, and a yes that comes too late keeps its record', async () => {
    const team = await aTeam();
    const requestId = uuidv7();
    const { approvalId } = await gate.requestSpawn(team, { requestId });
    const answer = await under({ ...asking, enabled: false }, () => gate.answer(team, approvalId!));
    expect(answer).toMatchObject({ ok: false, code: 'spawn_policy_disabled', state: 'approved', approvalId });
    const question = await row(approvalId!);
    expect(question).toMatchObject({ state: 'approved', decided_by: gate.gov.personId, result_id: expect.any(String) });
    const [decision] = await gate.db.admin(`select allowed, code from app.spawn_decision where id = $1`, [question['result_id']]);
    expect(decision).toEqual({ allowed: false, code: 'spawn_policy_disabled' });
    expect((await actions(team, 'SPAWN-')).slice(-2)).toEqual(['SPAWN-APPROVAL-GRANTED', 'SPAWN-DENIED']);
    expect(await gate.requestSpawn(team, { requestId })).toMatchObject({ ok: false, code: 'spawn_policy_disabled' });
    const closed = await gate.requestSpawn(team, { justification: 'edge' });
    expect(await under({ ...asking, spawn_edges: { operator: { behavior: 'deny' } } }, () => gate.answer(team, closed.approvalId!))).toMatchObject({ ok: false, code: 'spawn_denied_edge', state: 'approved' });
    const opened = await gate.requestSpawn(team, { justification: 'open' });
    expect(await under({}, () => gate.answer(team, opened.approvalId!))).toMatchObject({ ok: true, state: 'approved' });
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('is withdrawn when the team is suspended or its mission stopped, and can no longer be answered', async () => {
    const team = await aTeam();
    const goalId = await gate.goal(team);
    const [one, two, three] = [await gate.requestSpawn(team, { missionId: goalId }), await gate.requestSpawn(team), await gate.requestSpawn(team, { justification: 'other' })];
    await gate.stop(team, 'cancel', goalId);
    expect([(await row(one.approvalId!))['state'], (await row(two.approvalId!))['state']]).toEqual(['withdrawn', 'pending']);
    await gate.stop(team, 'cancel');
    expect((await row(two.approvalId!))['state']).toBe('withdrawn');
    await gate.stop(team, 'resume');
    expect((await row(three.approvalId!))['state']).toBe('withdrawn');
    const four = await gate.requestSpawn(team);
    await gate.move(team, 'suspend', team.asha);
    expect((await row(four.approvalId!))['state']).toBe('withdrawn');
    expect(await gate.answer(team, four.approvalId!)).toMatchObject({ ok: false, code: 'approval_withdrawn' });
    const reasons = (await gate.entries(team, 'SPAWN-APPROVAL-WITHDRAWN')).map(({ body }) => body['reason']);
    expect(reasons).toEqual(['mission_cancelled', 'mission_cancelled', 'mission_cancelled', 'team_suspended']);
  });

  it('does not run out of time while its mission is paused, and is not answered then', async () => {
    const team = await aTeam();
    const goalId = await gate.goal(team);
    const [ours, free] = [await gate.requestSpawn(team, { missionId: goalId }), await gate.requestSpawn(team)];
    await gate.stop(team, 'pause', goalId);
    await gate.stop(team, 'pause');
    for (const { approvalId } of [ours, free]) {
      await overdue(approvalId!);
      for (const word of ['approve', 'deny'] as const) expect(await gate.answer(team, approvalId!, word)).toMatchObject({ ok: false, code: 'mission_paused', state: 'pending' });
      expect((await gate.db.as('spawn-gate').ops<{ id: string }>('due_gate_approvals')).map(({ id }) => id)).not.toContain(approvalId);
      await gate.approvals.sweep(team.teamId, approvalId!); // as one that was found before the pause began
      expect(await row(approvalId!)).toMatchObject({ state: 'pending' });
    }
    await gate.db.admin(`update app.gate_approval set created_at = now() - interval '1 hour', due_at = now() + interval '1 minute' where id = $1`, [free.approvalId]);
    await gate.db.admin(`update app.mission_stop set stopped_at = now() - interval '10 minutes' where team_id = $1`, [team.teamId]);
    const before = (await row(free.approvalId!))['due_at'] as Date;
    await gate.stop(team, 'resume');
    expect(Math.floor((((await row(free.approvalId!))['due_at'] as Date).getTime() - before.getTime()) / 60_000)).toBe(10);
    expect(await gate.answer(team, free.approvalId!)).toMatchObject({ ok: true, state: 'approved' });
  });

  it('goes on with the time it had left when its team was stopped and runs again', async () => {
    const team = await aTeam();
    const [goalId, still] = [await gate.goal(team), await gate.goal(team)];
    const worker = await gate.worker(team, goalId);
    const ask = async (): Promise<string[]> => [
      (await gate.requestSpawn(team)).approvalId!, (await gate.requestSpawn(team, { missionId: goalId })).approvalId!, (await gate.requestSpawn(team, { missionId: still })).approvalId!];
    const first = [...(await ask()), (await gate.askTool(team, worker.instanceId)).approvalId];
    const leftOf = async (id: string): Promise<number> => Number((await row(id))['left_ms']);
    const spanOf = async (id: string): Promise<number> => { const { due_at, created_at } = await row(id); return (due_at as Date).getTime() - (created_at as Date).getTime(); };
    await gate.db.admin(`update app.gate_approval set created_at = now() - interval '50 minutes', due_at = now() + interval '10 minutes' where team_id = $1`, [team.teamId]);
    await gate.db.admin(`update app.goal set paused_at = now() - interval '20 minutes' where id = $1`, [still]);
    await gate.move(team, 'suspend', team.asha);
    for (const id of first) expect(await row(id)).toMatchObject({ state: 'withdrawn', decision_reason: expect.stringMatching(/^(team_suspended|instance_ended)$/) });
    await gate.db.admin(`update app.gate_approval set due_at = due_at - interval '1 day', decided_at = decided_at - interval '1 day' where team_id = $1`, [team.teamId]); // however long that was
    await under({}, () => gate.move(team, 'reactivate', gate.genesis));
    await gate.db.admin(`update app.goal set paused_at = null where id = $1`, [still]);
    const again = await gate.spawn(team, worker.taskId);
    await gate.db.admin(`update app.instance set deadline_at = now() + interval '2 hours' where id = $1`, [again.instanceId]);
    const second = [...(await ask()), (await gate.askTool(team, again.instanceId!)).approvalId];
    for (const [index, id] of second.entries()) {
      const [left, minutes] = [await leftOf(first[index]!), index === 2 ? 30 : 10];
      expect(id).not.toBe(first[index]);
      expect([left > (minutes - 1) * 60_000, left <= minutes * 60_000, (await row(id))['state']]).toEqual([true, true, 'pending']);
      expect(Math.abs((await spanOf(id)) - left)).toBeLessThanOrEqual(1);
    }
    await gate.db.admin(`update app.gate_approval set state = 'expired' where team_id = $1 and state = 'pending'`, [team.teamId]);
    expect(await spanOf((await gate.requestSpawn(team, { requestId: uuidv7(), justification: 'Read the logs' })).approvalId!)).toBe(3_600_000);
  });

  it('is withdrawn by the sweeper where no command said that its goal is over', async () => {
    const team = await aTeam();
    const goalId = await gate.goal(team);
    const { approvalId } = await gate.requestSpawn(team, { missionId: goalId });
    await gate.db.admin(`update app.goal set state = 'done' where id = $1`, [goalId]);
    await sweeper.sweep();
    expect(await row(approvalId!)).toMatchObject({ state: 'withdrawn', decision_reason: 'mission_over' });
  });
});

describe('an agent that needs a person', () => {
  it('learns of the yes by asking again, once, and then starts anew', async () => {
    const team = await aTeam();
    const { instanceId } = await gate.worker(team);
    const asked = await gate.spawnAgent(team, instanceId);
    expect(asked).toMatchObject({ ok: false, code: 'spawn_requires_approval', approvalId: expect.any(String) });
    const before = await gate.db.admin(`select 1 from app.spawn_decision where team_id = $1`, [team.teamId]);
    expect(await gate.spawnAgent(team, instanceId)).toMatchObject({ ok: false, code: 'spawn_requires_approval', approvalId: asked.approvalId });
    expect(await gate.db.admin(`select 1 from app.spawn_decision where team_id = $1`, [team.teamId])).toHaveLength(before.length);
    const { instanceId: child } = await gate.answer(team, asked.approvalId!, 'approve', team.asha);
    const requestId = uuidv7();
    const told = await gate.spawnAgent(team, instanceId, { requestId });
    expect(told).toMatchObject({ ok: true, instanceId: child, approvalId: asked.approvalId });
    expect(await gate.spawnAgent(team, instanceId, { requestId })).toMatchObject({ ok: true, instanceId: child });
    expect(await gate.instance(child!)).toMatchObject({ parent_id: instanceId, source: 'tool_call' });
    const next = await gate.spawnAgent(team, instanceId);
    expect(next).toMatchObject({ ok: false, code: 'spawn_requires_approval' });
    expect(next.approvalId).not.toBe(asked.approvalId);
  });

  it('keeps a person’s no for as long as it lives, and hears a silence once', async () => {
    const team = await aTeam();
    const { instanceId } = await gate.worker(team);
    const asked = await gate.spawnAgent(team, instanceId);
    await gate.answer(team, asked.approvalId!, 'deny');
    for (let again = 0; again < 2; again += 1) expect(await gate.spawnAgent(team, instanceId)).toMatchObject({ ok: false, code: 'spawn_approval_denied', approvalId: asked.approvalId });
    const silent = await gate.spawnAgent(team, instanceId, { justification: 'other' });
    await overdue(silent.approvalId!);
    await sweeper.sweep();
    expect(await gate.spawnAgent(team, instanceId, { justification: 'other' })).toMatchObject({ ok: false, code: 'spawn_approval_expired' });
    expect(await gate.spawnAgent(team, instanceId, { justification: 'other' })).toMatchObject({ code: 'spawn_requires_approval' });
  });

  it('takes its questions along when it ends, and no question outlives it', async () => {
    const team = await aTeam();
    const { instanceId } = await gate.worker(team);
    const { approvalId } = await gate.spawnAgent(team, instanceId);
    const question = await row(approvalId!);
    expect((question['due_at'] as Date).getTime()).toBeLessThanOrEqual(((await gate.instance(instanceId))!['deadline_at'] as Date).getTime());
    await gate.end(team, instanceId);
    expect(await row(approvalId!)).toMatchObject({ state: 'withdrawn', decision_reason: 'instance_ended' });
  });
});

describe('a task’s run that needs a person', () => {
  it('asks once however often it is tried, and the run after the yes has its instance', async () => {
    const team = await aTeam();
    const taskId = await gate.task(team, await gate.goal(team));
    const manager: SpawnPolicyFile = { ...asking, spawn_edges: { ...asking.spawn_edges, orchestrator: { behavior: 'request_only', can_spawn: ['worker'] } } };
    await under(manager, async () => {
      const first = await gate.spawn(team, taskId);
      expect(first).toMatchObject({ allowed: false, code: 'spawn_requires_approval', requiresUserApproval: true, approvalId: expect.any(String) });
      expect((await gate.spawn(team, taskId)).approvalId).toBe(first.approvalId);
      expect(await gate.answer(team, first.approvalId!, 'approve', team.asha)).toMatchObject({ ok: true, status: 'queued' });
      expect(await gate.spawn(team, taskId)).toMatchObject({ allowed: true });
    });
  });
});

describe('a tool call that needs a person', () => {
  it('waits, and the yes is good for one call', async () => {
    const team = await aTeam();
    const { instanceId } = await gate.worker(team);
    const asked = await gate.askTool(team, instanceId);
    expect(asked).toMatchObject({ outcome: 'pending', code: 'tool_requires_approval' });
    expect(await gate.askTool(team, instanceId)).toMatchObject({ outcome: 'pending', approvalId: asked.approvalId });
    expect((await gate.askTool(team, instanceId, { args: { branch: 'other' } })).approvalId).not.toBe(asked.approvalId);
    expect(await row(asked.approvalId)).toMatchObject({ kind: 'tool', request: { tool: 'git.push', args: { branch: 'main' } }, instance_id: instanceId });
    expect(await gate.answer(team, asked.approvalId, 'approve', team.asha)).toMatchObject({ ok: true, kind: 'tool', state: 'approved' });
    const calls = [uuidv7(), uuidv7()];
    const answers = await Promise.all(calls.map((callId) => gate.askTool(team, instanceId, { callId })));
    expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['approved', 'pending']);
    const used = calls[answers.findIndex(({ outcome }) => outcome === 'approved')]!;
    expect(await gate.askTool(team, instanceId, { callId: used })).toMatchObject({ outcome: 'approved', approvalId: asked.approvalId });
    expect((await gate.entries(team, 'TOOL-APPROVAL-USED')).map(({ body }) => body['call_id'])).toEqual([used]);
  });

  it('is told apart by every letter of its arguments', async () => {
    const team = await aTeam();
    const { instanceId } = await gate.worker(team);
    const ids = await Promise.all([{ n: 1 }, { n: '1' }, { n: 1.5 }, { n: [1, null] }, { n: [1] }, { n: { a: 1, b: 2 } }, { N: 1 }].map(async (args) => (await gate.askTool(team, instanceId, { args })).approvalId));
    expect(new Set(ids).size).toBe(ids.length);
    expect((await gate.askTool(team, instanceId, { args: { n: { b: 2, a: 1 } } })).approvalId).toBe(ids[5]);
    const other = await gate.worker(team);
    expect((await gate.askTool(team, other.instanceId, { args: { n: 1 } })).approvalId).not.toBe(ids[0]);
    await expect((async () => gate.askTool(team, instanceId, { args: { text: 'x'.repeat(40_000) } }))()).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('is refused where the instance does not run, or its mission was stopped', async () => {
    const team = await aTeam();
    const one = await gate.worker(team);
    const two = await gate.worker(team);
    await gate.stop(team, 'pause', one.goalId);
    await expect(gate.askTool(team, one.instanceId)).rejects.toMatchObject({ code: 'mission_paused' });
    await gate.end(team, two.instanceId);
    await expect(gate.askTool(team, two.instanceId)).rejects.toMatchObject({ code: 'instance_ended' });
  });

  it('gets a no that stands, and a silence that is said once', async () => {
    const team = await aTeam();
    const { instanceId } = await gate.worker(team);
    const { approvalId } = await gate.askTool(team, instanceId);
    const before = (await gate.wire(team)).length;
    await gate.answer(team, approvalId, 'deny', gate.gov, 'no');
    expect((await gate.wire(team, before)).map(({ type, properties }) => [type, properties['code'], properties['approvalID'], properties['instanceID']])).toEqual([['approval.decided', 'tool_approval_denied', wireId('toolApproval', approvalId), wireId('instance', instanceId)]]);
    expect(await gate.askTool(team, instanceId)).toMatchObject({ outcome: 'denied', code: 'tool_approval_denied' });
    const silent = await gate.askTool(team, instanceId, { args: {} });
    await overdue(silent.approvalId);
    await sweeper.sweep();
    expect(await gate.askTool(team, instanceId, { args: {} })).toMatchObject({ outcome: 'expired', code: 'tool_approval_expired' });
    expect(await gate.askTool(team, instanceId, { args: {} })).toMatchObject({ outcome: 'pending' });
  });
});
