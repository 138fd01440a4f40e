import { sql, type Tx } from '@countersign/database';
import type { WorkTerms } from '../../domain/new-work.js';

/** On which terms the team takes new work now, by the database's clock; two requests at once count each other's tasks. A task that was planned counts, also once it is cancelled. */
export async function readWorkTerms(tx: Tx): Promise<WorkTerms> {
  await tx.read(sql`select pg_advisory_xact_lock(hashtextextended('new-work:' || ${tx.scopeId}, 0)) from app.trial where team_id = ${tx.scopeId} and ended_at is null`);
  return (await tx.one<WorkTerms>(sql`select t.coordination, coalesce(r.ends_at <= clock_timestamp(), false) as "trialOver",
      case when r.team_id is not null then greatest(0, r.tasks - (select count(*)::int from app.task k where k.team_id = t.team_id)) end as "tasksLeft"
    from app.team t left join app.trial r on r.team_id = t.team_id and r.ended_at is null where t.team_id = ${tx.scopeId}`))!;
}
