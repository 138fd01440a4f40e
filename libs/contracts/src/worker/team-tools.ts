/** The tools by which agents written for the original speak with their team: its names and arguments. Who asks is the process. */
import { MESSAGE_TYPES, MOST_LINKS, TODO_STATES, type MessageType, type TodoState } from '../team-words.js';
import type { InboxFile } from './mail.js';
import { flag, inboxFile, listOf, object, oneOf, text, type JsonSchema } from './schema-parts.js';
import type { SpawnAgentResult } from './tools.js';

/** An agent makes no team: it gets the one it is in. */
export interface TeamCreateArgs {
  team_name: string;
  description?: string;
  agent_type?: string;
}
export interface TeamCreateResult {
  /** What the team is really called. */
  team_name: string;
  members: { name: string; lead: boolean }[];
}

/** To a member of the own team by name (`team-lead`: its manager). A response names the message it answers, and is words like every other. */
export interface SendMessageArgs {
  type: MessageType;
  recipient?: string;
  content?: string;
  summary?: string;
  request_id?: string;
  approve?: boolean;
}
export interface SendMessageResult {
  /** What an answer names as `request_id`. */
  message_id: string;
  recipients: string[];
}

export interface TaskCreateArgs {
  subject: string;
  description: string;
  activeForm?: string;
  metadata?: Record<string, unknown>;
}
export interface TaskUpdateArgs {
  taskId: string;
  status?: TodoState;
  subject?: string;
  description?: string;
  activeForm?: string;
  /** A member's name; empty: nobody. */
  owner?: string;
  metadata?: Record<string, unknown>;
  /** Items that wait for this one, added to those that do. */
  addBlocks?: string[];
  addBlockedBy?: string[];
}
export interface TaskItem {
  taskId: string;
  subject: string;
  description: string;
  activeForm?: string;
  status: TodoState;
  owner?: string;
  blockedBy: string[];
  metadata: Record<string, unknown>;
  /** A task of the manager's: seen here, changed by drafts and reviews only. */
  managed: boolean;
  /** Not all of it is shown, because the list is long; an answer to `TaskUpdate` shows all. */
  cut?: boolean;
}
export type TaskListArgs = Record<string, never>;
export interface TaskListResult {
  tasks: TaskItem[];
  /** The newest to this agent, the oldest of them first. */
  messages: { message_id: string; type: MessageType; from: string; content: string; summary: string; request_id?: string; approve?: boolean; files?: InboxFile[]; at: string }[];
  /** Items are shortened, or there are older messages. */
  cut?: boolean;
}

/** Asks the gate for another agent: `subagent_type` is a role, or a template for a worker. */
export interface TaskArgs {
  description: string;
  prompt: string;
  subagent_type: string;
  model?: string;
  run_in_background?: boolean;
  max_turns?: number;
  name?: string;
  team_name?: string;
  mode?: string;
}
/** `ignored`: arguments that say nothing here, because the template and the gate decide about them. */
export type TaskResult = SpawnAgentResult & { ignored?: string[] };

export interface TeamTools {
  TeamCreate: { args: TeamCreateArgs; result: TeamCreateResult };
  SendMessage: { args: SendMessageArgs; result: SendMessageResult };
  TaskCreate: { args: TaskCreateArgs; result: TaskItem };
  TaskUpdate: { args: TaskUpdateArgs; result: TaskItem };
  TaskList: { args: TaskListArgs; result: TaskListResult };
  Task: { args: TaskArgs; result: TaskResult };
}

const id: JsonSchema = { type: 'string', pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' };
const ids = listOf(id, MOST_LINKS);
const free: JsonSchema = { type: 'object' };
const wholeText: JsonSchema = { type: 'string' };
const item = object({ taskId: id, subject: wholeText, description: wholeText, status: oneOf(TODO_STATES), blockedBy: ids, metadata: free, managed: flag }, { activeForm: wholeText, owner: wholeText, cut: flag });
const mail = object({ message_id: id, type: oneOf(MESSAGE_TYPES), from: wholeText, content: wholeText, summary: wholeText, at: wholeText }, { request_id: id, approve: flag, files: listOf(inboxFile, 5) });

/** Schemas of their arguments and answers; `spawned` is the answer of `spawn_agent`. */
export const teamToolSchemas = (spawned: { required: Record<string, JsonSchema>; optional: Record<string, JsonSchema> }): Readonly<Record<keyof TeamTools, { args: JsonSchema; result: JsonSchema }>> => ({
  TeamCreate: {
    args: object({ team_name: text(100, 1) }, { description: text(1000), agent_type: text(100) }),
    result: object({ team_name: wholeText, members: listOf(object({ name: wholeText, lead: flag }), 20) }),
  },
  SendMessage: {
    args: object({ type: oneOf(MESSAGE_TYPES) }, { recipient: text(60, 1), content: text(10_000), summary: text(200), request_id: id, approve: flag }),
    result: object({ message_id: id, recipients: listOf(wholeText, 20) }),
  },
  TaskCreate: { args: object({ subject: text(200, 1), description: text(4000) }, { activeForm: text(200, 1), metadata: free }), result: item },
  TaskUpdate: {
    args: object({ taskId: id }, { status: oneOf(TODO_STATES), subject: text(200, 1), description: text(4000), activeForm: text(200, 1), owner: text(60), metadata: free, addBlocks: ids, addBlockedBy: ids }),
    result: item,
  },
  TaskList: { args: object({}), result: object({ tasks: listOf(item, 300), messages: listOf(mail, 50) }, { cut: flag }) },
  Task: {
    args: object(
      { description: text(1000, 1), prompt: text(100_000), subagent_type: text(100, 1) },
      { model: text(200), run_in_background: flag, max_turns: { type: 'integer', minimum: 1, maximum: 1_000_000 }, name: text(100), team_name: text(200), mode: text(64) },
    ),
    result: object(spawned.required, { ...spawned.optional, ignored: listOf(wholeText, 10) }),
  },
});
