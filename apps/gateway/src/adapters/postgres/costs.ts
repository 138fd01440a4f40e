import { beyondHolds, sql, type Statement } from '@countersign/database';

/** Whether something that worked for the goal, or its own account, paid for a call that the rehearsal answered. */
export const costRehearsal = (team: Statement, goal: Statement): Statement =>
  sql`exists (select from app.budget_entry e where e.team_id = ${team} and e.kind = 'settle' and e.model = 'rehearsal' and e.account_id in (
    select i.id from app.instance i where i.team_id = ${team} and i.goal_id = ${goal}
    union all select b.account_id from app.budget b where b.team_id = ${team} and b.parent_id = ${goal} and b.unit = 'usd_micros'))`;

/** What calls under way can come to at most beyond what is held for them: of the whole team or one goal, per unit. */
export const possibleOvershoot = (team: Statement, ofGoal?: Statement): Statement => sql`select o.unit, sum(o.amount)::int8 as overshoot from (${beyondHolds(team, ofGoal)}) o group by o.unit`;

/** The same for each account, with what is below it. */
export const overshootOfAccounts = (team: Statement): Statement =>
  sql`with recursive up as (select o.account_id, o.unit, o.amount from (${beyondHolds(team)}) o
      union all select b.parent_id, up.unit, up.amount from up join app.budget b on b.team_id = ${team} and b.account_id = up.account_id and b.unit = 'tokens' where b.parent_id is not null)
    select up.account_id, up.unit, sum(up.amount)::int8 as overshoot from up group by up.account_id, up.unit`;
