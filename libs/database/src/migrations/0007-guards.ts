import { databaseRole, ONE_GO_MINUTES } from '@countersign/contracts';
import { BY_SERVICE } from '../rules.js';
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
-- The yeses to these bytes that nobody has taken back, and which of them are on a device that is gone since: a device stands in its customer's scope, so this reads across.
create function sec.given_yes(team uuid, wanted uuid, bytes bytea) returns table (id uuid, person_id uuid, device_id uuid, at timestamptz, key text, gone bool) language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select d.id, d.person_id, d.device_id, d.at, coalesce(d.assertion ->> 'credentialId', d.id::text), exists (select from app.team t join app.device x on x.customer_id = t.customer_id where t.team_id = team and x.id = d.device_id and x.removed_at is not null)
    from app.approval_decision d where d.team_id = team and d.approval_id = wanted and d.decision = 'approve' and d.digest = bytes and not exists (select from app.approval_decision u where u.team_id = team and u.undoes = d.id) $f$;
-- Those on devices that are theirs still.
create function sec.standing_yes(team uuid, wanted uuid, bytes bytea) returns table (id uuid, person_id uuid, device_id uuid, at timestamptz, key text) language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select y.id, y.person_id, y.device_id, y.at, y.key from sec.given_yes(team, wanted, bytes) y where not y.gone $f$;
-- How many of them count: one for each person, or for each device, and none twice with the same key.
create function app.yeses(a app.approval) returns bigint language sql stable set search_path = pg_catalog, pg_temp as $f$
  select least(count(distinct case a.need_of when 'devices' then y.device_id else y.person_id end), count(distinct y.key)) from sec.standing_yes(a.team_id, a.id, a.digest) y $f$;
-- Whoever worked on a goal by the record of the runs, whosever the task is by now and whatever became of the run: an unused part was made, too (P11).
create function app.hands_of(team uuid, goal uuid) returns setof uuid language sql stable set search_path = pg_catalog, pg_temp as $f$
  select distinct r.member_id from app.worker_run r where r.team_id = team and r.task_id = any (array(select k.id from app.task k where k.team_id = team and k.goal_id = goal)) $f$;
-- Who asked for it, or worked on what it is about.
create function app.had_a_hand(a app.approval, person uuid) returns boolean language sql stable set search_path = pg_catalog, pg_temp as $f$
  select person = a.requested_by or exists (select from app.hands_of(a.team_id, a.goal_id) h (member_id) where h.member_id = person) $f$;
-- The only way to use an approval: once, while granted and valid, for exactly these bytes, in this epoch (P5).
create function sec.use_approval(wanted uuid, wanted_digest bytea) returns void language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$
declare a app.approval; t app.team; g app.goal; stop text;
begin
  select * into t from app.team where team_id = sec.team() for share;
  select * into a from app.approval where team_id = sec.team() and id = wanted for update;
  if a.id is null then raise exception 'approval_not_found' using errcode = 'CS001'; end if;
  if t.state <> 'active' or t.epoch <> a.epoch then raise exception 'stale_epoch' using errcode = 'CS001'; end if;
  if a.state <> 'approved' then raise exception 'approval_not_granted' using errcode = 'CS001'; end if;
  if not exists (select from sec.standing_yes(a.team_id, a.id, a.digest) y where y.person_id = a.decided_by) or app.yeses(a) < a.need then
    -- a yes that nobody took back, on a device that is gone since: it is asked anew, while one that was never given ends it
    raise exception '%', case when exists (select from sec.given_yes(a.team_id, a.id, a.digest) y where y.gone) then 'key_ended' else 'approval_not_granted' end using errcode = 'CS001';
  end if;
  if a.valid_until <= clock_timestamp() then raise exception 'approval_expired' using errcode = 'CS001'; end if;
  if a.digest <> wanted_digest or a.digest <> sha256(a.manifest) then raise exception 'digest_mismatch' using errcode = 'CS001'; end if;
  -- a cancellation or a pause waits for this transaction, or this transaction sees it; the gate's own stop counts like the goal's
  select * into g from app.goal where team_id = a.team_id and id = a.goal_id for share;
  select state into stop from app.mission_stop where team_id = a.team_id and mission_id = a.goal_id;
  if g.state = 'cancelled' or stop = 'cancelled' then raise exception 'goal_cancelled' using errcode = 'CS001'; end if;
  if g.paused_at is not null or stop = 'paused' then raise exception 'goal_paused' using errcode = 'CS001'; end if;
  insert into app.approval_use (team_id, approval_id) values (a.team_id, a.id) on conflict do nothing;
  if not found then raise exception 'approval_used' using errcode = 'CS001'; end if;
end $f$;
-- A pause of a goal ends: whatever other services' deadlines of it were running when it began, and of what came in the meantime, is
-- moved by the time that stood still. Called before the goal's row says that it goes on; without a pause it does nothing.
create function sec.thaw(paused uuid) returns void language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$
declare since timestamptz; n timestamptz := clock_timestamp();
begin
  select paused_at into since from app.goal where team_id = sec.team() and id = paused for update;
  if since is null then return; end if;
  update app.notification x set expires_at = x.expires_at + (n - greatest(since, a.created_at)) from app.approval a
    where x.team_id = sec.team() and x.state in ('due', 'sending') and a.team_id = x.team_id and a.id = x.approval_id and a.goal_id = paused and a.state in ('pending', 'held');
  update app.approval a set due_at = a.due_at + (n - greatest(since, a.created_at)), valid_until = a.valid_until + (n - greatest(since, a.decided_at)), effective_at = a.effective_at + (n - greatest(since, a.decided_at)), frozen_ms = a.frozen_ms + (extract(epoch from n - greatest(since, a.created_at)) * 1000)::int8
    where a.team_id = sec.team() and a.goal_id = paused and a.state in ('pending', 'held', 'approved');
  update app.gate_approval q set due_at = q.due_at + (n - greatest(since, q.created_at)) where q.team_id = sec.team() and q.goal_id = paused and q.state = 'pending';
  update app.instance i set deadline_at = i.deadline_at + (n - greatest(since, i.started_at)) where i.team_id = sec.team() and i.goal_id = paused and i.state = 'queued';
end $f$;
-- A team stops: what each question that waits has left is kept, because it is taken back and the one in its place goes on with that.
-- Of a goal that is paused, time has not passed since the pause began; of what is held, its time to answer not since it was decided, which was kept then.
create function sec.freeze() returns void language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$
declare n timestamptz := clock_timestamp();
begin
  update app.approval a set left_ms = greatest(0, extract(epoch from a.due_at - greatest(coalesce(g.paused_at, n), a.created_at)) * 1000)::int8 from app.goal g
    where a.team_id = sec.team() and g.team_id = a.team_id and g.id = a.goal_id and a.state = 'pending';
  update app.gate_approval q set left_ms = greatest(0, extract(epoch from q.due_at - greatest(coalesce((select g.paused_at from app.goal g where g.team_id = q.team_id and g.id = q.goal_id), n), q.created_at)) * 1000)::int8
    where q.team_id = sec.team() and q.state = 'pending';
end $f$;
-- It goes on: no mission's time has passed meanwhile. Called before the team's row says so; of a pause that began earlier, its end counts.
create function sec.unfreeze() returns void language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$
declare since timestamptz; n timestamptz := clock_timestamp();
begin
  select frozen_at into since from app.team where team_id = sec.team() for update;
  if since is null then return; end if;
  update app.goal g set paused_ms = g.paused_ms + greatest(0, extract(epoch from coalesce(g.paused_at, n) - greatest(since, g.started_at, g.running_since)) * 1000)::int8
    where g.team_id = sec.team() and g.finished_at is null and g.started_at is not null;
end $f$;
-- The pause of the mission without a goal, which only the gate knows of, ends.
create function sec.thaw_default(mission uuid) returns void language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$
declare since timestamptz; n timestamptz := clock_timestamp();
begin
  select stopped_at into since from app.mission_stop where team_id = sec.team() and mission_id = mission and state = 'paused'
    and not exists (select from app.goal g where g.team_id = sec.team() and g.id = mission);
  if since is null then return; end if;
  update app.gate_approval q set due_at = q.due_at + (n - greatest(since, q.created_at)) where q.team_id = sec.team() and q.goal_id is null and q.state = 'pending';
end $f$;
alter function sec.thaw(uuid) owner to own_app;
alter function sec.freeze() owner to own_app;
alter function sec.unfreeze() owner to own_app;
alter function sec.thaw_default(uuid) owner to own_app;
revoke all on function sec.thaw(uuid), sec.freeze(), sec.unfreeze(), sec.thaw_default(uuid) from public;
grant execute on function sec.thaw(uuid) to ${databaseRole('manager-agent')};
grant execute on function sec.freeze(), sec.unfreeze(), sec.thaw_default(uuid) to ${databaseRole('spawn-gate')};
-- What a person decides is decided by the person the context names, in time, and by nobody who asked for it or made a part of
-- it; what time decides, only time does, and no person. What is held stays as it was said until it takes effect, or until one of
-- those who said it takes theirs back, in time; only a no ends it sooner. A yes that was given stays as it was given; only the end
-- of a pause, which runs as the tables' owner, moves its reach by the time that stood still (P6, P11, P12).
create function app.approval_decided() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $f$
declare
  said boolean := (new.decided_at, new.decided_by, new.device_id, new.reason, new.valid_until, new.held_for, new.effective_at) is not distinct from (old.decided_at, old.decided_by, old.device_id, old.reason, old.valid_until, old.held_for, old.effective_at);
  paused timestamptz; stands boolean;
begin
  -- the entry of what a held decision made of it is named when that happens, and at no other time
  if new.effect_entry_id is distinct from old.effect_entry_id and (old.state <> 'held' or new.state is distinct from old.held_for) then raise exception 'decision_is_final' using errcode = 'CS001'; end if;
  if current_user = 'own_app' and new.state = old.state then return new; end if;
  if old.state in ('approved', 'held') and new.state = old.state then
    if not said then raise exception 'decision_is_final' using errcode = 'CS001'; end if;
    return new;
  end if;
  select g.paused_at into paused from app.goal g where g.team_id = old.team_id and g.id = old.goal_id;
  select exists (select from app.team t where t.team_id = old.team_id and t.state = 'active' and t.epoch = old.epoch) into stands;
  if old.state = 'approved' and not said then raise exception 'decision_is_final' using errcode = 'CS001'; end if;
  if new.state = 'expired' and (old.due_at > clock_timestamp() or new.decided_by is not null or paused is not null or not stands) then raise exception 'not_due' using errcode = 'CS001'; end if;
  if old.state = 'held' and new.state = old.held_for then
    if not said then raise exception 'decision_is_final' using errcode = 'CS001'; end if;
    if old.effective_at > clock_timestamp() or paused is not null or not stands then raise exception 'not_due' using errcode = 'CS001'; end if;
    -- a yes that was taken back, or whose device is gone, is none by now
    if old.held_for = 'approved' and app.yeses(old) < old.need then raise exception 'quorum_short' using errcode = 'CS001'; end if;
    new.left_ms := null;
    return new;
  end if;
  if old.state = 'held' and new.state = 'pending' then
    if num_nonnulls(new.decided_at, new.decided_by, new.device_id, new.reason, new.valid_until, new.held_for, new.effective_at) > 0 then raise exception 'decision_is_final' using errcode = 'CS001'; end if;
    if old.effective_at <= clock_timestamp() and paused is null then raise exception 'undo_too_late' using errcode = 'CS001'; end if;
    if not exists (select from app.approval_decision u where u.team_id = old.team_id and u.approval_id = old.id and u.decision = 'undo' and u.person_id = sec.person() and u.at >= old.decided_at) then raise exception 'not_the_person' using errcode = 'CS001'; end if;
    -- the time to answer goes on from where it stood when this was decided; so does the ladder
    if old.left_ms is not null then
      new.due_at := coalesce(paused, clock_timestamp()) + old.left_ms * interval '1 millisecond';
      new.frozen_ms := old.frozen_ms + greatest(0, extract(epoch from new.due_at - old.due_at) * 1000)::int8;
      new.left_ms := null;
    end if;
    return new;
  end if;
  if new.state = old.state or new.state not in ('held', 'approved', 'denied', 'changes_requested') then return new; end if;
  if old.state = 'held' and (old.held_for <> 'approved' or new.state not in ('denied', 'changes_requested')) then raise exception 'decision_is_final' using errcode = 'CS001'; end if;
  if old.state <> 'held' and old.due_at <= clock_timestamp() then raise exception 'approval_expired' using errcode = 'CS001'; end if;
  if new.decided_by is null or new.decided_by is distinct from sec.person() then raise exception 'not_the_person' using errcode = 'CS001'; end if;
  if app.had_a_hand(old, new.decided_by) then raise exception 'author_may_not_decide' using errcode = 'CS001'; end if;
  if old.need > 1 and 'approved' in (new.state, new.held_for) and app.yeses(old) < old.need then raise exception 'quorum_short' using errcode = 'CS001'; end if;
  new.left_ms := case when new.state = 'held' then greatest(0, extract(epoch from old.due_at - clock_timestamp()) * 1000)::int8 end;
  return new;
end $f$;
create function app.decision_by_person() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $f$
declare a app.approval;
begin
  if new.person_id is distinct from (case when new.decision not in ('expire', 'withdraw') then sec.person() end) then raise exception 'not_the_person' using errcode = 'CS001'; end if;
  if new.decision not in ('approve', 'deny', 'request_changes', 'undo') then return new; end if;
  select * into a from app.approval where team_id = new.team_id and id = new.approval_id;
  if app.had_a_hand(a, new.person_id) then raise exception 'author_may_not_decide' using errcode = 'CS001'; end if;
  if new.decision <> 'undo' then return new; end if;
  -- one's own, of what waits still, and of what is held until it takes effect
  if not exists (select from app.approval_decision d where d.team_id = new.team_id and d.id = new.undoes and d.approval_id = new.approval_id and d.person_id = new.person_id and d.decision in ('approve', 'deny', 'request_changes')) then raise exception 'not_the_person' using errcode = 'CS001'; end if;
  if a.state not in ('pending', 'held') or (a.state = 'held' and a.effective_at <= clock_timestamp() and not exists (select from app.goal g where g.team_id = a.team_id and g.id = a.goal_id and g.paused_at is not null)) then raise exception 'undo_too_late' using errcode = 'CS001'; end if;
  return new;
end $f$;
-- Who marked a question, and who has looked at it, is whom the context names (P12).
create function app.by_the_person() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $f$
begin
  if new.person_id is distinct from sec.person() then raise exception 'not_the_person' using errcode = 'CS001'; end if;
  return new;
end $f$;
-- What an account granted to those below it, it holds or has spent: no child is wider than its parent, in any unit (P3). The sum is kept
-- with the parent (lent), by these two alone, so that a team's ten thousandth account costs what its tenth did.
create function sec.account_opened() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $f$
begin
  -- Only a team's own account stands below nothing. An account's parent was there before it, so accounts come to stand in no circle, in which they could grant each other anything.
  if ${BY_SERVICE} and exists (select from fresh f where (f.parent_id is null) <> (f.account_id = f.team_id) or f.lent <> 0 or exists (select from fresh p where p.account_id = f.parent_id)) then
    raise exception 'wider_than_parent' using errcode = 'CS001'; end if;
  update app.budget p set lent = p.lent + f.granted from (select team_id, parent_id, unit, sum(granted) as granted from fresh where parent_id is not null group by team_id, parent_id, unit) f
    where p.team_id = f.team_id and p.account_id = f.parent_id and p.unit = f.unit;
  return null;
end $f$;
create function sec.account_changed() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $f$
begin
  if ${BY_SERVICE} and new.parent_id is distinct from old.parent_id and not exists (
      with recursive up (id) as (select new.parent_id union select p.parent_id from up join app.budget p on p.team_id = new.team_id and p.account_id = up.id and p.account_id <> new.account_id and p.unit = new.unit)
      select from up where id = new.team_id) then raise exception 'wider_than_parent' using errcode = 'CS001'; end if;
  update app.budget p set lent = p.lent + case when p.account_id is not distinct from new.parent_id then new.granted else 0 end - case when p.account_id is not distinct from old.parent_id then old.granted else 0 end
    where p.team_id = new.team_id and p.account_id in (old.parent_id, new.parent_id) and p.unit = new.unit;
  return null;
end $f$;
-- At commit, because the book is written account by account.
create function sec.no_wider_than_parent() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $f$
begin
  if exists (select from app.budget b where b.team_id = new.team_id and b.account_id = new.account_id and b.unit = new.unit and b.lent > b.held + b.spent) then
    raise exception 'wider_than_parent' using errcode = 'CS001'; end if;
  return null;
end $f$;
-- An instance draws on an account of its own that was granted all of its slice.
create function sec.instance_funded() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $f$
begin
  if exists (select from jsonb_each_text(new.slice) s where s.value::bigint > coalesce((select b.granted from app.budget b where b.team_id = new.team_id and b.account_id = new.id and b.unit = s.key and b.kind = 'instance'), 0)) then
    raise exception 'instance_not_funded' using errcode = 'CS001'; end if;
  return null;
end $f$;
-- Who is erased stays erased: their row is written no more.
create function sec.stays_erased() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $f$
begin raise exception 'person_erased' using errcode = 'CS001'; end $f$;
create trigger stays_erased before update or delete on app.person for each row when (old.erased_at is not null) execute function sec.stays_erased();
-- Nor is anything else of theirs, by a request that was let in before: whoever comes to write while somebody is being erased waits, and sees it. An erasure blanks first.
create function sec.erased_of(customer uuid, person uuid) returns boolean language plpgsql set search_path = pg_catalog, pg_temp as $f$
declare gone timestamptz;
begin
  select p.erased_at into gone from app.person p where p.customer_id = customer and p.id = person for key share;
  return gone is not null;
end $f$;
create function sec.none_of_the_erased() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $f$
begin
  if sec.erased_of(new.customer_id, new.person_id) then raise exception 'person_erased' using errcode = 'CS001'; end if;
  return new;
end $f$;
create trigger none_of_the_erased before insert or update on app.preference for each row execute function sec.none_of_the_erased();
create trigger none_of_the_erased before insert or update of name, address on app.device for each row execute function sec.none_of_the_erased();
-- where it is rung may be taken away, also by whoever uses that browser now: that writes nothing of anybody
create trigger none_of_the_erased_rung before update of subscription on app.device for each row when (new.subscription is not null) execute function sec.none_of_the_erased();
create trigger none_of_the_erased before insert or update of vouch on app.approver_key for each row execute function sec.none_of_the_erased();
-- What is told to several people is not undone by one who is erased.
create function sec.tells_no_erased() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $f$
begin
  if sec.erased_of(new.customer_id, new.person_id) then return null; end if;
  if new.about_person is not null and sec.erased_of(new.customer_id, new.about_person) then new.about := 'Erased person'; end if;
  return new;
end $f$;
create trigger tells_no_erased before insert on app.account_notice for each row execute function sec.tells_no_erased();
-- An address that leaves somebody's settings is kept for a month, where no service reads or changes it.
create function sec.keep_address() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $f$
begin
  delete from app.former_address a where a.customer_id = old.customer_id and a.person_id = old.person_id and a.left_at < clock_timestamp() - interval '30 days';
  insert into app.former_address (customer_id, person_id, email) values (old.customer_id, old.person_id, old.doc ->> 'email') on conflict (customer_id, person_id, email) do update set left_at = excluded.left_at;
  return null;
end $f$;
create trigger keep_address after update on app.preference for each row
  when (old.doc ->> 'email' is not null and (old.person_id, old.doc ->> 'email') is distinct from (new.person_id, new.doc ->> 'email')) execute function sec.keep_address();
-- A device or key of somebody who could be told of it is announced to them in the same transaction; a key on a device that is minutes old stands in the device's own announcement.
create function sec.announced() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $f$
declare device uuid := coalesce(to_jsonb(new) ->> 'device_id', new.id::text)::uuid;
begin
  if tg_table_name = 'device' and new.created_at > clock_timestamp() then raise exception 'not_announced' using errcode = 'CS001', detail = 'a device of the future'; end if;
  if tg_table_name = 'approver_key' and exists (select from app.device d where d.customer_id = new.customer_id and d.id = device and d.created_at > clock_timestamp() - interval '${ONE_GO_MINUTES} minutes') then return null; end if;
  -- of two first devices that come at once neither can tell of the other
  if not exists (select from app.device d where d.customer_id = new.customer_id and d.person_id = new.person_id and d.id <> device and d.created_at < clock_timestamp() - interval '2 seconds' and d.removed_at is null and d.address_gone_at is null
        and (d.platform = 'fcm' or (d.platform = 'webpush' and (d.subscription is not null or d.address like '{%'))))
    and not exists (select from app.preference f where f.customer_id = new.customer_id and f.person_id = new.person_id and coalesce(f.doc ->> 'email', f.doc ->> 'phone') is not null) then return null; end if;
  if not exists (select from app.account_notice n where n.customer_id = new.customer_id and n.person_id = new.person_id and n.kind in ('device_added', 'key_added') and n.xmin = pg_current_xact_id()::xid) then
    raise exception 'not_announced' using errcode = 'CS001'; end if;
  return null;
end $f$;
create constraint trigger announced after insert on app.device deferrable initially deferred for each row when (${BY_SERVICE}) execute function sec.announced();
create constraint trigger announced after insert on app.approver_key deferrable initially deferred for each row when (${BY_SERVICE}) execute function sec.announced();
-- named after the trigger moves, so that it fires after it: what no machine allows is refused as that
create trigger person_decides before update on app.approval for each row when (${BY_SERVICE} and (old.state is distinct from new.state or old.state in ('approved', 'held'))) execute function app.approval_decided();
create trigger by_person before insert on app.approval_decision for each row when (${BY_SERVICE}) execute function app.decision_by_person();
create trigger by_person before insert on app.approval_mark for each row when (${BY_SERVICE}) execute function app.by_the_person();
create trigger by_person before insert or update on app.approval_seen for each row when (${BY_SERVICE}) execute function app.by_the_person();
create trigger opened after insert on app.budget referencing new table as fresh for each statement execute function sec.account_opened();
create trigger changed after update on app.budget for each row when (old.granted <> new.granted or old.parent_id is distinct from new.parent_id) execute function sec.account_changed();
create constraint trigger narrower after update on app.budget deferrable initially deferred for each row
  when (${BY_SERVICE} and (new.lent > old.lent or new.held + new.spent < old.held + old.spent)) execute function sec.no_wider_than_parent();
create constraint trigger funded after insert or update of slice on app.instance deferrable initially deferred for each row when (${BY_SERVICE}) execute function sec.instance_funded();
-- what compares accounts looks at rows of one team, by their keys: as the one that reads across teams it is spared a context per table
do $$ declare f text; begin
  foreach f in array array['sec.given_yes(uuid, uuid, bytea)', 'sec.standing_yes(uuid, uuid, bytea)', 'app.yeses(app.approval)', 'app.hands_of(uuid, uuid)', 'app.had_a_hand(app.approval, uuid)', 'app.approval_decided()', 'app.decision_by_person()', 'app.by_the_person()', 'sec.account_opened()', 'sec.account_changed()', 'sec.no_wider_than_parent()', 'sec.instance_funded()', 'sec.stays_erased()', 'sec.erased_of(uuid, uuid)', 'sec.none_of_the_erased()', 'sec.tells_no_erased()', 'sec.keep_address()', 'sec.announced()'] loop
    execute format('alter function %s owner to %I', f, case when starts_with(f, 'sec.') then 'own_ops' else 'own_app' end);
    execute format('revoke all on function %s from public', f); end loop; end $$;
-- what the triggers look at, they look at as whoever writes
grant execute on function sec.erased_of(uuid, uuid), sec.standing_yes(uuid, uuid, bytea), app.yeses(app.approval), app.hands_of(uuid, uuid), app.had_a_hand(app.approval, uuid) to ${databaseRole('gateway')};
grant execute on function sec.given_yes(uuid, uuid, bytea), sec.standing_yes(uuid, uuid, bytea) to own_app;
-- Appends these events to the team's stream, in their order and in the order of commits: the head row is held until then.
create function sec.emit(types text[], bodies jsonb[]) returns void language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$
declare t uuid := sec.team(); n bigint; p xid8;
begin
  -- an older transaction that comes to write after a younger one stands behind it: pos never falls within a team
  insert into app.agent_event_head (team_id, next_seq, last_pos) values (t, 1 + cardinality(types), pg_current_xact_id()) on conflict (team_id) do update
    set next_seq = app.agent_event_head.next_seq + cardinality(types), last_pos = greatest(app.agent_event_head.last_pos, excluded.last_pos) returning next_seq - cardinality(types), last_pos into n, p;
  insert into app.agent_event (team_id, seq, pos, type, properties) select t, n + e.place - 1, p, e.type, e.body from unnest(types, bodies) with ordinality as e (type, body, place);
end $f$;
alter function sec.emit(text[], jsonb[]) owner to own_app;
revoke all on function sec.emit(text[], jsonb[]) from public;
grant execute on function sec.emit(text[], jsonb[]) to ${databaseRole('spawn-gate')}, ${databaseRole('manager-agent')};
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
