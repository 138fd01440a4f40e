import type { Actor, ApprovalId, DraftId, GoalMode, GoalState, MemberId, ReassignReason, TaskId } from '@countersign/contracts';
import type { Criterion, Proposal } from './facts.js';
import type { Owner } from './move-card.js';

/** Why work is handed to a member: it stands in the task's history. */
export type AssignReason = 'first' | 'review' | 'failure' | 'conflict' | 'resume' | 'answer';

/** `flag`: the draft breaks a rule that its member may not break; it goes to a person. */
export type ReviewDecision = 'approved' | 'revise' | 'flag';

/** Why the manager gives a task to a person of its own accord. */
export type EscalationReason = 'nothing_moves' | 'unacknowledged' | 'not_reviewed';

/** One thing to do about a goal. Actions of one look are applied in order, in one transaction. */
export type Action =
  | { readonly do: 'assign'; readonly task: TaskId; readonly round: number; readonly notes: readonly string[]; /** Who does it, where that is not who it was planned for. */ readonly member?: MemberId; readonly why: AssignReason }
  | { readonly do: 'reassign'; readonly task: TaskId; readonly to: MemberId; readonly round: number; readonly notes: readonly string[]; readonly why: ReassignReason }
  /** It waits, with what is known about it, until it may be handed out, or somebody who can do it has time; its rounds count on. */
  | { readonly do: 'hold'; readonly task: TaskId; readonly notes: readonly string[] }
  | { readonly do: 'begin'; readonly task: TaskId }
  | { readonly do: 'request-checks'; readonly task: TaskId; readonly draft: DraftId }
  | { readonly do: 'decide'; readonly task: TaskId; readonly draft: DraftId; readonly decision: ReviewDecision; readonly notes: readonly string[] }
  | { readonly do: 'commit-again'; readonly task: TaskId; readonly draft: DraftId }
  /** It stays with who is absent until another has time: only its epoch is the team's again. */
  | { readonly do: 'keep-waiting'; readonly task: TaskId }
  | { readonly do: 'finish-task'; readonly task: TaskId }
  | { readonly do: 'reopen'; readonly task: TaskId; readonly notes: readonly string[] }
  | { readonly do: 'block-task'; readonly task: TaskId; readonly notes: readonly string[] }
  | { readonly do: 'escalate'; readonly task: TaskId; readonly reason: EscalationReason; readonly notes: readonly string[] }
  | { readonly do: 'cancel-task'; readonly task: TaskId }
  | { readonly do: 'request-review'; readonly task: TaskId; readonly reviewer: Actor | null }
  /** Each reviewer was asked, or can review no longer: whoever may decide is to. */
  | { readonly do: 'escalate-review'; readonly task: TaskId }
  | { readonly do: 'start-review'; readonly task: TaskId; readonly request: string }
  | { readonly do: 'nudge-review'; readonly task: TaskId; readonly request: string }
  | { readonly do: 'approve-review'; readonly task: TaskId }
  | { readonly do: 'ask-changes'; readonly task: TaskId; readonly note: string }
  | { readonly do: 'remove-approval'; readonly task: TaskId }
  | { readonly do: 'set-owner'; readonly task: TaskId; readonly member: MemberId; readonly skill: string; readonly criteria: readonly Criterion[] }
  | { readonly do: 'add-task'; readonly task: TaskId; readonly title: string; readonly detail: string; readonly notes: readonly string[]; readonly owner: Owner | null; readonly dependsOn: readonly TaskId[] }
  | { readonly do: 'propose'; readonly revision: number; readonly proposal: Proposal }
  | { readonly do: 'delegate'; readonly workers: number; readonly switchedFrom?: GoalMode }
  | { readonly do: 'resume-goal'; readonly announce: boolean }
  /** Words beside the goal; empty: none any more. */
  | { readonly do: 'say'; readonly note: string }
  | { readonly do: 'move-goal'; readonly to: GoalState; readonly code: string; readonly note: string; readonly approval?: ApprovalId };

/** What gives a member work. Everything else that a manager does needs no precedent. */
export const isHandOut = (action: Action): action is Extract<Action, { do: 'assign' | 'reassign' }> => action.do === 'assign' || action.do === 'reassign';
