import { firstOf, workItemIdOf, type GoalId, type GoalOrigin, type InstanceState, type TaskId, type TaskState } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import type { AssignedItem, BridgeFacts } from '../../domain/follow-mission.js';

interface ItemRow {
  readonly id: TaskId;
  readonly key: string;
  readonly agent: string;
  readonly state: TaskState;
  readonly instanceId: string | null;
  readonly instanceState: InstanceState;
  readonly allowed: boolean | null;
  readonly code: string;
  readonly violations: readonly { readonly message?: string }[];
}

/** What `dueOf` judges, without a lock: whatever it leads to is asked of the gate, which judges again. */
export async function readBridge(tx: Tx, goalId: GoalId): Promise<BridgeFacts | undefined> {
  const [head, items] = await Promise.all([
    tx.one<Omit<BridgeFacts, 'items'>>(sql`
      select g.origin, g.state, g.paused_at is not null as paused, t.state = 'active' as "teamActive", s.state as stop, coalesce(greatest(g.running_since, t.state_changed_at)::text, '') as since
      from app.goal g join app.team t on t.team_id = g.team_id left join app.mission_stop s on s.team_id = g.team_id and s.mission_id = g.id where g.team_id = ${tx.scopeId} and g.id = ${goalId}`),
    tx.read<ItemRow>(sql`
      select k.id, k.key, k.skill as agent, k.state, i.id as "instanceId", i.state as "instanceState", d.allowed, d.code, d.violations
      from app.task k join app.goal g on g.team_id = k.team_id and g.id = k.goal_id join app.team t on t.team_id = g.team_id
        left join lateral (select n.id, n.state from app.instance n where n.team_id = k.team_id and n.task_id = k.id order by n.started_at desc, n.id desc limit 1) i on true
        left join lateral (select n.allowed, n.code, n.violations from app.spawn_decision n where n.team_id = k.team_id and n.task_id = k.id and n.decided_at >= greatest(g.running_since, t.state_changed_at) order by n.decided_at desc, n.id desc limit 1) d on true
      where k.team_id = ${tx.scopeId} and k.goal_id = ${goalId} order by k.ordinal`),
  ]);
  return head && { ...head, items: items.map((row) => itemOf(row, head.origin)) };
}

const itemOf = (row: ItemRow, origin: GoalOrigin): AssignedItem => ({
  taskId: row.id,
  workItemId: workItemIdOf(origin, row),
  agent: row.agent,
  state: row.state,
  instance: row.instanceId === null ? null : { id: row.instanceId, state: row.instanceState },
  decision: row.allowed === null ? null : { allowed: row.allowed, code: row.code, message: firstOf(row.violations.map(({ message }) => message ?? '').join('; '), 500) },
});

/** Instances that a cancellation ended: what had finished before it is not among them. */
export async function countCancelled(tx: Tx, goalId: GoalId): Promise<number> {
  const row = await tx.one<{ n: number }>(sql`select count(*) as n from app.instance where team_id = ${tx.scopeId} and goal_id = ${goalId} and state = 'cancelled' and end_reason = 'mission_cancelled'`);
  return row?.n ?? 0;
}

/** Workers of the goal that a supervisor still holds. */
export async function countRunning(tx: Tx, goalId: GoalId): Promise<number> {
  const row = await tx.one<{ n: number }>(sql`select count(*) as n from app.worker_run r join app.task k on k.team_id = r.team_id and k.id = r.task_id where r.team_id = ${tx.scopeId} and k.goal_id = ${goalId} and r.state = 'running'`);
  return row?.n ?? 0;
}
