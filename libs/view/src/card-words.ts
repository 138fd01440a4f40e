import type { BoardCard, CardMove, NextAction, TaskEventView, Turn } from '@countersign/contracts';
import { inSight } from './invisible.js';
import { status, taskStatus, type Status } from './status.js';

/** How a card stands, in a word: how its review stands where it has one, else how the work does. */
export function cardStatus({ state, review }: Pick<BoardCard, 'state' | 'review'>): Status {
  if (review.state === 'needs_fix' && state !== 'blocked') return status('waiting', 'Needs a fix');
  if (state !== 'done' || review.state === 'none') return taskStatus[state];
  if (review.state === 'approved') return status('done', 'Approved');
  return review.startedAt === null ? status('waiting', 'Waits for review') : status('working', 'Being reviewed');
}

const ACTIONS: Readonly<Record<NextAction, string>> = {
  execute: 'does it',
  review: 'reviews it',
  apply_changes: 'mends it',
  assign_owner: 'gives it to somebody',
  assign_reviewer: 'finds another reviewer',
  clarify_with_user: 'answers',
  clarify_with_lead: 'answers',
  repair_dependencies: 'puts right what it waits for',
  wait_dependency: 'waits for other tasks',
  wait_review: 'waits for a review',
  none: '',
};
const OWNERS: Readonly<Record<Turn['owner'], string>> = { member: 'A member', lead: 'The manager', user: 'One of you', none: '' };

/** Whose turn it is, in a sentence without its end; empty when there is nothing to do. */
export function turnWords({ owner, name, action }: Turn): string {
  if (action === 'none') return '';
  const words = [name || OWNERS[owner], ACTIONS[action]].filter((part) => part !== '').join(' ');
  return inSight(words.charAt(0).toUpperCase() + words.slice(1));
}

const HAPPENED: Readonly<Record<string, string>> = {
  created: 'added', owner_set: 'given', assigned: 'handed out', reassigned: 'handed on', in_progress: 'begun', review: 'handed in', revise: 'sent back by the manager', approved: 'passed its checks', flag: 'flagged',
  done: 'done', todo: 'to be done', blocked: 'blocked', cancelled: 'left out',
  review_requested: 'review asked of', review_started: 'review begun', review_nudged: 'reminded', review_approved: 'approved', review_changes_requested: 'changes requested', review_removed: 'approval taken back',
  clarification_asked: 'asked a question', clarification_answered: 'answered a question', clarification_expired: 'a question was not answered in time', clarification_withdrawn: 'a question was withdrawn',
};

/** One event of a task's history: what happened, to whom, and with which words. */
export function historyWords({ kind, about, body }: Pick<TaskEventView, 'kind' | 'about' | 'body'>): string {
  const { note } = body as { readonly note?: unknown };
  const whom = about === '' ? (kind === 'review_requested' ? ' whoever may decide' : '') : `${kind === 'review_requested' || kind === 'review_nudged' ? ' ' : ' to '}${about}`;
  return inSight(`${HAPPENED[kind] ?? kind.replaceAll('_', ' ')}${whom}${typeof note === 'string' && note !== '' ? `: ${note}` : ''}`);
}

/** What stands on the buttons and in the menu of a card; the first two are buttons. */
export const MOVE_WORDS: Readonly<Record<Exclude<CardMove, 'start' | 'complete'>, string>> = {
  approve: 'Approve',
  request_changes: 'Request Changes',
  request_review: 'Ask for a review',
  start_review: 'I am reviewing it',
  reopen: 'Take the approval back',
  assign: 'Give it to',
  remove: 'Take it off the board',
};

/** The ids of a column's cards once one of them was set down at a place, counted from 0; the same list where there is no such card or place. */
export function movedTo(ids: readonly string[], id: string, place: number): string[] {
  if (!ids.includes(id) || place < 0 || place >= ids.length) return [...ids];
  const others = ids.filter((other) => other !== id);
  return [...others.slice(0, place), id, ...others.slice(place)];
}
