import type { Action } from './actions.js';
import { chooseMember } from './choose-member.js';
import type { GoalFacts, TaskFacts } from './facts.js';
import { isAttended, isSettled, waitsItsTurn } from './read-facts.js';

/**
 * A goal in which nothing has moved for long, while nobody works: whatever it waits for does not come by itself, so a person is
 * asked. Somebody who works is no standstill, how long that may take, their budget
 * says; a run whose supervisor is gone is nobody at work. Neither is waiting for somebody who is busy elsewhere,
 * nor for a turn of the fleet that works for others.
 */
export function nothingMoves(facts: GoalFacts): Action | undefined {
  const { goal, tasks, coordination: { stallMinutes } } = facts;
  if (goal.stillMs < stallMinutes * 60_000 || isAttended(facts) || waitsItsTurn(facts)) return undefined;
  const open = tasks.filter((task) => !isSettled(task));
  // what is under way has stopped, whatever else waits; where nothing is, tasks that only wait for each other have
  const stuck = open.find((task) => task.state !== 'todo' && !waitsForBusy(task, facts)) ?? (open.every((task) => task.state === 'todo' && waitsForTasks(task, open)) ? open[0] : undefined);
  return stuck && { do: 'escalate', task: stuck.id, reason: 'nothing_moves', notes: [...stuck.notes, `Nothing has moved for ${stallMinutes} minutes, and nobody is working on it.`] };
}

const waitsForBusy = (task: TaskFacts, facts: GoalFacts): boolean => !task.memberActive && chooseMember(facts, task) === 'busy';

/** What is ready waits for an owner, or for somebody who is busy: neither is a standstill. */
const waitsForTasks = ({ dependsOn }: TaskFacts, open: readonly TaskFacts[]): boolean => open.some(({ id }) => dependsOn.includes(id));
