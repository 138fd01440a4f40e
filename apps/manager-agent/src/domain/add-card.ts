import { CUSTOMER_NOTE, depthsOf, MOST_DEPTH, type TaskId } from '@countersign/contracts';
import type { Action } from './actions.js';
import type { GoalFacts } from './facts.js';
import type { Owner } from './move-card.js';
import { isSettled } from './read-facts.js';

/** More tasks than people follow on a board. */
const MOST_TASKS = 60;

export interface NewCard {
  readonly id: TaskId;
  readonly title: string;
  readonly detail: string;
  /** Undefined: it waits for one. Null: the one that was named is not there. */
  readonly owner: Owner | null | undefined;
  /** What comes first. It is new, so nothing waits for it: a circle cannot come of it. */
  readonly dependsOn?: readonly TaskId[];
}
export type AddedCard = { readonly ok: true; readonly actions: readonly Action[] } | { readonly ok: false; readonly code: 'goal_not_running' | 'goal_paused' | 'owner_unknown' | 'too_many_tasks' | 'dependency_unknown' | 'dependencies_too_deep'; readonly message: string };

/** A person's own task in a goal that is at work. The same id again is the same task. */
export function addCard(facts: GoalFacts, { id, title, detail, owner, dependsOn = [] }: NewCard): AddedCard {
  const { state, paused } = facts.goal;
  if (facts.tasks.some((task) => task.id === id)) return { ok: true, actions: [] };
  if (paused) return { ok: false, code: 'goal_paused', message: 'The goal is paused; tasks can be added once it goes on.' };
  if (state !== 'running' && state !== 'planned') return { ok: false, code: 'goal_not_running', message: `The goal is ${state.replace('_', ' ')}; tasks are added to one that is at work.` };
  if (facts.tasks.length >= MOST_TASKS) return { ok: false, code: 'too_many_tasks', message: `A goal has at most ${MOST_TASKS} tasks.` };
  if (owner === null || owner?.active === false) return { ok: false, code: 'owner_unknown', message: 'The team has no active member of that id who does such work.' };
  const needs = [...new Set(dependsOn)];
  const stranger = needs.find((needed) => !facts.tasks.some((task) => task.id === needed));
  if (stranger !== undefined) return { ok: false, code: 'dependency_unknown', message: `The goal has no task ${stranger} to wait for.` };
  // what is settled is waited for no more: a row goes on as it is worked off
  const depths = depthsOf([...facts.tasks.filter((task) => !isSettled(task)).map((task) => ({ key: task.id, dependsOn: task.dependsOn })), { key: id, dependsOn: needs }]);
  if (needs.length > 0 && depths.get(id)! > MOST_DEPTH) return { ok: false, code: 'dependencies_too_deep', message: `More than ${MOST_DEPTH} tasks would wait for each other in a row. Add it when the first of them are done, or let it wait for fewer.` };
  const notes = [`${CUSTOMER_NOTE}${title}`, ...(detail === '' ? [] : [`${CUSTOMER_NOTE}${detail}`])];
  return { ok: true, actions: [{ do: 'add-task', task: id, title, detail, notes, owner: owner ?? null, dependsOn: needs }] };
}
