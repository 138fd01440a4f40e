import type { ReassignReason } from '@countersign/contracts';
import type { Action } from './actions.js';
import { chooseMember } from './choose-member.js';
import type { GoalFacts, TaskFacts } from './facts.js';
import { currentRuns, ownerOf, roundsUsed } from './read-facts.js';

export const ABSENT_NOTE = 'The member who would do this is suspended or gone.';

/** The task goes to somebody else who can do it; `busy` and `nobody` as in `chooseMember`. */
export function handOver(task: TaskFacts, facts: GoalFacts, why: ReassignReason, notes: readonly string[]): Action | 'busy' | 'nobody' {
  const next = chooseMember(facts, task, [...task.takenFrom, ownerOf(task)]);
  return typeof next === 'string' ? next : { do: 'reassign', task: task.id, to: next.id, round: task.round + 1, notes, why };
}

/** What becomes of work whose member is suspended or gone. Where those who could do it are busy, it waits for one of them. */
export function takeFromAbsent(task: TaskFacts, facts: GoalFacts): Action | undefined {
  const handed = handOver(task, facts, 'absent', task.notes);
  if (handed === 'nobody') return { do: 'block-task', task: task.id, notes: [ABSENT_NOTE] };
  return handed === 'busy' ? undefined : handed;
}

/** An assignment that no supervisor has taken up in time goes to somebody else; where there is nobody, to a person. */
export function askAgain(task: TaskFacts, facts: GoalFacts): Action | undefined {
  const minutes = facts.coordination.acknowledgeMinutes;
  if (task.state !== 'assigned' || currentRuns(task).length > 0 || task.stillMs < minutes * 60_000) return undefined;
  const handed = handOver(task, facts, 'unacknowledged', task.notes);
  if (handed === 'nobody') return { do: 'escalate', task: task.id, reason: 'unacknowledged', notes: [...task.notes, `Nobody has taken this up within ${minutes} minutes.`] };
  return handed === 'busy' ? undefined : handed;
}

/** A round that somebody did not get to, through no fault of the work, is not counted. */
export const countedFrom = (task: TaskFacts, { round, why }: Extract<Action, { do: 'reassign' }>): number => (why === 'failed' ? task.roundsFrom : round - roundsUsed(task));
