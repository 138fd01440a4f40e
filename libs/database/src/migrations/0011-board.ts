import { ASKED_OF, BOARD_COLUMNS, CONTEXT_VISIBILITIES, databaseRole, GIVEN_UP_FOR, MOST_CHOICES, SENDER_KINDS, SENT_KINDS } from '@countersign/contracts';
import { words } from '../list.js';
import { define } from './0008-ops.js';

/** Rows of each kind that one call forgets. */
const TRACES_AT_ONCE = 5000;
/** Every run that has left any, by one look into the index each. */
const runsIn = (table: string, name: string): string => `
    (select x.team_id, x.run_id from ${table} x order by x.team_id, x.run_id limit 1)
    union all select n.team_id, n.run_id from ${name} p cross join lateral (select x.team_id, x.run_id from ${table} x where (x.team_id, x.run_id) > (p.team_id, p.run_id) order by x.team_id, x.run_id limit 1) n`;
const oldest = (name: string, table: string, key: string): string => `
    select y.team_id, y.run_id, y.${key} from (select r.team_id, r.id from ${name} p join app.worker_run r on r.team_id = p.team_id and r.id = p.run_id
      where r.ended_at < clock_timestamp() - make_interval(hours => greatest(keep_hours, 24)) order by r.ended_at limit ${TRACES_AT_ONCE}) o join ${table} y on y.team_id = o.team_id and y.run_id = o.id limit ${TRACES_AT_ONCE}`;

/** A team's board: who reviews what is done, and in which order its cards are looked at. Where a card stands follows from its task and its history. */
export const board = `
create table app.board (
  team_id uuid primary key references app.team, reviewers text[] not null default '{}' check (cardinality(reviewers) <= 20), changed_at timestamptz not null default clock_timestamp());
create table app.board_order (
  team_id uuid not null references app.team, column_id text not null check (column_id in (${words(BOARD_COLUMNS)})), tasks uuid[] not null default '{}' check (cardinality(tasks) <= 500), version int not null default 1,
  changed_at timestamptz not null default clock_timestamp(), primary key (team_id, column_id));
-- what a member asks about its task while it works on it: its manager's answer, or a person's, is a message that names it. It is over with its time, or with whoever asked
create table app.clarification (
  team_id uuid not null references app.team, id uuid not null, task_id uuid not null, member_id uuid not null, instance_id uuid not null, asked_of text not null check (asked_of in (${words(ASKED_OF)})), question text not null check (length(question) between 1 and 4000),
  choices jsonb not null default '[]' check (jsonb_array_length(choices) <= ${MOST_CHOICES}), at timestamptz not null default clock_timestamp(), due_at timestamptz not null, given_up_at timestamptz, given_up_for text check (given_up_for in (${words(GIVEN_UP_FOR)})),
  primary key (team_id, id), foreign key (team_id, task_id) references app.task (team_id, id), foreign key (team_id, member_id) references app.member (team_id, id), foreign key (team_id, instance_id) references app.instance (team_id, id), check (due_at >= at), check (num_nulls(given_up_at, given_up_for) in (0, 2)));
create index clarification_by_task on app.clarification (team_id, task_id, at);
create index clarification_by_instance on app.clarification (team_id, instance_id);
-- what people write to members: to one, or with none named to all there were; and how far it has come with each
create table app.member_message (
  team_id uuid not null references app.team, id uuid not null, seq bigint not null generated always as identity, kind text not null check (kind in (${words(SENT_KINDS)})), from_kind text not null check (from_kind in (${words(SENDER_KINDS)})), from_id uuid,
  to_id uuid, task_id uuid, text text not null check (length(text) <= 10000), summary text not null default '' check (length(summary) <= 200), at timestamptz not null default clock_timestamp(), archived_at timestamptz, erased_at timestamptz, answers uuid, due_at timestamptz check ((kind = 'shutdown') = (due_at is not null)),
  primary key (team_id, id), foreign key (team_id, to_id) references app.member (team_id, id), foreign key (team_id, task_id) references app.task (team_id, id), unique (team_id, answers), foreign key (team_id, answers) references app.clarification (team_id, id), check (answers is null or (kind = 'message' and to_id is not null and task_id is not null)), check ((from_kind = 'system') = (from_id is null)), check ((length(text || summary) = 0) = (erased_at is not null)), check (erased_at is null or archived_at is not null));
create index member_message_by_seq on app.member_message (team_id, seq);
create index member_message_kept on app.member_message (team_id, at) where archived_at is null;
create index member_message_lately on app.member_message (team_id, from_id, at);
create table app.message_receipt (
  team_id uuid not null, message_id uuid not null, member_id uuid not null, delivered_at timestamptz, delivered_to uuid, read_at timestamptz, answered_at timestamptz, answer_id uuid, approve boolean, reason text not null default '' check (length(reason) <= 500),
  primary key (team_id, message_id, member_id), foreign key (team_id, message_id) references app.member_message (team_id, id), foreign key (team_id, member_id) references app.member (team_id, id), foreign key (team_id, answer_id) references app.team_message (team_id, id),
  check (num_nulls(delivered_at, delivered_to) in (0, 2)), check (read_at is null or delivered_at is not null), check ((answered_at is null) = (num_nonnulls(answer_id, approve) = 0)), check (approve is not null or reason = ''), check (answered_at is null or read_at is not null));
create index message_receipt_waiting on app.message_receipt (team_id, member_id) where delivered_at is null;
-- what people hand in for messages, once for each content of a team; content may be erased, its hash stays
create table app.attachment (
  team_id uuid not null references app.team, sha256 bytea not null check (octet_length(sha256) = 32), size bigint not null check (size >= 0), media_type text not null, width int, height int, content bytea check (sha256(content) = sha256), by uuid not null, at timestamptz not null default clock_timestamp(), erased_at timestamptz,
  primary key (team_id, sha256), check ((content is null) = (erased_at is not null)), check (num_nulls(width, height) in (0, 2)));
create table app.message_attachment (
  team_id uuid not null, message_id uuid not null, ordinal int not null check (ordinal between 1 and 5), sha256 bytea not null, name text not null check (length(name) between 1 and 200),
  primary key (team_id, message_id, ordinal), foreign key (team_id, message_id) references app.member_message (team_id, id), foreign key (team_id, sha256) references app.attachment (team_id, sha256));
create index message_attachment_by_content on app.message_attachment (team_id, sha256);
-- which agents an interrupt has come to: each of the member's is interrupted, once
create table app.message_interrupt (
  team_id uuid not null, message_id uuid not null, instance_id uuid not null, at timestamptz not null default clock_timestamp(),
  primary key (team_id, message_id, instance_id), foreign key (team_id, message_id) references app.member_message (team_id, id), foreign key (team_id, instance_id) references app.instance (team_id, id));
-- what a run's processes used: memory at that time, processor time since the run began
create table app.run_sample (
  team_id uuid not null, run_id uuid not null, at timestamptz not null default clock_timestamp(), memory_bytes bigint not null check (memory_bytes >= 0), cpu_ms bigint not null check (cpu_ms >= 0),
  primary key (team_id, run_id, at), foreign key (team_id, run_id) references app.worker_run (team_id, id));
-- what a team shares: versions are only added; a content may be erased, its hash stays
create table app.context (
  team_id uuid not null references app.team, id uuid not null, name text not null check (length(name) between 1 and 200), visibility text not null check (visibility in (${words(CONTEXT_VISIBILITIES)})), task_id uuid, version int not null check (version > 0),
  sha256 bytea not null check (octet_length(sha256) = 32), size bigint not null, changed_at timestamptz not null default clock_timestamp(), primary key (team_id, id), foreign key (team_id, task_id) references app.task (team_id, id), check ((visibility = 'task') = (task_id is not null)));
create table app.context_version (
  team_id uuid not null, context_id uuid not null, version int not null, sha256 bytea not null check (octet_length(sha256) = 32), size bigint not null, content bytea check (sha256(content) = sha256), writer text not null, provenance jsonb not null, replaced bytea check (octet_length(replaced) = 32),
  kept bigint not null generated always as (coalesce(octet_length(content), 0)) stored,
  at timestamptz not null default clock_timestamp(), erased_at timestamptz, primary key (team_id, context_id, version), foreign key (team_id, context_id) references app.context (team_id, id), check ((content is null) = (erased_at is not null)));
create index task_event_nudged on app.task_event (team_id, at) where kind = 'review_nudged';
${[
  // teams with messages that nobody has put away for so long, and up to which
  define({ name: 'mail_overdue', args: 'keep_days int', returns: 'table (team_id uuid, up_to bigint)', to: ['manager-agent'],
    body: 'select m.team_id, max(m.seq) from app.member_message m where m.archived_at is null and m.at < clock_timestamp() - make_interval(days => keep_days) group by m.team_id limit 200' }),
  // teams with files that no message has named for so long
  define({ name: 'attachments_waiting', args: 'keep_hours int', returns: 'table (team_id uuid)', to: ['gateway'],
    body: 'select distinct f.team_id from app.attachment f where f.erased_at is null and f.at < clock_timestamp() - make_interval(hours => keep_hours) and not exists (select from app.message_attachment a where a.team_id = f.team_id and a.sha256 = f.sha256) limit 200' }),
].join('\n')}
-- what agents said and used, of runs that ended so long ago, those that ended first before others: figures and words of a process, nothing that anything is
-- judged by. What is looked through is what is kept, run by run, not every run there ever was; at most ${TRACES_AT_ONCE} rows of each, for the caller to repeat
create function ops.traces_prune(keep_hours int) returns table (lines bigint, samples bigint)
language sql volatile security definer set search_path = pg_catalog, pg_temp as $f$
  with recursive said as (${runsIn('app.worker_log', 'said')}), used as (${runsIn('app.run_sample', 'used')}),
  l as (delete from app.worker_log x where (x.team_id, x.run_id, x.seq) in (${oldest('said', 'app.worker_log', 'seq')}) returning 1),
  s as (delete from app.run_sample x where (x.team_id, x.run_id, x.at) in (${oldest('used', 'app.run_sample', 'at')}) returning 1)
  select (select count(*) from l), (select count(*) from s) $f$;
alter function ops.traces_prune(int) owner to own_ops;
revoke all on function ops.traces_prune(int) from public;
grant execute on function ops.traces_prune(int) to ${databaseRole('fleet')};
`;
