import { sql, type Statement } from '@countersign/database';

/** Whether something that worked for the goal, or its own account, paid for a call that the rehearsal answered. */
export const costRehearsal = (team: Statement, goal: Statement): Statement =>
  sql`exists (select from app.budget_entry e where e.team_id = ${team} and e.kind = 'settle' and e.model = 'rehearsal' and e.account_id in (
    select i.id from app.instance i where i.team_id = ${team} and i.goal_id = ${goal}
    union all select b.account_id from app.budget b where b.team_id = ${team} and b.parent_id = ${goal} and b.unit = 'usd_micros'))`;

/** A provider bills a call within so much time after it was reserved, or never: longer than the longest call. */
const CALL_LASTS = sql`interval '2 minutes'`;

/**
 * What the team's model calls under way can come to at most beyond what is held for them, per account and unit: as their holds say, and
 * all of a call whose agent has ended meanwhile, since nothing is held for it any more. `ofGoal` (a condition on the instance `i`) narrows it.
 */
const beyondHolds = (team: Statement, ofGoal: Statement): Statement =>
  sql`select h.account_id, u.unit, u.amount from app.budget_entry h join app.instance i on i.team_id = h.team_id and i.id = h.account_id
    cross join lateral (select b.key as unit, b.value::int8 as amount from jsonb_each_text(coalesce(h.overshoot, '{}')) b union all select a.key, a.value::int8 from jsonb_each_text(h.amounts) a where i.state <> 'running') u
    where h.team_id = ${team} and h.kind = 'hold' and h.call_id <> h.account_id and (i.state = 'running' or i.ended_at > clock_timestamp() - ${CALL_LASTS}) and h.at > clock_timestamp() - ${CALL_LASTS} and ${ofGoal}
      and not exists (select from app.budget_entry s where s.team_id = h.team_id and s.account_id = h.account_id and s.call_id = h.call_id and s.kind = 'settle')`;

/** The same for the whole team or one goal, per unit. */
export const possibleOvershoot = (team: Statement, ofGoal: Statement = sql`true`): Statement => sql`select o.unit, sum(o.amount)::int8 as overshoot from (${beyondHolds(team, ofGoal)}) o group by o.unit`;

/** The same for each account, with what is below it. */
export const overshootOfAccounts = (team: Statement): Statement =>
  sql`with recursive up as (select o.account_id, o.unit, o.amount from (${beyondHolds(team, sql`true`)}) o
      union all select b.parent_id, up.unit, up.amount from up join app.budget b on b.team_id = ${team} and b.account_id = up.account_id and b.unit = 'tokens' where b.parent_id is not null)
    select up.account_id, up.unit, sum(up.amount)::int8 as overshoot from up group by up.account_id, up.unit`;
