import { databaseRole } from '@countersign/contracts';
import { SERVICE_ROLES } from '../tables.js';

/** Guards inside a team's own context: owned by the tables' owner, still bound to the context by its policies. */
export const guards = `
-- Holds the team row until commit, so that a suspension waits for this transaction or this transaction sees it (P9).
create function sec.fence(wanted int) returns int language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$
declare t app.team;
begin
  select * into t from app.team where team_id = sec.team() for share;
  if t.team_id is null then raise exception 'team_not_found' using errcode = 'CS001'; end if;
  if t.state <> 'active' then raise exception 'team_not_active' using errcode = 'CS001'; end if;
  if t.epoch <> wanted then raise exception 'stale_epoch' using errcode = 'CS001'; end if;
  return t.epoch;
end $f$;
-- The only way to use an approval: once, while granted and valid, for exactly these bytes, in this epoch (P5).
create function sec.use_approval(wanted uuid, wanted_digest bytea) returns void language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$
declare a app.approval; t app.team; goal_state text;
begin
  select * into t from app.team where team_id = sec.team() for share;
  select * into a from app.approval where team_id = sec.team() and id = wanted for update;
  if a.id is null then raise exception 'approval_not_found' using errcode = 'CS001'; end if;
  if t.state <> 'active' or t.epoch <> a.epoch then raise exception 'stale_epoch' using errcode = 'CS001'; end if;
  if a.state <> 'approved' then raise exception 'approval_not_granted' using errcode = 'CS001'; end if;
  if a.valid_until <= clock_timestamp() then raise exception 'approval_expired' using errcode = 'CS001'; end if;
  if a.digest <> wanted_digest or a.digest <> sha256(a.manifest) then raise exception 'digest_mismatch' using errcode = 'CS001'; end if;
  -- a cancellation waits for this transaction, or this transaction sees it
  select state into goal_state from app.goal where team_id = a.team_id and id = a.goal_id for share;
  if goal_state = 'cancelled' then raise exception 'goal_cancelled' using errcode = 'CS001'; end if;
  insert into app.approval_use (team_id, approval_id) values (a.team_id, a.id) on conflict do nothing;
  if not found then raise exception 'approval_used' using errcode = 'CS001'; end if;
end $f$;
-- Appends one event to the team's stream, in the order of commits: the head row is held until then.
create function sec.emit(event_type text, event_properties jsonb) returns bigint language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$
declare t uuid := sec.team(); n bigint;
begin
  insert into app.agent_event_head (team_id, next_seq) values (t, 2) on conflict (team_id) do update set next_seq = app.agent_event_head.next_seq + 1 returning next_seq - 1 into n;
  insert into app.agent_event (team_id, seq, type, properties) values (t, n, event_type, event_properties);
  return n;
end $f$;
alter function sec.emit(text, jsonb) owner to own_app;
revoke all on function sec.emit(text, jsonb) from public;
grant execute on function sec.emit(text, jsonb) to ${databaseRole('spawn-gate')}, ${databaseRole('manager-agent')};
-- The member that manages a team, for audit.append alone; no context of its own, so it belongs to the reader across teams.
create function sec.manager_of(team uuid) returns uuid language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $f$
begin return (select m.id from app.member m where m.team_id = team and m.kind = 'manager' limit 1); end $f$;
alter function sec.manager_of(uuid) owner to own_ops;
revoke all on function sec.manager_of(uuid) from public;
grant execute on function sec.manager_of(uuid) to own_audit;
alter function sec.fence(int) owner to own_app;
alter function sec.use_approval(uuid, bytea) owner to own_app;
revoke all on function sec.fence(int), sec.use_approval(uuid, bytea) from public;
grant execute on function sec.fence(int) to ${SERVICE_ROLES.join(', ')};
grant execute on function sec.use_approval(uuid, bytea) to ${databaseRole('executor')};
`;
