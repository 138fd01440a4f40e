import type { CriterionView, GoalId, TaskView } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';

interface TaskRow extends Omit<TaskView, 'member' | 'criteria' | 'run' | 'notes'> {
  readonly member_id: string | null;
  readonly member_name: string | null;
  readonly notes: unknown[];
  readonly criteria: readonly { readonly id?: string; readonly kind?: string }[];
  readonly run_id: string | null;
  readonly run_state: NonNullable<TaskView['run']>['state'];
  readonly attempt: number;
  readonly code: string | null;
  /** Criterion to outcome, of the newest draft. */
  readonly outcomes: Readonly<Record<string, boolean>> | null;
}

const MOST_TASKS = 500;

/** Tasks of one goal (of a mission its work items, which no member is bound to), each with its newest run and the checks of its newest draft. */
export async function readTasks(tx: Tx, goalId: GoalId): Promise<TaskView[]> {
  const rows = await tx.read<TaskRow>(sql`
    select t.id, t.key, t.title, t.detail, t.depends_on as "dependsOn", t.skill, t.state, t.round, t.plan_notes || t.notes as notes, t.criteria, t.member_id, m.name as member_name,
      coalesce(r.progress, '') as progress, r.id as run_id, r.state as run_state, r.attempt, r.code, c.outcomes
    from app.task t left join app.member m on m.team_id = t.team_id and m.id = t.member_id
    left join lateral (select * from app.worker_run w where w.team_id = t.team_id and w.task_id = t.id order by w.round desc, w.attempt desc limit 1) r on true
    left join lateral (select jsonb_object_agg(k.criterion, k.passed) as outcomes from app.check_run k where k.team_id = t.team_id
      and k.draft_id = (select d.id from app.draft d where d.team_id = t.team_id and d.task_id = t.id order by d.id desc limit 1)) c on true
    where t.team_id = ${tx.scopeId} and t.goal_id = ${goalId} order by t.ordinal limit ${MOST_TASKS}`);
  return rows.map(taskOf);
}

const taskOf = (row: TaskRow): TaskView => ({
  id: row.id,
  key: row.key,
  title: row.title,
  detail: row.detail,
  dependsOn: row.dependsOn,
  skill: row.skill,
  member: row.member_id === null ? null : { id: row.member_id, name: row.member_name ?? '' },
  state: row.state,
  round: row.round,
  notes: row.notes,
  progress: row.progress,
  criteria: row.criteria.map((criterion): CriterionView => ({ id: criterion.id ?? '', kind: criterion.kind ?? '', passed: row.outcomes?.[criterion.id ?? ''] ?? null })),
  run: row.run_id === null ? null : { id: row.run_id, state: row.run_state, attempt: row.attempt, code: row.code },
});
