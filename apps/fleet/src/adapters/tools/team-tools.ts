import {
  firstOf, type SendMessageArgs, type SendMessageResult, type SpawnAgentArgs, type SpawnAgentResult, type TaskArgs, type TaskCreateArgs, type TaskItem, type TaskListResult, type TaskResult, type TaskUpdateArgs, type TeamCreateArgs,
  type TeamCreateResult, type TodoReply, type TodoView,
} from '@countersign/contracts';
import { fileEntry } from '../worker/host-mail.js';
import { readTask, type OwnTeam } from '../../domain/task-args.js';
import type { TeamPort } from '../nats/team-line.js';
import { SPAWN_INVALID } from '../worker/spawner.js';

export interface TeamMeans {
  readonly own: OwnTeam;
  readonly port: TeamPort;
  /** A text of the worker's without the secrets it was given: what it writes here others read. */
  clean(text: string): string;
}

/** The original's tools for a team, each as what it is here: a question to the manager's service, or (`Task`) to the gate, for this process's instance. */
export class TeamToolDesk {
  constructor(
    private readonly means: TeamMeans,
    private readonly spawn: (args: SpawnAgentArgs) => Promise<SpawnAgentResult>,
  ) {}

  async teamCreate({ team_name, description }: TeamCreateArgs): Promise<TeamCreateResult> {
    const { name = '', members = [] } = await this.means.port.join({ name: team_name, ...(description === undefined ? {} : { description: this.clean(description) }) });
    return { team_name: name, members: members.map((each) => ({ name: each.name, lead: each.lead })) };
  }

  async sendMessage({ type, recipient, content, summary, request_id, approve }: SendMessageArgs): Promise<SendMessageResult> {
    const { messageId = '', to = [] } = await this.means.port.send({ type, ...this.said({ recipient, content, summary }), ...(request_id === undefined ? {} : { requestId: request_id }), ...(approve === undefined ? {} : { approve }) });
    return { message_id: messageId, recipients: to.map(({ name }) => name) };
  }

  async taskCreate({ subject, description, activeForm, metadata }: TaskCreateArgs): Promise<TaskItem> {
    return itemOf(await this.means.port.create({ subject: this.clean(subject), description: this.clean(description), ...this.said({ activeForm }), ...this.noted(metadata) }));
  }

  async taskUpdate({ taskId, status, subject, description, activeForm, owner, metadata, addBlocks, addBlockedBy }: TaskUpdateArgs): Promise<TaskItem> {
    const links = { ...(addBlocks === undefined ? {} : { blocks: addBlocks }), ...(addBlockedBy === undefined ? {} : { blockedBy: addBlockedBy }) };
    return itemOf(await this.means.port.update({ todoId: taskId, ...(status === undefined ? {} : { state: status }), ...this.said({ subject, description, activeForm, owner }), ...this.noted(metadata), ...links }));
  }

  async taskList(): Promise<TaskListResult> {
    const { todos = [], messages = [], cut } = await this.means.port.list();
    return {
      tasks: todos.map(viewOf),
      messages: messages.map(({ id, requestId, approve, files, ...mail }) => ({ message_id: id, ...mail, ...(files === undefined ? {} : { files: files.map((file) => fileEntry(file)) }), ...(requestId === undefined ? {} : { request_id: requestId }), ...(approve === undefined ? {} : { approve }) })),
      ...(cut === undefined ? {} : { cut }),
    };
  }

  /** The same door as `spawn_agent`. */
  async task(args: TaskArgs): Promise<TaskResult> {
    const read = readTask(args, this.means.own);
    if (!read.ok) return { ok: false, code: SPAWN_INVALID, error: read.message, requiresUserApproval: false };
    const justification = this.clean(read.args.justification ?? '');
    return { ...(await this.spawn({ ...read.args, justification })), ...(read.ignored.length === 0 ? {} : { ignored: read.ignored }) };
  }

  /** What was said of these, without secrets. */
  private said<K extends string>(words: Readonly<Record<K, string | undefined>>): Partial<Record<K, string>> {
    const said = Object.entries<string | undefined>(words).flatMap(([name, text]) => (text === undefined ? [] : [[name, this.clean(text)]]));
    return Object.fromEntries(said) as Partial<Record<K, string>>;
  }

  /** Never longer than it was: what takes a secret's place may be. */
  private clean(text: string): string {
    return firstOf(this.means.clean(text), [...text].length);
  }

  private cleaned(value: unknown): unknown {
    if (typeof value === 'string') return this.clean(value);
    if (Array.isArray(value)) return value.map((each) => this.cleaned(each));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [this.clean(name), this.cleaned(member)]));
  }

  private noted(metadata: Record<string, unknown> | undefined): { metadata?: object } {
    return metadata === undefined ? {} : { metadata: this.cleaned(metadata) as object };
  }
}

const itemOf = ({ todo: [todo] = [] }: TodoReply): TaskItem => viewOf(todo!);
const viewOf = ({ id, state, metadata, ...todo }: TodoView): TaskItem => ({ taskId: id, status: state, metadata: metadata as Record<string, unknown>, ...todo });
