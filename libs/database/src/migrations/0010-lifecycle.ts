import { databaseRole, DRIFT_CODES, ESCALATION_STATES, ESCALATION_TRIGGERS, INCIDENT_KINDS, LEAK_CODES, TRIAL_OUTCOMES } from '@countersign/contracts';
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
-- what a person recorded about a team, or what suspended a team or a member; it stays
create table app.incident (
  team_id uuid not null references app.team, id uuid not null, kind text not null check (kind in (${words(INCIDENT_KINDS)})), member_id uuid, recorded_by uuid, recorded_as text check ((recorded_as is null) = (recorded_by is null)), words text not null default '' check (length(words) <= 2000),
  counted int not null default 1, epoch int not null, at timestamptz not null default clock_timestamp(), primary key (team_id, id), foreign key (team_id, member_id) references app.member (team_id, id));
-- who has to look at what, and how soon; what is not resolved stands once for one subject
create table app.escalation (
  team_id uuid not null, id uuid not null, customer_id uuid, trigger text not null check (trigger in (${words(ESCALATION_TRIGGERS)})), subject text not null, to_role text not null, state text not null default 'open' check (state in (${words(ESCALATION_STATES)})),
  counted int not null default 1, figures jsonb not null default '{}', evidence_at timestamptz not null, raised_at timestamptz not null default clock_timestamp(), due_at timestamptz not null, overdue_at timestamptz,
  acknowledged_at timestamptz, acknowledged_by uuid, resolved_at timestamptz, resolved_by uuid, resolution text not null default '', primary key (team_id, id),
  check ((state = 'resolved') = (resolved_at is not null)), check (acknowledged_by is null or acknowledged_at is not null));
create unique index one_open_escalation on app.escalation (team_id, trigger, subject) where state <> 'resolved';
-- what became of it, whoever resolved it before: that what was measured is over, and from then on it may be raised again; or, of what is only reported, when it was last
create table app.escalation_over (
  team_id uuid not null, escalation_id uuid not null, at timestamptz, reported_at timestamptz, primary key (team_id, escalation_id), foreign key (team_id, escalation_id) references app.escalation (team_id, id), check (num_nonnulls(at, reported_at) = 1));
create index escalation_by_subject on app.escalation (team_id, trigger, subject, resolved_at);
create index escalation_by_id on app.escalation (id);
create index escalation_due on app.escalation (team_id, due_at) where state <> 'resolved' and overdue_at is null;

-- The context's team in figures, and no word of its work: what a trial is judged by.
create function ops.trial_figures() returns table (planned int, approved int, reviews int, revisions int, answers int, yeses int, violations int, rating float8, ratings int)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select (select count(*)::int from app.task k where k.team_id = sec.team()),
    (select count(*)::int from app.task k where k.team_id = sec.team() and k.state = 'done' and exists (select from ${ANSWERED} and a.state = 'approved' and a.goal_id = k.goal_id)),
    (select count(*)::int from app.review r where r.team_id = sec.team() and r.decided_at is not null),
    (select count(*)::int from app.review r where r.team_id = sec.team() and r.decision = 'revise'),
    (select count(*)::int from ${ANSWERED}),
    (select count(*)::int from ${ANSWERED} and a.state = 'approved'),
    -- whatever became of it: what suspended somebody, each flag of the guardian (and not what it suspended, which is the same one), each refused attempt to carry something out, each draft that was flagged, each request that a person reported
    (select count(*)::int from app.incident i where i.team_id = sec.team() and i.kind in ('unauthorised_execution', 'ethics_violation', 'scope_drift') and (i.recorded_by is not null) = (i.kind = 'ethics_violation'))
      + (select count(*)::int from app.capability_denial c where c.team_id = sec.team() and c.code in (${words(LEAK_CODES)}))
      + (select count(*)::int from app.review r where r.team_id = sec.team() and r.decision = 'flag')
      + (select count(*)::int from app.alert x where x.team_id = sec.team() and x.kind = 'reported'),
    (select avg(s.stars)::float8 from app.team_rating s where s.team_id = sec.team()),
    (select count(*)::int from app.team_rating s where s.team_id = sec.team()) $f$;
-- Which bundles a customer has tried, or is about to.
create function ops.bundles_tried(customer uuid) returns table (bundle_id text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select distinct t.bundle_id from app.team t where t.customer_id = customer
    and (exists (select from app.trial r where r.team_id = t.team_id) or (t.mode = 'trial' and t.state in ('requested', 'certified'))) $f$;
-- Trials whose last day, or whose grace, is over and was not said yet; a suspended team's time stands still.
create function ops.due_trials() returns table (team_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select r.team_id from app.trial r join app.team t on t.team_id = r.team_id
  where r.ended_at is null and t.state = 'active' and (case when r.expired_at is null then r.ends_at else r.grace_until end) <= clock_timestamp() order by r.ends_at limit 100 $f$;

-- what it looks at is made in a later migration
set local check_function_bodies = off;
-- Everything that is measured about one team: what, about which subject, how much, and its newest evidence. Only the last thirty days are looked at.
-- What a person let go on counts from then on: earlier attempts of a manager or a member are over with the reactivation.
create function ops.team_signals(only_team uuid, terms jsonb) returns table (team_id uuid, signal text, subject text, member_id uuid, counted int, at timestamptz, figures jsonb)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  with t as materialized (select x.*, clock_timestamp() - interval '30 days' as since from app.team x where x.state in ('active', 'suspended', 'completed', 'dissolved') and x.team_id = only_team),
  -- what a member was suspended for is past once it works again, and what was measured of it while a person had stopped it
  before as (select m.team_id, m.id as member_id, greatest(m.reinstated_at, (select max(i.at) from app.incident i where i.team_id = m.team_id and i.member_id = m.id and i.recorded_by is null)) as at from t join app.member m on m.team_id = t.team_id),
  e as (select terms -> 'escalation' as esc, terms -> 'suspension' as sus),
  leads as (select m.id from app.member m where m.team_id = only_team and m.kind = 'manager' limit 1),
  -- what the manager tried. An executor that refuses an effect protects a person's yes, and says nothing of who is to blame; a mission's roles are the words of the person who made it
  tried as (
    select 'denial' as what, c.denied_at as at from t join app.capability_denial c on c.team_id = t.team_id and c.denied_at > t.state_changed_at join app.instance i on i.team_id = c.team_id and i.id = c.instance_id join leads on leads.id = i.member_id
    union all select 'spawn', d.decided_at from t join app.spawn_decision d on d.team_id = t.team_id and not d.allowed and d.decided_at > t.state_changed_at and d.code in ('spawn_denied_edge', 'spawn_role_mismatch')
      join app.instance i on i.team_id = d.team_id and d.requested_by = 'instance:' || i.id join leads on leads.id = i.member_id
      where not exists (select from app.task k join app.goal g on g.team_id = k.team_id and g.id = k.goal_id where k.team_id = d.team_id and k.id = d.task_id and g.origin = 'mission')
    union all select 'forged', min(l.dead_at) from t join app.dead_letter l on l.team_id = t.team_id and l.dead_at > t.state_changed_at and l.error_code = 'forged_message' and l.error_text = 'sent by manager-agent' group by l.msg_id
    -- it has a goal carried out that nobody ever said yes to
    union all select 'effect', g.changed_at from t join app.goal g on g.team_id = t.team_id and g.state = 'executing' and g.changed_at > t.state_changed_at
      where not exists (select from app.approval a join app.approval_decision d on d.team_id = a.team_id and d.approval_id = a.id and d.decision = 'approve' where a.team_id = g.team_id and a.goal_id = g.id)),
  -- a review is of what somebody made: whoever has the task now has no part in it
  reviewed as (
    select t.team_id, t.state, w.member_id, r.decision, r.decided_at, r.decided_at > t.state_changed_at and (b.at is null or r.decided_at > b.at) as since_let_go,
      row_number() over (partition by w.member_id order by r.decided_at desc) as nth, row_number() over (order by r.decided_at desc) as nth_of_team
    from t join app.review r on r.team_id = t.team_id and r.decided_at > t.since join app.draft d on d.team_id = r.team_id and d.id = r.draft_id join app.worker_run w on w.team_id = d.team_id and w.id = d.run_id
    left join before b on b.team_id = w.team_id and b.member_id = w.member_id),
  -- tasks that were not right at once: whose, and since when
  hard as (
    select distinct on (w.task_id) t.team_id, w.member_id, coalesce(n.at, w.ended_at, w.queued_at) as at from t join app.worker_run w on w.team_id = t.team_id and w.round = 1 and w.queued_at > t.since join app.task k on k.team_id = w.team_id and k.id = w.task_id
    cross join lateral (select min(v.queued_at) as at from app.worker_run v where v.team_id = w.team_id and v.task_id = w.task_id and v.round > 1) n
    where t.state = 'active' and (n.at is not null or k.state = 'blocked') order by w.task_id, w.attempt desc),
  delegated as (select v.team_id, v.task_id, (v.body ->> 'round')::int as round, max(v.at) as at from t join app.task_event v on v.team_id = t.team_id and v.kind = 'assigned' and v.at > greatest(t.state_changed_at, clock_timestamp() - interval '1 day') where t.state = 'active' group by 1, 2, 3),
  refused as (select t.team_id, i.member_id, c.code, c.denied_at from t join app.capability_denial c on c.team_id = t.team_id and c.denied_at > t.state_changed_at join app.instance i on i.team_id = c.team_id and i.id = c.instance_id left join before b on b.team_id = i.team_id and b.member_id = i.member_id, e
    where (b.at is null or c.denied_at > b.at) and exists (select from app.member m where m.team_id = i.team_id and m.id = i.member_id and m.kind = 'specialist') and c.denied_at > clock_timestamp() - (e.sus ->> 'withinMinutes')::int * interval '1 minute')
  select only_team, 'delegation_exceeded', 'manager', (select id from leads), sum(n)::int, max(at), jsonb_object_agg(what, n) from (select what, count(*)::int as n, max(at) as at from tried group by what) tried having count(*) > 0
  union all select i.team_id, i.kind, i.id::text, i.member_id, i.counted, i.at, '{}' from t join app.incident i on i.team_id = t.team_id and i.at > t.since where i.kind in ('composition_change', 'architecture_change', 'app_store_rejection') or (i.kind = 'ethics_violation' and i.recorded_by is not null and i.at > t.state_changed_at and not exists (select from before b where b.team_id = i.team_id and b.member_id = i.member_id and b.at >= i.at))
  union all select r.team_id, 'failed_reviews', r.member_id::text, r.member_id, count(*)::int, max(r.decided_at), '{}' from reviewed r
    where r.decision = 'revise' and r.since_let_go and exists (select from app.member m where m.team_id = r.team_id and m.id = r.member_id and m.state <> 'removed') and not exists (select from reviewed b where b.member_id = r.member_id and b.nth < r.nth and b.decision = 'approved') group by r.team_id, r.member_id
  union all select x.team_id, 'noes', 'customer', null, count(*)::int, max(x.decided_at), '{}' from t join app.approval x on x.team_id = t.team_id and x.state = 'denied' and x.decided_at > greatest(t.since, t.state_changed_at)
    where not exists (select from app.approval y where y.team_id = x.team_id and y.state = 'approved' and y.decided_at > x.decided_at) group by x.team_id
  -- a delegation that nobody took up yet is as slow as it is old
  union all select d.team_id, 'coordination_slow', 'delegation', null, count(*)::int, max(d.at), jsonb_build_object('mostMs', max((extract(epoch from coalesce(w.at, clock_timestamp()) - d.at) * 1000)::int8))
    from delegated d cross join e cross join lateral (select min(x.queued_at) as at from app.worker_run x where x.team_id = d.team_id and x.task_id = d.task_id and x.round = d.round and x.queued_at >= d.at) w
    where extract(epoch from coalesce(w.at, clock_timestamp()) - d.at) * 1000 > (e.esc ->> 'coordinationMs')::int8
      and (w.at is not null or exists (select from app.task k join app.goal g on g.team_id = k.team_id and g.id = k.goal_id where k.team_id = d.team_id and k.id = d.task_id and k.state = 'assigned' and k.round = d.round and g.origin = 'goal' and g.paused_at is null and g.finished_at is null)) group by d.team_id
  union all select t.team_id, 'context_full', 'workspace', null, 1, clock_timestamp(), jsonb_build_object('bytes', s.bytes) from t cross join e
    cross join lateral (select ((select coalesce(sum(x.kept), 0) from app.artifact x where x.team_id = t.team_id) + (select coalesce(sum(v.kept), 0) from app.context_version v where v.team_id = t.team_id))::int8 as bytes) s
    where t.state in ('active', 'suspended') and s.bytes > (e.esc ->> 'contextBytes')::int8
  union all select x.team_id, 'delegation_biased', x.member_id::text, x.member_id, x.hard, x.at, jsonb_build_object('hard', x.hard, 'ofTasks', x.all_hard) from
    (select h.team_id, h.member_id, count(*)::int as hard, max(h.at) as at, sum(count(*)) over ()::int as all_hard from hard h group by h.team_id, h.member_id) x, e
    where x.all_hard >= (e.esc #>> '{bias,tasks}')::int and x.hard * 100 >= x.all_hard * (e.esc #>> '{bias,percent}')::int and exists (select from app.member m where m.team_id = x.team_id and m.id = x.member_id and m.state <> 'removed') and (select count(*) from app.member m where m.team_id = x.team_id and m.kind = 'specialist' and m.state <> 'removed') > 1
  -- its newest evidence is the newest review that was not passed
  union all select q.team_id, 'quality_falling', 'team', null, 1, q.at, jsonb_build_object('passed', q.late, 'passedBefore', q.early, 'of', q.n) from
    (select r.team_id, max(r.decided_at) filter (where r.decision <> 'approved') as at, (e.esc #>> '{quality,reviews}')::int as n, count(*) as all_n, count(*) filter (where r.decision = 'approved' and r.nth_of_team <= (e.esc #>> '{quality,reviews}')::int)::int as late,
       count(*) filter (where r.decision = 'approved' and r.nth_of_team > (e.esc #>> '{quality,reviews}')::int)::int as early, (e.esc #>> '{quality,dropPercent}')::int as drop_percent
     from reviewed r, e where r.state = 'active' and r.nth_of_team <= 2 * (e.esc #>> '{quality,reviews}')::int group by r.team_id, e.esc) q where q.all_n = 2 * q.n and (q.early - q.late) * 100 >= q.n * q.drop_percent and q.at is not null
  union all select t.team_id, 'audit_bypassed', d.id::text, null, 1, d.at, jsonb_build_object('decision', d.decision) from t join app.approval_decision d on d.team_id = t.team_id and d.decision in ('approve', 'deny', 'request_changes') and d.at > t.since and d.at < clock_timestamp() - interval '5 seconds'
    where not exists (select from audit.entry n where n.team_id = d.team_id and n.entry_id = d.entry_id)
  -- it waits while its answer is held, which may be taken back; and anew once its team works again
  union all select t.team_id, 'deliverable_ready', a.id::text, null, 1, greatest(a.created_at, t.state_changed_at), '{}' from t join app.approval a on a.team_id = t.team_id and a.state in ('pending', 'held') where t.state = 'active'
  -- what nothing can find out any more waits for a person, whatever became of the team
  union all select t.team_id, 'effect_unknown', f.approval_id::text, null, 1, coalesce(f.finished_at, f.started_at), jsonb_build_object('kind', f.kind) from t join app.effect f on f.team_id = t.team_id and f.state = 'unknown'
  -- a trial's end likewise: of a team that is suspended nobody promotes or extends it, and its grace stands still
  union all select t.team_id, 'trial_ended', 'trial', null, 1, greatest(r.expired_at, t.state_changed_at), '{}' from t join app.trial r on r.team_id = t.team_id and r.expired_at is not null and r.ended_at is null where t.state = 'active'
  union all select t.team_id, x.name, 'epoch-' || t.epoch, null, 1, t.state_changed_at, '{}' from t, (values ('team_suspended'), ('plan_waits')) x (name) where t.state = 'suspended'
  union all select t.team_id, 'suspension_long', 'epoch-' || t.epoch, null, 1, t.state_changed_at, '{}' from t, e where t.state = 'suspended' and t.state_changed_at < clock_timestamp() - (e.esc ->> 'suspendedDays')::int * interval '1 day'
  union all select t.team_id, 'helpdesk_waits', 'epoch-' || t.epoch, null, 1, t.state_changed_at, '{}' from t where t.state = 'suspended' and t.bundle #>> '{helpdesk,activation}' = 'ask'
    and not exists (select from app.helpdesk_session s where s.team_id = t.team_id and s.closed_at is null and s.talks)
  -- nobody was told why, or somebody asked and was not answered
  union all select t.team_id, 'helpdesk_silent', s.id::text, null, 1, w.at, '{}' from t cross join e join app.helpdesk_session s on s.team_id = t.team_id and s.closed_at is null
    cross join lateral (select coalesce((select min(c.at) from app.conversation c where c.team_id = s.team_id and c.session_id = s.id and c.author = 'customer' and not c.to_person and not exists (select from app.conversation r where r.team_id = c.team_id and r.session_id = c.session_id and r.author = 'helpdesk' and r.seq > c.seq)),
      case when not exists (select from app.conversation r where r.team_id = s.team_id and r.session_id = s.id and r.author = 'helpdesk') then s.opened_at end) as at) w
    where t.state = 'suspended' and w.at < clock_timestamp() - (e.esc #>> '{helpdesk,replyMinutes}')::int * interval '1 minute'
  union all select t.team_id, 'helpdesk_open', s.id::text, null, 1, t.state_changed_at, '{}' from t cross join e join app.helpdesk_session s on s.team_id = t.team_id and s.closed_at is null
    where t.state <> 'suspended' and t.state_changed_at < clock_timestamp() - (e.esc #>> '{helpdesk,closeMinutes}')::int * interval '1 minute'
  union all select t.team_id, 'helpdesk_often', 'month', null, count(*)::int, max(s.opened_at), '{}' from t join app.helpdesk_session s on s.team_id = t.team_id and s.talks and s.opened_at > t.since group by t.team_id having count(*) > (select (e.esc #>> '{helpdesk,mostAMonth}')::int from e)
  union all select t.team_id, 'customer_message', c.message_id::text, null, 1, c.at, '{}' from t join app.conversation c on c.team_id = t.team_id and c.to_person and c.at > t.since
  -- what carrying a team costs and what its models cost in this month, against the share of its price
  union all select t.team_id, 'cost_over', 'month-' || to_char(m.begun at time zone 'UTC', 'YYYY-MM'), null, 1, clock_timestamp(), jsonb_build_object('usdMicros', s.micros, 'limitUsdMicros', l.micros) from t cross join e
    cross join lateral (select date_trunc('month', clock_timestamp() at time zone 'UTC') at time zone 'UTC' as begun) m
    cross join lateral (select ((t.bundle #>> '{price,monthly}')::numeric * (e.esc #>> '{platformCost,usd}')::numeric * 1000000 / (e.esc #>> '{platformCost,perRupees}')::numeric)::int8 as micros) l
    cross join lateral (select coalesce(sum((b.amounts ->> 'usd_micros')::int8), 0)::int8 + coalesce((terms ->> 'carryUsdMicros')::int8, 0) as micros from app.budget_entry b where b.team_id = t.team_id and b.kind in ('draw', 'settle') and b.at >= m.begun) s
    where t.state in ('active', 'suspended') and s.micros > l.micros
  union all select a.team_id, 'rejections', 'customer', (select id from leads), a.noes, a.at, jsonb_build_object('noes', a.noes, 'answers', a.answers) from
    (select x.team_id, count(*)::int as answers, count(*) filter (where x.state = 'denied')::int as noes, max(x.decided_at) as at from t join app.approval x on x.team_id = t.team_id and x.state in ('approved', 'denied', 'changes_requested') and x.decided_at > t.state_changed_at group by x.team_id) a, e
    where a.answers >= (e.sus #>> '{rejections,answers}')::int and a.noes * 100 > a.answers * (e.sus #>> '{rejections,percent}')::int
  union all select f.team_id, 'leaks', f.member_id::text, f.member_id, count(*)::int, max(f.denied_at), '{}' from refused f where f.code in (${words(LEAK_CODES)}) group by f.team_id, f.member_id
  union all select f.team_id, 'scope_drifts', f.member_id::text, f.member_id, count(*)::int, max(f.denied_at), '{}' from refused f where f.code in (${words(DRIFT_CODES)}) group by f.team_id, f.member_id $f$;
-- Teams that are worth a look: whose record grew since, those whose time runs, and those with something that left no entry. A null time: all.
create function ops.noted_teams(since_ms int8, slow_ms int8) returns table (team_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select h.team_id from audit.head h join app.team t on t.team_id = h.team_id where t.state in ('active', 'suspended', 'completed', 'dissolved') and (since_ms is null or h.last_at_ms >= since_ms)
  union select t.team_id from app.team t where t.state = 'suspended'
  union select x.team_id from app.escalation x join app.team t on t.team_id = x.team_id where x.state <> 'resolved' and x.overdue_at is null and x.due_at <= clock_timestamp()
  union select k.team_id from app.task k join app.goal g on g.team_id = k.team_id and g.id = k.goal_id and g.origin = 'goal' and g.paused_at is null
    where k.state = 'assigned' and k.changed_at < clock_timestamp() - slow_ms * interval '1 millisecond' and k.changed_at > clock_timestamp() - interval '1 day'
      and not exists (select from app.escalation x where x.team_id = k.team_id and x.trigger = 'coordination_slow' and x.state <> 'resolved')
  union select l.team_id from app.dead_letter l join app.team t on t.team_id = l.team_id where l.error_code = 'forged_message' and l.dead_at > to_timestamp(coalesce(since_ms, 0) / 1000.0) $f$;
-- Escalations of the platform and of all teams, the newest first; a null customer is everybody's, and nobody gets one that is not for their roles.
create function ops.escalations_page(customer uuid, roles text[], open_only boolean, before uuid, most int)
returns table (team_id uuid, id uuid, customer_id uuid, team_name text, trigger text, subject text, member_name text, to_role text, state text, counted int, figures jsonb, raised_at timestamptz, due_at timestamptz, overdue boolean, acknowledged_at timestamptz, resolved_at timestamptz, resolved_by text, resolution text, said text, said_by text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select x.team_id, x.id, x.customer_id, t.name, x.trigger, x.subject, (select m.name from app.member m where m.team_id = x.team_id and (m.id::text = x.subject or m.id = i.member_id)), x.to_role, x.state, x.counted, x.figures, x.raised_at, x.due_at, x.state <> 'resolved' and x.due_at <= clock_timestamp(), x.acknowledged_at, x.resolved_at, (select p.display_name from app.person p where p.id = x.resolved_by), x.resolution, i.words, i.recorded_as
  from app.escalation x left join app.team t on t.team_id = x.team_id left join app.incident i on i.team_id = x.team_id and i.id::text = x.subject and i.recorded_by is not null
  where x.to_role = any (roles) and (customer is null or x.customer_id = customer) and (not open_only or x.state <> 'resolved') and (before is null or x.id < before) order by x.id desc limit most $f$;
create function ops.owner_of_escalation(escalation uuid) returns table (team_id uuid, customer_id uuid, to_role text, trigger text, state text, team_name text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$ select x.team_id, x.customer_id, x.to_role, x.trigger, x.state, t.name from app.escalation x left join app.team t on t.team_id = x.team_id where x.id = escalation $f$;
do $$ declare f text; begin
  foreach f in array array['ops.trial_figures()', 'ops.bundles_tried(uuid)', 'ops.due_trials()', 'ops.team_signals(uuid,jsonb)', 'ops.noted_teams(int8,int8)', 'ops.escalations_page(uuid,text[],boolean,uuid,int)', 'ops.owner_of_escalation(uuid)'] loop
    execute format('alter function %s owner to own_ops', f); execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to ${databaseRole('spawn-gate')}', f);
  end loop; end $$;
grant execute on function ops.trial_figures(), ops.escalations_page(uuid,text[],boolean,uuid,int), ops.owner_of_escalation(uuid) to ${databaseRole('gateway')};`;
