import { databaseRole, TRIAL_OUTCOMES } from '@countersign/contracts';
import { words } from '../list.js';

/** Of the approvals of the context's team: those that a person answered, by their answer. */
const ANSWERED = `app.approval a where a.team_id = sec.team() and a.state in ('approved', 'denied', 'changes_requested')`;

/** A team's trial and what its customer thinks of it: the gate's rows, and the figures that it judges a trial by. */
export const lifecycle = `
-- from the first deployment on; while a team is suspended its time stands still
create table app.trial (
  team_id uuid primary key references app.team, tasks int not null check (tasks > 0), policy_version int not null, begun_at timestamptz not null default clock_timestamp(), ends_at timestamptz not null, grace_until timestamptz not null,
  extended int not null default 0, expired_at timestamptz, ended_at timestamptz, outcome text check (outcome in (${words(TRIAL_OUTCOMES)})), check (grace_until >= ends_at), check ((ended_at is null) = (outcome is null)));
create index trial_running on app.trial (ends_at) where ended_at is null;
create table app.team_rating (team_id uuid not null references app.team, person_id uuid not null, stars int not null check (stars between 1 and 5), at timestamptz not null default clock_timestamp(), primary key (team_id, person_id));

-- The context's team in figures, and no word of its work: what a trial is judged by.
create function ops.trial_figures() returns table (planned int, approved int, reviews int, revisions int, answers int, yeses int, violations int, rating float8, ratings int)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select (select count(*)::int from app.task k where k.team_id = sec.team()),
    (select count(*)::int from app.task k where k.team_id = sec.team() and k.state = 'done' and exists (select from ${ANSWERED} and a.state = 'approved' and a.goal_id = k.goal_id)),
    (select count(*)::int from app.review r where r.team_id = sec.team() and r.decided_at is not null),
    (select count(*)::int from app.review r where r.team_id = sec.team() and r.decision = 'revise'),
    (select count(*)::int from ${ANSWERED}),
    (select count(*)::int from ${ANSWERED} and a.state = 'approved'),
    0,
    (select avg(s.stars)::float8 from app.team_rating s where s.team_id = sec.team()),
    (select count(*)::int from app.team_rating s where s.team_id = sec.team()) $f$;
-- Trials whose last day, or whose grace, is over and was not said yet; a suspended team's time stands still.
create function ops.due_trials() returns table (team_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select r.team_id from app.trial r join app.team t on t.team_id = r.team_id
  where r.ended_at is null and t.state = 'active' and (case when r.expired_at is null then r.ends_at else r.grace_until end) <= clock_timestamp() order by r.ends_at limit 100 $f$;
do $$ declare f text; begin
  foreach f in array array['ops.trial_figures()', 'ops.due_trials()'] loop
    execute format('alter function %s owner to own_ops', f); execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to ${databaseRole('spawn-gate')}', f);
  end loop; end $$;
grant execute on function ops.trial_figures() to ${databaseRole('gateway')};`;
