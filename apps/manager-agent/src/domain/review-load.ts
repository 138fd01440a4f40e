import type { Actor } from '@countersign/contracts';
import type { Action } from './actions.js';
import type { GoalFacts } from './facts.js';

/** What waits for each reviewer, and how often they were reminded, once the action is applied: one look may ask and remind for many tasks. */
export function withLoads(before: GoalFacts, next: GoalFacts, action: Action): GoalFacts {
  const reminded = action.do === 'nudge-review' ? next.tasks.find(({ id }) => id === action.task)?.review.cycle?.reviewer : undefined;
  return {
    ...next,
    reviewers: next.reviewers.map((one) => ({ ...one, open: one.open + waitingFor(next, one.who) - waitingFor(before, one.who) })),
    ...(reminded ? { nudged: { ...next.nudged, [reminded]: (next.nudged[reminded] ?? 0) + 1 } } : {}),
  };
}

const waitingFor = ({ tasks }: GoalFacts, who: Actor): number => tasks.filter(({ state, review }) => state === 'done' && review.cycle?.reviewer === who).length;
