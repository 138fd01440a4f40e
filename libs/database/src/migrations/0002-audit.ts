import { SERVICE_ROLES } from '../tables.js';

/**
 * The audit chain (design §5): one chain per team and one for the platform. The database assigns place and time, and
 * its CHECK constraints recompute every hash, so no service can store an entry that does not belong where it stands.
 */
export const audit = `
create table audit.head (
  team_id uuid primary key, next_seq bigint not null, last_hash bytea not null check (octet_length(last_hash) = 32), last_at_ms bigint not null);
create table audit.entry (
  team_id uuid not null, seq bigint not null check (seq >= 0), at_ms bigint not null, entry_id uuid not null,
  prev_hash bytea not null check (octet_length(prev_hash) = 32), payload_hash bytea not null check (octet_length(payload_hash) = 32),
  entry_hash bytea not null, payload bytea check (octet_length(payload) between 2 and 16384), service text not null,
  primary key (team_id, seq), unique (team_id, entry_id), unique (team_id, prev_hash),
  check (payload is null or sha256(payload) = payload_hash),
  check (entry_hash = sha256('\\x0001'::bytea || uuid_send(team_id) || int8send(seq) || int8send(at_ms) || prev_hash || payload_hash)));
create table audit.checkpoint (
  team_id uuid not null, size bigint not null check (size > 0), root bytea not null check (octet_length(root) = 32), note text not null,
  signed_at timestamptz not null default clock_timestamp(), primary key (team_id, size));
-- beside the chain, erasable: sealed values of the keyed commitments, and the wrapped keys per subject
create table audit.subject_key (
  team_id uuid not null, subject_ref uuid not null, wrapped_keys bytea, destroyed_at timestamptz, primary key (team_id, subject_ref));
create table audit.personal (
  team_id uuid not null, entry_id uuid not null, field text not null, subject_ref uuid not null, ciphertext bytea not null,
  primary key (team_id, entry_id, field));

create function audit.refuse() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $f$
begin raise exception 'audit rows are append-only' using errcode = '42501'; end $f$;
create trigger no_change before update or delete on audit.entry for each row execute function audit.refuse();
create trigger no_truncate before truncate on audit.entry for each statement execute function audit.refuse();
create trigger no_change before update or delete on audit.checkpoint for each row execute function audit.refuse();

-- Appends one entry to the chain of the current context and returns its seq. The advisory lock makes waiting writers
-- queue in turn, also for a chain's first entry, where there is no head row to lock yet. Time never goes back in a chain.
create function audit.append(entry uuid, body bytea) returns bigint language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$
declare t uuid := sec.chain(); h audit.head; ms bigint; ph bytea := sha256(body); eh bytea;
begin
  perform pg_advisory_xact_lock(hashtextextended('audit:' || t, 0));
  select * into h from audit.head where team_id = t for update;
  if h.team_id is null then
    h := (t, 0, '\\x0000000000000000000000000000000000000000000000000000000000000000'::bytea, 0);
    insert into audit.head values (h.team_id, h.next_seq, h.last_hash, h.last_at_ms);
  end if;
  ms := greatest(floor(extract(epoch from clock_timestamp()) * 1000)::bigint, h.last_at_ms);
  eh := sha256('\\x0001'::bytea || uuid_send(t) || int8send(h.next_seq) || int8send(ms) || h.last_hash || ph);
  insert into audit.entry (team_id, seq, at_ms, entry_id, prev_hash, payload_hash, entry_hash, payload, service)
    values (t, h.next_seq, ms, entry, h.last_hash, ph, eh, body, session_user);
  update audit.head set next_seq = h.next_seq + 1, last_hash = eh, last_at_ms = ms where team_id = t;
  return h.next_seq;
end $f$;
do $$ declare n text; begin
  foreach n in array array['head', 'entry', 'checkpoint', 'subject_key', 'personal'] loop
    execute format('alter table audit.%I owner to own_audit', n); end loop; end $$;
alter function audit.append(uuid, bytea) owner to own_audit;
alter function audit.refuse() owner to own_audit;
revoke all on function audit.append(uuid, bytea) from public;
revoke all on function audit.refuse() from public;
grant execute on function audit.append(uuid, bytea) to ${SERVICE_ROLES.join(', ')};
`;
