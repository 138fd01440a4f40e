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

describe('more, where a person asks for it', () => {
  it('is granted to a mission or a team of every unit by somebody else, asked for once, and comes from above as far as there is something', async () => {
    const { instanceId, goalId } = await gate.worker(team);
    const ask = (accountId: string, more: Amounts, by = team.asha) => gate.approvals.requestRaise({ teamId: team.teamId, accountId, by, more, reason: 'It takes longer' });
    const more = { steps: 5, tool_calls: 7, ms: 60_000 };
    const [first, again] = await Promise.all([ask(goalId, more), ask(goalId, more)]);
    expect([first.ok, again.ok, again.approvalId]).toEqual([true, true, first.approvalId]);
    expect(await questions()).toMatchObject([{ state: 'pending', goal_id: goalId, instance_id: null, request: { accountId: goalId, account: 'mission', amounts: more }, reason: 'It takes longer' }]);
    const before = await gate.account(team, goalId);
    expect(await gate.answer(team, first.approvalId!, 'approve', team.asha)).toMatchObject({ ok: false, code: 'requester_may_not_decide' });
    expect(await gate.account(team, goalId)).toEqual(before);
    expect(await gate.answer(team, first.approvalId!, 'approve', gate.gov)).toMatchObject({ ok: true, kind: 'budget' });
    const granted = (figures: Record<string, string>): number[] => ['steps', 'tool_calls', 'ms', 'tokens'].map((unit) => Number(figures[unit]!.split('/')[0]));
    expect(granted(await gate.account(team, goalId)).map((now, index) => now - granted(before)[index]!)).toEqual([5, 7, 60_000, 0]);
    const whole = await gate.account(team, team.teamId);
    const raised = await ask(team.teamId, { steps: 3 }, gate.ops);
    expect(await gate.answer(team, raised.approvalId!, 'approve', team.asha)).toMatchObject({ ok: true });
    expect(granted(await gate.account(team, team.teamId))[0]! - granted(whole)[0]!).toBe(3);
    for (const [accountId, amounts, by, code] of [[goalId, {}, team.asha, 'raise_empty'], [goalId, more, gate.genesis, 'not_permitted'], [instanceId, more, team.asha, 'account_of_agent']] as const) expect([code, await ask(accountId, amounts, by)]).toMatchObject([code, { ok: false, code }]);
    await expect(ask(crypto.randomUUID(), more)).rejects.toMatchObject({ code: 'not_found' });
    await expect(ask(goalId, { steps: -1 })).rejects.toMatchObject({ code: 'invalid_input' });
    await gate.stop(team, 'cancel', goalId);
    expect(await ask(goalId, more)).toMatchObject({ ok: false, code: 'mission_cancelled' });
    expect((await gate.entries(team, 'BUDGET-RAISED')).map(({ body }) => body['account_id'])).toEqual(expect.arrayContaining([goalId, team.teamId]));
  });
});

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
