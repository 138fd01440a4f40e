import { BOARD_COLUMNS } from '@countersign/contracts';
import { words } from '../list.js';

/** A team's board: who reviews what is done, and in which order its cards are looked at. Where a card stands follows from its task and its history. */
export const board = `
create table app.board (
  team_id uuid primary key references app.team, reviewers text[] not null default '{}' check (cardinality(reviewers) <= 20), changed_at timestamptz not null default clock_timestamp());
create table app.board_order (
  team_id uuid not null references app.team, column_id text not null check (column_id in (${words(BOARD_COLUMNS)})), tasks uuid[] not null default '{}' check (cardinality(tasks) <= 500), version int not null default 1,
  changed_at timestamptz not null default clock_timestamp(), primary key (team_id, column_id));
create index task_event_nudged on app.task_event (team_id, at) where kind = 'review_nudged';
`;
