import type { InstanceState } from '@countersign/contracts';
import { sql, type Statement, type Tx } from '@countersign/database';

/** An instance as the gate needs it, with the goal it works for. */
export interface InstanceRow {
  readonly id: string;
  readonly task_id: string | null;
  readonly goal_id: string | null;
  readonly run_id: string | null;
  readonly state: InstanceState;
  readonly epoch: number;
  /** Milliseconds since it started, by the database's clock. */
  readonly age_ms: number;
  readonly overdue: boolean;
}

const select = (tx: Tx): Statement => sql`select i.id, i.task_id, i.goal_id, i.run_id, i.state, i.epoch,
    (extract(epoch from clock_timestamp() - i.started_at) * 1000)::int8 as age_ms, coalesce(i.deadline_at <= clock_timestamp(), false) as overdue
  from app.instance i where i.team_id = ${tx.scopeId}`;

export const instanceById = (tx: Tx, id: string): Promise<InstanceRow | undefined> => tx.one<InstanceRow>(sql`${select(tx)} and i.id = ${id}`);

/** Everything of the team that runs; with `goalId` only what works for that goal. */
export const runningInstances = (tx: Tx, goalId?: string): Promise<InstanceRow[]> =>
  tx.read<InstanceRow>(sql`${select(tx)} and i.state in ('queued', 'running') and (${goalId ?? null}::uuid is null or i.goal_id = ${goalId ?? null}) order by i.started_at, i.id`);

/** Ids of an instance's own account and its goal's. */
export const accountsOfInstance = (tx: Tx, id: string): Statement => sql`select unnest(array[i.id, i.goal_id]) from app.instance i where i.team_id = ${tx.scopeId} and i.id = ${id}`;

/** Ids of every account that something of the team still runs on. */
export const accountsOfRunning = (tx: Tx): Statement =>
  sql`select unnest(array[i.id, i.goal_id]) from app.instance i where i.team_id = ${tx.scopeId} and i.state in ('queued', 'running')`;
