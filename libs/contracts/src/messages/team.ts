import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { defineMessage } from '../message.js';
import { IsCount, IsGitObject, IsId, IsText } from '../rules.js';
import { DECISIONS, TEAM_STATES, TEAM_VERBS_NAMED, type Decision, type TeamState, type TeamVerb } from '../states.js';
import type { ApprovalId, DeliverableId, DraftId, EffectId, GoalId, InstanceId, PersonId, RunId, TaskId } from '../ids.js';

/** Every message names rows, never carries them: the consumer reads the row again (design §6). `epoch` is the team's at the time of writing. */
export class TeamEvent {
  @IsCount() epoch!: number;
}

export class TaskRef extends TeamEvent {
  @IsId() goalId!: GoalId;
  @IsId() taskId!: TaskId;
  @IsCount(100) round!: number;
}
export const taskAssigned = defineMessage({
  name: 'task.assigned.v1',
  subject: 'team.{teamId}.task_assignment.assigned.{memberId}',
  body: TaskRef,
  author: 'manager-agent',
  consumers: ['fleet', 'gateway'],
});
/** The member's supervisor must stop work on the task: cancelled goal, or work taken back. */
export const taskWithdrawn = defineMessage({
  name: 'task.withdrawn.v1',
  subject: 'team.{teamId}.task_assignment.withdrawn.{memberId}',
  body: TaskRef,
  author: 'manager-agent',
  consumers: ['fleet'],
});

export class DraftRef extends TaskRef {
  @IsId() draftId!: DraftId;
}
export const draftSubmitted = defineMessage({
  name: 'draft.submitted.v1',
  subject: 'team.{teamId}.draft_review.submitted.{memberId}',
  body: DraftRef,
  author: 'fleet',
  consumers: ['manager-agent', 'gateway'],
});
/** The member's run ended without a draft: crash, denial, exhausted budget, garbage. The row `worker_run` says which. */
export class RunFailed extends TaskRef {
  @IsId() runId!: RunId;
  @IsText(64) code!: string;
}
export const runFailed = defineMessage({
  name: 'draft.failed.v1',
  subject: 'team.{teamId}.draft_review.failed.{memberId}',
  body: RunFailed,
  author: 'fleet',
  consumers: ['manager-agent', 'gateway'],
});
export const checksRequested = defineMessage({
  name: 'draft.checks_requested.v1',
  subject: 'team.{teamId}.draft_review.checks_requested.{memberId}',
  body: DraftRef,
  author: 'manager-agent',
  consumers: ['fleet'],
});
export class DraftChecked extends DraftRef {
  @IsBoolean() passed!: boolean;
}
export const draftChecked = defineMessage({
  name: 'draft.checked.v1',
  subject: 'team.{teamId}.draft_review.checked.{memberId}',
  body: DraftChecked,
  author: 'fleet',
  consumers: ['manager-agent', 'gateway'],
});
export class DraftDecided extends DraftRef {
  @IsIn(['approved', 'revise', 'flag']) decision!: 'approved' | 'revise' | 'flag';
}
export const draftDecided = defineMessage({
  name: 'draft.decided.v1',
  subject: 'team.{teamId}.draft_review.decided.{memberId}',
  body: DraftDecided,
  author: 'manager-agent',
  consumers: ['fleet', 'gateway', 'spawn-gate'],
});
/** A person is asked to review a task's work, or reminded of it, or nobody is left to be asked and it is anybody's; who, and whether that still waits, the history says. */
export class ReviewAsked extends TeamEvent {
  @IsId() taskId!: TaskId;
  /** The request, as the history names it. */
  @IsId() request!: string;
  @IsIn(['asked', 'reminded', 'escalated']) what!: 'asked' | 'reminded' | 'escalated';
}
export const reviewAsked = defineMessage({
  name: 'draft.review_asked.v1',
  subject: 'team.{teamId}.draft_review.asked',
  body: ReviewAsked,
  author: 'manager-agent',
  consumers: ['gateway'],
});
/** A member waits for the answer of a governor of the customer. What is asked, and whether it still is open, the rows say. */
export class QuestionAsked extends TeamEvent {
  @IsId() questionId!: string;
}
export const questionAsked = defineMessage({
  name: 'status.question_asked.v1',
  subject: 'team.{teamId}.status_update.asked',
  body: QuestionAsked,
  author: 'manager-agent',
  consumers: ['gateway'],
});
/** The commit queue put an approved draft on the goal's branch of the mirror, or found a conflict with a newer commit. */
export class DraftCommitted extends DraftRef {
  @IsBoolean() conflict!: boolean;
  @IsOptional() @IsGitObject() commit?: string;
}
export const draftCommitted = defineMessage({
  name: 'workspace.committed.v1',
  subject: 'team.{teamId}.workspace.committed.{memberId}',
  body: DraftCommitted,
  author: 'fleet',
  consumers: ['manager-agent', 'gateway'],
});

export class MemberProgress extends TeamEvent {
  @IsId() taskId!: TaskId;
  @IsId() runId!: RunId;
  @IsText(200) text!: string;
}
export const memberProgress = defineMessage({
  name: 'status.member_progress.v1',
  subject: 'team.{teamId}.status_update.progress.{memberId}',
  body: MemberProgress,
  author: 'fleet',
  consumers: ['gateway'],
});
/** An agent has said something that its log has: whoever reads it looks again. */
export class MemberLogged extends TeamEvent {
  @IsId() taskId!: TaskId;
  @IsId() runId!: RunId;
}
export const memberLogged = defineMessage({
  name: 'status.member_logged.v1',
  subject: 'team.{teamId}.status_update.logged.{memberId}',
  body: MemberLogged,
  author: 'fleet',
  consumers: ['gateway'],
});
export class GoalRef extends TeamEvent {
  @IsId() goalId!: GoalId;
}
export const goalChanged = defineMessage({
  name: 'status.goal_changed.v1',
  subject: 'team.{teamId}.status_update.goal',
  body: GoalRef,
  author: 'manager-agent',
  consumers: ['gateway', 'fleet'],
});

export class ApprovalRequested extends GoalRef {
  @IsId() deliverableId!: DeliverableId;
}
export const approvalRequested = defineMessage({
  name: 'approvals.requested.v1',
  subject: 'team.{teamId}.approvals.requested',
  body: ApprovalRequested,
  author: 'manager-agent',
  consumers: ['gateway'],
});
export class ApprovalDecided extends TeamEvent {
  @IsId() approvalId!: ApprovalId;
  @IsId() goalId!: GoalId;
  @IsIn([...DECISIONS, 'expire', 'withdraw']) outcome!: Decision | 'expire' | 'withdraw';
}
export const approvalDecided = defineMessage({
  name: 'approvals.decided.v1',
  subject: 'team.{teamId}.approvals.decided',
  body: ApprovalDecided,
  author: 'gateway',
  consumers: ['executor', 'manager-agent', 'spawn-gate'],
});
/** A person asks the team about a question of its own; what, the row says. */
export class ApprovalAsked extends GoalRef {
  @IsId() approvalId!: ApprovalId;
}
export const approvalAsked = defineMessage({
  name: 'approvals.asked.v1',
  subject: 'team.{teamId}.approvals.asked',
  body: ApprovalAsked,
  author: 'gateway',
  consumers: ['manager-agent'],
});
export const approvalAnswered = defineMessage({
  name: 'approvals.answered.v1',
  subject: 'team.{teamId}.approvals.answered',
  body: ApprovalAsked,
  author: 'manager-agent',
  consumers: ['gateway'],
});
/** A person took back what they had decided, or a newer version took the question's place: what was signed for it is spent. */
export class DecisionTakenBack extends TeamEvent {
  @IsId() approvalId!: ApprovalId;
  @IsId() goalId!: GoalId;
}
export const decisionTakenBack = defineMessage({
  name: 'approvals.undone.v1',
  subject: 'team.{teamId}.approvals.undone',
  body: DecisionTakenBack,
  author: 'gateway',
  consumers: ['executor'],
});
export class EffectRef extends TeamEvent {
  @IsId() approvalId!: ApprovalId;
  @IsId() effectId!: EffectId;
  @IsId() goalId!: GoalId;
}
export const effectStarted = defineMessage({
  name: 'approvals.effect_started.v1',
  subject: 'team.{teamId}.approvals.started',
  body: EffectRef,
  author: 'executor',
  consumers: ['gateway'],
});
export class EffectFinished extends TeamEvent {
  @IsId() approvalId!: ApprovalId;
  @IsId() effectId!: EffectId;
  @IsId() goalId!: GoalId;
  @IsIn(['executed', 'failed', 'refused', 'unknown']) state!: 'executed' | 'failed' | 'refused' | 'unknown';
}
export const effectFinished = defineMessage({
  name: 'approvals.effect_finished.v1',
  subject: 'team.{teamId}.approvals.effect',
  body: EffectFinished,
  author: 'executor',
  consumers: ['manager-agent', 'gateway'],
});

export class TeamChanged extends TeamEvent {
  @IsIn(TEAM_STATES) state!: TeamState;
  /** What has just moved it there; none where it was hired, or something else of it has changed. */
  @IsOptional() @IsIn(TEAM_VERBS_NAMED) verb?: TeamVerb;
  /** The person who moved it; none where the gate did by itself. */
  @IsOptional() @IsId() by?: PersonId;
}
export const teamChanged = defineMessage({
  name: 'lifecycle.team_changed.v1',
  subject: 'team.{teamId}.lifecycle.changed',
  body: TeamChanged,
  author: 'spawn-gate',
  consumers: ['gateway', 'manager-agent', 'fleet', 'executor', 'helpdesk-agent'],
});

/** Somebody has to look at something, or did not in time; what, the row says. Of the whole platform: in the platform's own place. */
export class EscalationNews extends TeamEvent {
  @IsId() escalationId!: string;
  @IsIn(['raised', 'overdue']) what!: 'raised' | 'overdue';
}
export const escalationNews = defineMessage({
  name: 'lifecycle.escalation.v1',
  subject: 'team.{teamId}.lifecycle.escalation',
  body: EscalationNews,
  author: 'spawn-gate',
  consumers: ['gateway'],
});

export class InstanceEvent extends TeamEvent {
  /** Of a spawn that was denied: the id of the decision. */
  @IsId() instanceId!: InstanceId;
  @IsOptional() @IsId() taskId?: TaskId;
  /** Event name of the checklist, S1-26 … S1-36, without the `agent_team.` prefix. */
  @IsText(64) event!: string;
  /** Why, for denials and exhaustion: a deny code, or what ran out. */
  @IsOptional() @IsText(64) code?: string;
}
export const instanceEvent = defineMessage({
  name: 'agent_team.event.v1',
  subject: 'team.{teamId}.agent_team.event',
  body: InstanceEvent,
  author: 'spawn-gate',
  consumers: ['gateway', 'fleet'],
});

export class HelpdeskReplied extends TeamEvent {
  @IsCount() seq!: number;
}
export const helpdeskReplied = defineMessage({
  name: 'helpdesk.replied.v1',
  subject: 'team.{teamId}.helpdesk.replied',
  body: HelpdeskReplied,
  author: 'helpdesk-agent',
  consumers: ['gateway'],
});
