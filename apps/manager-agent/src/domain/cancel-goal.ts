import { canMove, goalMachine, isTerminal } from '@countersign/contracts';
import type { Action } from './actions.js';
import type { GoalFacts } from './facts.js';

export type Cancellation = { readonly ok: true; readonly actions: readonly Action[] } | { readonly ok: false; readonly code: 'goal_executing' | 'goal_finished'; readonly message: string };

/**
 * Ends a goal because a person says so: members stop, nothing more is proposed. Also while the team is suspended, because it
 * only takes authority away. Cancelling twice changes nothing. What a person has approved and the executor has in hand is past it.
 */
export function cancelGoal(facts: GoalFacts, reason: string): Cancellation {
  const { state } = facts.goal;
  if (state === 'cancelled') return { ok: true, actions: [] };
  if (isTerminal(goalMachine, state)) return { ok: false, code: 'goal_finished', message: `The goal is over already: ${state}.` };
  // the executor may have begun before the message about the decision came here
  const begun = facts.deliverables.some(({ effect }) => effect?.state === 'started' || effect?.state === 'executed' || effect?.state === 'unknown');
  if (begun || !canMove(goalMachine, state, 'cancelled')) return { ok: false, code: 'goal_executing', message: 'The approved effect is being carried out; it can no longer be cancelled.' };
  const open = facts.tasks.filter((task) => task.state !== 'done' && task.state !== 'cancelled');
  const note = reason === '' ? 'Cancelled.' : `Cancelled: ${reason}`;
  return { ok: true, actions: [...open.map(({ id }): Action => ({ do: 'cancel-task', task: id })), { do: 'move-goal', to: 'cancelled', code: 'cancelled', note }] };
}
