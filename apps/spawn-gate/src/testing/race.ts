import { expect } from 'expect';
import { shippedBundle, type GateBench } from './gate-bench.js';

const ASKERS = 200;

/** Every round's mission is granted a goal's budget, and none gives it back. */
const allTimes = <B extends object>(budget: B, rounds: number): B => Object.fromEntries(Object.entries(budget).map(([unit, amount]) => [unit, Number(amount) * rounds])) as B;

/**
 * Two hundred ask at once for the last ten units of a mission, half of them runs that bring a supervisor, half of them people:
 * ten get one each, whoever they are, and everybody else is told why.
 */
export async function raceForTheLastTen(gate: GateBench, rounds: number): Promise<void> {
  const bundle = shippedBundle();
  const budget = { tokens: 1, steps: 1, minutes: 0, toolCalls: 0, usd: 0 };
  const tight = { ...bundle, id: 'tight', members: [{ ...bundle.members[0]!, budget }], playbook: [{ key: 'docs', title: 'Docs', skill: 'docs', criteria: [{ id: 'parses', kind: 'parses' as const }, { id: 'comments-only', kind: 'comments-only' as const }] }], budgets: { team: allTimes(bundle.budgets.team, rounds), goal: { ...bundle.budgets.goal, tokens: 10 } } };
  await gate.publish(tight);
  await gate.setPolicy({ max_agents: 10_000, max_concurrent: 100_000, max_live_children: 10_000, child_budget_percent_of_parent_remaining: 0 });
  const team = await gate.team(['certify', 'deploy'], { id: 'tight', version: 1 });
  for (let round = 0; round < rounds; round += 1) {
    const goalId = await gate.goal(team);
    const taskId = await gate.task(team, goalId);
    const ask = async (asker: number): Promise<{ allowed: boolean; code: string }> => {
      if (asker % 2 === 0) return gate.spawnInsisting(team, taskId);
      const { ok, code } = await gate.requestInsisting(team, { missionId: goalId, templateId: 'doc-bot', budgetOverride: { tokens: 1, steps: 1, ms: 0, tool_calls: 0, usd_micros: 0 } });
      return { allowed: ok, code };
    };
    const replies = await Promise.all(Array.from({ length: ASKERS }, (_, asker) => ask(asker)));
    expect(new Set(replies.filter(({ allowed }) => !allowed).map(({ code }) => code))).toEqual(new Set(['spawn_mission_budget_exceeded']));
    // a run may take a place that a person was given: then both were told yes, for one instance
    const [made] = await gate.db.admin<{ instances: number }>(`select count(*)::int as instances from app.instance where team_id = $1 and goal_id = $2`, [team.teamId, goalId]);
    expect(made).toEqual({ instances: 10 });
    expect(await gate.account(team, goalId)).toMatchObject({ tokens: '10/10/0' });
  }
  await gate.setPolicy({});
  expect(await gate.brokenAccounts()).toEqual([]);
}
