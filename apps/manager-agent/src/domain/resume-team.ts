import type { Action } from './actions.js';
import type { GoalFacts, TaskFacts } from './facts.js';
import { approvedDraft, latestDeliverable } from './read-facts.js';

/**
 * What a reactivated team's goal needs first: everything that was under way in an older epoch is handed on again.
 *
 * Consumers dropped what carried the old epoch, so a row that still shows it is the only sign that something waits. Work
 * in a member's hands is assigned again in the same round; an approved draft is sent to the commit queue again; a proposal
 * that the gateway has not seen is announced again. One action per call; undefined when the goal is up to date.
 */
export function resumeGoal(facts: GoalFacts): Action | undefined {
  const { epoch } = facts.team;
  const behind = facts.tasks.find((task) => task.epoch < epoch && handOn(task) !== undefined);
  if (behind) return handOn(behind);
  if (facts.goal.epoch >= epoch) return undefined;
  const announce = facts.goal.state === 'proposed' && latestDeliverable(facts)?.approval === null;
  return { do: 'resume-goal', announce };
}

function handOn(task: TaskFacts): Action | undefined {
  if (task.state === 'assigned' || task.state === 'in_progress' || task.state === 'review') {
    return { do: 'assign', task: task.id, round: task.round, notes: task.notes, why: 'resume' };
  }
  const draft = task.state === 'approved' ? approvedDraft(task) : undefined;
  return draft && { do: 'commit-again', task: task.id, draft: draft.id };
}
