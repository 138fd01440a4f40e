import type { GoalMode, GoalState } from '@countersign/contracts';
import type { Action } from './actions.js';
import type { GoalFacts } from './facts.js';

export type DelegateRefusal = { readonly ok: false; readonly code: 'goal_paused' | 'goal_not_open'; readonly message: string };
export type Delegated = { readonly ok: true; readonly switchedFrom?: GoalMode; readonly actions: readonly Action[] } | DelegateRefusal;

/** The mode in which a manager delegates, and the one it leaves for that. A plan is not carried out in the mode that only plans. */
export const modeToDelegate = (mode: GoalMode): { readonly mode: 'orchestrate'; readonly switchedFrom?: GoalMode } => (mode === 'orchestrate' ? { mode } : { mode: 'orchestrate', switchedFrom: mode });

const AT_WORK: readonly GoalState[] = ['planned', 'running', 'changes_requested'];

/** A person has a goal delegated to at most so many workers at a time. Those who have work in hand keep it, also where they are more. */
export function delegateGoal({ goal }: GoalFacts, workers: number): Delegated {
  if (goal.paused) return { ok: false, code: 'goal_paused', message: 'The goal is paused; resume it first.' };
  if (!AT_WORK.includes(goal.state)) return { ok: false, code: 'goal_not_open', message: `The goal is ${goal.state}; nothing of it is to be delegated now.` };
  const { switchedFrom } = modeToDelegate(goal.mode);
  if (switchedFrom === undefined && goal.workers === workers) return { ok: true, actions: [] };
  const switched = switchedFrom === undefined ? {} : { switchedFrom };
  return { ok: true, ...switched, actions: [{ do: 'delegate', workers, ...switched }] };
}
