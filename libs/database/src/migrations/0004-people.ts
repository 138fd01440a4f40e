import { ACCOUNT_NOTICES } from '@countersign/contracts';
import { KEY_KINDS } from '@countersign/contracts/assertions';
import { words } from '../list.js';

/** Customers, people, devices (customer scope) and the platform's own rows. Platform staff belong to the nil customer. */
export const people = `
create table app.customer (customer_id uuid primary key, name text not null, created_at timestamptz not null default clock_timestamp());
create table app.person (
  customer_id uuid not null references app.customer, id uuid not null, login text not null, display_name text not null, email text, phone text,
  -- who that is at an issuer of the operator's own: its name and its name for the person, which never change; no word about a person does as well
  issuer text, subject text, check (num_nulls(issuer, subject) in (0, 2)),
  -- nothing of them is left but the id, by which the rows of their work stand
  erased_at timestamptz,
  roles text[] not null, created_at timestamptz not null default clock_timestamp(), primary key (customer_id, id), unique (customer_id, login), unique (issuer, subject));
-- an id is one person's among all customers: what is looked up by it alone is never another's
create unique index person_by_id on app.person (id);
create index person_by_login on app.person (login);
create table app.device (
  customer_id uuid not null, id uuid not null, person_id uuid not null, name text not null, platform text not null check (platform in ('fcm', 'webpush', 'cli')),
  address text not null, created_at timestamptz not null default clock_timestamp(), last_success_at timestamptz, last_failure_at timestamptz, last_failure text, removed_at timestamptz,
  -- where a browser is rung (W3C PushSubscription); its own name in address stays when that changes
  subscription jsonb,
  -- since when nothing is rung there any more; the device, and the keys on it, stay their owner's until he removes it
  address_gone_at timestamptz,
  primary key (customer_id, id), foreign key (customer_id, person_id) references app.person (customer_id, id));
create index device_by_endpoint on app.device using hash ((subscription ->> 'endpoint')) where subscription is not null;
-- a key with which a person signs approvals, as it was enrolled; sealed with a key that stands in no database, so that a row written here alone is none.
-- what the executor has pinned counts, not this: effective_from is its word, as it was last heard, and highest_from the same for what cannot be undone.
-- copy_noted_at: when a signature last came with a count that was passed, and its person was told
create table app.approver_key (
  customer_id uuid not null, id uuid not null, person_id uuid not null, device_id uuid not null, kind text not null check (kind in (${words(KEY_KINDS)})), credential_id text not null check (length(credential_id) between 1 and 1400),
  public_key bytea not null check (octet_length(public_key) = 91), rp_id text not null, backup_eligible boolean not null, counter bigint not null default 0, seal bytea not null check (octet_length(seal) = 32),
  vouch jsonb, effective_from timestamptz, highest_from timestamptz, copy_noted_at timestamptz, created_at timestamptz not null default clock_timestamp(), primary key (customer_id, id), unique (customer_id, credential_id),
  foreign key (customer_id, person_id) references app.person (customer_id, id), foreign key (customer_id, device_id) references app.device (customer_id, id));
create index approver_key_by_device on app.approver_key (customer_id, device_id);
create table app.preference (
  customer_id uuid not null, person_id uuid not null, doc jsonb not null, version int not null, primary key (customer_id, person_id),
  foreign key (customer_id, person_id) references app.person (customer_id, id));
-- addresses that stood in somebody's settings within a month: written by the database itself when they change, so that no service takes away where a person is warned
create table app.former_address (
  customer_id uuid not null, person_id uuid not null, email text not null, left_at timestamptz not null default clock_timestamp(), primary key (customer_id, person_id, email),
  foreign key (customer_id, person_id) references app.person (customer_id, id));
-- what a person is told about devices, keys and addresses of their own, by each way that was theirs before; to whoever got in, it is a way he does not hold.
-- address: one that stands in no settings any more, kept until it was told; about_person: somebody else, whom it names; about_team: the team it is about; about_ask: what the team asks of the person,
-- or an escalation: looked at again when it is sent, and withdrawn where it is over by then
create table app.account_notice (
  customer_id uuid not null, id uuid not null, person_id uuid not null, kind text not null check (kind in (${words(ACCOUNT_NOTICES)})), about text not null check (length(about) <= 80), channel text not null check (channel in ('fcm', 'webpush', 'email', 'sms')),
  device_id uuid, address text, about_person uuid, about_team uuid, about_ask uuid, state text not null check (state in ('due', 'sending', 'sent', 'failed', 'withdrawn')), not_before timestamptz not null default clock_timestamp(), attempts int not null default 0, provider_id text, last_error text,
  created_at timestamptz not null default clock_timestamp(), sent_at timestamptz, primary key (customer_id, id), foreign key (customer_id, person_id) references app.person (customer_id, id));
create index account_notice_waiting on app.account_notice (channel, not_before) where state in ('due', 'sending');
create index account_notice_by_person on app.account_notice (customer_id, person_id, created_at);
-- whose a mirror of a repository is, noted when it is adopted: only that customer's teams work on it, and only its remote gets the result
create table app.mirror (
  customer_id uuid not null references app.customer, name text not null check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$'), remote text not null check (length(remote) between 1 and 1000),
  adopted_by uuid not null, adopted_at timestamptz not null default clock_timestamp(), primary key (customer_id, name), foreign key (customer_id, adopted_by) references app.person (customer_id, id));
create table app.oidc_record (kind text not null, id text not null, grant_id text, user_code text, uid text, payload jsonb not null, consumed_at timestamptz, expires_at timestamptz, primary key (kind, id));
create index oidc_grant on app.oidc_record (grant_id) where grant_id is not null;
create index oidc_uid on app.oidc_record (uid) where uid is not null;
-- claim names the try that is at work; null without a status: the last one ended without an answer, and the next may take it up.
-- uncertain: an earlier try may have done it, so the ids stay, whatever a later one is told
create table app.idempotency (
  person_id uuid not null, key text not null, request_hash bytea not null, resource_id uuid not null, claim uuid, claimed_at timestamptz not null default clock_timestamp(), uncertain boolean not null default false,
  status int, body jsonb, headers jsonb, created_at timestamptz not null default clock_timestamp(), primary key (person_id, key), check ((status is null) = (headers is null)));
create index idempotency_age on app.idempotency (created_at);
-- proofs of possession that were used (RFC 9449): a hash of key and id
create table app.dpop_proof (mark bytea primary key check (octet_length(mark) = 32), seen_at timestamptz not null default clock_timestamp());
create index dpop_proof_age on app.dpop_proof (seen_at);
-- published versions: written once, never changed. published_by is null for the operator's files; restores names the older version that this one is again
create table app.bundle (
  id text not null, version int not null, doc jsonb not null, hash bytea not null, published_at timestamptz not null default clock_timestamp(), published_by uuid,
  -- whoever wrote a part of it; nobody's where the operator's file brought it
  drafted_by uuid[] not null default '{}', restores int, primary key (id, version));
-- texts of the operator's file that became the draft of a bundle which governors publish: each does once
create table app.bundle_file (bundle_id text not null, hash bytea not null check (octet_length(hash) = 32), at timestamptz not null default clock_timestamp(), primary key (bundle_id, hash));
-- the one text of a bundle that is being written, whole or not; reviewed_hash names the text that was reviewed
create table app.bundle_draft (
  id text primary key, text text not null check (length(text) between 1 and 262144), hash bytea not null check (hash = sha256(convert_to(text, 'UTF8'))), edited_by uuid, drafted_by uuid[] not null default '{}', -- nobody: the operator's file
  edited_at timestamptz not null default clock_timestamp(), reviewed_by uuid, reviewed_at timestamptz, reviewed_hash bytea, check ((reviewed_by is null) = (reviewed_hash is null)));
create table app.policy (
  kind text not null check (kind in ('spawn-policy', 'template', 'approval-policy', 'price-table', 'team-policy', 'sandbox-choice', 'skill-recall', 'certification', 'precedent-seed', 'way-of-working')), id text not null, version int not null, doc jsonb not null,
  hash bytea not null, imported_at timestamptz not null default clock_timestamp(), source text not null, primary key (kind, id, version));
`;
