/** Outbox, inbox, order and dead letters (design §6). `team_id` is the chain: a team's, or the nil UUID for the platform. */
export const bus = `
create table app.outbox (
  team_id uuid not null, id uuid not null, seq bigint generated always as identity, service text not null default session_user,
  subject text not null, key_seq bigint not null, headers jsonb not null default '{}', payload bytea not null check (octet_length(payload) <= 65536),
  created_at timestamptz not null default clock_timestamp(), claimed_until timestamptz, published_at timestamptz,
  stream_created timestamptz, stream_seq bigint, attempts int not null default 0,
  primary key (team_id, id), unique (team_id, service, subject, key_seq));
create index outbox_unpublished on app.outbox (service, seq) where published_at is null;
create index outbox_published on app.outbox (service, published_at) where published_at is not null;
-- the last number given out per service and subject; incremented in the producer's transaction, so order is commit order per subject
create table app.outbox_key (team_id uuid not null, service text not null, subject text not null, last_seq bigint not null, primary key (team_id, service, subject));
create table app.inbox (team_id uuid not null, consumer text not null, msg_id uuid not null, applied_at timestamptz not null default clock_timestamp(), primary key (team_id, consumer, msg_id));
create index inbox_applied on app.inbox using brin (applied_at) with (autosummarize = on);
create table app.cursor (team_id uuid not null, consumer text not null, subject text not null, last_seq bigint not null, primary key (team_id, consumer, subject));
create table app.dead_letter (
  team_id uuid not null, id uuid not null, consumer text not null, msg_id uuid not null, subject text not null, headers jsonb not null, payload bytea not null,
  error_code text not null, error_text text not null check (length(error_text) <= 2000), deliveries int not null, dead_at timestamptz not null default clock_timestamp(),
  primary key (team_id, id));
`;
