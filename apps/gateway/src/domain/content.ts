import type { ApprovalDetail, GoalDetail, GoalSummary, TeamDetail } from '@countersign/contracts';
import type { FeedEvent } from './event-view.js';

/** Things as they are shown to whoever may not read content: that they exist, how they stand and what they cost, without a word that an agent or a repository's program wrote. */

export const approvalWithoutContent = (detail: ApprovalDetail): ApprovalDetail => ({ ...detail, agentSays: '', checks: detail.checks.map((check) => ({ ...check, outputTail: '' })) });

/** A blocked goal's note repeats the notes of its task, and those end with the output of a check. */
export const goalWithoutContent = (goal: GoalSummary): GoalSummary => ({ ...goal, note: '' });

export const goalDetailWithoutContent = (goal: GoalDetail): GoalDetail => ({ ...goal, note: '', tasks: goal.tasks.map((task) => ({ ...task, notes: [], progress: '' })) });

export const teamWithoutContent = (team: TeamDetail): TeamDetail => ({ ...team, goals: team.goals.map(goalWithoutContent) });

/** Of all events progress alone carries words. */
export function eventWithoutContent<E extends FeedEvent>(event: E): E {
  if (event.type !== 'member.progress') return event;
  const { text: _, ...data } = event.data;
  return { ...event, data };
}
