import { IsBoolean, IsIn, IsObject, IsOptional } from 'class-validator';
import { ESCALATION_STATES, ESCALATION_TRIGGERS, RECORDED_KINDS, type EscalationState, type EscalationTrigger, type RecordedKind } from '../escalations.js';
import { IsCount, IsId, IsText } from '../rules.js';
import { ROLES, type Role } from '../states.js';
import { IdPageQuery, IsTime, IsTimeOrNull, pageOf, TeamPath } from './common.js';

export class EscalationQuery extends IdPageQuery {
  /** `resolved`: those that are over, too. */
  @IsOptional() @IsIn(['open', 'resolved']) show?: 'open' | 'resolved';
}
/** What somebody of the reader's role has to look at, and until when. */
export class EscalationView {
  @IsId() id!: string;
  /** Null: it concerns the whole platform. */
  @IsOptional() @IsId() teamId!: string | null;
  @IsOptional() @IsText(200) teamName!: string | null;
  @IsOptional() @IsText(200) memberName!: string | null;
  @IsIn(ESCALATION_TRIGGERS) trigger!: EscalationTrigger;
  /** What it is, for people. */
  @IsText(200) words!: string;
  @IsIn(ROLES) toRole!: Role;
  @IsIn(ESCALATION_STATES) state!: EscalationState;
  @IsCount() counted!: number;
  /** The question that is to be decided, where that is what it is about: it is over when somebody has decided. */
  @IsOptional() @IsId() approvalId!: string | null;
  /** What was measured. */
  @IsObject() figures!: object;
  @IsTime() raisedAt!: string;
  @IsTime() dueAt!: string;
  @IsBoolean() overdue!: boolean;
  @IsTimeOrNull() acknowledgedAt!: string | null;
  @IsTimeOrNull() resolvedAt!: string | null;
  /** Name of who said so; null where what was measured passed by itself. */
  @IsOptional() @IsText(200) resolvedBy!: string | null;
  @IsText(1000, 0) resolution!: string;
  /** The words of the person who recorded it, and in which role; null where it was measured. */
  @IsOptional() @IsText(2000, 0) said!: string | null;
  @IsOptional() @IsIn(ROLES) saidBy!: Role | null;
}
export const EscalationPage = pageOf(EscalationView);
export class ResolveEscalationBody {
  @IsText(1000) resolution!: string;
}
/** How the escalation stands after what was done. */
export class EscalationStanding {
  @IsIn(ESCALATION_STATES) state!: EscalationState;
}
export class RecordIncidentBody {
  @IsIn(RECORDED_KINDS) kind!: RecordedKind;
  @IsOptional() @IsId() memberId?: string;
  @IsText(2000) words!: string;
}
/** What a governor asks Genesis for: words, and whom they are about where it is one member. */
export class CompositionChangeBody {
  @IsText(2000) words!: string;
  @IsOptional() @IsId() memberId?: string;
}
export class MemberPath extends TeamPath {
  @IsId() memberId!: string;
}
