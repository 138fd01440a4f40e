import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsObject, IsOptional, IsUUID } from 'class-validator';
import { CardSeen, IsReviewer, IsReviewers, MOST_DEPENDENCIES } from '../commands/board.js';
import { IsCount, IsId, IsIds, IsListOf, IsNested, IsText } from '../rules.js';
import { TASK_STATES, type TaskState } from '../states.js';
import { BOARD_COLUMNS, CARD_MOVES, type Actor, type BoardColumnId, type CardMove } from '../task-review.js';
import { IsTime, IsTimeOrNull, TeamPath } from './common.js';
import { MemberRef } from './goals.js';

export const MOST_CARDS = 500;

/** Whose turn a task is: one owner of the next action, and what it is. */
export const ACTION_OWNERS = ['member', 'lead', 'user', 'none'] as const;
export type ActionOwnerKind = (typeof ACTION_OWNERS)[number];
export const NEXT_ACTIONS = ['execute', 'review', 'apply_changes', 'assign_owner', 'assign_reviewer', 'clarify_with_user', 'clarify_with_lead', 'repair_dependencies', 'wait_dependency', 'wait_review', 'none'] as const;
export type NextAction = (typeof NEXT_ACTIONS)[number];
export const QUEUES = ['actionable', 'waiting', 'oversight', 'done'] as const;
export type Queue = (typeof QUEUES)[number];
export const CARD_ANOMALIES = ['invalid_dependency_ref', 'invalid_owner_ref', 'invalid_reviewer_ref'] as const;
export type CardAnomaly = (typeof CARD_ANOMALIES)[number];
export class Turn {
  @IsIn(ACTION_OWNERS) owner!: ActionOwnerKind;
  /** A member's or a person's, where it is one's in particular. */
  @IsText(200, 0) name!: string;
  @IsIn(NEXT_ACTIONS) action!: NextAction;
  @IsIn(QUEUES) queue!: Queue;
  @IsOptional() @IsIn(CARD_ANOMALIES) anomaly?: CardAnomaly;
}

export class ReviewerView {
  @IsReviewer() id!: Actor;
  @IsText(200, 0) name!: string;
}
export class CardReview {
  @IsIn(['none', 'review', 'needs_fix', 'approved']) state!: 'none' | 'review' | 'needs_fix' | 'approved';
  /** Null: whoever may decide, or nobody is asked. */
  @IsOptional() @IsNested(() => ReviewerView) reviewer!: ReviewerView | null;
  /** What a move of the card names, so that nobody judges what they have not seen. */
  @IsOptional() @IsId() request!: string | null;
  @IsTimeOrNull() requestedAt!: string | null;
  @IsTimeOrNull() startedAt!: string | null;
  @IsTimeOrNull() nudgedAt!: string | null;
  /** What is to be changed. */
  @IsText(2000, 0) note!: string;
}
export class BoardCard {
  @IsId() id!: string;
  @IsId() goalId!: string;
  @IsText(200) title!: string;
  @IsText(64, 0) skill!: string;
  @IsOptional() @IsNested(() => MemberRef) member!: MemberRef | null;
  @IsIn(TASK_STATES) state!: TaskState;
  @IsCount(100) round!: number;
  @IsNested(() => CardReview) review!: CardReview;
  @IsNested(() => Turn) turn!: Turn;
  /** What the caller may do with it now. */
  @IsArray() @ArrayMaxSize(CARD_MOVES.length) @IsIn(CARD_MOVES, { each: true }) moves!: CardMove[];
}
export class BoardColumn {
  @IsIn(BOARD_COLUMNS) id!: BoardColumnId;
  @IsText(64) title!: string;
  @IsListOf(() => BoardCard, 1000) tasks!: BoardCard[];
}
/** Its `ETag` is the version of the order of its cards. */
export class Board {
  @IsListOf(() => BoardColumn, BOARD_COLUMNS.length) columns!: BoardColumn[];
  /** Who is asked to review what is done; nobody: a person does it by hand. */
  @IsListOf(() => ReviewerView, 20) reviewers!: ReviewerView[];
  /** Of the reviewers: named to set others. */
  @IsCount() reviewersVersion!: number;
  /** Of the order of its cards; the `ETag` as well. */
  @IsCount() version!: number;
}

export class CardPath extends TeamPath {
  @IsId() taskId!: string;
}
export class RequestReviewBody extends CardSeen {
  /** Absent: whoever of the reviewers has the least to review and no hand in it. */
  @IsOptional() @IsReviewer() reviewer?: Actor;
}
export class RequestChangesBody extends CardSeen {
  @IsOptional() @IsText(2000, 0) comment?: string;
}
export class AssignCardBody extends CardSeen {
  @IsId() memberId!: string;
}
export class AddCardBody {
  @IsId() goalId!: string;
  @IsText(200) title!: string;
  @IsOptional() @IsText(4000, 0) detail?: string;
  /** Absent: it waits until somebody is given it. */
  @IsOptional() @IsId() memberId?: string;
  /** Tasks of the goal that come first; nobody begins this one before they are done. */
  @IsOptional() @IsIds(MOST_DEPENDENCIES) dependsOn?: string[];
}
/** The order of a column's cards, from the top; cards that are not named follow in the order in which they were planned. */
export class OrderBody {
  @IsIn(BOARD_COLUMNS) column!: BoardColumnId;
  @IsArray() @ArrayMaxSize(MOST_CARDS) @IsUUID('all', { each: true }) tasks!: string[];
}
export class ReviewersBody {
  @IsReviewers() reviewers!: Actor[];
}
/** The card as it stands now; null: it has left the board. */
export class CardMoved {
  @IsIn([...BOARD_COLUMNS, 'none']) column!: BoardColumnId | 'none';
  @IsOptional() @IsNested(() => BoardCard) card!: BoardCard | null;
  /** False: it was so already. */
  @IsBoolean() changed!: boolean;
}

export class TaskEventView {
  @IsId() id!: string;
  @IsText(64) kind!: string;
  /** By name; empty where it cannot be said. */
  @IsText(200, 0) actor!: string;
  /** Whom it is about, by name: who is asked to review it, or was given it; empty where nobody is. */
  @IsText(200, 0) about!: string;
  @IsObject() body!: object;
  @IsTime() at!: string;
}
export class TaskHistory {
  @IsListOf(() => TaskEventView, 1000) items!: TaskEventView[];
}
