import { ALERT_KINDS, ALERT_STOPS, APPROVAL_STATES, CHANNELS, DECISIONS, EFFECT_STATES, MESSAGE_TYPES, MOST_LINKS, MOST_METADATA_BYTES, RING_STATES, RUN_STATES, RUNGS, TODO_STATES, DECIDED_STATES, MOST_NEEDED, QUORUM_OF } from '@countersign/contracts';
import { words } from '../list.js';

/** The manager's reviews and deliverables, the fleet's runs and workspace, approvals and effects, conversations. */
export const work = `
create table app.task_event (
  team_id uuid not null, id uuid not null, task_id uuid not null, kind text not null, actor text not null, body jsonb not null default '{}', at timestamptz not null default clock_timestamp(),
  primary key (team_id, id), foreign key (team_id, task_id) references app.task (team_id, id));
create index task_event_by_task on app.task_event (team_id, task_id, at);
create index task_event_assigned on app.task_event (team_id, at) where kind = 'assigned';
create table app.worker_run (
  team_id uuid not null, id uuid not null, task_id uuid not null, member_id uuid not null, round int not null, attempt int not null default 1, state text not null check (state in (${words(RUN_STATES)})),
  epoch int not null, instance_id uuid, pid int, sandbox_level int, used jsonb not null default '{}', progress text not null default '', code text, detail text,
  queued_at timestamptz not null default clock_timestamp(), started_at timestamptz, heartbeat_at timestamptz, ended_at timestamptz,
  primary key (team_id, id), unique (team_id, task_id, round, attempt), foreign key (team_id, task_id) references app.task (team_id, id));
create index worker_run_open on app.worker_run (team_id, state) where state in ('queued', 'running');
create table app.worker_log (
  team_id uuid not null, run_id uuid not null, seq int not null, stream text not null, line text not null check (length(line) <= 4000), at timestamptz not null default clock_timestamp(), primary key (team_id, run_id, seq));
create table app.draft (
  team_id uuid not null, id uuid not null, task_id uuid not null, run_id uuid not null, round int not null, summary text not null, base_commit text not null, detail jsonb not null default '{}',
  state text not null default 'submitted' check (state in ('submitted', 'committed', 'conflict', 'dropped')), commit_id text, tree_id text, created_at timestamptz not null default clock_timestamp(), committed_at timestamptz,
  primary key (team_id, id), unique (team_id, run_id), foreign key (team_id, run_id) references app.worker_run (team_id, id), foreign key (team_id, task_id) references app.task (team_id, id));
create index draft_by_task on app.draft (team_id, task_id);
-- the order of commits decides what a path finally holds; the database's clock says it, not the writer
create function app.stamp_commit() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $f$
begin new.committed_at := clock_timestamp(); return new; end $f$;
create trigger stamp_commit before update on app.draft for each row when (new.state = 'committed' and old.state <> 'committed') execute function app.stamp_commit();
alter function app.stamp_commit() owner to own_app;
revoke all on function app.stamp_commit() from public;
-- one file of a draft, with its bytes; content may be erased later, the hash stays
create table app.artifact (
  team_id uuid not null, id uuid not null, draft_id uuid not null, path text not null, version int not null, mode text not null default '100644' check (mode in ('100644', '100755')),
  deleted boolean not null default false, media_type text not null, size bigint not null, sha256 bytea not null check (octet_length(sha256) = 32), content bytea, base_content bytea,
  kept bigint not null generated always as (coalesce(octet_length(content), 0) + coalesce(octet_length(base_content), 0)) stored,
  primary key (team_id, id), unique (team_id, draft_id, path), foreign key (team_id, draft_id) references app.draft (team_id, id));
create table app.check_run (
  team_id uuid not null, id uuid not null, draft_id uuid not null, criterion text not null, passed boolean not null, exit_code int, output_tail text not null default '', duration_ms bigint not null, sandbox_level int not null,
  at timestamptz not null default clock_timestamp(), primary key (team_id, id), unique (team_id, draft_id, criterion), foreign key (team_id, draft_id) references app.draft (team_id, id));
create table app.review (
  team_id uuid not null, id uuid not null, task_id uuid not null, draft_id uuid not null, round int not null, decision text check (decision in ('approved', 'revise', 'flag')), notes jsonb not null default '[]',
  requested_at timestamptz not null default clock_timestamp(), decided_at timestamptz, primary key (team_id, id), unique (team_id, draft_id), foreign key (team_id, task_id) references app.task (team_id, id));
create index review_lately on app.review (team_id, decided_at) where decided_at is not null;
create table app.deliverable (
  team_id uuid not null, id uuid not null, goal_id uuid not null, revision int not null, summary text not null, effect jsonb not null, files jsonb not null, checks jsonb not null, proposed_by uuid not null,
  created_at timestamptz not null default clock_timestamp(), primary key (team_id, id), unique (team_id, goal_id, revision), foreign key (team_id, goal_id) references app.goal (team_id, id));
create table app.lease (
  team_id uuid not null, resource text not null, holder text not null, token bigint not null default 1, expires_at timestamptz not null, primary key (team_id, resource));
create table app.approval (
  team_id uuid not null, id uuid not null, goal_id uuid not null, deliverable_id uuid not null, revision int not null, manifest bytea not null, digest bytea not null check (digest = sha256(manifest)),
  title text not null, tier int not null check (tier between 0 and 3), state text not null check (state in (${words(APPROVAL_STATES)})), marks text[] not null default '{}', epoch int not null,
  customer_id uuid not null, requested_by uuid not null, created_at timestamptz not null default clock_timestamp(), due_at timestamptz not null, frozen_ms bigint not null default 0, left_ms bigint check (left_ms >= 0),
  decided_at timestamptz, decided_by uuid, device_id uuid, reason text, valid_until timestamptz, superseded_by uuid, version int not null default 1, asked_sha256 bytea check (octet_length(asked_sha256) = 32),
  -- how many must say yes, as the manifest names it; what a decision that is held makes of it, and when
  need int not null default 1 check (need between 1 and ${MOST_NEEDED}), need_of text not null default 'people' check (need_of in (${words(QUORUM_OF)})), held_for text check (held_for in (${words(DECIDED_STATES)})), effective_at timestamptz,
  -- the entry of what a decision that was held made of it; its own says only that it was held
  effect_entry_id uuid check (effect_entry_id is null or held_for is not null),
  primary key (team_id, id), unique (team_id, deliverable_id), foreign key (team_id, deliverable_id) references app.deliverable (team_id, id),
  check ((state = 'approved' or (state = 'held' and held_for = 'approved')) <= (decided_by is not null and device_id is not null and valid_until is not null)),
  check ((state = 'held') <= (num_nulls(held_for, effective_at, decided_at, decided_by) = 0)));
create unique index one_open_approval on app.approval (team_id, goal_id) where state in ('pending', 'held');
create index approval_by_goal on app.approval (team_id, goal_id);
create index approval_lately on app.approval (created_at);
create index approval_by_id on app.approval (id);
create index approval_waiting on app.approval (due_at) where state = 'pending';
create index approval_held on app.approval (effective_at) where state = 'held';
create index approval_standing on app.approval (team_id, goal_id) where state in ('pending', 'held', 'approved');
create table app.approval_decision (
  team_id uuid not null, id uuid not null, approval_id uuid not null, decision text not null check (decision in (${words([...DECISIONS, 'expire', 'withdraw', 'undo'])})), digest bytea not null, person_id uuid, device_id uuid, reason text,
  assertion jsonb, comments jsonb not null default '[]', report boolean not null default false check (not report or decision = 'deny'), entry_id uuid, offline_at timestamptz, at timestamptz not null default clock_timestamp(), primary key (team_id, id), foreign key (team_id, approval_id) references app.approval (team_id, id),
  -- version: the approval's as this was said, which its row is no more; offline_at: by the device's clock, of what waited there for a connection; undoes: the decision that an undo takes back, each once
  version int, undoes uuid, foreign key (team_id, undoes) references app.approval_decision (team_id, id), check ((decision = 'undo') = (undoes is not null)));
create index approval_decision_by_approval on app.approval_decision (team_id, approval_id, at);
create unique index approval_decision_undone on app.approval_decision (team_id, undoes) where undoes is not null;
create index approval_decision_lately on app.approval_decision (at) where decision in ('deny', 'expire');
create index approval_decision_yes on app.approval_decision (person_id, at) where decision = 'approve';
create index approval_decision_reported on app.approval_decision (at) where report;
-- what leaves a question open: a person puts it off, escalates it (once), or asks back
create table app.approval_mark (
  team_id uuid not null, id uuid not null, approval_id uuid not null, kind text not null check (kind in ('deferred', 'escalated', 'asked')), person_id uuid not null, device_id uuid not null, until timestamptz, text text not null default '' check (length(text) <= 2000),
  at timestamptz not null default clock_timestamp(), primary key (team_id, id), unique (team_id, id, kind), foreign key (team_id, approval_id) references app.approval (team_id, id), check ((kind = 'deferred') = (until is not null)), check (kind <> 'asked' or text <> ''));
create index approval_mark_by_approval on app.approval_mark (team_id, approval_id, at);
create unique index approval_escalated_once on app.approval_mark (team_id, approval_id) where kind = 'escalated';
-- an agent's answer to what a person asked; each is answered once, and only what was asked in this team
create table app.approval_answer (
  team_id uuid not null, question_id uuid not null, kind text not null generated always as ('asked') stored, member_id uuid not null, text text not null check (length(text) between 1 and 8000), at timestamptz not null default clock_timestamp(),
  primary key (team_id, question_id), foreign key (team_id, question_id, kind) references app.approval_mark (team_id, id, kind), foreign key (team_id, member_id) references app.member (team_id, id));
-- which revision a person has opened, by the digest that their device made of it
create table app.approval_seen (
  team_id uuid not null, approval_id uuid not null, person_id uuid not null, digest bytea not null, device_id uuid, first_at timestamptz not null default clock_timestamp(), at timestamptz not null default clock_timestamp(),
  primary key (team_id, approval_id, person_id), foreign key (team_id, approval_id) references app.approval (team_id, id));
-- what an operator should look at, and what was stopped because of it
create table app.alert (
  team_id uuid not null, id uuid not null, customer_id uuid not null, kind text not null check (kind in (${words(ALERT_KINDS)})), stops text not null check (stops in (${words(ALERT_STOPS)})), goal_id uuid, approval_id uuid, agent_id uuid not null, by_person uuid,
  counted int not null default 1, minutes int not null default 0, at timestamptz not null default clock_timestamp(), muted_until timestamptz, primary key (team_id, id), foreign key (team_id, approval_id) references app.approval (team_id, id),
  check ((kind = 'reported') = (approval_id is not null and by_person is not null)));
create unique index alert_of_report on app.alert (team_id, approval_id) where kind = 'reported';
create index alert_by_goal on app.alert (team_id, goal_id, at);
create index alert_lately on app.alert (at);
create index alert_by_customer on app.alert (customer_id, id);
-- that what it stops has been stopped
create table app.alert_stop (team_id uuid not null, alert_id uuid not null, at timestamptz not null default clock_timestamp(), primary key (team_id, alert_id), foreign key (team_id, alert_id) references app.alert (team_id, id));
-- why a proposal was not put to anybody: said once, and again when it is another reason
create table app.unasked (
  team_id uuid not null, deliverable_id uuid not null, code text not null, detail jsonb not null, at timestamptz not null default clock_timestamp(),
  primary key (team_id, deliverable_id), foreign key (team_id, deliverable_id) references app.deliverable (team_id, id));
-- how people are reached about a question: the plan it was asked with, and when to look at it again; null: nothing more comes by itself
create table app.ladder (
  team_id uuid not null, approval_id uuid not null, customer_id uuid not null, plan jsonb not null, policy_version int not null, next_at timestamptz default clock_timestamp(), escalated_at timestamptz, closed_at timestamptz, hurried text check (hurried in ('substitute', 'governor')),
  primary key (team_id, approval_id), foreign key (team_id, approval_id) references app.approval (team_id, id), check (closed_at is null or next_at is null));
create index ladder_waiting on app.ladder (next_at) where next_at is not null;
-- one step of it at one person by one channel: there is one row, so whoever rings, it rings once
create table app.ring (
  team_id uuid not null, approval_id uuid not null, person_id uuid not null, rung text not null check (rung in (${words(RUNGS)})), channel text not null check (channel in (${words(CHANNELS)})), state text not null check (state in (${words(RING_STATES)})),
  reason text, digest int check (digest > 1), at timestamptz not null default clock_timestamp(), ended_at timestamptz, primary key (team_id, approval_id, person_id, rung, channel), foreign key (team_id, approval_id) references app.ladder (team_id, approval_id));
create index ring_by_person on app.ring (person_id, at) where state in ('ringing', 'reached');
create index ring_held on app.ring (person_id) where state = 'held';
-- what a signature is asked over; taken away by the decision that carries it, so that none counts twice
create table app.approval_challenge (
  team_id uuid not null, nonce bytea not null check (octet_length(nonce) = 32), approval_id uuid not null, person_id uuid not null, device_id uuid not null, expires_at timestamptz not null,
  primary key (team_id, nonce), foreign key (team_id, approval_id) references app.approval (team_id, id));
create index approval_challenge_by_approval on app.approval_challenge (team_id, approval_id);
create table app.notification (
  team_id uuid not null, id uuid not null, approval_id uuid, kind text not null, rung text, person_id uuid not null, customer_id uuid not null, device_id uuid, channel text not null, state text not null check (state in ('due', 'sending', 'sent', 'failed', 'withdrawn')),
  not_before timestamptz not null default clock_timestamp(), expires_at timestamptz, attempts int not null default 0, provider_id text, last_error text, sent_at timestamptz, opened_at timestamptz, primary key (team_id, id));
create index notification_by_approval on app.notification (team_id, approval_id);
create index notification_waiting on app.notification (channel, not_before) where state in ('due', 'sending');
create table app.approval_use (team_id uuid not null, approval_id uuid not null, used_at timestamptz not null default clock_timestamp(), primary key (team_id, approval_id), foreign key (team_id, approval_id) references app.approval (team_id, id));
-- an effect that was not refused stands on a used approval: without the row of its use there is none, and that row stays while it stands (P5)
create table app.effect (
  team_id uuid not null, id uuid not null, approval_id uuid not null, goal_id uuid not null, kind text not null, state text not null check (state in (${words(EFFECT_STATES)})), code text, idempotency_key text not null,
  plan jsonb not null default '{}', receipt jsonb, started_at timestamptz not null default clock_timestamp(), finished_at timestamptz, attempts int not null default 0, begun_at timestamptz, not_before timestamptz, primary key (team_id, id), unique (team_id, approval_id),
  settlement_id uuid, settled_by uuid, settled_how text check (settled_how in ('word', 'look')), settled_reason text check (length(settled_reason) <= 2000),
  check (num_nulls(settlement_id, settled_by, settled_how, settled_reason) in (0, 4)), check (settlement_id is null or state in ('executed', 'failed')), check (settled_how is distinct from 'word' or settled_reason <> ''),
  used_approval uuid generated always as (case when state <> 'refused' then approval_id end) stored, foreign key (team_id, used_approval) references app.approval_use (team_id, approval_id));
-- what became of an effect is said once; only a person's settlement ends an unknown one (P5)
create function app.end_effect() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $f$
begin
  if old.state <> 'started' and (old.state <> 'unknown' or new.settlement_id is null) then raise exception 'effect_settled' using errcode = 'CS001'; end if;
  return new;
end $f$;
create trigger end_effect before update on app.effect for each row execute function app.end_effect();
alter function app.end_effect() owner to own_app;
revoke all on function app.end_effect() from public;
create table app.conversation (
  team_id uuid not null, session_id uuid not null, seq int not null, message_id uuid not null, author text not null check (author in ('customer', 'helpdesk')), text text not null, cards jsonb not null default '[]', to_person boolean not null default false, at timestamptz not null default clock_timestamp(),
  primary key (team_id, session_id, seq), unique (team_id, message_id, author), foreign key (team_id, session_id) references app.helpdesk_session (team_id, id));
-- what the agents of a mission note among themselves: no work item, so nobody reviews it and no goal waits for it
create table app.todo (
  team_id uuid not null, id uuid not null, goal_id uuid not null, ordinal bigint not null generated always as identity, subject text not null check (length(subject) between 1 and 200),
  description text not null default '' check (length(description) <= 4000), active_form text check (length(active_form) <= 200), metadata jsonb not null default '{}' check (octet_length(metadata::text) <= ${MOST_METADATA_BYTES}),
  state text not null default 'pending' check (state in (${words(TODO_STATES)})), owner_id uuid, created_by uuid not null, creator_id uuid not null, blocked_by uuid[] not null default '{}' check (cardinality(blocked_by) <= ${MOST_LINKS}),
  created_at timestamptz not null default clock_timestamp(), changed_at timestamptz not null default clock_timestamp(), primary key (team_id, id), foreign key (team_id, goal_id) references app.goal (team_id, id),
  foreign key (team_id, owner_id) references app.member (team_id, id), foreign key (team_id, creator_id) references app.member (team_id, id), foreign key (team_id, created_by) references app.instance (team_id, id));
create index todo_by_goal on app.todo (team_id, goal_id, ordinal);
-- a message is to a member, or with none named to all others; one that answers another names it, and each is answered once
create table app.team_message (
  team_id uuid not null, id uuid not null, goal_id uuid not null, seq bigint not null generated always as identity, type text not null check (type in (${words(MESSAGE_TYPES)})), from_instance uuid not null, from_id uuid not null, to_id uuid,
  content text not null default '' check (length(content) <= 10000), summary text not null default '' check (length(summary) <= 200), request_id uuid, approve boolean, at timestamptz not null default clock_timestamp(),
  primary key (team_id, id), unique (team_id, request_id), foreign key (team_id, goal_id) references app.goal (team_id, id), foreign key (team_id, request_id) references app.team_message (team_id, id),
  foreign key (team_id, from_id) references app.member (team_id, id), foreign key (team_id, to_id) references app.member (team_id, id), foreign key (team_id, from_instance) references app.instance (team_id, id),
  check ((type in ('shutdown_response', 'plan_approval_response')) = (request_id is not null)), check ((request_id is null) = (approve is null)), check ((type = 'broadcast') = (to_id is null)));
create index team_message_by_goal on app.team_message (team_id, goal_id, seq);
`;
