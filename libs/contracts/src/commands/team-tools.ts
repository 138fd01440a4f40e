import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsObject, IsOptional, IsUUID } from 'class-validator';
import { applyDecorators } from '../apply-decorators.js';
import { defineCommand } from '../command.js';
import type { InstanceId, MemberId, TeamId } from '../ids.js';
import { IsCount, IsId, IsInstant, IsListOf, IsSha256, IsText } from '../rules.js';
import { MESSAGE_TYPES, MOST_LINKS, TODO_STATES, type MessageType, type TodoState } from '../team-words.js';
import { CommandReply } from './gateway.js';

/**
 * What a worker asks of its team by the original's tools. `instanceId` is the instance that the fleet bound to the process; team,
 * member and mission are read from its row, whatever the worker says (P12). `callId` makes a repeat harmless.
 */
export class ByInstance {
  @IsId() teamId!: TeamId;
  @IsId() instanceId!: InstanceId;
  @IsId() callId!: string;
}
const IsIds = (): PropertyDecorator => applyDecorators(IsArray(), ArrayMaxSize(MOST_LINKS), IsUUID(undefined, { each: true }));

/** `TeamCreate`: the team there is. An agent makes none; what it calls it is on record. */
export class JoinTeam extends ByInstance {
  @IsText(100) name!: string;
  @IsOptional() @IsText(1000, 0) description?: string;
}
export class RosterEntry {
  @IsId() memberId!: MemberId;
  @IsText(60) name!: string;
  @IsBoolean() lead!: boolean;
}
export class TeamJoined extends CommandReply {
  @IsOptional() @IsText(200) name?: string;
  @IsOptional() @IsListOf(() => RosterEntry, 20) members?: RosterEntry[];
}
export const joinTeam = defineCommand({ service: 'manager-agent', verb: 'join_team', caller: 'fleet', request: JoinTeam, reply: TeamJoined });

/** `SendMessage`: to members of the own team, never to anybody else. A response answers a message that was sent to the caller. */
export class SendTeamMessage extends ByInstance {
  @IsIn(MESSAGE_TYPES) type!: MessageType;
  /** A member's name, or `team-lead`. */
  @IsOptional() @IsText(60) recipient?: string;
  @IsOptional() @IsText(10_000, 0) content?: string;
  @IsOptional() @IsText(200, 0) summary?: string;
  @IsOptional() @IsId() requestId?: string;
  @IsOptional() @IsBoolean() approve?: boolean;
}
export class TeamMessageSent extends CommandReply {
  @IsOptional() @IsId() messageId?: string;
  @IsOptional() @IsListOf(() => RosterEntry, 20) to?: RosterEntry[];
}
export const sendTeamMessage = defineCommand({ service: 'manager-agent', verb: 'send_message', caller: 'fleet', request: SendTeamMessage, reply: TeamMessageSent });

/** `TaskCreate`: an item on the list that the agents of a mission keep; `callId` becomes its id. */
export class CreateTodo extends ByInstance {
  @IsText(200) subject!: string;
  @IsText(4000, 0) description!: string;
  @IsOptional() @IsText(200) activeForm?: string;
  /** At most 8 KiB as the database writes it down. */
  @IsOptional() @IsObject() metadata?: object;
}
/** `TaskUpdate`. `blocks` and `blockedBy` are added to what is there. */
export class UpdateTodo extends ByInstance {
  @IsId() todoId!: string;
  @IsOptional() @IsIn(TODO_STATES) state?: TodoState;
  @IsOptional() @IsText(200) subject?: string;
  @IsOptional() @IsText(4000, 0) description?: string;
  @IsOptional() @IsText(200) activeForm?: string;
  /** A member's name; empty: nobody. */
  @IsOptional() @IsText(60, 0) owner?: string;
  @IsOptional() @IsObject() metadata?: object;
  @IsOptional() @IsIds() blocks?: string[];
  @IsOptional() @IsIds() blockedBy?: string[];
}
export class TodoView {
  @IsId() id!: string;
  @IsText(200) subject!: string;
  @IsText(4000, 0) description!: string;
  @IsOptional() @IsText(200) activeForm?: string;
  @IsIn(TODO_STATES) state!: TodoState;
  @IsOptional() @IsText(60) owner?: string;
  @IsIds() blockedBy!: string[];
  @IsObject() metadata!: object;
  /** One of the manager's own tasks: it stands here to be seen and to be waited for, and moves by drafts and reviews only. */
  @IsBoolean() managed!: boolean;
  /** Not all of it is shown. */
  @IsOptional() @IsBoolean() cut?: boolean;
}
export class TodoReply extends CommandReply {
  @IsOptional() @IsListOf(() => TodoView, 1) todo?: TodoView[];
}
export const createTodo = defineCommand({ service: 'manager-agent', verb: 'create_todo', caller: 'fleet', request: CreateTodo, reply: TodoReply });
export const updateTodo = defineCommand({ service: 'manager-agent', verb: 'update_todo', caller: 'fleet', request: UpdateTodo, reply: TodoReply });

export class MailFile {
  @IsText(200) name!: string;
  @IsText(100) mediaType!: string;
  @IsCount() bytes!: number;
  @IsSha256() sha256!: string;
}
export class MailView {
  @IsId() id!: string;
  @IsIn(MESSAGE_TYPES) type!: MessageType;
  @IsText(60) from!: string;
  @IsText(10_000, 0) content!: string;
  @IsText(200, 0) summary!: string;
  @IsOptional() @IsId() requestId?: string;
  @IsOptional() @IsBoolean() approve?: boolean;
  @IsOptional() @IsListOf(() => MailFile, 5) files?: MailFile[];
  @IsInstant() at!: string;
  /** Of what waits for an answer: until when. */
  @IsOptional() @IsInstant() dueAt?: string;
}
/** `TaskList`: the mission's tasks and the agents' items, and the newest messages to the caller, as far as one message of the bus holds them. */
export class TodoList extends CommandReply {
  @IsOptional() @IsListOf(() => TodoView, 300) todos?: TodoView[];
  @IsOptional() @IsListOf(() => MailView, 50) messages?: MailView[];
  /** Items are shortened, or there are older messages. */
  @IsOptional() @IsBoolean() cut?: boolean;
}
export const listTodos = defineCommand({ service: 'manager-agent', verb: 'list_todos', caller: 'fleet', request: ByInstance, reply: TodoList });
