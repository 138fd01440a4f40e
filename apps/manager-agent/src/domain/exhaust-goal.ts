import { BUDGET_NOTE } from '@countersign/contracts';
import type { Action } from './actions.js';
import type { GoalFacts } from './facts.js';
import { isSettled } from './read-facts.js';

const AT_WORK: readonly string[] = ['planned', 'running', 'changes_requested'];

/**
 * A goal whose budget is used up waits for a person, instead of spending its rounds on spawns that are refused: what members
 * have in hand or were to begin is stopped, so that there is something to answer, and the goal is blocked with the limit's name.
 * Nothing is done where no work is left to pay for, or while the goal is paused.
 */
export function exhaustGoal({ goal, tasks }: GoalFacts, limit: string): Action[] {
  const open = tasks.filter((task) => !isSettled(task) && task.memberId !== null);
  if (goal.paused || !AT_WORK.includes(goal.state) || open.length === 0) return [];
  const stopped = open.filter(({ state }) => state !== 'blocked').map(({ id, notes }): Action => ({ do: 'block-task', task: id, notes: [...notes, BUDGET_NOTE] }));
  return [...stopped, { do: 'move-goal', to: 'blocked', code: limit, note: `Blocked: the goal’s budget is used up (${limit}).` }];
}
