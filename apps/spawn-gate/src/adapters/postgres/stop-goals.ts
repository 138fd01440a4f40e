import type { Audit } from '@countersign/audit';
import { wireMission, type GoalId } from '@countersign/contracts';
import { sql, type Statement, type Tx } from '@countersign/database';
import { flagMission } from './spawn-rows.js';

/** Stops each open goal for good, which its manager hears of; `only` says of which (`g`). */
export async function stopGoals(tx: Tx, audit: Audit, reason: string, only: Statement = sql`true`): Promise<void> {
  for (const { id } of await tx.read<{ id: GoalId }>(sql`select g.id from app.goal g where g.team_id = ${tx.scopeId} and g.finished_at is null and ${only} order by g.id`)) {
    flagMission(tx, { missionId: id, state: 'cancelled', reason, by: 'service' });
    await audit(tx, 'MISSION-STOPPED', { mission_id: wireMission(id), state: 'cancelled', reason, instances: 0 });
  }
}
