import { sql, type Statement } from '@countersign/database';

/** Whether something that worked for the goal, or its own account, paid for a call that the rehearsal answered. */
export const costRehearsal = (team: Statement, goal: Statement): Statement =>
  sql`exists (select from app.budget_entry e where e.team_id = ${team} and e.kind = 'settle' and e.model = 'rehearsal' and e.account_id in (
    select i.id from app.instance i where i.team_id = ${team} and i.goal_id = ${goal}
    union all select b.account_id from app.budget b where b.team_id = ${team} and b.parent_id = ${goal} and b.unit = 'usd_micros'))`;
