import { IsBoolean, IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { ATTACHMENT_NAME } from '../attachments.js';
import { defineCommand } from '../command.js';
import type { MemberId, TaskId, TeamId } from '../ids.js';
import { IsCount, IsId, IsIds, IsListOf, IsNested, IsSha256, IsText } from '../rules.js';
import { ByInstance, MailView } from './team-tools.js';
import { CommandReply, Requester } from './gateway.js';

/** `interrupt`: the next call of each of the member's agents is answered with it instead of being done. `shutdown`: the member is asked to end, and says yes or no. */
export const SENT_KINDS = ['message', 'interrupt', 'shutdown'] as const;
/** How long a member has to answer whether it ends, in seconds; then it may be ended without. */
export const SHUTDOWN_WAIT = { usual: 60, least: 5, most: 3600 } as const;
export const SENDER_KINDS = ['person', 'lead', 'system'] as const;
export type SenderKind = (typeof SENDER_KINDS)[number];
export type SentKind = (typeof SENT_KINDS)[number];

/** A file that was handed in before, by its hash. */
export class AttachmentRef {
  @Matches(ATTACHMENT_NAME) name!: string;
  @IsSha256() sha256!: string;
}
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
  /** The member's agents were ended with it: no number of messages keeps it from being written down. */
  @IsOptional() @IsBoolean() stopped?: boolean;
  /** Of a shutdown: so long the member has to answer. */
  @IsOptional() @IsInt() @Min(SHUTDOWN_WAIT.least) @Max(SHUTDOWN_WAIT.most) waitSeconds?: number;
  @IsOptional() @IsListOf(() => AttachmentRef, 50) attachments?: AttachmentRef[];
}
export const sendToMember = defineCommand({ service: 'manager-agent', verb: 'send_to_member', caller: 'gateway', request: SendToMember, reply: CommandReply });

/** A person stops a member at once: ends its runs that have no agent yet. Its agents are the gate's to end. */
export class StopMember {
  @IsId() teamId!: TeamId;
  @IsId() memberId!: MemberId;
  @IsNested(() => Requester) by!: Requester;
  @IsText(500, 0) reason!: string;
}
export class MemberStopped extends CommandReply {
  @IsOptional() @IsCount() stopped?: number;
}
export const stopMember = defineCommand({ service: 'fleet', verb: 'stop_member', caller: 'gateway', request: StopMember, reply: MemberStopped });

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

/** Words and files of a message are erased, for good; their hashes stay on record. */
export class EraseMessage {
  @IsId() teamId!: TeamId;
  @IsNested(() => Requester) by!: Requester;
  @IsId() messageId!: string;
}
export const eraseMessage = defineCommand({ service: 'manager-agent', verb: 'erase_message', caller: 'gateway', request: EraseMessage, reply: CommandReply });

export class Interrupt {
  @IsId() id!: string;
}
/** `delivered`, `read`: what an answer has carried to the agent since, and what it has taken in. What is not said here waits as before. */
export class TakeMail extends ByInstance {
  @IsOptional() @IsIds(200) delivered?: string[];
  @IsOptional() @IsIds(200) read?: string[];
}
/** What waits for an instance, of what was written to its member: the same each time until it is said to have been delivered. */
export class MailTaken extends CommandReply {
  @IsOptional() @IsListOf(() => MailView, 50) messages?: MailView[];
  /** Ids of those that interrupt. */
  @IsOptional() @IsListOf(() => Interrupt, 50) interrupts?: Interrupt[];
}
export const takeMail = defineCommand({ service: 'manager-agent', verb: 'take_mail', caller: 'fleet', request: TakeMail, reply: MailTaken });

/** One of a member's agents says whether the member ends, as a person asked; it answers for all of them. */
export class AnswerShutdown extends ByInstance {
  @IsId() messageId!: string;
  @IsBoolean() approve!: boolean;
  @IsOptional() @IsText(500, 0) reason?: string;
}
export const answerShutdown = defineCommand({ service: 'manager-agent', verb: 'answer_shutdown', caller: 'fleet', request: AnswerShutdown, reply: CommandReply });
