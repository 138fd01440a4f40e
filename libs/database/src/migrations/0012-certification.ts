import { CLASSES, CONFIRMATION_IDS, EVOLUTION_STATES, REVIEW_VERDICTS, REVIEWED_KINDS, REVIEWERS } from '@countersign/contracts';
import { words } from '../list.js';
import { BY_SERVICE } from '../rules.js';
import { define } from './0008-ops.js';

/**
 * What Genesis certified, and by what: one row for each team that was, with the evidence as it was on that day. Reviews and evolutions
 * are the platform's; whoever proposed an evolution never decides about it, and none is approved before all six questions are accepted.
 */
export const certification = `
create table app.certification (
  team_id uuid not null references app.team, id uuid not null, bundle_id text not null, bundle_version int not null, bundle_sha256 bytea not null check (octet_length(bundle_sha256) = 32),
  -- a rejection keeps what was there to be judged as well
  verdict text not null check (verdict in ('certified', 'rejected')), refusal text, evolution text,
  classification text not null check (classification in (${words(CLASSES)})), criteria jsonb not null, scope jsonb not null, checklists jsonb not null, precedents jsonb not null, reviews jsonb not null,
  alignment int not null check (alignment between 0 and 100), risks jsonb not null, notes jsonb not null, decided_by uuid not null, decided_at timestamptz not null default clock_timestamp(), primary key (team_id, id),
  check (verdict = 'rejected' or (refusal is null and (classification = 'evolution') = (evolution is not null))));
-- No service makes a team certified without the record of what it was judged by. Named after the trigger moves: what no machine allows is refused as that.
create function app.with_certification() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $f$
begin
  if not exists (select from app.certification c where c.team_id = new.team_id and c.bundle_id = new.bundle_id and c.bundle_version = new.bundle_version and c.verdict = 'certified') then raise exception 'certification_missing' using errcode = 'CS001'; end if;
  return new;
end $f$;
alter function app.with_certification() owner to own_app;
revoke all on function app.with_certification() from public;
create trigger with_certification before update on app.team for each row when (${BY_SERVICE} and new.state = 'certified' and old.state is distinct from new.state) execute function app.with_certification();
create table app.governance_review (
  id uuid primary key, kind text not null check (kind in (${words(REVIEWED_KINDS)})), subject text not null, version int not null, sha256 bytea not null check (octet_length(sha256) = 32),
  -- of a bundle: what a team of it could be and touch by the templates of that moment
  scope_sha256 bytea check (octet_length(scope_sha256) = 32), check ((kind = 'bundle') = (scope_sha256 is not null)),
  role text not null check (role in (${words(REVIEWERS)})), verdict text not null check (verdict in (${words(REVIEW_VERDICTS)})), notes text not null check (notes ~ '\\S'), person_id uuid not null,
  at timestamptz not null default clock_timestamp(), check (verdict <> 'waived' or role <> 'genesis'));
create index governance_review_by_subject on app.governance_review (kind, subject, version, at);
create table app.evolution (
  id text primary key, number int not null unique, request_id uuid not null unique, proposal jsonb not null, sha256 bytea not null check (octet_length(sha256) = 32),
  -- of one about a version of a bundle: what a team of it could be and touch by the templates of that moment
  scope_sha256 bytea check (octet_length(scope_sha256) = 32), check ((proposal ? 'about') = (scope_sha256 is not null)),
  state text not null check (state in (${words(EVOLUTION_STATES)})), proposed_by uuid not null, proposed_at timestamptz not null default clock_timestamp(), answers jsonb not null default '[]',
  decided_by uuid, decided_at timestamptz, rationale jsonb not null default '[]', check ((state = 'proposed') = (decided_by is null)),
  check (state not in ('approved', 'rejected') or decided_by <> proposed_by), check (state = 'proposed' or jsonb_array_length(rationale) > 0),
  -- six questions, each accepted
  check (state <> 'approved' or (jsonb_array_length(answers) = ${CONFIRMATION_IDS.length} and not answers @> '[{"accepted": false}]')));
${[
  // what the newest certified team of this version of a bundle, else of the nearest before it, may be and touch: what is measured by
  { name: 'certified_scope', args: 'wanted text, wanted_version int', returns: 'table (version int, scope jsonb)', to: ['spawn-gate', 'gateway'] as const,
    body: `select c.bundle_version, c.scope from app.certification c where c.bundle_id = wanted and c.verdict = 'certified' and c.bundle_version <= wanted_version order by c.bundle_version desc, c.decided_at desc limit 1` },
  // what was said about one version of a bundle or evolution; the words stay with the platform
  { name: 'reviews_of', args: 'wanted_kind text, wanted text, wanted_version int', returns: 'table (id uuid, role text, verdict text, sha256 bytea, scope_sha256 bytea, person_id uuid, at timestamptz)', to: ['spawn-gate', 'gateway'] as const,
    body: `select r.id, r.role, r.verdict, r.sha256, r.scope_sha256, r.person_id, r.at from app.governance_review r where r.kind = wanted_kind and r.subject = wanted and r.version = wanted_version order by r.at desc, r.id desc` },
  // what lets a version of a bundle go further than what was decided
  { name: 'evolutions_about', args: 'wanted text, wanted_version int', returns: 'table (id text, scope_sha256 bytea)', to: ['spawn-gate', 'gateway'] as const,
    body: `select e.id, e.scope_sha256 from app.evolution e where e.state = 'approved' and e.proposal -> 'about' = jsonb_build_object('bundle', wanted, 'version', wanted_version) order by e.number desc` },
  { name: 'bundle_by_file', args: 'wanted text, wanted_version int', returns: 'boolean', to: ['gateway'] as const, body: `select b.published_by is null from app.bundle b where b.id = wanted and b.version = wanted_version` },
  // who wrote a part of it; of one that was published without a draft, who published it; nobody of the operator's file
  { name: 'bundle_authors', args: 'wanted text, wanted_version int', returns: 'uuid[]', to: ['spawn-gate', 'gateway'] as const, body: `select case when b.drafted_by = '{}' and b.published_by is not null then array[b.published_by] else b.drafted_by end from app.bundle b where b.id = wanted and b.version = wanted_version` },
  { name: 'bundle_sha256', args: 'wanted text, wanted_version int', returns: 'bytea', to: ['spawn-gate', 'gateway'] as const, body: `select b.hash from app.bundle b where b.id = wanted and b.version = wanted_version` },
].map(define).join('\n')}`;
