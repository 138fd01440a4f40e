import { principalOf } from '@countersign/audit';
import { firstOf, isStorable, TEAM_LEAD, type ByInstance, type CommandReply, type CreateTodo, type GoalId, type JoinTeam, type MemberId, type RosterEntry, type SendTeamMessage, type TeamJoined, type TeamMessageSent, type TodoList, type TodoReply, type TodoView, type UpdateTodo } from '@countersign/contracts';
import { Database, json, sql, type Tx } from '@countersign/database';
import { AUDIT, type Audit } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { metadataBytes, readAsked, readAsking, readMail, readRoster, readTodos, type AskingAgent } from './adapters/postgres/agent-rows.js';
import { asMail, awaitsAnswer, noteAnswered, readWritten } from './adapters/postgres/member-mail.js';
import { noteDone, wasDone } from './adapters/postgres/calls-done.js';
import { sayEnding } from './mail-desk.js';
import { fitList } from './domain/fit-list.js';
import { judgeMessage, type Teammate } from './domain/team-message.js';
import { changeTodo, judgeNew, type Todo } from './domain/todos.js';

const refused = (code: string, message: string): CommandReply => ({ ok: false, code, message });
const done = (code = 'ok'): CommandReply => ({ ok: true, code, message: '' });
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const MOST_MAIL = 50;
const AT_WORK: readonly string[] = ['running', 'changes_requested'];

/** An agent at work for a mission, in its team's present epoch. */
export interface Agent extends AskingAgent {
  readonly memberId: MemberId;
  readonly goalId: GoalId;
}
interface Around {
  readonly agent: Agent;
  readonly roster: readonly Teammate[];
}

/** What workers ask of their team by the original's tools: who is in it, messages to each other, and the list they keep. None of it grants, moves or approves anything else. */
@Injectable()
export class AgentDesk {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** On record once for each agent, however often it asks. */
  join(request: JoinTeam): Promise<TeamJoined> {
    return this.enter(request, async (tx, { agent, roster }) => {
      const members = roster.filter(({ active }) => active).map(entryOf);
      if (await wasDone(tx, 'join_team', agent.instanceId)) return { ...done('unchanged'), name: agent.teamName, members };
      noteDone(tx, 'join_team', agent.instanceId);
      await this.audit(tx, 'AGENT-JOINED', { instance_id: agent.instanceId, name: agent.teamName, called_sha256: sha256(request.name) });
      return { ...done(), name: agent.teamName, members };
    });
  }

  /** The same call again is the same message. */
  send(request: SendTeamMessage): Promise<TeamMessageSent> {
    return this.enter(request, async (tx, { agent, roster }) => {
      const { callId, type, content = '', summary = '', requestId, approve } = request;
      const [sent, asked, written] = await Promise.all([
        tx.one<{ to: MemberId | null }>(sql`select to_id as "to" from app.team_message where team_id = ${tx.scopeId} and id = ${callId} and from_instance = ${agent.instanceId}`),
        requestId === undefined ? undefined : readAsked(tx, agent.goalId, requestId),
        requestId === undefined || type !== 'message' ? undefined : awaitsAnswer(tx, agent.memberId, requestId),
      ]);
      // what a person asked is answered to them, by the team's record
      if (type === 'shutdown_response' && requestId !== undefined && approve !== undefined && !asked && (await sayEnding(tx, this.audit, { messageId: requestId, instanceId: agent.instanceId, approve, reason: firstOf(content, 500) }, agent.memberId))) return { ...done(), messageId: callId, to: [] };
      const others = roster.filter(({ id, active }) => active && id !== agent.memberId);
      if (sent) return { ...done('unchanged'), messageId: callId, to: others.filter(({ id }) => sent.to === null || id === sent.to).map(entryOf) };
      // what a person wrote is answered to the lead, whoever the agent would rather tell
      const judged = judgeMessage(written ? { ...request, recipient: TEAM_LEAD } : request, agent.memberId, roster, asked);
      if (!judged.ok) return judged;
      const answer = asked && requestId !== undefined && approve !== undefined ? { requestId, approve } : undefined;
      tx.write(sql`insert into app.team_message (team_id, id, goal_id, type, from_instance, from_id, to_id, content, summary, request_id, approve)
        values (${tx.scopeId}, ${callId}, ${agent.goalId}, ${type}, ${agent.instanceId}, ${agent.memberId}, ${judged.to?.id ?? null}, ${content}, ${summary}, ${answer?.requestId ?? null}, ${answer?.approve ?? null})`);
      if (written) noteAnswered(tx, request, agent.memberId, requestId!, callId);
      const to = judged.to ? [judged.to] : others;
      await this.audit(tx, 'AGENT-MESSAGE', { message_id: callId, instance_id: agent.instanceId, type, recipients: to.length, content_sha256: sha256(content), ...(answer ? { request_id: answer.requestId, approve: answer.approve } : {}), ...(written ? { request_id: requestId! } : {}) });
      return { ...done(), messageId: callId, to: to.map(entryOf) };
    });
  }

  /** The same call again is the same item. */
  create(request: CreateTodo): Promise<TodoReply> {
    return this.enter(request, async (tx, { agent, roster }) => {
      const { callId: id, subject, description, activeForm = null, metadata = {} } = request;
      const todos = await readTodos(tx, agent.goalId);
      const known = todos.find((todo) => todo.id === id);
      if (known) return { ...done('unchanged'), todo: [viewOf(known, roster)] };
      const refusal = judgeNew(todos, await metadataBytes(tx, metadata));
      if (refusal) return refusal;
      tx.write(sql`insert into app.todo (team_id, id, goal_id, subject, description, active_form, metadata, created_by, creator_id)
        values (${tx.scopeId}, ${id}, ${agent.goalId}, ${subject}, ${description}, ${activeForm}, ${json(metadata)}, ${agent.instanceId}, ${agent.memberId})`);
      await this.audit(tx, 'TODO-CREATED', { todo_id: id, goal_id: agent.goalId, instance_id: agent.instanceId, subject_sha256: sha256(subject) });
      const todo: Todo = { id, subject, description, activeForm, metadata, state: 'pending', ownerId: null, creatorId: agent.memberId, blockedBy: [], managed: false };
      return { ...done(), todo: [viewOf(todo, roster)] };
    });
  }

  /** The same call again changes nothing, also when others have changed the item since. */
  update(request: UpdateTodo): Promise<TodoReply> {
    return this.enter(request, async (tx, { agent, roster }) => {
      const [todos, bytes, repeated] = await Promise.all([readTodos(tx, agent.goalId), request.metadata ? metadataBytes(tx, request.metadata) : 0, wasDone(tx, 'update_todo', request.callId)]);
      const before = todos.find(({ id }) => id === request.todoId);
      if (repeated && before) return { ...done('unchanged'), todo: [viewOf(before, roster)] };
      const change = changeTodo(todos, request.todoId, { ...request, metadataBytes: bytes }, agent.memberId, roster);
      if (!change.ok) return change;
      if (change.changed.length > 0) noteDone(tx, 'update_todo', request.callId);
      for (const todo of change.changed) await this.store(tx, agent, todos.find(({ id }) => id === todo.id)!, todo);
      const now = change.changed.find(({ id }) => id === request.todoId) ?? before!;
      return { ...done(change.changed.length === 0 ? 'unchanged' : 'ok'), todo: [viewOf(now, roster)] };
    });
  }

  list(request: ByInstance): Promise<TodoList> {
    return this.enter(request, async (tx, { agent, roster }) => {
      const [todos, said, written] = await Promise.all([readTodos(tx, agent.goalId), readMail(tx, agent.goalId, agent.memberId), readWritten(tx, request)]);
      // what interrupts comes as an interrupt; what of the rest has reached the agent, its supervisor says once it has
      const all = [...said, ...written.filter(({ interrupts }) => !interrupts).map(asMail)].sort((a, b) => (a.at < b.at ? -1 : 1));
      const messages = all.slice(-MOST_MAIL);
      const list = fitList(todos.filter(({ state }) => state !== 'deleted').map((todo) => viewOf(todo, roster)), messages);
      tx.ledgerOnly();
      return { ...done(), ...list, ...(messages.length < all.length ? { cut: true } : {}) };
    });
  }

  private async store(tx: Tx, agent: Agent, before: Todo, todo: Todo): Promise<void> {
    const { id, state, subject, description, activeForm, metadata, ownerId, blockedBy } = todo;
    tx.writeExpecting(1, 'todo_gone', sql`update app.todo set state = ${state}, subject = ${subject}, description = ${description}, active_form = ${activeForm}, metadata = ${json(metadata)}, owner_id = ${ownerId},
      blocked_by = ${[...blockedBy]}::uuid[], changed_at = clock_timestamp() where team_id = ${tx.scopeId} and goal_id = ${agent.goalId} and id = ${id}`);
    const fields = (Object.keys(todo) as (keyof Todo)[]).filter((field) => JSON.stringify(todo[field]) !== JSON.stringify(before[field]));
    await this.audit(tx, 'TODO-CHANGED', { todo_id: id, goal_id: agent.goalId, instance_id: agent.instanceId, from: before.state, to: state, fields: fields.join(' ') });
  }

  /** Only an instance that runs, of a member, for a mission that is at work, in a team that is active: as the rows say it. */
  private async enter<R extends CommandReply>(request: ByInstance, work: (tx: Tx, around: Around) => Promise<R | CommandReply>): Promise<R | CommandReply> {
    if (!isStorable(request)) return refused('text_not_storable', 'A text holds U+0000 or half a character.');
    return this.database.withTeam(request.teamId, async (tx) => {
      const [asking, roster] = [await readAsking(tx, request), await readRoster(tx)];
      const agent = atWork(asking);
      return 'ok' in agent ? agent : work(tx, { agent, roster });
    }, { principal: principalOf({ kind: 'instance', id: request.instanceId }) });
  }
}

export function atWork(agent: AskingAgent | undefined): Agent | CommandReply {
  if (agent?.state !== 'running' || agent.memberId === null) return refused('instance_ended', 'This agent does not work for a member of the team.');
  const { memberId, goalId } = agent;
  if (goalId === null || !AT_WORK.includes(agent.goalState ?? '')) return refused('mission_over', 'The mission is not at work.');
  if (agent.stopped) return refused('mission_paused', 'The mission stands still.');
  return agent.current ? { ...agent, memberId, goalId } : refused('team_not_active', `The team is ${agent.teamState}, or was stopped since this agent started.`);
}

const entryOf = ({ id, name, lead }: Teammate): RosterEntry => ({ memberId: id, name, lead });

function viewOf({ id, subject, description, activeForm, state, ownerId, blockedBy, metadata, managed }: Todo, roster: readonly Teammate[]): TodoView {
  const owner = roster.find((mate) => mate.id === ownerId)?.name;
  return { id, subject, description, ...(activeForm === null ? {} : { activeForm }), state, ...(owner === undefined ? {} : { owner }), blockedBy: [...blockedBy], metadata, managed };
}
