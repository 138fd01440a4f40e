import type { AgentRole, InstanceState, SpawnSource } from '@countersign/contracts';
import { sql, type Statement, type Tx } from '@countersign/database';
import type { EventSubject } from './events.js';

/** An instance as the gate needs it, with the goal it works for. */
export interface InstanceRow {
  readonly id: string;
  readonly member_id: string | null;
  readonly task_id: string | null;
  readonly goal_id: string | null;
  readonly run_id: string | null;
  readonly parent_id: string | null;
  readonly role: AgentRole;
  readonly source: SpawnSource;
  readonly state: InstanceState;
  readonly skill_hash: string;
  readonly epoch: number;
  /** Milliseconds since it started, by the database's clock. */
  readonly age_ms: number;
  readonly overdue: boolean;
}

const columns: Statement = sql`i.id, i.member_id, i.task_id, i.goal_id, i.run_id, i.parent_id, i.role, i.source, i.state, i.skill_hash, i.epoch,
    (extract(epoch from clock_timestamp() - i.started_at) * 1000)::int8 as age_ms, coalesce(i.deadline_at <= clock_timestamp(), false) as overdue`;
const select = (tx: Tx): Statement => sql`select ${columns} from app.instance i where i.team_id = ${tx.scopeId}`;

export const isOpen = ({ state }: Pick<InstanceRow, 'state'>): boolean => state === 'queued' || state === 'running';
/** The team's own: it works for no task, and a member stands behind it. A place has neither until a run takes it. */
export const isManager = ({ task_id, member_id }: Pick<InstanceRow, 'task_id' | 'member_id'>): boolean => task_id === null && member_id !== null;

export const eventSubject = ({ id, goal_id, task_id, run_id, parent_id, epoch }: InstanceRow): EventSubject => ({ instanceId: id, subjectId: id, goalId: goal_id, taskId: task_id, runId: run_id, parentId: parent_id, epoch });
/** For what is said about a whole mission. */
export const missionSubject = ({ id, goal_id, epoch }: InstanceRow): EventSubject => ({ instanceId: null, subjectId: id, goalId: goal_id, taskId: null, runId: null, parentId: null, epoch });

export const instanceById = (tx: Tx, id: string): Promise<InstanceRow | undefined> => tx.one<InstanceRow>(sql`${select(tx)} and i.id = ${id}`);

/** Everything of the team that has not ended; with `goalId` only what works for that goal, null being the default mission. */
export const openInstances = (tx: Tx, goalId?: string | null): Promise<InstanceRow[]> =>
  tx.read<InstanceRow>(sql`${select(tx)} and i.state in ('queued', 'running')
    and (${goalId === undefined} or case when ${goalId ?? null}::uuid is null then i.goal_id is null and i.member_id is null else i.goal_id = ${goalId ?? null}::uuid end) order by i.started_at, i.id`);

/** What the instance started and what those started, as far as it has not ended; the youngest generation first. */
export const openBelow = (tx: Tx, id: string): Promise<InstanceRow[]> =>
  tx.read<InstanceRow>(sql`with recursive below as (
      select c.id, 1 as depth from app.instance c where c.team_id = ${tx.scopeId} and c.parent_id = ${id} and c.state in ('queued', 'running')
      union all select c.id, below.depth + 1 from below join app.instance c on c.team_id = ${tx.scopeId} and c.parent_id = below.id and c.state in ('queued', 'running'))
    select ${columns} from below join app.instance i on i.team_id = ${tx.scopeId} and i.id = below.id order by below.depth desc, i.id`);

/** Ids of an account and of everything above it. */
export const accountPath = (tx: Tx, id: string | Statement): Statement => sql`select path.account_id from (with recursive up as (
    select b.account_id, b.parent_id from app.budget b where b.team_id = ${tx.scopeId} and b.unit = 'tokens' and b.account_id = (${typeof id === 'string' ? sql`select ${id}::uuid` : id})
    union all select b.account_id, b.parent_id from up join app.budget b on b.team_id = ${tx.scopeId} and b.unit = 'tokens' and b.account_id = up.parent_id) select account_id from up) path`;

/** Ids of every account that something of the team still runs on. */
export const accountsOfOpen = (tx: Tx): Statement =>
  sql`select unnest(array[b.account_id, b.parent_id]) from app.instance i join app.budget b on b.team_id = i.team_id and b.account_id = i.id and b.unit = 'tokens' where i.team_id = ${tx.scopeId} and i.state in ('queued', 'running')`;
