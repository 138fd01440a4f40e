import { IsBase64, IsBoolean, IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { Type } from 'class-transformer';
import { SENDER_KINDS, SENT_KINDS, SHUTDOWN_WAIT, type SenderKind, type SentKind } from '../commands/member-messages.js';
import { ATTACHMENT_NAME } from '../attachments.js';
import { IsCount, IsId, IsListOf, IsNested, IsSha256, IsText } from '../rules.js';
import { IsTime, IsTimeOrNull, PageQuery, pageOf, TeamPath } from './common.js';
import { MemberRef } from './goals.js';

export class MessagesQuery extends PageQuery {
  /** To this member alone. */
  @IsOptional() @IsId() member?: string;
  /** `true`: what was put away instead of what was not. */
  @IsOptional() @IsIn(['true', 'false']) archived?: 'true' | 'false';
  /** A place in the order of messages; the page before named it. */
  @IsOptional() @Matches(/^\d{1,18}$/) declare cursor?: string;
}
/** A file of a message: one that was handed in before, by its hash, or its bytes here; all of the body has 7.5 MB at most. */
export class AttachmentBody {
  @Matches(ATTACHMENT_NAME) name!: string;
  @IsOptional() @IsSha256() sha256?: string;
  @IsOptional() @IsBase64() contentBase64?: string;
}
export class AttachmentPath extends TeamPath {
  @IsSha256() sha256!: string;
}
export class AttachmentStored {
  @IsSha256() sha256!: string;
  @IsCount() bytes!: number;
  @IsText(100) mediaType!: string;
}
export class MessagePath extends TeamPath {
  @IsId() messageId!: string;
}
export class SendMessageBody {
  /** Absent: everybody. */
  @IsOptional() @IsId() to?: string;
  @IsText(10_000) text!: string;
  @IsOptional() @IsText(200, 0) summary?: string;
  @IsOptional() @IsId() taskId?: string;
  @IsOptional() @IsListOf(() => AttachmentBody, 50) attachments?: AttachmentBody[];
}
export class InterruptBody {
  @IsText(10_000) text!: string;
  /** Also ends at once what it is doing, and what it was about to do. */
  @IsOptional() @IsBoolean() stop?: boolean;
}
export class ShutdownBody {
  /** Why: the member is told. */
  @IsText(1000) reason!: string;
  /** So long it has to answer. */
  @IsOptional() @Type(() => Number) @IsInt() @Min(SHUTDOWN_WAIT.least) @Max(SHUTDOWN_WAIT.most) waitSeconds?: number;
}
export class MemberEnded {
  /** How many runs were ended, those that had not begun included. */
  @IsCount() stopped!: number;
}
export class ArchiveBody {
  /** Up to this message's `seq`. */
  @Type(() => Number) @IsInt() @Min(1) @Max(Number.MAX_SAFE_INTEGER) upTo!: number;
}

/** How far a message has come with one member; each step has its time, and the last its proof. */
export const RECEIPT_STATES = ['accepted', 'delivered', 'read', 'answered'] as const;
export type ReceiptState = (typeof RECEIPT_STATES)[number];
export class MessageReceipt {
  @IsNested(() => MemberRef) member!: MemberRef;
  @IsIn(RECEIPT_STATES) state!: ReceiptState;
  @IsTimeOrNull() deliveredAt!: string | null;
  /** The agent that got it. */
  @IsOptional() @IsText(80) deliveredTo!: string | null;
  @IsTimeOrNull() readAt!: string | null;
  @IsTimeOrNull() answeredAt!: string | null;
  /** The answer, which went to the manager: members do not write to people. Its hash stands in the record under this id. */
  @IsOptional() @IsId() answerId!: string | null;
}
export class MessageFile extends AttachmentStored {
  @IsText(200) name!: string;
}
export class MemberMessageView {
  @IsId() id!: string;
  @IsCount() seq!: number;
  @IsIn(SENT_KINDS) kind!: SentKind;
  /** Of a person, of the lead about a task (a send-back, something handed over), or of the platform itself: what a suspension left unanswered. */
  @IsIn(SENDER_KINDS) fromKind!: SenderKind;
  /** By name; empty where it cannot be said. */
  @IsText(200, 0) from!: string;
  /** Null: everybody. */
  @IsOptional() @IsNested(() => MemberRef) to!: MemberRef | null;
  @IsText(10_000, 0) text!: string;
  @IsText(200, 0) summary!: string;
  @IsOptional() @IsId() taskId!: string | null;
  @IsTime() at!: string;
  @IsTimeOrNull() archivedAt!: string | null;
  /** Its words and files are gone since. */
  @IsTimeOrNull() erasedAt!: string | null;
  @IsListOf(() => MessageFile, 5) attachments!: MessageFile[];
  @IsListOf(() => MessageReceipt, 20) receipts!: MessageReceipt[];
}
export const MemberMessagePage = pageOf(MemberMessageView);
export class Interrupted {
  @IsId() id!: string;
  /** How many runs were ended, those that had not begun included. */
  @IsCount() stopped!: number;
}
export class Archived {
  @IsCount() count!: number;
}
