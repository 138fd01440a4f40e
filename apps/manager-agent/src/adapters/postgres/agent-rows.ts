import type { ByInstance, GoalId, GoalState, InstanceId, InstanceState, MailView, MemberId, TaskState, TodoState } from '@countersign/contracts';
import { json, sql, type Tx } from '@countersign/database';
import type { Asked, Teammate } from '../../domain/team-message.js';
import type { Todo } from '../../domain/todos.js';

/** The instance that asks, as its row says: nothing of it is the worker's word. */
export interface AskingAgent {
  readonly instanceId: InstanceId;
  readonly memberId: MemberId | null;
  readonly goalId: GoalId | null;
  readonly state: InstanceState;
  readonly goalState: GoalState | null;
  /** The mission stands still, by its own flag or the gate's. */
  readonly stopped: boolean;
  readonly teamName: string;
  readonly teamState: string;
  readonly current: boolean;
}

/** Holds the team's row until commit where the instance is of its present epoch, so that a suspension waits or is seen (P9); and the mission's, so that its agents take turns. */
export async function readAsking(tx: Tx, { instanceId }: ByInstance): Promise<AskingAgent | undefined> {
  const agent = await tx.one<AskingAgent>(sql`
    select i.id as "instanceId", i.member_id as "memberId", i.goal_id as "goalId", i.state, g.state as "goalState", g.paused_at is not null or exists (select from app.mission_stop s where s.team_id = i.team_id and s.mission_id = i.goal_id) as stopped, t.name as "teamName", t.state as "teamState",
      case when t.state = 'active' and t.epoch = i.epoch then sec.fence(i.epoch) = i.epoch else false end as current
    from app.instance i join app.team t on t.team_id = i.team_id left join app.goal g on g.team_id = i.team_id and g.id = i.goal_id where i.team_id = ${tx.scopeId} and i.id = ${instanceId}`);
  if (agent?.goalId) await tx.read(sql`select id from app.goal where team_id = ${tx.scopeId} and id = ${agent.goalId} for update`);
  return agent;
}

export const readRoster = (tx: Tx): Promise<Teammate[]> =>
  tx.read<Teammate>(sql`select id, name, kind = 'manager' as lead, state = 'active' as active from app.member where team_id = ${tx.scopeId} and state <> 'removed' order by kind, id`);

/** A task's state in the words of the agents' list. */
export const AS_TODO: Readonly<Record<TaskState, TodoState>> = {
  todo: 'pending', blocked: 'pending', assigned: 'in_progress', in_progress: 'in_progress', review: 'in_progress', approved: 'in_progress', done: 'completed', cancelled: 'deleted',
};
interface TaskRow {
  readonly id: string;
  readonly title: string;
  readonly detail: string;
  readonly state: TaskState;
  readonly member_id: MemberId | null;
  readonly depends_on: string[];
}

/** The mission's tasks, then the agents' items in the order in which they were made. */
export async function readTodos(tx: Tx, goalId: GoalId): Promise<Todo[]> {
  const [tasks, todos] = await Promise.all([
    tx.read<TaskRow>(sql`select id, title, detail, state, member_id, depends_on from app.task where team_id = ${tx.scopeId} and goal_id = ${goalId} order by ordinal`),
    tx.read<Omit<Todo, 'managed'>>(sql`select id, subject, description, active_form as "activeForm", metadata, state, owner_id as "ownerId", creator_id as "creatorId", blocked_by as "blockedBy"
      from app.todo where team_id = ${tx.scopeId} and goal_id = ${goalId} order by ordinal`),
  ]);
  const managed = tasks.map(({ id, title, detail, state, member_id, depends_on }): Todo => ({
    id, subject: title, description: detail, activeForm: null, metadata: {}, state: AS_TODO[state], ownerId: member_id, creatorId: null, blockedBy: depends_on, managed: true,
  }));
  return [...managed, ...todos.map((todo) => ({ ...todo, managed: false }))];
}

/** What an item's metadata takes where it is stored; that is not what it takes on the wire: there are blanks, and a number is written out. */
export const metadataBytes = async (tx: Tx, metadata: object): Promise<number> => (await tx.one<{ bytes: number }>(sql`select octet_length((${json(metadata)}::jsonb)::text) as bytes`))!.bytes;

/** The message a response names, of the same mission. */
export const readAsked = (tx: Tx, goalId: GoalId, id: string): Promise<Asked | undefined> =>
  tx.one<Asked>(sql`select m.id, m.type, m.from_id as "from", m.to_id as "to", exists (select from app.team_message r where r.team_id = m.team_id and r.request_id = m.id) as answered
    from app.team_message m where m.team_id = ${tx.scopeId} and m.goal_id = ${goalId} and m.id = ${id}`);

const MOST_MAIL = 50;
interface MailRow extends Omit<MailView, 'requestId' | 'approve' | 'at'> {
  readonly request_id: string | null;
  readonly approve: boolean | null;
  readonly at: Date;
}

/** The newest messages to a member in this mission, the oldest of them first. */
export async function readMail(tx: Tx, goalId: GoalId, memberId: MemberId): Promise<MailView[]> {
  const rows = await tx.read<MailRow>(sql`select m.id, m.type, f.name as "from", m.content, m.summary, m.request_id, m.approve, m.at from app.team_message m join app.member f on f.team_id = m.team_id and f.id = m.from_id
    where m.team_id = ${tx.scopeId} and m.goal_id = ${goalId} and (m.to_id = ${memberId} or (m.to_id is null and m.from_id <> ${memberId})) order by m.seq desc limit ${MOST_MAIL}`);
  return rows.reverse().map(({ request_id, approve, at, ...row }) => ({ ...row, ...(request_id === null ? {} : { requestId: request_id }), ...(approve === null ? {} : { approve }), at: at.toISOString() }));
}
