import { COORDINATION, DEFAULT_TEAM_CONDUCT, NOT_REVIEWED, type TaskId } from '@countersign/contracts';
import type { DeliverableFacts, GoalFacts, RunFacts, TaskFacts } from '@countersign/manager-agent/domain/facts';
import type { GoalRows, RunRow, Tx } from './rows.js';

/** A supervisor was heard of lately (`ops.fleet_at_work`). */
const LATELY_MS = 60_000;

/** What the manager reads about a goal in one transaction, as `apps/manager-agent/src/adapters/postgres/goal-rows.ts` reads it. */
export function readGoal({ rows, team, now }: Tx, goal: GoalRows): GoalFacts {
  const fleetAtWork = [...rows.goals.values()].some(({ runs }) => runs.some(({ state, heartbeatAt }) => state === 'running' && heartbeatAt > now - LATELY_MS));
  return {
    now: new Date(Math.floor(now / 1000) * 1000).toISOString().replace('.000Z', 'Z'),
    team: { id: team.id, epoch: team.epoch },
    managerId: goal.managerId,
    goal: { ...goal.goal, stillMs: now - lastMove(goal), runningSinceMs: team.changedAt },
    tasks: goal.tasks.map((task) => ({ ...task, stillMs: now - goal.changedAt.get(task.id)!, runs: goal.runs.filter(({ taskId }) => taskId === task.id).map((run) => runFacts(run, now)), drafts: goal.drafts.filter(({ taskId }) => taskId === task.id) })),
    members: goal.members,
    coordination: COORDINATION,
    conduct: DEFAULT_TEAM_CONDUCT,
    precedents: ['GEN-002@1'],
    fleetAtWork,
    shared: [],
    deliverables: goal.deliverables.map(({ id, revision }): DeliverableFacts => ({ id, revision, ...answerTo(goal, id) })),
    reviewers: [],
    nudged: {},
  };
}

const runFacts = ({ id, round, attempt, state, epoch, code, detail, lease, queuedAt }: RunRow, now: number): RunFacts => ({ id, round, attempt, state, epoch, code, detail, held: lease.until > now, queuedMs: now - queuedAt });

function answerTo(goal: GoalRows, deliverableId: string): Pick<DeliverableFacts, 'approval' | 'effect'> {
  const approval = goal.approvals.find((one) => one.deliverableId === deliverableId);
  const effect = approval && goal.effects.find((one) => one.approvalId === approval.id);
  return { approval: approval ? { id: approval.id, state: approval.state, reason: approval.reason, comments: [] } : null, effect: effect ? { id: effect.id, state: effect.state, code: effect.code } : null };
}

const lastMove = ({ movedAt, changedAt, runs }: GoalRows): number => Math.max(movedAt, ...changedAt.values(), ...runs.map(({ queuedAt, endedAt }) => endedAt ?? queuedAt));

/** What the manager's actions left of the goal and its tasks; runs, drafts and questions stay whose they are, but for the manager's word about a draft. */
export function writeGoal(goal: GoalRows, after: GoalFacts, now: number): void {
  const { stillMs: _s, runningSinceMs: _r, ...row } = after.goal;
  if (row.state !== goal.goal.state) goal.movedAt = now;
  goal.goal = row;
  for (const task of after.tasks) {
    const before = goal.tasks.find(({ id }) => id === task.id)!;
    if (before.state !== task.state || before.round !== task.round || before.epoch !== task.epoch || before.memberId !== task.memberId) goal.changedAt.set(task.id, now);
    for (const { id, review } of task.drafts) goal.drafts.find((draft) => draft.id === id)!.review = review;
  }
  goal.tasks = after.tasks.map((task): TaskFacts => ({ ...task, runs: [], drafts: [], stillMs: 0, review: NOT_REVIEWED }));
}

export const taskOf = (goal: GoalRows, id: TaskId): TaskFacts => goal.tasks.find((task) => task.id === id)!;
