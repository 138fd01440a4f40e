import { LISTED_AGENTS, LISTED_FILES, type DeliverableFile, type DeliverableView, type GoalId, type LineageView } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import { iso, isoOrNull } from './pages.js';

interface LineageRow extends Omit<LineageView, 'startedAt' | 'endedAt'> {
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}
interface DeliverableRow extends Omit<DeliverableView, 'files' | 'at'> {
  readonly files: readonly DeliverableFile[];
  readonly at: Date;
}

/** The agents of a goal, and which started which: the newest of very many, in the order in which they began. */
export async function readLineage(tx: Tx, goalId: GoalId): Promise<LineageView[]> {
  const rows = await tx.read<LineageRow>(sql`select i.id, i.parent_id as "parentId", i.task_id as "taskId", i.member_id as "memberId", i.role, i.state, i.started_at as "startedAt", i.ended_at as "endedAt" from app.instance i
    where i.team_id = ${tx.scopeId} and i.goal_id = ${goalId} order by i.started_at desc, i.id desc limit ${LISTED_AGENTS}`);
  return rows.map((row) => ({ ...row, startedAt: iso(row.startedAt), endedAt: isoOrNull(row.endedAt) })).reverse();
}

/** What was proposed last; null where nothing was yet. */
export async function readDeliverable(tx: Tx, goalId: GoalId): Promise<DeliverableView | null> {
  const row = await tx.one<DeliverableRow>(sql`select d.id, d.revision, d.summary, jsonb_array_length(d.files) as "fileCount", jsonb_path_query_array(d.files, ${`$[0 to ${LISTED_FILES - 1}]`}::jsonpath) as files, d.created_at as at from app.deliverable d
    where d.team_id = ${tx.scopeId} and d.goal_id = ${goalId} order by d.revision desc limit 1`);
  return row ? { ...row, files: row.files.map(({ artifactId, path, sha256, size, deleted }) => ({ artifactId, path, sha256, size, deleted })), at: iso(row.at) } : null;
}
