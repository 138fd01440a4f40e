import type { Action } from './actions.js';
import { chooseMember } from './choose-member.js';
import type { GoalFacts } from './facts.js';
import { isSettled } from './read-facts.js';

/**
 * A goal in which nothing has moved for long, while nobody works: whatever it waits for does not come by itself, so a person is
 * asked. Somebody who works is no standstill, how long that may take, their budget says; and neither is waiting for somebody who is busy elsewhere.
 */
export function nothingMoves(facts: GoalFacts): Action | undefined {
  const { goal, tasks, coordination: { stallMinutes } } = facts;
  if (goal.stillMs < stallMinutes * 60_000 || tasks.some(({ runs }) => runs.some(({ state }) => state === 'running'))) return undefined;
  const open = tasks.filter((task) => !isSettled(task));
  // a task that nobody owns waits for the person who made it
  if (open.some(({ memberId }) => memberId === null)) return undefined;
  if (open.some((task) => (task.state === 'todo' || !task.memberActive) && chooseMember(facts, task) === 'busy')) return undefined;
  // what is under way has stopped; where nothing is, the first that waits
  const stuck = open.find(({ state }) => state !== 'todo') ?? open[0];
  return stuck && { do: 'escalate', task: stuck.id, reason: 'nothing_moves', notes: [...stuck.notes, `Nothing has moved for ${stallMinutes} minutes, and nobody is working on it.`] };
}
