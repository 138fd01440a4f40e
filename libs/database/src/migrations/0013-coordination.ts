import { databaseRole, NOT_THEIR_FAILURE } from '@countersign/contracts';
import { words } from '../list.js';

/** Who else can do a member's work, from whom a task was taken, and what came of what each was given. */
export const coordination = `
alter table app.member add column secondary_skills text[] not null default '{}' check (cardinality(secondary_skills) <= 20);
alter table app.task add column taken_from uuid[] not null default '{}' check (cardinality(taken_from) <= 20);
-- whose agent does a member's work of a skill: who stands in for another has theirs, with their rights and budget; else its own
create function app.agent_of(team uuid, member uuid, wanted text) returns uuid language sql stable set search_path = pg_catalog, pg_temp as $f$
  select coalesce((select o.id from app.member m join app.member o on o.team_id = m.team_id and o.skill = wanted and o.kind = 'specialist'
    where m.team_id = team and m.id = member and m.skill <> wanted and wanted = any (m.secondary_skills) order by o.state = 'removed', o.id limit 1), member) $f$;
-- since when a run is at work or waits to be: what follows a try that was lost or paused goes on where that one was; what begins after a suspension begins anew
create function app.run_since(team uuid, run uuid) returns timestamptz language sql stable set search_path = pg_catalog, pg_temp as $f$
  select min(f.queued_at) from app.worker_run r join app.worker_run f on f.team_id = r.team_id and f.task_id = r.task_id and f.round = r.round and f.member_id = r.member_id and f.epoch = r.epoch
      and (f.id = r.id or f.state = 'failed' or (f.state = 'stopped' and f.code = 'goal_paused'))
    where r.team_id = team and r.id = run $f$;
-- the newest request that the member ends, where it concerns what of the member has not ended, or else what was last there: of several runs at once the oldest says so, whichever was heard last
create function app.end_asked(team uuid, member uuid) returns uuid language sql stable set search_path = pg_catalog, pg_temp as $f$
  select x.id from app.member_message x where x.team_id = team and x.to_id = member and x.kind = 'shutdown' and x.archived_at is null
    and x.at > coalesce((select min(app.run_since(team, r.id)) from app.worker_run r where r.team_id = team and r.member_id = member and r.ended_at is null),
      (select app.run_since(team, r.id) from app.worker_run r where r.team_id = team and r.member_id = member order by r.queued_at desc limit 1), '-infinity') order by x.seq desc limit 1 $f$;
alter function app.run_since(uuid, uuid) owner to own_app;
revoke all on function app.run_since(uuid, uuid) from public;
grant execute on function app.run_since(uuid, uuid) to ${databaseRole('fleet')}, ${databaseRole('manager-agent')}, ${databaseRole('gateway')};
alter function app.end_asked(uuid, uuid) owner to own_app;
revoke all on function app.end_asked(uuid, uuid) from public;
grant execute on function app.end_asked(uuid, uuid) to ${databaseRole('fleet')}, ${databaseRole('manager-agent')}, ${databaseRole('gateway')};
alter function app.agent_of(uuid, uuid, text) owner to own_app;
revoke all on function app.agent_of(uuid, uuid, text) from public;
grant execute on function app.agent_of(uuid, uuid, text) to ${databaseRole('fleet')}, ${databaseRole('spawn-gate')};
-- what was written to a member and not put away, as far as it is for this agent of it: what is about one task goes to who works on that, a person's words as long as it can be
-- worked on, an answer to a question about it never to other work; a request to end where it stands, or found this agent: one that nobody took up ends nothing that begins later. Whether it waits to be delivered, and whether it interrupts this agent, which it has not come to yet
create function app.mail_of(team uuid, member uuid, task uuid, instance uuid) returns table (message_id uuid, waits boolean, interrupts boolean) language sql stable set search_path = pg_catalog, pg_temp as $f$
  select m.id, r.delivered_at is null, coalesce(m.kind = 'interrupt' and m.at >= i.started_at and not exists (select from app.message_interrupt x where x.team_id = m.team_id and x.message_id = m.id and x.instance_id = i.id), false)
  from app.message_receipt r join app.member_message m on m.team_id = r.team_id and m.id = r.message_id left join app.instance i on i.team_id = r.team_id and i.id = instance
  where r.team_id = team and r.member_id = member and m.archived_at is null
    and (m.task_id is null or m.task_id = task or (m.from_kind = 'person' and m.answers is null and exists (select from app.task o where o.team_id = m.team_id and o.id = m.task_id and o.state in ('done', 'cancelled'))))
    and (m.kind <> 'shutdown' or m.id = app.end_asked(team, member) or m.at > app.run_since(team, i.run_id)) $f$;
alter function app.mail_of(uuid, uuid, uuid, uuid) owner to own_app;
revoke all on function app.mail_of(uuid, uuid, uuid, uuid) from public;
grant execute on function app.mail_of(uuid, uuid, uuid, uuid) to ${databaseRole('fleet')}, ${databaseRole('manager-agent')};
create index task_by_member on app.task (team_id, member_id) where member_id is not null;
create index worker_run_by_member on app.worker_run (team_id, member_id, queued_at);
-- a round that ended without a draft is one however many attempts it took; what a suspension or a pause stopped, or what was lost with its supervisor, is nobody's failure
create function app.member_quality(team uuid, days int) returns table (member_id uuid, given int, approved int, at_once int, revised int, flagged int, failed int) language sql stable set search_path = pg_catalog, pg_temp as $f$
  select x.member_id, count(*)::int, count(*) filter (where x.decision = 'approved')::int, count(*) filter (where x.decision = 'approved' and x.round = 1)::int,
    count(*) filter (where x.decision = 'revise')::int, count(*) filter (where x.decision = 'flag')::int, count(*) filter (where x.decision is null and x.failed)::int
  from (select r.member_id, r.task_id, r.round, max(v.decision) as decision, bool_or(r.state = 'failed' and coalesce(r.code, '') not in (${words(NOT_THEIR_FAILURE)})) and not bool_or(r.state in ('queued', 'running', 'submitted')) as failed
    from app.worker_run r left join app.draft d on d.team_id = r.team_id and d.run_id = r.id left join app.review v on v.team_id = d.team_id and v.draft_id = d.id
    where r.team_id = team and r.queued_at > clock_timestamp() - make_interval(days => days) group by r.member_id, r.task_id, r.round) x group by x.member_id $f$;
alter function app.member_quality(uuid, int) owner to own_app;
revoke all on function app.member_quality(uuid, int) from public;
grant execute on function app.member_quality(uuid, int) to ${databaseRole('manager-agent')}, ${databaseRole('gateway')};
`;
