import { IsIn, IsInt, IsOptional, Min } from 'class-validator';
import { defineCommand } from '../command.js';
import type { MemberId, TaskId, TeamId } from '../ids.js';
import { IsCount, IsId, IsListOf, IsNested, IsText } from '../rules.js';
import { ByInstance, MailView } from './team-tools.js';
import { CommandReply, Requester } from './gateway.js';

/** `interrupt`: the member's next tool call is answered with it instead of being done. */
export const SENT_KINDS = ['message', 'interrupt'] as const;
export type SentKind = (typeof SENT_KINDS)[number];

/** A person writes to a member, or to all of them. */
export class SendToMember {
  @IsId() teamId!: TeamId;
  @IsId() messageId!: string;
  @IsNested(() => Requester) by!: Requester;
  @IsIn(SENT_KINDS) kind!: SentKind;
  /** Absent: every active member. */
  @IsOptional() @IsId() to?: MemberId;
  @IsText(10_000) text!: string;
  @IsText(200, 0) summary!: string;
  /** What it is about. */
  @IsOptional() @IsId() taskId?: TaskId;
}
export const sendToMember = defineCommand({ service: 'manager-agent', verb: 'send_to_member', caller: 'gateway', request: SendToMember, reply: CommandReply });

/** A person puts away what was sent up to a place in the order of messages; no agent is shown it any more. */
export class ArchiveMessages {
  @IsId() teamId!: TeamId;
  @IsNested(() => Requester) by!: Requester;
  @IsInt() @Min(1) upTo!: number;
}
export class MessagesPutAway extends CommandReply {
  @IsOptional() @IsCount() count?: number;
}
export const archiveMessages = defineCommand({ service: 'manager-agent', verb: 'archive_messages', caller: 'gateway', request: ArchiveMessages, reply: MessagesPutAway });

export class Interrupt {
  @IsId() id!: string;
}
/** What waits for an instance's member, taken out by the supervisor between two of its tool calls: delivered with this. */
export class MailTaken extends CommandReply {
  @IsOptional() @IsListOf(() => MailView, 50) messages?: MailView[];
  /** Ids of those that interrupt. */
  @IsOptional() @IsListOf(() => Interrupt, 50) interrupts?: Interrupt[];
}
export const takeMail = defineCommand({ service: 'manager-agent', verb: 'take_mail', caller: 'fleet', request: ByInstance, reply: MailTaken });
