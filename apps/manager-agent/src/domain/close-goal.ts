import { goalMachine, isTerminal } from '@countersign/contracts';
import type { Action } from './actions.js';
import { after } from './after.js';
import { cancelGoal } from './cancel-goal.js';
import type { GoalFacts } from './facts.js';
import { moveGoal } from './move-goal.js';

export const GATE_STOPPED = 'The gate stopped the mission.';
/** From a proposal to its end. */
const MOST_STEPS = 3;

/**
 * Ends a goal that the gate has stopped for good, because its team is over or its mission was cancelled: what can be cancelled is,
 * and what a person approved ends as it ended outside. While the executor has it in hand nothing is done: it is looked at again.
 */
export function closeGoal(facts: GoalFacts, reason: string): readonly Action[] {
  const cancelled = cancelGoal(facts, reason);
  if (cancelled.ok) return cancelled.actions;
  if (cancelled.code === 'goal_finished') return [];
  const actions: Action[] = [];
  for (let current = facts; actions.length < MOST_STEPS; ) {
    const next = moveGoal(current);
    if (next?.do !== 'move-goal') break;
    actions.push(next);
    current = after(current, next);
    if (isTerminal(goalMachine, current.goal.state)) return actions;
  }
  return lost(facts) ? [{ do: 'move-goal', to: 'failed', code: 'stopped', note: 'It was stopped before what was approved could be carried out. Nothing left the team.' }] : [];
}

/** It was to be carried out, and no executor has begun: none will. */
const lost = ({ goal, deliverables }: GoalFacts): boolean => goal.state === 'executing' && !deliverables.some(({ effect }) => effect?.state === 'started' || effect?.state === 'executed' || effect?.state === 'unknown');
