import { isHandOut, type Action } from './actions.js';
import type { GoalFacts, TaskFacts } from './facts.js';
import { takeFromAbsent } from './hand-over.js';
import { approvedDraft, latestDeliverable, mayHandOut, openDraft } from './read-facts.js';

/**
 * What a reactivated team's goal needs first: everything that was under way in an older epoch is handed on again.
 *
 * Consumers dropped what carried the old epoch, so a row that still shows it is the only sign that something waits. Work
 * in a member's hands is assigned again in the same round, unless its draft was in before the suspension; a draft under
 * review is sent to the checks again, an approved one to the commit queue; a proposal that the gateway has not seen is
 * announced again. One action per call; undefined when the goal is up to date.
 */
export function resumeGoal(facts: GoalFacts): Action | undefined {
  const { epoch } = facts.team;
  for (const task of facts.tasks) {
    const action = task.epoch < epoch ? handOn(task, facts) : undefined;
    // what may not be handed on keeps the old epoch, by which it is found when it may
    if (action && (mayHandOut(facts) || !isHandOut(action))) return action;
  }
  if (facts.goal.epoch >= epoch) return undefined;
  const announce = facts.goal.state === 'proposed' && latestDeliverable(facts)?.approval === null;
  return { do: 'resume-goal', announce };
}

function handOn(task: TaskFacts, facts: GoalFacts): Action | undefined {
  const { id, round, notes } = task;
  if (task.state === 'approved') {
    const draft = approvedDraft(task);
    return draft && { do: 'commit-again', task: id, draft: draft.id };
  }
  if (task.state !== 'assigned' && task.state !== 'in_progress' && task.state !== 'review') return undefined;
  const draft = openDraft(task);
  if (draft) return { do: 'request-checks', task: id, draft: draft.id };
  if (!task.memberActive) return takeFromAbsent(task, facts) ?? { do: 'keep-waiting', task: id };
  return { do: 'assign', task: id, round, notes, why: 'resume' };
}
