import { sql, type Statement } from './sql.js';

/** A provider bills a call within so much time after it was reserved, or never: longer than the longest call. */
const CALL_LASTS = sql`interval '2 minutes'`;

/**
 * What the team's model calls under way can come to at most beyond what is held for them, per account and unit: as their holds say, and
 * all of a call whose agent has ended meanwhile, since nothing is held for it any more. `ofGoal` (a condition on the instance `i`) narrows it.
 */
export const beyondHolds = (team: Statement, ofGoal: Statement = sql`true`): Statement =>
  sql`select h.account_id, u.unit, u.amount from app.budget_entry h join app.instance i on i.team_id = h.team_id and i.id = h.account_id
    cross join lateral (select b.key as unit, b.value::int8 as amount from jsonb_each_text(coalesce(h.overshoot, '{}')) b union all select a.key, a.value::int8 from jsonb_each_text(h.amounts) a where i.state <> 'running') u
    where h.team_id = ${team} and h.kind = 'hold' and h.call_id <> h.account_id and (i.state = 'running' or i.ended_at > clock_timestamp() - ${CALL_LASTS}) and h.at > clock_timestamp() - ${CALL_LASTS} and ${ofGoal}
      and not exists (select from app.budget_entry s where s.team_id = h.team_id and s.account_id = h.account_id and s.call_id = h.call_id and s.kind = 'settle')`;
