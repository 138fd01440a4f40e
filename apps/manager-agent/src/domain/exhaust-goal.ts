import type { TaskState } from '@countersign/contracts';
import type { Action } from './actions.js';
import type { GoalFacts } from './facts.js';

const IN_HAND: readonly TaskState[] = ['assigned', 'in_progress', 'review', 'approved'];
const AT_WORK: readonly string[] = ['planned', 'running', 'changes_requested'];

/**
 * A goal whose budget is used up waits for a person, instead of spending its rounds on spawns that are refused: what members
 * have in hand is stopped, and the goal is blocked with the limit's name. Nothing is done where no work is left to pay for,
 * or while the goal is paused.
 */
export function exhaustGoal(facts: GoalFacts, limit: string): Action[] {
  const { goal, tasks } = facts;
  if (goal.paused || !AT_WORK.includes(goal.state) || tasks.every(({ state }) => state === 'done')) return [];
  const stopped = tasks.filter(({ state }) => IN_HAND.includes(state)).map(({ id, notes }): Action => ({ do: 'block-task', task: id, notes: [...notes, 'Stopped, because the goal’s budget is used up.'] }));
  return [...stopped, { do: 'move-goal', to: 'blocked', code: limit, note: `Blocked: the goal’s budget is used up (${limit}).` }];
}
