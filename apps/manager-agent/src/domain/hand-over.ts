import type { ReassignReason } from '@countersign/contracts';
import type { Action } from './actions.js';
import { chooseMember } from './choose-member.js';
import type { GoalFacts, TaskFacts } from './facts.js';
import { currentRuns, isAttended, LONGEST_TURN_MS, ownerOf, roundsUsed } from './read-facts.js';

export const ABSENT_NOTE = 'The member who would do this is suspended or gone.';
export const WAITS_NOTE = 'The member who did this is suspended or gone, and those who could do it have no time: it waits for the first who has.';

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

/**
 * An assignment that nobody has acknowledged in time goes to somebody else; where there is nobody, to a person. Acknowledged is what a
 * supervisor has begun. That one is queued and no supervisor takes it is not its member's silence: while none works at all, or after a
 * day, a person is asked; else it waits its turn.
 */
export function askAgain(task: TaskFacts, facts: GoalFacts): Action | undefined {
  const minutes = facts.coordination.acknowledgeMinutes;
  const due = (ms: number): boolean => ms >= minutes * 60_000;
  if (task.state !== 'assigned' || task.epoch < facts.team.epoch || !due(task.stillMs)) return undefined;
  const run = currentRuns(task).at(-1);
  if (run) return run.state === 'queued' && due(run.queuedMs) && !isAttended(facts) && !(facts.fleetAtWork && run.queuedMs < LONGEST_TURN_MS) ? { do: 'escalate', task: task.id, reason: 'unacknowledged', notes: [...task.notes, `No supervisor has taken this up within ${minutes} minutes.`] } : undefined;
  const handed = handOver(task, facts, 'unacknowledged', task.notes);
  if (handed === 'nobody') return { do: 'escalate', task: task.id, reason: 'unacknowledged', notes: [...task.notes, `Nobody has taken this up within ${minutes} minutes.`] };
  return handed === 'busy' ? undefined : handed;
}

/** A round that somebody did not get to, through no fault of the work, is not counted. */
export const countedFrom = (task: TaskFacts, { round, why }: Extract<Action, { do: 'reassign' }>): number => (why === 'failed' ? task.roundsFrom : round - roundsUsed(task));
