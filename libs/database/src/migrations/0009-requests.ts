import { databaseRole } from '@countersign/contracts';

const FUNCTIONS = {
  claim: 'ops.request_claim(uuid,text,bytea,uuid,uuid,int)',
  answered: 'ops.request_answered(uuid,text,uuid,int,jsonb,jsonb)',
  refused: 'ops.request_refused(uuid,text,uuid)',
  interrupted: 'ops.request_interrupted(uuid,text,uuid)',
  prune: 'ops.request_prune()',
  proof: 'ops.proof_once(bytea)',
  pruneProofs: 'ops.proof_prune()',
  pruneNotices: 'ops.account_notice_prune()',
  forget: 'ops.forget_person(uuid)',
  signOut: 'ops.sign_out(uuid)',
  ringsOnly: 'ops.rings_only(uuid,text)',
};

/**
 * `Idempotency-Key`s: claimed, answered and freed through these functions alone, each one statement and one round trip; proofs of
 * possession, used once; how long is kept what a person was told of their account; and at whose device a browser's address is.
 *
 * The keys' commits are not waited for on disk. Order in the log makes that safe: a claim is durable before anything that was
 * done under it, and an answer that is lost with a crashing server is given again by the same ids.
 */
export const requests = `
-- The try that gets the key is told the id that what it makes will have; any other, what became of the request that has it.
-- A try without an answer is taken up when it ended (no claim) or is taken for dead.
create function ops.request_claim(person uuid, wanted text, hash bytea, fresh uuid, token uuid, dead_after_seconds int)
returns table (resource_id uuid, same boolean, status int, body jsonb, headers jsonb)
language sql volatile security definer set search_path = pg_catalog, pg_temp as $f$
  select set_config('synchronous_commit', 'off', true);
  with mine as (insert into app.idempotency as i (person_id, key, request_hash, resource_id, claim) values (person, wanted, hash, fresh, token)
    on conflict (person_id, key) do update set claim = excluded.claim, claimed_at = clock_timestamp(), uncertain = true
      where i.status is null and i.request_hash = excluded.request_hash and (i.claim is null or i.claimed_at < clock_timestamp() - make_interval(secs => dead_after_seconds))
    returning i.resource_id)
  select mine.resource_id, i.request_hash = hash, i.status, i.body, i.headers
  from (select) one left join mine on true left join app.idempotency i on i.person_id = person and i.key = wanted $f$;
create function ops.request_answered(person uuid, wanted text, token uuid, answer_status int, answer_body jsonb, answer_headers jsonb) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $f$
  select set_config('synchronous_commit', 'off', true);
  update app.idempotency set status = answer_status, body = answer_body, headers = answer_headers, claim = null where person_id = person and key = wanted and claim = token $f$;
-- nothing was changed: the key is free again, unless an earlier try may have done it
create function ops.request_refused(person uuid, wanted text, token uuid) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $f$
  select set_config('synchronous_commit', 'off', true);
  delete from app.idempotency where person_id = person and key = wanted and claim = token and not uncertain;
  update app.idempotency set claim = null where person_id = person and key = wanted and claim = token $f$;
create function ops.request_interrupted(person uuid, wanted text, token uuid) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $f$
  select set_config('synchronous_commit', 'off', true);
  update app.idempotency set claim = null, uncertain = true where person_id = person and key = wanted and claim = token $f$;
-- a key is kept for a day; an older one is as if it was never used
create function ops.request_prune() returns bigint
language sql volatile security definer set search_path = pg_catalog, pg_temp as $f$
  with gone as (delete from app.idempotency where created_at < clock_timestamp() - interval '24 hours' returning 1) select count(*) from gone $f$;
-- True for one caller in all. Waited for on disk, unlike the keys above: a proof that a crashed server forgot could be used again.
create function ops.proof_once(proof bytea) returns boolean
language sql volatile security definer set search_path = pg_catalog, pg_temp as $f$
  with first as (insert into app.dpop_proof (mark) values (proof) on conflict do nothing returning 1) select exists (select from first) $f$;
-- Two minutes from a minute before the time it names to a minute after it, and one for clocks that differ.
create function ops.proof_prune() returns bigint
language sql volatile security definer set search_path = pg_catalog, pg_temp as $f$
  with gone as (delete from app.dpop_proof where seen_at < clock_timestamp() - interval '3 minutes' returning 1) select count(*) from gone $f$;
-- What was told a month ago, or could not be; the record keeps what happened.
create function ops.account_notice_prune() returns bigint
language sql volatile security definer set search_path = pg_catalog, pg_temp as $f$
  with gone as (delete from app.account_notice where state in ('sent', 'failed', 'withdrawn') and created_at < clock_timestamp() - interval '30 days' returning 1) select count(*) from gone $f$;
-- What was delivered to somebody who is erased, was answered to them and lets them in; called in the transaction that erases them, and of nobody else: no other customer has a person of that id.
create function ops.forget_person(person uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$
begin
  if not exists (select from app.person p where p.id = person and p.erased_at is not null) then return; end if;
  delete from app.account_notice n where n.person_id = person;
  update app.account_notice n set about = 'Erased person' where n.about_person = person;
  delete from app.former_address a where a.person_id = person;
  update app.notification n set provider_id = null where n.person_id = person and n.provider_id is not null;
  delete from app.idempotency i where i.person_id = person;
  perform ops.sign_out(person);
end $f$;
-- Whatever lets somebody in, and what was just letting them in.
create function ops.sign_out(person uuid) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $f$
  delete from app.oidc_record r where r.payload ->> 'personId' = person::text or r.payload ->> 'accountId' = person::text or r.payload #>> '{result,login,accountId}' = person::text or r.payload #>> '{session,accountId}' = person::text $f$;
-- Where a browser is rung belongs to whoever registered it last: the device of whoever used it before, of the same customer or another, is rung there no more.
create function ops.rings_only(device uuid, endpoint text) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $f$
  select pg_advisory_xact_lock(hashtextextended('rings_only ' || endpoint, 0));
  update app.device d set subscription = null where d.subscription ->> 'endpoint' = endpoint and d.id <> device $f$;
do $$ declare f text; begin
  foreach f in array array[${Object.values(FUNCTIONS).map((name) => `'${name}'`).join(', ')}] loop
    execute format('alter function %s owner to own_ops', f); execute format('revoke all on function %s from public', f);
    execute format('grant execute on function %s to ${databaseRole('gateway')}', f);
  end loop; end $$;`;
