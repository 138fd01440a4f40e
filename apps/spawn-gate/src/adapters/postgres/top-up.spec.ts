import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { defaultMissionId, type Amounts, type BudgetReply, type InstanceId } from '@countersign/contracts';
import { expect } from 'expect';
import { sweep } from '../../testing/crashes.js';
import { GateBench, type BenchTeam } from '../../testing/gate-bench.js';

let gate: GateBench;
let team: BenchTeam;
before(async () => {
  gate = await GateBench.open();
});
beforeEach(async () => {
  await gate.setPolicy({ on_exhausted: 'pause' });
  team = await gate.team();
});
afterEach(async () => {
  expect(await gate.brokenAccounts()).toEqual([]);
});
after(() => gate.close());

const use = async (instanceId: InstanceId, amounts: Amounts, used: Amounts = amounts): Promise<void> => {
  const callId = crypto.randomUUID();
  expect(await gate.reserve(team, instanceId, amounts, callId)).toMatchObject({ granted: true });
  await gate.settle(team, instanceId, used, callId);
};
const questions = (): Promise<{ id: string; state: string; request: Record<string, unknown>; reason: string; instance_id: string | null; goal_id: string | null }[]> =>
  gate.db.admin(`select id, state, request, reason, instance_id, goal_id from app.gate_approval where team_id = $1 and kind = 'budget' order by created_at`, [team.teamId]);

describe('a budget that is used up, where the policy says pause', () => {
  it('pauses the call until a person has decided; a yes grants as much again, and the same call goes on', async () => {
    const { instanceId, goalId } = await gate.worker(team);
    await use(instanceId, { tokens: 20_000 });
    const callId = crypto.randomUUID();
    const paused: BudgetReply = await gate.reserve(team, instanceId, { tokens: 4_000 }, callId);
    expect(paused).toMatchObject({ granted: false, code: 'paused', approvalId: expect.any(String) });
    expect(await gate.reserve(team, instanceId, { tokens: 3_000 })).toMatchObject({ code: 'paused', approvalId: paused.approvalId });
    expect(await gate.instance(instanceId)).toMatchObject({ state: 'running' });
    expect(await questions()).toMatchObject([{ id: paused.approvalId, state: 'pending', instance_id: instanceId, request: { accountId: instanceId, account: 'instance', granted: { tokens: 20_000 }, amounts: { tokens: 20_000 } }, reason: 'the instance has used up its tokens' }]);
    expect(await gate.answer(team, paused.approvalId!, 'approve', team.asha)).toMatchObject({ ok: true, kind: 'budget', state: 'approved' });
    expect(await gate.reserve(team, instanceId, { tokens: 4_000 }, callId)).toMatchObject({ granted: true, amounts: { tokens: 4_000 } });
    expect(await gate.account(team, instanceId)).toMatchObject({ tokens: '40000/4000/20000' });
    expect(await gate.account(team, goalId)).toMatchObject({ tokens: '200000/20000/20000' });
    expect((await gate.entries(team, 'BUDGET-RAISED')).map(({ body }) => body)).toEqual([{ account_id: instanceId, amounts: { tokens: '20000' }, approval_id: paused.approvalId }]);
    expect((await gate.entries(team)).filter(({ action }) => action.startsWith('BUDGET-APPROVAL')).map(({ action }) => action)).toEqual(['BUDGET-APPROVAL-REQUESTED', 'BUDGET-APPROVAL-GRANTED']);
  });

  it('runs out again, and says so again, when what it got is used as well', async () => {
    const { instanceId } = await gate.worker(team);
    await use(instanceId, { tokens: 20_000 });
    const { approvalId } = await gate.reserve(team, instanceId, { tokens: 1 });
    await gate.answer(team, approvalId!, 'approve', team.asha);
    await use(instanceId, { tokens: 20_000 });
    expect(await gate.reserve(team, instanceId, { tokens: 1 })).toMatchObject({ code: 'paused' });
    const marks = (await gate.entries(team, 'BUDGET-EXHAUSTED')).filter(({ body }) => body['account_id'] === instanceId);
    expect(marks.map(({ body }) => [body['spent'], body['on_exhausted']])).toEqual([['20000', 'pause'], ['40000', 'pause']]);
    expect((await questions()).map(({ state, request }) => [state, request['amounts']])).toEqual([['approved', { tokens: 20_000 }], ['pending', { tokens: 40_000 }]]);
  });

  it('stays used up after a no, for as long as the instance lives, and goes on with what it has of other units', async () => {
    const { instanceId } = await gate.worker(team);
    await use(instanceId, { tokens: 20_000 });
    const { approvalId } = await gate.reserve(team, instanceId, { tokens: 1 });
    expect(await gate.answer(team, approvalId!, 'deny', team.asha, 'enough')).toMatchObject({ state: 'denied' });
    expect(await gate.reserve(team, instanceId, { tokens: 1 })).toMatchObject({ granted: false, code: 'budget_exhausted' });
    expect(await gate.reserve(team, instanceId, { usd_micros: 5 })).toMatchObject({ granted: true });
    expect(await questions()).toHaveLength(1);
  });

  it('is asked for once, never decided by staff without the role, and withdrawn with its instance', async () => {
    const { instanceId } = await gate.worker(team);
    await use(instanceId, { tokens: 20_000 });
    const replies = await Promise.all([1, 2, 3].map((tokens) => gate.reserve(team, instanceId, { tokens })));
    expect(new Set(replies.map(({ approvalId }) => approvalId)).size).toBe(1);
    expect(await gate.answer(team, replies[0]!.approvalId!, 'approve', gate.ops)).toMatchObject({ ok: false, code: 'not_permitted' });
    await gate.end(team, instanceId);
    expect(await questions()).toMatchObject([{ state: 'withdrawn' }]);
    expect(await gate.answer(team, replies[0]!.approvalId!, 'approve', team.asha)).toMatchObject({ ok: false, code: 'approval_withdrawn' });
  });

  it('waits no longer than its question: when nobody answers, the next call asks anew', async () => {
    const { instanceId } = await gate.worker(team);
    await use(instanceId, { tokens: 20_000 });
    const { approvalId } = await gate.reserve(team, instanceId, { tokens: 1 });
    await gate.db.admin(`update app.gate_approval set due_at = clock_timestamp() where id = $1`, [approvalId]);
    await sweep(gate);
    expect((await questions()).map(({ state }) => state)).toEqual(['expired']);
    expect(await gate.reserve(team, instanceId, { tokens: 1 })).toMatchObject({ code: 'paused', approvalId: expect.not.stringMatching(approvalId!) });
  });

  it('of a mission is asked for when it runs out, and a yes lets its agents go on, out of the team’s', async () => {
    const { instanceId, goalId } = await gate.worker(team);
    await use(instanceId, { tokens: 20_000 }, { tokens: 250_000 });
    const [question] = await questions();
    expect(question).toMatchObject({ state: 'pending', goal_id: goalId, instance_id: null, request: { accountId: goalId, account: 'mission' } });
    const before = await gate.account(team, team.teamId);
    expect(await gate.answer(team, question!.id, 'approve', team.asha)).toMatchObject({ ok: true, kind: 'budget' });
    expect((await gate.account(team, goalId))['tokens']).toBe('500000/0/250000');
    expect((await gate.account(team, team.teamId))['tokens']!.split('/')[0]).toBe(before['tokens']!.split('/')[0]);
    expect(await gate.worker(team, goalId, 'tests')).toMatchObject({ goalId });
    expect(await gate.account(team, defaultMissionId(team.teamId))).toEqual({});
  });

  it('of a mission is asked for again by the next that wants to work for it, when nobody answered', async () => {
    const { instanceId, goalId } = await gate.worker(team);
    await use(instanceId, { tokens: 20_000 }, { tokens: 250_000 });
    const [first] = await questions();
    await gate.db.admin(`update app.gate_approval set due_at = clock_timestamp() where id = $1`, [first!.id]);
    await sweep(gate);
    await gate.end(team, instanceId, {});
    const taskId = await gate.task(team, goalId);
    for (let attempt = 0; attempt < 2; attempt += 1) expect(await gate.spawn(team, taskId)).toMatchObject({ allowed: false, code: 'spawn_mission_budget_exceeded' });
    const asked = await questions();
    expect(asked.map(({ state, request }) => [state, request.accountId])).toEqual([['expired', goalId], ['pending', goalId]]);
    expect(await gate.answer(team, asked[1]!.id, 'approve', team.asha)).toMatchObject({ ok: true, kind: 'budget' });
    expect(await gate.spawn(team, await gate.task(team, goalId))).toMatchObject({ allowed: true });
  });
});
