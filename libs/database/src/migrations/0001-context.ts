import { SERVICE_ROLES } from '../tables.js';

/**
 * Roles, schemas and the signed context.
 *
 * Nobody logs in as an owner. A service's context is bound to the transaction and the backend and carries an HMAC made
 * with that service's own key, so a copied, replayed or edited setting is refused (spec: reliability §3.3).
 * `ctx` = kid.scope.id.principal.expEpochSeconds.hexMac; the principal is base64url, so no field holds a dot.
 */
const owners = ['own_app', 'own_audit', 'own_sec', 'own_ops'];

export const context = `
do $$ declare r text; begin
  foreach r in array array[${owners.map((r) => `'${r}'`).join(',')}] loop
    if not exists (select from pg_roles where rolname = r) then execute format('create role %I nologin', r); end if;
  end loop;
  foreach r in array array[${SERVICE_ROLES.map((r) => `'${r}'`).join(',')}] loop
    if not exists (select from pg_roles where rolname = r) then execute format('create role %I login', r); end if;
  end loop;
end $$;
revoke create on schema public from public;
do $$ begin execute format('revoke temporary on database %I from public', current_database()); end $$;
create extension if not exists pgcrypto schema public;
create schema sec authorization own_sec;
create schema app authorization own_app;
create schema audit authorization own_audit;
create schema ops authorization own_ops;

create table sec.ctx_key (
  kid text primary key, role text not null, key bytea not null check (octet_length(key) = 32), not_after timestamptz not null default 'infinity');
alter table sec.ctx_key owner to own_sec;

create function sec.enter(ctx text) returns void language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$
declare f text[] := string_to_array(ctx, '.'); k sec.ctx_key; body text;
begin
  if array_length(f, 1) is distinct from 6 then raise exception 'context malformed' using errcode = '42501'; end if;
  select * into k from sec.ctx_key where kid = f[1] and not_after > clock_timestamp();
  if k.key is null or k.role is distinct from session_user or f[2] not in ('team', 'customer', 'platform')
     or public.hmac(convert_to(array_to_string(f[1:5], '.'), 'UTF8'), k.key, 'sha256') is distinct from decode(f[6], 'hex')
     or f[5]::numeric < extract(epoch from clock_timestamp()) then
    raise exception 'context refused' using errcode = '42501'; end if;
  body := concat_ws('|', f[1], f[2], f[3]::uuid, f[4], extract(epoch from transaction_timestamp()), pg_backend_pid());
  perform set_config('app.context', body || '|' || encode(public.hmac(convert_to(body, 'UTF8'), k.key, 'sha256'), 'hex'), true);
end $f$;

create function sec.context() returns text[] language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $f$
declare v text := current_setting('app.context', true); p text[]; k bytea;
begin
  if v is null or v = '' then raise exception 'context missing' using errcode = '42501'; end if;
  p := string_to_array(v, '|');
  if p[5] is distinct from extract(epoch from transaction_timestamp())::text or p[6] is distinct from pg_backend_pid()::text then
    raise exception 'context stale' using errcode = '42501'; end if;
  select key into k from sec.ctx_key where kid = p[1] and role = session_user;
  if k is null or encode(public.hmac(convert_to(array_to_string(p[1:6], '|'), 'UTF8'), k, 'sha256'), 'hex') is distinct from p[7] then
    raise exception 'context forged' using errcode = '42501'; end if;
  return p;
end $f$;

create function sec.team() returns uuid language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $f$
declare p text[] := sec.context(); begin
  if p[2] <> 'team' then raise exception 'not a team context' using errcode = '42501'; end if; return p[3]::uuid; end $f$;
create function sec.customer() returns uuid language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $f$
declare p text[] := sec.context(); begin
  if p[2] <> 'customer' then raise exception 'not a customer context' using errcode = '42501'; end if; return p[3]::uuid; end $f$;
create function sec.platform() returns boolean language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $f$
declare p text[] := sec.context(); begin
  if p[2] <> 'platform' then raise exception 'not a platform context' using errcode = '42501'; end if; return true; end $f$;
-- the audit chain a context writes to: the team's own, or the platform's (nil UUID)
create function sec.chain_of(p text[]) returns uuid language plpgsql immutable set search_path = pg_catalog, pg_temp as $f$
begin return case when p[2] = 'team' then p[3] else '00000000-0000-0000-0000-000000000000' end::uuid; end $f$;
create function sec.chain() returns uuid language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $f$
begin return sec.chain_of(sec.context()); end $f$;
-- who acts, as the signer of the context wrote it: person:<id>, agent:<id>, instance:<id>, or service
create function sec.principal_of(p text[]) returns text language plpgsql immutable set search_path = pg_catalog, pg_temp as $f$
begin return convert_from(decode(rpad(translate(p[4], '-_', '+/'), (length(p[4]) + 3) / 4 * 4, '='), 'base64'), 'UTF8'); end $f$;
-- the person who acts, where the context names one: who decides is never taken from a statement (P12)
create function sec.person() returns uuid language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $f$
declare p text := sec.principal_of(sec.context()); begin return case when p ~ '^person:[0-9a-f-]{36}$' then substr(p, 8)::uuid end; end $f$;
-- aborts the transaction when a guarded write did not touch the rows it had to: the pipelined flush cannot look first
create function sec.expect(actual bigint, wanted bigint, code text) returns bigint language plpgsql immutable set search_path = pg_catalog, pg_temp as $f$
begin
  if actual is distinct from wanted then raise exception '%', code using errcode = 'CS001'; end if; return actual; end $f$;

do $$ declare s text; begin
  foreach s in array array['sec.enter(text)', 'sec.context()', 'sec.team()', 'sec.customer()', 'sec.platform()', 'sec.chain()', 'sec.chain_of(text[])', 'sec.principal_of(text[])', 'sec.person()', 'sec.expect(bigint,bigint,text)'] loop
    execute format('alter function %s owner to own_sec', s);
    execute format('revoke all on function %s from public', s);
    execute format('grant execute on function %s to ${[...SERVICE_ROLES, 'own_app', 'own_audit', 'own_ops'].join(', ')}', s);
  end loop; end $$;
revoke execute on function sec.context() from ${SERVICE_ROLES.join(', ')};
grant usage on schema sec to ${[...SERVICE_ROLES, 'own_app', 'own_audit', 'own_ops'].join(', ')};
grant usage on schema app to ${[...SERVICE_ROLES, 'own_ops'].join(', ')};
grant usage on schema audit to ${[...SERVICE_ROLES, 'own_ops'].join(', ')};
grant usage on schema ops to ${SERVICE_ROLES.join(', ')};
-- Connections keep their plans: each statement is planned once and not for each of its first values, which costs more than running it;
-- and one that was planned while a table was all but empty would go on reading the table whole when it has grown. None of these
-- statements is long enough to be worth compiling.
${SERVICE_ROLES.map((role) => `alter role ${role} set plan_cache_mode = force_generic_plan; alter role ${role} set enable_seqscan = off; alter role ${role} set jit = off;`).join('\n')}
${SERVICE_ROLES.map(
  (role) => `alter role ${role} set statement_timeout = '5s'; alter role ${role} set lock_timeout = '3s';
alter role ${role} set idle_in_transaction_session_timeout = '10s'; alter role ${role} set search_path = pg_catalog;`,
).join('\n')}
`;
