import { NotFoundError, type AlertKind, type GoalId } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import type { Audit } from '@countersign/service';
import { holdGoal } from './guide-goal.js';
import { readMission } from './mission-rows.js';

interface AlertRow {
  readonly kind: AlertKind;
  readonly goal_id: GoalId | null;
}
const WORDS: Readonly<Partial<Record<AlertKind, string>>> = {
  asks_too_often: 'It asked for approval too often, so it was paused. A person can let it go on.',
  refused_too_often: 'Its requests were refused or left unanswered too often, so it was paused. A person can let it go on.',
};

/** Pauses what an alert of the gateway's says: one goal, or every open one that the manager drives. What cannot be paused any more is left as it is. Returns those that were paused. */
export async function pauseAgent(tx: Tx, audit: Audit, alertId: string): Promise<GoalId[]> {
  const alert = await tx.one<AlertRow>(sql`select kind, goal_id from app.alert where team_id = ${tx.scopeId} and id = ${alertId} and stops = 'agent'`);
  if (!alert) throw new NotFoundError('alert');
  const open = await tx.read<{ id: GoalId }>(sql`select g.id from app.goal g where g.team_id = ${tx.scopeId} and g.origin = 'goal' and g.finished_at is null and g.paused_at is null and coalesce(${alert.goal_id}, g.id) = g.id order by g.id`);
  const paused: GoalId[] = [];
  for (const { id } of open) {
    const stored = await readMission(tx, id);
    const held = stored && (await holdGoal(tx, audit, stored, { words: WORDS[alert.kind] ?? '', code: alert.kind }));
    if (held?.ok && held.changed) paused.push(id);
  }
  return paused;
}
