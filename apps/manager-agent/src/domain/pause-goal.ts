import { goalMachine, isTerminal, type EffectState, type GoalState } from '@countersign/contracts';

export interface PausableGoal {
  readonly state: GoalState;
  readonly paused: boolean;
  /** Of the latest approved effect, where one was begun. */
  readonly effects: readonly EffectState[];
}
export type PauseRefusal = { readonly ok: false; readonly code: 'goal_finished' | 'goal_blocked' | 'goal_executing' | 'mission_transition_refused'; readonly message: string };
export type PauseDecision = { readonly ok: true; readonly changed: boolean } | PauseRefusal;

/** Whether a goal may be paused. What the executor has in hand is past stopping; a blocked goal does nothing as it is. */
export function pauseGoal({ state, paused, effects }: PausableGoal): PauseDecision {
  if (isTerminal(goalMachine, state)) return { ok: false, code: 'goal_finished', message: `The goal is over already: ${state}.` };
  if (paused) return { ok: true, changed: false };
  if (state === 'blocked') return { ok: false, code: 'goal_blocked', message: 'The goal is blocked; nothing of it runs that could be paused.' };
  const begun = effects.some((effect) => effect === 'started' || effect === 'executed' || effect === 'unknown');
  return begun ? { ok: false, code: 'goal_executing', message: 'The approved effect is being carried out; it can no longer be paused.' } : { ok: true, changed: true };
}

/** A goal that is not paused goes on as it did; a blocked one needs more than this. */
export function unpauseGoal({ state, paused }: Omit<PausableGoal, 'effects'>): PauseDecision {
  if (isTerminal(goalMachine, state)) return { ok: false, code: 'goal_finished', message: `The goal is over already: ${state}.` };
  if (!paused && state === 'blocked') return { ok: false, code: 'goal_blocked', message: 'The goal is blocked, not paused.' };
  return { ok: true, changed: paused };
}
