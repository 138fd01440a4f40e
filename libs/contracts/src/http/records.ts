import { IsArray, IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { Type } from 'class-transformer';
import { IsCount, IsId, IsListOf, IsNested, IsSha256, IsText } from '../rules.js';
import { IsTime, IsTimeOrNull, PageQuery, pageOf } from './common.js';

export const HELPDESK_CARDS = ['status', 'explanation', 'action'] as const;
/** What an action card offers; the person does it, never the helpdesk. */
export const HELPDESK_ACTIONS = ['export', 'note', 'cancel'] as const;
/** What the helpdesk says at a glance, beside its words. */
export class HelpdeskCard {
  @IsIn(HELPDESK_CARDS) kind!: (typeof HELPDESK_CARDS)[number];
  @IsText(120) title!: string;
  @IsArray() @IsString({ each: true }) lines!: string[];
  @IsOptional() @IsIn(HELPDESK_ACTIONS) action?: (typeof HELPDESK_ACTIONS)[number];
}

export class HelpdeskMessage {
  @IsCount() seq!: number;
  @IsIn(['customer', 'helpdesk']) author!: 'customer' | 'helpdesk';
  @IsText(4000) text!: string;
  @IsListOf(() => HelpdeskCard, 10) cards!: HelpdeskCard[];
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
/** What a customer left for a person, and that person's answer: how they resolved its escalation. */
export class HelpdeskNote {
  @IsId() id!: string;
  @IsText(2000) text!: string;
  @IsTime() at!: string;
  @IsOptional() @IsText(1000, 0) answer!: string | null;
  @IsTimeOrNull() answeredAt!: string | null;
}
export const HelpdeskNotePage = pageOf(HelpdeskNote);

export const HANDOFF_SEVERITIES = ['L1', 'L2', 'L3'] as const;
export class HandoffHeader {
  @IsId() engagement_id!: string;
  @IsId() customer_id!: string;
  @IsOptional() @IsId() affected_agent_id!: string | null;
  @IsIn(HANDOFF_SEVERITIES) severity!: (typeof HANDOFF_SEVERITIES)[number];
  @IsTime() created_at_utc!: string;
  @IsIn(['open', 'closed']) status!: 'open' | 'closed';
  @IsIn(['waiting', 'active', 'closed']) support_mode_state!: 'waiting' | 'active' | 'closed';
  @IsBoolean() trial_period!: boolean;
  @IsIn(['normal', 'trial_support_only']) operating_mode!: 'normal' | 'trial_support_only';
}
export class HandoffSafety {
  @IsArray() @IsString({ each: true }) what_must_not_happen!: string[];
  @IsText(500) privacy_notes!: string;
  @IsBoolean() regulated_domain_flag!: boolean;
  @IsArray() @IsString({ each: true }) ethics_flags!: string[];
}
export class HandoffEvidence {
  @IsText(64) kind!: string;
  @IsTime() at!: string;
  @IsCount() counted!: number;
  @IsOptional() @IsId() member_id!: string | null;
  /** What a person wrote of it, and in which role; for whoever decides about the team, and null for others. */
  @IsOptional() @IsText(2000, 0) words!: string | null;
  @IsOptional() @IsText(64) recorded_as!: string | null;
}
/** HDP-1.0: what whoever takes over a suspended team is handed: counts, titles and states, no content. */
export class HandoffPacket {
  @IsIn(['HDP-1.0']) schema_version!: 'HDP-1.0';
  @IsNested(() => HandoffHeader) header!: HandoffHeader;
  @IsText(2000) problem_statement!: string;
  @IsListOf(() => HandoffEvidence, 100) evidence!: HandoffEvidence[];
  @IsNested(() => HandoffSafety) constraints_and_safety!: HandoffSafety;
  @IsText(2000) initial_analysis!: string;
  @IsText(500) requested_servicing_action!: string;
  /** Who decides what, by role. */
  @IsObject() approvals_and_routing!: object;
  @IsObject() customer_update_policy!: object;
  /** Ids under which all of it stands in the record. */
  @IsObject() traceability!: object;
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
  /** The key of the log (C2SP vkey), to be pinned when it is first seen: a key that comes with what it is to check shows damage only. */
  @IsText(500) vkey!: string;
}

/** What is to be proved: that one entry (`index` or `entryId`) stands under a head, or that the chain still begins with the first `from` entries. */
export class AuditProofQuery {
  /** The `seq` of an entry. */
  @IsOptional() @Type(() => Number) @IsCount() index?: number;
  /** The `entry_id` in an entry's payload, instead of `index`. */
  @IsOptional() @IsId() entryId?: string;
  /** Size of the signed head to prove an entry under; the newest unless said. */
  @IsOptional() @Type(() => Number) @IsCount() size?: number;
  /** Size of a head seen earlier. */
  @IsOptional() @Type(() => Number) @IsCount() from?: number;
  /** Size of the signed head that is to contain it; the newest unless said. */
  @IsOptional() @Type(() => Number) @IsCount() to?: number;
}
/** A proof of RFC 9162 with the signed head it leads to. An entry's proof and `entry` together make a receipt. */
export class AuditProofView {
  @IsId() teamId!: string;
  /** Size and root of the signed head, and the head itself. */
  @IsCount() size!: number;
  @IsSha256() root!: string;
  @IsText(4000) note!: string;
  /** The hashes of the proof, from the leaf's sibling (or the smallest common part) up. */
  @IsArray() @Matches(/^[0-9a-f]{64}$/, { each: true }) path!: string[];
  @IsOptional() @IsCount() index?: number;
  /** The entry as an export writes it. */
  @IsOptional() @IsString() entry?: string;
  @IsOptional() @IsCount() from?: number;
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

export const EVENT_TYPES = ['goal.changed', 'task.changed', 'approval.changed', 'team.changed', 'member.progress', 'member.logged', 'instance.event', 'helpdesk.message', 'budget.changed', 'alert.raised'] as const;
export type EventType = (typeof EVENT_TYPES)[number];
/** `?types=a,b` and `?team=` narrow the stream. */
export class EventQuery {
  @IsOptional() @IsString() @Matches(/^[a-z.]+(,[a-z.]+)*$/) types?: string;
  @IsOptional() @IsId() team?: string;
}
