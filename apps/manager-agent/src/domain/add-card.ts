import { CUSTOMER_NOTE, type TaskId } from '@countersign/contracts';
import type { Action } from './actions.js';
import type { GoalFacts } from './facts.js';
import type { Owner } from './move-card.js';

/** More tasks than people follow on a board. */
const MOST_TASKS = 60;

export interface NewCard {
  readonly id: TaskId;
  readonly title: string;
  readonly detail: string;
  /** Undefined: it waits for one. Null: the one that was named is not there. */
  readonly owner: Owner | null | undefined;
}
export type AddedCard = { readonly ok: true; readonly actions: readonly Action[] } | { readonly ok: false; readonly code: 'goal_not_running' | 'goal_paused' | 'owner_unknown' | 'too_many_tasks'; readonly message: string };

/** A person's own task in a goal that is at work. The same id again is the same task. */
export function addCard(facts: GoalFacts, { id, title, detail, owner }: NewCard): AddedCard {
  const { state, paused } = facts.goal;
  if (facts.tasks.some((task) => task.id === id)) return { ok: true, actions: [] };
  if (paused) return { ok: false, code: 'goal_paused', message: 'The goal is paused; tasks can be added once it goes on.' };
  if (state !== 'running' && state !== 'planned') return { ok: false, code: 'goal_not_running', message: `The goal is ${state.replace('_', ' ')}; tasks are added to one that is at work.` };
  if (facts.tasks.length >= MOST_TASKS) return { ok: false, code: 'too_many_tasks', message: `A goal has at most ${MOST_TASKS} tasks.` };
  if (owner === null || owner?.active === false) return { ok: false, code: 'owner_unknown', message: 'The team has no active member of that id who does such work.' };
  const notes = [`${CUSTOMER_NOTE}${title}`, ...(detail === '' ? [] : [`${CUSTOMER_NOTE}${detail}`])];
  return { ok: true, actions: [{ do: 'add-task', task: id, title, detail, notes, owner: owner ?? null }] };
}
