import { CLASSES } from '@countersign/contracts';
import { words } from '../list.js';
import { define } from './0008-ops.js';

/** What Genesis certified, and by what: one row for each team that was, with the evidence as it was on that day. */
export const certification = `
create table app.certification (
  team_id uuid not null references app.team, id uuid not null, bundle_id text not null, bundle_version int not null, bundle_sha256 bytea not null check (octet_length(bundle_sha256) = 32),
  classification text not null check (classification in (${words(CLASSES)})), criteria jsonb not null, scope jsonb not null, checklists jsonb not null, precedents jsonb not null, reviews jsonb not null,
  alignment int not null check (alignment between 0 and 100), risks jsonb not null, notes jsonb not null, decided_by uuid not null, decided_at timestamptz not null default clock_timestamp(), primary key (team_id, id));
${[
  // what the newest certified team of this version of a bundle, else of the nearest before it, may be and touch: what is measured by
  { name: 'certified_scope', args: 'wanted text, wanted_version int', returns: 'table (version int, scope jsonb)', to: ['spawn-gate', 'gateway'] as const,
    body: `select c.bundle_version, c.scope from app.certification c where c.bundle_id = wanted and c.bundle_version <= wanted_version order by c.bundle_version desc, c.decided_at desc limit 1` },
  { name: 'bundle_sha256', args: 'wanted text, wanted_version int', returns: 'bytea', to: ['spawn-gate', 'gateway'] as const, body: `select b.hash from app.bundle b where b.id = wanted and b.version = wanted_version` },
].map(define).join('\n')}`;
