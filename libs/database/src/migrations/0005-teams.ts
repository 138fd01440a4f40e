import { BUDGET_UNITS, INSTANCE_STATES, TEAM_MODES, TEAM_STATES } from '@countersign/contracts';
import { words } from '../list.js';

/**
 * Everything that grants authority; written by the gate alone. `spent + held <= granted` holds at every node by constraint.
 * A goal's and a task's `epoch` is the team's when the manager last handed it on: an older one is handed on again.
 */
export const teams = `
create table app.team (
  team_id uuid primary key, customer_id uuid not null, name text not null, bundle_id text not null, bundle_version int not null, bundle jsonb not null,
  mode text not null check (mode in (${words(TEAM_MODES)})), state text not null check (state in (${words(TEAM_STATES)})),
  epoch int not null default 1 check (epoch > 0), state_reason text not null default '', state_changed_at timestamptz not null default clock_timestamp(),
  frozen_at timestamptz, created_at timestamptz not null default clock_timestamp());
create table app.member (
  team_id uuid not null references app.team, id uuid not null, kind text not null check (kind in ('manager', 'specialist')), skill text not null,
  agent text not null, name text not null, state text not null default 'active' check (state in ('active', 'suspended', 'removed')),
  primary key (team_id, id), unique (team_id, skill));
create table app.goal (
  team_id uuid not null references app.team, id uuid not null, text text not null, state text not null, submitted_by uuid not null,
  repository jsonb not null, repair jsonb, revision int not null default 1, epoch int not null default 1, note text not null default '', created_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz not null default clock_timestamp(), finished_at timestamptz, primary key (team_id, id));
create table app.task (
  team_id uuid not null, id uuid not null, goal_id uuid not null, ordinal int not null, key text not null, title text not null, skill text not null,
  member_id uuid not null, criteria jsonb not null, options jsonb not null default '{}', depends_on uuid[] not null default '{}', state text not null, round int not null default 0, epoch int not null default 1, notes jsonb not null default '[]',
  created_at timestamptz not null default clock_timestamp(), changed_at timestamptz not null default clock_timestamp(), primary key (team_id, id), unique (team_id, goal_id, key),
  foreign key (team_id, goal_id) references app.goal (team_id, id), foreign key (team_id, member_id) references app.member (team_id, id));
create index task_by_goal on app.task (team_id, goal_id, ordinal);
create table app.instance (
  team_id uuid not null, id uuid not null, member_id uuid not null, goal_id uuid, task_id uuid, run_id uuid, parent_id uuid, role text not null, template_id text not null,
  state text not null check (state in (${words(INSTANCE_STATES)})), capabilities jsonb not null, slice jsonb not null, skill_hash text not null,
  policy_version int not null, sandbox_level int not null, epoch int not null, deadline_at timestamptz, started_at timestamptz not null default clock_timestamp(), ended_at timestamptz, end_reason text,
  primary key (team_id, id), unique (team_id, run_id), foreign key (team_id, member_id) references app.member (team_id, id),
  foreign key (team_id, task_id) references app.task (team_id, id), foreign key (team_id, parent_id) references app.instance (team_id, id));
create index instance_open on app.instance (team_id) where state in ('queued', 'running');
create table app.spawn_decision (
  team_id uuid not null, id uuid not null, task_id uuid, run_id uuid, allowed boolean not null, code text not null, violations jsonb not null,
  policy_version int not null, policy_hash text not null, inputs_hash text not null, inputs jsonb not null, decided_at timestamptz not null default clock_timestamp(), primary key (team_id, id));
create table app.capability_denial (
  team_id uuid not null, id uuid not null, instance_id uuid not null, code text not null, what text not null, denied_at timestamptz not null default clock_timestamp(),
  primary key (team_id, id), foreign key (team_id, instance_id) references app.instance (team_id, id));
create table app.budget (
  team_id uuid not null references app.team, account_id uuid not null, unit text not null check (unit in (${words(BUDGET_UNITS)})), kind text not null check (kind in ('team', 'mission', 'instance')),
  parent_id uuid, granted bigint not null check (granted >= 0), held bigint not null default 0 check (held >= 0), spent bigint not null default 0 check (spent >= 0),
  warned_at timestamptz, exhausted_at timestamptz, primary key (team_id, account_id, unit), foreign key (team_id, parent_id, unit) references app.budget (team_id, account_id, unit), check (spent + held <= granted));
create table app.budget_entry (
  team_id uuid not null, id uuid not null, account_id uuid not null, call_id uuid not null, kind text not null check (kind in ('grant', 'hold', 'draw', 'settle', 'release')),
  amounts jsonb not null, overshoot jsonb, usage_source text, at timestamptz not null default clock_timestamp(), primary key (team_id, id), unique (team_id, account_id, call_id, kind));
create table app.helpdesk_session (
  team_id uuid not null references app.team, id uuid not null, epoch int not null, reason text not null, plan text not null, opened_at timestamptz not null default clock_timestamp(),
  closed_at timestamptz, resolution text, snapshot jsonb not null, primary key (team_id, id));
create unique index one_open_session on app.helpdesk_session (team_id) where closed_at is null;
`;
