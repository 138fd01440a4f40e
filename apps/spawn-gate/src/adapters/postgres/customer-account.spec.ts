import { after, afterEach, before, describe, it } from 'node:test';
import { TeamId, type Amounts, type CommandReply, type TeamMode } from '@countersign/contracts';
import { expect } from 'expect';
import { GateBench, shippedBundle, type BenchTeam } from '../../testing/gate-bench.js';

let gate: GateBench;
before(async () => {
  gate = await GateBench.open();
  await gate.setTeamPolicy({ teamsPerCustomer: 100 });
  const bundle = shippedBundle();
  const budget = { ...bundle.budgets.goal, usd: 1 };
  await gate.publish({ ...bundle, id: 'dollar', members: bundle.members.map((member) => ({ ...member, budget })), budgets: { ...bundle.budgets, team: { ...bundle.budgets.team, usd: 1 }, goal: { ...bundle.budgets.goal, usd: 1 } } });
});
afterEach(async () => {
  await gate.setPolicy({});
  expect(await gate.brokenAccounts()).toEqual([]);
});
after(() => gate.close());

const hire = ({ asha }: Pick<BenchTeam, 'asha'>, teamId = TeamId.next(), mode: TeamMode = 'production'): Promise<CommandReply> => gate.hiring.hire({ teamId, by: asha, bundleId: 'dollar', bundleVersion: 1, mode });
const use = async (team: BenchTeam, instanceId: Parameters<GateBench['reserve']>[1], amounts: Amounts): Promise<void> => {
  const callId = crypto.randomUUID();
  expect(await gate.reserve(team, instanceId, amounts, callId)).toMatchObject({ granted: true });
  await gate.settle(team, instanceId, amounts, callId);
};

describe('the account of a customer', () => {
  it('pays for its teams: of five hired at once for the last three dollars three are, and another customer is not touched', async () => {
    await gate.setPolicy({ customer_total_budget: { max_cost_usd: 4 } });
    const first = await gate.team(['certify'], { id: 'dollar' });
    const replies = await Promise.all(Array.from({ length: 5 }, () => hire(first)));
    expect(replies.map(({ code }) => code).sort()).toEqual(['customer_budget_exceeded', 'customer_budget_exceeded', 'ok', 'ok', 'ok']);
    expect(await gate.db.admin(`select sum(b.granted)::int as granted from app.budget b join app.team t using (team_id) where t.customer_id = $1 and b.kind = 'team' and b.unit = 'usd_micros'`, [first.customerId])).toEqual([{ granted: 4_000_000 }]);
    expect(await gate.team(['certify'], { id: 'dollar' })).toBeDefined();
  });

  it('is its own where the policy names it: unit by unit in place of what holds for all', async () => {
    const [small, large, other] = [await gate.team([], { id: 'dollar' }), await gate.team([], { id: 'dollar' }), await gate.team([], { id: 'dollar' })];
    await gate.setPolicy({ customer_total_budget: { max_cost_usd: 2 }, customer_budgets: { [small.customerId]: { max_cost_usd: 1 }, [large.customerId]: { max_cost_usd: 3, max_tokens: 1_000_000_000 } } });
    const hired = async (team: BenchTeam) => [(await hire(team)).code, (await hire(team)).code];
    expect(await hired(small)).toEqual(['customer_budget_exceeded', 'customer_budget_exceeded']);
    expect(await hired(large)).toEqual(['ok', 'ok']);
    expect(await hired(other)).toEqual(['ok', 'customer_budget_exceeded']);
    await gate.setPolicy({ customer_total_budget: { max_cost_usd: 100 }, customer_budgets: { [large.customerId]: { max_tokens: 1 } } });
    expect(await hire(large)).toMatchObject({ code: 'customer_budget_exceeded', message: expect.stringContaining('tokens') });
  });

  it('has back what a team that is over did not spend', async () => {
    await gate.setPolicy({ customer_total_budget: { max_cost_usd: 1 } });
    const team = await gate.team([], { id: 'dollar' });
    expect(await hire(team)).toMatchObject({ ok: false, code: 'customer_budget_exceeded', message: expect.stringMatching(/^the customer’s account, .* and trials .* has not enough money left: end a team .* or ask the platform’s governor/) });
    // a trial is the platform's money, and of the same sum
    expect(await hire(team, TeamId.next(), 'trial')).toMatchObject({ ok: false, code: 'customer_budget_exceeded', message: expect.stringContaining('trials') });
    expect(await gate.move(team, 'reject', gate.genesis)).toMatchObject({ ok: true });
    expect(await hire(team)).toMatchObject({ ok: true });
  });

  it('bounds what a person can grant: a yes beyond it is not taken, and the question stays', async () => {
    await gate.setPolicy({ on_exhausted: 'pause', child_budget_percent_of_parent_remaining: 100, customer_total_budget: { max_cost_usd: 1.05 } });
    const team = await gate.team(['certify', 'deploy'], { id: 'dollar' });
    const { instanceId, slice } = await gate.worker(team); // gets all that its goal has, and the goal all that the team has
    await use(team, instanceId, { usd_micros: slice.usd_micros! });
    const { approvalId } = await gate.reserve(team, instanceId, { usd_micros: 1 });
    const before = await gate.account(team, team.teamId);
    expect(await gate.answer(team, approvalId!, 'approve', team.asha)).toMatchObject({ ok: false, code: 'customer_budget_exceeded', state: 'pending' });
    expect(await gate.account(team, team.teamId)).toEqual(before);
    await gate.setPolicy({ on_exhausted: 'pause', customer_total_budget: { max_cost_usd: 5 } });
    expect(await gate.answer(team, approvalId!, 'approve', team.asha)).toMatchObject({ ok: true, state: 'approved' });
    expect((await gate.entries(team, 'BUDGET-RAISED')).map(({ body }) => body['account_id'])).toContain(team.teamId);
  });
});
