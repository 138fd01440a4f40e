import { ArrayMaxSize, IsArray, IsIn, IsOptional, IsString } from 'class-validator';
import { ASKED_OF, CLARIFICATION_STATES, MOST_CHOICES, type AskedOf, type ClarificationState } from '../commands/clarifications.js';
import { IsId, IsNested, IsText } from '../rules.js';
import { IdPageQuery, IsTime, IsTimeOrNull, pageOf, TeamPath } from './common.js';
import { MemberRef } from './goals.js';

/** What a member asks while it works on a task. Its words are an agent's: they grant and decide nothing. */
export class ClarificationView {
  @IsId() id!: string;
  @IsIn(CLARIFICATION_STATES) state!: ClarificationState;
  @IsIn(ASKED_OF) of!: AskedOf;
  @IsNested(() => MemberRef) member!: MemberRef;
  @IsId() taskId!: string;
  @IsId() goalId!: string;
  @IsText(200) title!: string;
  @IsText(4000, 0) question!: string;
  /** Answers that it offers; another is as good. */
  @IsArray() @ArrayMaxSize(MOST_CHOICES) @IsString({ each: true }) choices!: string[];
  @IsTime() at!: string;
  /** Until then it waits. */
  @IsTime() dueAt!: string;
  @IsTimeOrNull() answeredAt!: string | null;
  /** By name; the manager's where it answered from its records. */
  @IsText(200, 0) answeredBy!: string;
  @IsText(10_000, 0) answer!: string;
}
export const ClarificationPage = pageOf(ClarificationView);
export class ClarificationsQuery extends IdPageQuery {
  /** Only what waits for an answer. */
  @IsOptional() @IsIn(['true', 'false']) open?: 'true' | 'false';
}
export class ClarificationPath extends TeamPath {
  @IsId() questionId!: string;
}
export class AnswerClarificationBody {
  @IsText(4000) text!: string;
}
