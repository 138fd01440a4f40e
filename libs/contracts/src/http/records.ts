import { IsIn, IsInt, IsObject, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { Type } from 'class-transformer';
import { IsCount, IsId, IsSha256, IsText } from '../rules.js';
import { IsTime, PageQuery, pageOf } from './common.js';

export class HelpdeskMessage {
  @IsCount() seq!: number;
  @IsIn(['customer', 'helpdesk']) author!: 'customer' | 'helpdesk';
  @IsText(4000) text!: string;
  @IsTime() at!: string;
}
export const HelpdeskMessagePage = pageOf(HelpdeskMessage);
export class AskHelpdeskBody {
  @IsText(2000) text!: string;
}
export class HelpdeskReply {
  @IsText(4000, 0) answer!: string;
  @IsCount() seq!: number;
}

export class AuditQuery {
  /** Entries with a larger `seq`. */
  @IsOptional() @Type(() => Number) @IsInt() @Min(-1) @Max(Number.MAX_SAFE_INTEGER) after?: number;
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(500) limit?: number;
}
export class AuditEntryView {
  @IsCount() seq!: number;
  @IsTime() at!: string;
  @IsText(64) action!: string;
  @IsText(32) result!: string;
  /** The stored payload, read: personal fields stand as commitments under `pii`. */
  @IsOptional() @IsObject() payload!: object | null;
  @IsSha256() entryHash!: string;
}
export const AuditEntryPage = pageOf(AuditEntryView);
/** A C2SP signed note over the chain's RFC 6962 tree head. */
export class CheckpointView {
  @IsId() teamId!: string;
  @IsCount() size!: number;
  @IsSha256() root!: string;
  @IsText(4000) note!: string;
  @IsTime() signedAt!: string;
}

/** A spawn that the gate refused, or something that an agent tried and may not do. */
export class DenialView {
  @IsId() id!: string;
  @IsId() teamId!: string;
  @IsIn(['spawn', 'capability']) kind!: 'spawn' | 'capability';
  @IsText(64) code!: string;
  @IsText(500, 0) reason!: string;
  /** Role and template, or tool and call in one line without content. */
  @IsText(400, 0) what!: string;
  /** Who tried, where it was an agent; as the agents' own routes name it. */
  @IsOptional() @IsText(64) agent!: string | null;
  @IsTime() at!: string;
}
export const DenialPage = pageOf(DenialView);
/** The cursor is a moment and an id. */
export class DenialQuery extends PageQuery {
  @IsOptional() @IsString() @Matches(/^\d{1,16}_[0-9a-f-]{36}$/) declare cursor?: string;
  @IsOptional() @IsId() team?: string;
}

export const EVENT_TYPES = ['goal.changed', 'task.changed', 'approval.changed', 'team.changed', 'member.progress', 'instance.event', 'helpdesk.message', 'budget.changed'] as const;
export type EventType = (typeof EVENT_TYPES)[number];
/** `?types=a,b` and `?team=` narrow the stream. */
export class EventQuery {
  @IsOptional() @IsString() @Matches(/^[a-z.]+(,[a-z.]+)*$/) types?: string;
  @IsOptional() @IsId() team?: string;
}
