import { databaseRole } from '@countersign/contracts';

/**
 * The audit chain (design §5): one chain per team and one for the platform. The database assigns place and time, and
 * its CHECK constraints recompute every hash, so no service can store an entry that does not belong where it stands.
 * Who wrote an entry stands in its hashed payload, and is checked against the session before it is stored.
 */
export const audit = `
create table audit.head (
  team_id uuid primary key, next_seq bigint not null, last_hash bytea not null check (octet_length(last_hash) = 32), last_at_ms bigint not null);
create table audit.entry (
  team_id uuid not null, seq bigint not null check (seq >= 0), at_ms bigint not null, entry_id uuid not null,
  prev_hash bytea not null check (octet_length(prev_hash) = 32), payload_hash bytea not null check (octet_length(payload_hash) = 32),
  entry_hash bytea not null, payload bytea check (octet_length(payload) between 2 and 16384),
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
create index personal_by_subject on audit.personal (team_id, subject_ref);

create function audit.refuse() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $f$
begin raise exception 'audit rows are append-only' using errcode = '42501'; end $f$;
create trigger no_change before update or delete on audit.entry for each row execute function audit.refuse();
create trigger no_truncate before truncate on audit.entry for each statement execute function audit.refuse();
create trigger no_change before update or delete on audit.checkpoint for each row execute function audit.refuse();

-- Refuses a payload that does not say truly who wrote it, or of which team: the service is the session's own, the action is one that
-- service may write, the team that its body names, if any, is the chain's, and the actor is whom the signed context names, the service
-- itself, or the manager of the context's team for the manager's service. Which person it was stands as a commitment under keys that
-- are not here. One pass over the members, so that a name given twice is seen; the actor's text has to be the canonical one, which
-- has no room for a second meaning.
create function audit.vet(context text[], entry uuid, body bytea) returns void language plpgsql stable set search_path = pg_catalog, pg_temp as $f$
declare e record; who text; principal text;
begin
  select count(*) as names, max(m.value::text) filter (where m.key = 'actor') as actor, max(m.value #>> '{}') filter (where m.key = 'action') as action,
    max(m.value #>> '{}') filter (where m.key = 'entry_id') as id, max(m.value #>> '{}') filter (where m.key = 'service') as service,
    bool_or(exists (select from json_each(case when m.key = 'body' then m.value end) b where b.key = 'team_id' and b.value #>> '{}' is distinct from sec.chain_of(context)::text)) as elsewhere
    into e from json_each(convert_from(body, 'UTF8')::json) m where m.key in ('action', 'actor', 'body', 'entry_id', 'service');
  if e.names <> 5 or e.id is distinct from entry::text then raise exception 'entry refused: malformed' using errcode = '42501'; end if;
  who := audit.writer(session_user, e.action);
  if who is null then raise exception 'entry refused: % may not write this action', session_user using errcode = '42501'; end if;
  if e.service is distinct from who then raise exception 'entry refused: it names another service than %', who using errcode = '42501'; end if;
  if e.elsewhere then raise exception 'entry refused: it names another team than its chain' using errcode = '42501'; end if;
  if e.actor = format('{"id":"%s","kind":"service"}', who) then return; end if;
  principal := sec.principal_of(context);
  if e.actor = '{"kind":"person"}' and starts_with(principal, 'person:') then return; end if;
  if principal ~ '^(agent|instance):[0-9A-Za-z-]+$' and e.actor = format('{"id":"%s","kind":"%s"}', split_part(principal, ':', 2), split_part(principal, ':', 1)) then return; end if;
  if who = 'manager-agent' and context[2] = 'team' and e.actor = format('{"id":"%s","kind":"agent"}', sec.manager_of(context[3]::uuid)) then return; end if;
  raise exception 'entry refused: the context does not name its actor' using errcode = '42501';
end $f$;
-- Appends these entries to the chain of the current context, in their order. The advisory lock makes waiting writers queue in
-- turn, also for a chain's first entry, where there is no head row to lock yet. Time never goes back in a chain.
create function audit.append(entries uuid[], bodies bytea[]) returns void language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$
declare c text[] := sec.context(); t uuid := sec.chain_of(c); h audit.head; seqs bigint[]; times bigint[]; prevs bytea[]; phs bytea[]; ehs bytea[];
begin
  -- none at all would move the head without an entry, and the head is what a recorded change is known by
  if cardinality(entries) is distinct from cardinality(bodies) or coalesce(cardinality(entries), 0) = 0 then raise exception 'entry refused: malformed' using errcode = '42501'; end if;
  for i in 1 .. cardinality(entries) loop perform audit.vet(c, entries[i], bodies[i]); end loop;
  perform pg_advisory_xact_lock(hashtextextended('audit:' || t, 0));
  select * into h from audit.head where team_id = t for update;
  if h.team_id is null then
    h := (t, 0, '\\x0000000000000000000000000000000000000000000000000000000000000000'::bytea, 0);
    insert into audit.head values (h.team_id, h.next_seq, h.last_hash, h.last_at_ms);
  end if;
  for i in 1 .. cardinality(entries) loop
    h.last_at_ms := greatest(floor(extract(epoch from clock_timestamp()) * 1000)::bigint, h.last_at_ms);
    seqs[i] := h.next_seq; times[i] := h.last_at_ms; prevs[i] := h.last_hash; phs[i] := sha256(bodies[i]);
    h.last_hash := sha256('\\x0001'::bytea || uuid_send(t) || int8send(h.next_seq) || int8send(h.last_at_ms) || h.last_hash || phs[i]);
    ehs[i] := h.last_hash;
    h.next_seq := h.next_seq + 1;
  end loop;
  insert into audit.entry (team_id, seq, at_ms, entry_id, prev_hash, payload_hash, entry_hash, payload)
    select t, e.seq, e.at_ms, e.id, e.prev, e.ph, e.eh, e.body from unnest(seqs, times, entries, prevs, phs, ehs, bodies) as e (seq, at_ms, id, prev, ph, eh, body);
  update audit.head set next_seq = h.next_seq, last_hash = h.last_hash, last_at_ms = h.last_at_ms where team_id = t;
end $f$;
-- Erases what lies beside the chain of the current context about one subject: its sealed values and its keys, for good; returns how
-- many values there were. The chain stays. Destroyed keys demand an entry of their transaction, like every change of a row.
create function audit.erase(subject uuid) returns int language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$
declare chain uuid := sec.chain(); gone int;
begin
  delete from audit.personal p where p.team_id = chain and p.subject_ref = subject;
  get diagnostics gone = row_count;
  update audit.subject_key k set wrapped_keys = null, destroyed_at = clock_timestamp() where k.team_id = chain and k.subject_ref = subject and k.wrapped_keys is not null;
  return gone;
end $f$;
do $$ declare n text; begin
  foreach n in array array['head', 'entry', 'checkpoint', 'subject_key', 'personal'] loop
    execute format('alter table audit.%I owner to own_audit', n); end loop; end $$;
alter function audit.append(uuid[], bytea[]) owner to own_audit;
alter function audit.vet(text[], uuid, bytea) owner to own_audit;
alter function audit.refuse() owner to own_audit;
alter function audit.erase(uuid) owner to own_audit;
revoke all on function audit.append(uuid[], bytea[]), audit.vet(text[], uuid, bytea), audit.refuse(), audit.erase(uuid) from public;
grant execute on function audit.erase(uuid) to ${databaseRole('gateway')};
`;
