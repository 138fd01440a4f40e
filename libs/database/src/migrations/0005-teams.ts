import { BUDGET_UNITS, COORDINATIONS, GATE_APPROVAL_KINDS, GATE_APPROVAL_STATES, GOAL_MODES, GOAL_ORIGINS, INSTANCE_STATES, MOST_PLACES, RECOMMENDATION_REASONS, SPAWN_SOURCES, TEAM_MODES, TEAM_STATES } from '@countersign/contracts';
import { words } from '../list.js';

/** Goals that something can still happen to by itself. */
export const OPEN_GOAL = words(['planned', 'running', 'proposed', 'changes_requested', 'executing']);

/**
 * Everything that grants authority; written by the gate alone. `spent + held <= granted` holds at every node by constraint.
 * A goal's and a task's `epoch` is the team's when the manager last handed it on: an older one is handed on again.
 */
export const teams = `
create table app.team (
  team_id uuid primary key, customer_id uuid not null, name text not null, bundle_id text not null, bundle_version int not null, bundle jsonb not null,
  mode text not null check (mode in (${words(TEAM_MODES)})), state text not null check (state in (${words(TEAM_STATES)})),
  -- who coordinates it, and which person does, where one does
  coordination text not null default 'manager' check (coordination in (${words(COORDINATIONS)})), coordinator uuid, check ((coordination = 'person') = (coordinator is not null)),
  epoch int not null default 1 check (epoch > 0), state_reason text not null default '', state_changed_at timestamptz not null default clock_timestamp(),
  frozen_at timestamptz, created_at timestamptz not null default clock_timestamp());
create table app.member (
  team_id uuid not null references app.team, id uuid not null, kind text not null check (kind in ('manager', 'specialist')), skill text not null,
  agent text not null, name text not null, state text not null default 'active' check (state in ('active', 'suspended', 'removed')),
  -- when Genesis let it work again: what was measured of it before is past
  reinstated_at timestamptz, primary key (team_id, id));
-- one member of each skill; whoever made room for another stays for what it did
create unique index member_of_skill on app.member (team_id, skill) where state <> 'removed';
-- what managers have said of members
create table app.recommendation (
  team_id uuid not null, id uuid not null, member_id uuid not null, reason text not null check (reason in (${words(RECOMMENDATION_REASONS)})), evidence jsonb not null, at timestamptz not null default clock_timestamp(),
  primary key (team_id, id), foreign key (team_id, member_id) references app.member (team_id, id));
create index recommendation_by_member on app.recommendation (team_id, member_id, at);
create table app.goal (
  team_id uuid not null references app.team, id uuid not null, text text not null, title text not null default '', state text not null, submitted_by uuid not null,
  origin text not null default 'goal' check (origin in (${words(GOAL_ORIGINS)})), repository jsonb, repair jsonb, effect jsonb, spec jsonb not null default '{}', revision int not null default 1, mission_revision bigint not null default 1,
  mode text not null default 'orchestrate' check (mode in (${words(GOAL_MODES)})), workers int check (workers between 1 and ${MOST_PLACES}),
  -- a goal that is over is not paused; paused_ms counts all pauses that are over; running_since is when a mission was last started or resumed
  paused_at timestamptz, pause_reason text not null default '', paused_ms bigint not null default 0, started_at timestamptz, running_since timestamptz, check (paused_at is null or finished_at is null),
  check (origin = 'mission' or repository is not null), epoch int not null default 1, note text not null default '', created_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz not null default clock_timestamp(), finished_at timestamptz, primary key (team_id, id));
create index goal_open on app.goal (team_id, id) where state in (${OPEN_GOAL});
create index goal_by_id on app.goal (id);
create index goal_cancelled on app.goal (team_id, id) where state = 'cancelled';
create table app.task (
  team_id uuid not null, id uuid not null, goal_id uuid not null, ordinal int not null, key text not null, title text not null, detail text not null default '', skill text not null,
  member_id uuid, artifact_refs jsonb not null default '[]', metadata jsonb not null default '{}', criteria jsonb not null, options jsonb not null default '{}', depends_on uuid[] not null default '{}', state text not null, round int not null default 0, rounds_from int not null default 0, epoch int not null default 1, notes jsonb not null default '[]', plan_notes jsonb not null default '[]',
  created_at timestamptz not null default clock_timestamp(), changed_at timestamptz not null default clock_timestamp(), primary key (team_id, id), unique (team_id, goal_id, key),
  foreign key (team_id, goal_id) references app.goal (team_id, id), foreign key (team_id, member_id) references app.member (team_id, id));
create index task_assigned on app.task (team_id, changed_at) where state = 'assigned';
create index task_by_goal on app.task (team_id, goal_id, ordinal);
create table app.instance (
  team_id uuid not null, id uuid not null, member_id uuid, goal_id uuid, task_id uuid, run_id uuid, parent_id uuid, role text not null, template_id text not null,
  source text not null default 'orchestrator_runtime' check (source in (${words(SPAWN_SOURCES)})), requested_by text not null default 'service', justification text not null default '', skills jsonb not null default '[]',
  state text not null check (state in (${words(INSTANCE_STATES)})), capabilities jsonb not null, slice jsonb not null, skill_hash text not null,
  policy_version int not null, sandbox_level int not null, epoch int not null, deadline_at timestamptz, started_at timestamptz not null default clock_timestamp(), ended_at timestamptz, end_reason text,
  primary key (team_id, id), unique (team_id, run_id), foreign key (team_id, member_id) references app.member (team_id, id),
  foreign key (team_id, task_id) references app.task (team_id, id), foreign key (team_id, parent_id) references app.instance (team_id, id));
create index instance_open on app.instance (team_id) where state in ('queued', 'running');
create index instance_waiting on app.instance (team_id, started_at, id) where state = 'queued';
create index instance_by_task on app.instance (team_id, task_id) where task_id is not null;
create index instance_by_goal on app.instance (team_id, goal_id);
create index instance_by_parent on app.instance (team_id, parent_id);
create index instance_by_id on app.instance (id);
create table app.spawn_decision (
  team_id uuid not null, id uuid not null, task_id uuid, run_id uuid, source text not null default 'orchestrator_runtime' check (source in (${words(SPAWN_SOURCES)})), requested_by text not null default 'service', digest text not null default '',
  role text not null, template_id text not null, allowed boolean not null, code text not null, violations jsonb not null,
  policy_version int not null, policy_hash text not null, inputs_hash text not null, inputs jsonb not null, decided_at timestamptz not null default clock_timestamp(), primary key (team_id, id));
create index spawn_decision_by_id on app.spawn_decision (id);
create index spawn_decision_by_time on app.spawn_decision (decided_at, id);
create index spawn_decision_by_task on app.spawn_decision (team_id, task_id, decided_at) where task_id is not null;
create index spawn_decision_denied on app.spawn_decision (team_id, decided_at, id) where not allowed;
create table app.capability_denial (
  team_id uuid not null, id uuid not null, instance_id uuid not null, code text not null, tool text not null, reason text not null, what text not null, denied_at timestamptz not null default clock_timestamp(),
  primary key (team_id, id), foreign key (team_id, instance_id) references app.instance (team_id, id));
create index capability_denial_by_time on app.capability_denial (team_id, denied_at, id);
-- what the gate will do only when a person says yes; the requester is never the one who says it
create table app.gate_approval (
  team_id uuid not null references app.team, id uuid not null, kind text not null check (kind in (${words(GATE_APPROVAL_KINDS)})), goal_id uuid, task_id uuid, instance_id uuid, requested_by text not null,
  request jsonb not null, digest bytea not null check (octet_length(digest) = 32), code text not null, reason text not null, state text not null default 'pending' check (state in (${words(GATE_APPROVAL_STATES)})), epoch int not null,
  created_at timestamptz not null default clock_timestamp(), due_at timestamptz not null, left_ms bigint check (left_ms >= 0), decided_at timestamptz, decided_by uuid, decision_reason text not null default '', used_at timestamptz, used_by uuid, result_id uuid,
  primary key (team_id, id), foreign key (team_id, instance_id) references app.instance (team_id, id), check ((state in ('approved', 'denied')) = (decided_by is not null)),
  check (decided_by is null or strpos(requested_by, decided_by::text) = 0));
create index gate_approval_open on app.gate_approval (team_id, due_at) where state = 'pending';
create index gate_approval_by_digest on app.gate_approval (team_id, digest, created_at);
create index gate_approval_by_id on app.gate_approval (id);
create unique index one_open_gate_approval on app.gate_approval (team_id, digest) where state = 'pending';
-- a mission that may start nothing, call nothing and execute nothing; the default mission's id is derived from the team's
create table app.mission_stop (
  team_id uuid not null references app.team, mission_id uuid not null, state text not null check (state in ('paused', 'cancelled')), reason text not null default '', stopped_by text not null,
  stopped_at timestamptz not null default clock_timestamp(), primary key (team_id, mission_id));
-- the original's event stream as rows: one sequence per team, without gaps. Across teams they are read in the order of pos, the highest
-- transaction that has written so far in the team's stream: below the oldest transaction under way nothing can still appear
create table app.agent_event_head (team_id uuid primary key references app.team, next_seq bigint not null default 1, last_pos xid8 not null default '0');
create table app.agent_event (
  team_id uuid not null references app.team, seq bigint not null, pos xid8 not null, type text not null, properties jsonb not null, at timestamptz not null default clock_timestamp(), primary key (team_id, seq));
create index agent_event_by_pos on app.agent_event (pos, team_id, seq);
create table app.mission_event (
  team_id uuid not null, goal_id uuid not null, seq bigint not null, event_key text not null, type text not null, body jsonb not null, actor text not null, reply jsonb not null default '{}', at timestamptz not null default clock_timestamp(),
  primary key (team_id, goal_id, seq), unique (team_id, goal_id, event_key), foreign key (team_id, goal_id) references app.goal (team_id, id));
create table app.budget (
  team_id uuid not null references app.team, account_id uuid not null, unit text not null check (unit in (${words(BUDGET_UNITS)})), kind text not null check (kind in ('team', 'mission', 'instance')),
  parent_id uuid, granted bigint not null check (granted >= 0), held bigint not null default 0 check (held >= 0), spent bigint not null default 0 check (spent >= 0),
  lent bigint not null default 0 check (lent >= 0), warned_at timestamptz, exhausted_at timestamptz, primary key (team_id, account_id, unit), foreign key (team_id, parent_id, unit) references app.budget (team_id, account_id, unit), check (spent + held <= granted));
create index budget_by_parent on app.budget (team_id, parent_id, unit) where parent_id is not null;
create table app.budget_entry (
  team_id uuid not null, id uuid not null, account_id uuid not null, call_id uuid not null, kind text not null check (kind in ('grant', 'hold', 'draw', 'settle', 'release')),
  amounts jsonb not null, overshoot jsonb, usage_source text, model text, at timestamptz not null default clock_timestamp(), primary key (team_id, id), unique (team_id, account_id, call_id, kind));
create index budget_entry_spent on app.budget_entry (team_id, at) where kind in ('draw', 'settle');
-- of each suspension, with the picture of that moment; whether the helpdesk talks in it is the bundle's word or a governor's. causes: what was written down as the reason
create table app.helpdesk_session (
  team_id uuid not null references app.team, id uuid not null, epoch int not null, reason text not null, plan text not null, opened_at timestamptz not null default clock_timestamp(), talks boolean not null default true,
  causes uuid[] not null default '{}', cadence_hours int not null default 24 check (cadence_hours > 0), closed_at timestamptz, resolution text, snapshot jsonb not null, primary key (team_id, id));
create unique index one_open_session on app.helpdesk_session (team_id) where closed_at is null;
`;
