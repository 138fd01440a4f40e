import { after, before, beforeEach, describe, it } from 'node:test';
import { InstanceId } from '@countersign/contracts';
import { expect } from 'expect';
import { GateBench, type BenchTeam } from '../../testing/gate-bench.js';

let gate: GateBench;
let team: BenchTeam;
before(async () => {
  gate = await GateBench.open();
});
beforeEach(async () => {
  team = await gate.team();
});
after(() => gate.close());

const call = (): string => crypto.randomUUID();

describe('a model call', () => {
  it('is reserved before it starts and settled by what it used; the rest is free again', async () => {
    const { instanceId, goalId } = await gate.worker(team);
    const callId = call();
    expect(await gate.reserve(team, instanceId, { tokens: 5_000, usd_micros: 10_000 }, callId)).toEqual({ granted: true, code: 'ok', free: { tokens: 15_000, steps: 40, ms: 120_000, usd_micros: 90_000 }, amounts: { tokens: 5_000, usd_micros: 10_000 } });
    expect(await gate.account(team, instanceId)).toMatchObject({ tokens: '20000/5000/0' });
    expect(await gate.settle(team, instanceId, { tokens: 1_200, usd_micros: 2_400 }, callId)).toMatchObject({ granted: true, free: { tokens: 18_800, usd_micros: 97_600 } });
    expect(await gate.account(team, instanceId)).toMatchObject({ tokens: '20000/0/1200', usd_micros: '100000/0/2400' });
    expect(await gate.account(team, goalId)).toMatchObject({ tokens: '200000/18800/1200' });
    expect(await gate.events(team, instanceId)).toEqual(['spawn.approved', 'instance.started', 'budget.usage']);
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('is written down with the model that was paid', async () => {
    const { instanceId } = await gate.worker(team);
    const callId = call();
    await gate.reserve(team, instanceId, { tokens: 10 }, callId);
    await gate.meter.settle({ teamId: team.teamId, instanceId, callId, amounts: { tokens: 4 }, usageSource: 'provider', model: 'rehearsal' });
    expect(await gate.db.admin(`select kind, usage_source, model from app.budget_entry where call_id = $1 order by kind`, [callId])).toEqual([{ kind: 'hold', usage_source: null, model: null }, { kind: 'settle', usage_source: 'provider', model: 'rehearsal' }]);
  });

  it('counts once, however often it is sent', async () => {
    const { instanceId } = await gate.worker(team);
    const callId = call();
    const replies = await Promise.all([1, 2, 3].map(() => gate.reserve(team, instanceId, { tokens: 5_000 }, callId)));
    expect(replies.map(({ granted, free }) => [granted, free.tokens])).toEqual([[true, 15_000], [true, 15_000], [true, 15_000]]);
    const settled = await Promise.all([1, 2, 3].map(() => gate.settle(team, instanceId, { tokens: 4_000 }, callId)));
    expect(settled.map(({ free }) => free.tokens)).toEqual([16_000, 16_000, 16_000]);
    expect(await gate.reserve(team, instanceId, { tokens: 5_000 }, callId)).toMatchObject({ granted: true, free: { tokens: 16_000 } });
    expect(await gate.account(team, instanceId)).toMatchObject({ tokens: '20000/0/4000' });
  });

  it('is never settled without a reservation, and never for an instance that does not exist', async () => {
    const { instanceId } = await gate.worker(team);
    expect(await gate.settle(team, instanceId, { tokens: 1 }, call())).toMatchObject({ granted: false, code: 'not_reserved' });
    await expect(gate.reserve(team, InstanceId.next(), { tokens: 1 })).rejects.toMatchObject({ code: 'not_found' });
    const other = await gate.team();
    await expect(gate.reserve(other, instanceId, { tokens: 1 })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('must name amounts that make sense', async () => {
    const { instanceId } = await gate.worker(team);
    for (const amounts of [{ tokens: -1 }, { tokens: 1.5 }, { tokens: '5' }, { coins: 5 }, { tokens: 1e15 }, { __proto__x: 1 }]) {
      await expect((async () => gate.reserve(team, instanceId, amounts as never))()).rejects.toMatchObject({ code: 'invalid_input' });
    }
  });

  it('warns once at eighty percent', async () => {
    const { instanceId } = await gate.worker(team);
    for (const tokens of [15_999, 1, 1]) {
      const callId = call();
      await gate.reserve(team, instanceId, { tokens }, callId);
      await gate.settle(team, instanceId, { tokens }, callId);
    }
    const warnings = (await gate.entries(team, 'BUDGET-WARNED')).filter(({ body }) => body['account_id'] === instanceId);
    expect(warnings.map(({ body }) => body)).toEqual([{ account_id: instanceId, unit: 'tokens', granted: '20000', spent: '16000', held: '0' }]);
  });

  it('waits while what others hold would suffice, and takes a part where a part is of use', async () => {
    const { instanceId } = await gate.worker(team);
    const [one, two] = [call(), call()];
    await gate.reserve(team, instanceId, { tokens: 15_000, usd_micros: 1 }, one);
    expect(await gate.reserve(team, instanceId, { tokens: 5_001 }, two)).toMatchObject({ granted: false, code: 'wait', free: { tokens: 5_000 } });
    const part = { teamId: team.teamId, instanceId, callId: two, amounts: { tokens: 9_000 }, least: { tokens: 500 }, beyond: { tokens: 3_000 } };
    expect(await gate.meter.reserve(part)).toMatchObject({ granted: true, code: 'ok', amounts: { tokens: 5_000 }, free: { usd_micros: 99_999 } });
    expect(await gate.meter.reserve({ ...part, amounts: { tokens: 1 } })).toMatchObject({ granted: true, amounts: { tokens: 5_000 } });
    expect(await gate.db.admin(`select call_id, overshoot from app.budget_entry where account_id = $1 and kind = 'hold' and call_id <> account_id order by (amounts ->> 'tokens')::int`, [instanceId])).toEqual([{ call_id: two, overshoot: { tokens: 3_000 } }, { call_id: one, overshoot: null }]);
    expect(await gate.instance(instanceId)).toMatchObject({ state: 'running' });
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('that asks for more than is left ends its instance, once, with entry and event', async () => {
    const { instanceId, goalId } = await gate.worker(team);
    const callId = call();
    await gate.reserve(team, instanceId, { tokens: 15_000 }, callId);
    await gate.settle(team, instanceId, { tokens: 15_000 }, callId);
    expect(await gate.reserve(team, instanceId, { tokens: 5_001 })).toMatchObject({ granted: false, code: 'budget_exhausted' });
    expect(await gate.instance(instanceId)).toMatchObject({ state: 'cancelled', end_reason: 'budget_exhausted' });
    expect(await gate.reserve(team, instanceId, { tokens: 1 })).toMatchObject({ granted: false, code: 'instance_ended' });
    expect((await gate.events(team, instanceId)).slice(3)).toEqual(['budget.exhausted max_tokens', 'instance.cancelled budget_exhausted']);
    const mine = (await gate.entries(team)).filter(({ body }) => [body['account_id'], body['instance_id'], body['hold_id']].includes(instanceId)).map(({ action }) => action);
    expect(mine.slice(2)).toEqual(['BUDGET-EXHAUSTED', 'INSTANCE-ENDED', 'BUDGET-RELEASED']);
    expect((await gate.account(team, goalId))['tokens']).toBe('200000/0/15000');
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('stops the instance at a hundred percent', async () => {
    const { instanceId } = await gate.worker(team);
    const callId = call();
    await gate.reserve(team, instanceId, { usd_micros: 100_000 }, callId);
    await gate.settle(team, instanceId, { usd_micros: 100_000 }, callId);
    expect(await gate.instance(instanceId)).toMatchObject({ state: 'cancelled', end_reason: 'budget_exhausted' });
    expect((await gate.events(team, instanceId)).slice(2)).toEqual(['budget.usage', 'budget.exhausted max_cost_usd', 'instance.cancelled budget_exhausted']);
  });

  it('that used more than it reserved is booked in full, from its goal', async () => {
    const { instanceId, goalId } = await gate.worker(team);
    const callId = call();
    await gate.reserve(team, instanceId, { tokens: 20_000 }, callId);
    await gate.settle(team, instanceId, { tokens: 25_000 }, callId);
    expect(await gate.account(team, instanceId)).toMatchObject({ tokens: '25000/0/25000' });
    expect(await gate.account(team, goalId)).toMatchObject({ tokens: '200000/0/25000' });
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('that used more than there was ends the instance although another call still holds a part of it', async () => {
    const { instanceId } = await gate.worker(team);
    const [long, short] = [call(), call()];
    await gate.reserve(team, instanceId, { tokens: 15_000 }, long);
    await gate.reserve(team, instanceId, { tokens: 10 }, short);
    await gate.settle(team, instanceId, { tokens: 5_001 }, short);
    expect(await gate.instance(instanceId)).toMatchObject({ state: 'cancelled', end_reason: 'budget_exhausted' });
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('that ends after its instance still costs what it cost', async () => {
    const { instanceId, goalId } = await gate.worker(team);
    const callId = call();
    await gate.reserve(team, instanceId, { tokens: 5_000 }, callId);
    await gate.end(team, instanceId);
    expect(await gate.account(team, goalId)).toMatchObject({ tokens: '200000/0/0' });
    expect(await gate.settle(team, instanceId, { tokens: 4_000 }, callId)).toMatchObject({ granted: true });
    expect(await gate.account(team, goalId)).toMatchObject({ tokens: '200000/0/4000' });
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('that uses up the goal ends everyone who works for it, and nobody else', async () => {
    const one = await gate.worker(team);
    const two = await gate.worker(team, one.goalId, 'tests');
    const bystander = await gate.worker(team);
    const callId = call();
    await gate.reserve(team, one.instanceId, { tokens: 20_000 }, callId);
    await gate.settle(team, one.instanceId, { tokens: 300_000 }, callId);
    expect(await Promise.all([one, two, bystander].map(async ({ instanceId }) => (await gate.instance(instanceId))?.['end_reason']))).toEqual(['mission_budget_exhausted', 'mission_budget_exhausted', null]);
    expect((await gate.events(team)).filter((event) => event.startsWith('mission.'))).toEqual(['mission.budget.exhausted mission_max_tokens']);
    const late = call();
    expect(await gate.reserve(team, two.instanceId, { tokens: 1 }, late)).toMatchObject({ granted: false, code: 'instance_ended' });
    expect(await gate.instance(bystander.instanceId)).toMatchObject({ state: 'running' });
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('of twenty agents at once never takes more than there is', async () => {
    const { instanceId } = await gate.worker(team);
    const replies = await gate.under({ on_exhausted: 'pause' }, () => Promise.all(Array.from({ length: 20 }, () => gate.reserve(team, instanceId, { tokens: 1_500 }))));
    expect(replies.filter(({ granted }) => granted).length).toBe(13);
    expect(await gate.account(team, instanceId)).toMatchObject({ tokens: '20000/19500/0' });
  });

  it('leaves a ledger that adds up to the account', async () => {
    const sums = await gate.db.admin(`select b.account_id, b.spent, coalesce(sum((e.amounts ->> 'tokens')::bigint), 0)::bigint as booked from app.budget b
      left join app.budget_entry e on e.team_id = b.team_id and e.account_id = b.account_id and e.kind in ('settle', 'draw') where b.kind = 'instance' and b.unit = 'tokens' group by 1, 2 having b.spent <> coalesce(sum((e.amounts ->> 'tokens')::bigint), 0)`);
    expect(sums).toEqual([]);
  });
});
