import type { Actor, ReviewCycle } from '@countersign/contracts';
import type { Action } from './actions.js';
import type { GoalFacts, ReviewerFacts, TaskFacts } from './facts.js';

const MINUTE_MS = 60_000;

/** Whoever has the least to review, in the order in which they were named; nobody who had a hand in the work, by its history. */
export function pickReviewer(reviewers: readonly ReviewerFacts[], authors: readonly Actor[], except: readonly Actor[] = []): Actor | undefined {
  const fit = reviewers.filter(({ who, active }) => active && !except.includes(who) && !authors.includes(who));
  return fit.reduce<ReviewerFacts | undefined>((least, other) => (least === undefined || other.open < least.open ? other : least), undefined)?.who;
}

/** What done work needs of its reviewers next: to be asked, to be reminded, or to be relieved. Undefined while there is nothing to do. */
export function followReview(task: TaskFacts, facts: GoalFacts): Action | undefined {
  if (task.review.cycle) return followUp(task, task.review.cycle, facts);
  if (task.review.state !== 'none') return undefined;
  const { reviewers } = facts;
  // those who were named can review no longer: that is no reason to go on without
  if (reviewers.length > 0 && reviewers.every(({ active }) => !active)) return { do: 'escalate-review', task: task.id };
  const reviewer = pickReviewer(reviewers, task.authors);
  return reviewer && { do: 'request-review', task: task.id, reviewer };
}

function followUp(task: TaskFacts, cycle: ReviewCycle, { now, goal, reviewers, nudged, conduct: { review: terms } }: GoalFacts): Action | undefined {
  const { request, reviewer, earlier, requestedAtMs, startedAtMs, nudgedAtMs } = cycle;
  if (reviewer === null) return undefined;
  // nobody's time runs out while they could not, or need not, come to it
  const past = (ms: number, minutes: number): boolean => Date.parse(now) - Math.max(ms, goal.runningSinceMs) >= minutes * MINUTE_MS;
  const present = reviewers.find(({ who }) => who === reviewer);
  // each is asked once; then it is anybody's who may decide, and on record that nobody came to it
  const next = (): Action => {
    const other = pickReviewer(reviewers, task.authors, [...earlier, reviewer]);
    return other ? { do: 'request-review', task: task.id, reviewer: other } : { do: 'escalate-review', task: task.id };
  };
  if (present?.active === false) return next();
  if (startedAtMs !== null) return past(startedAtMs, terms.decideMinutes) ? next() : undefined;
  if (nudgedAtMs !== null) return past(nudgedAtMs, terms.handOverMinutes) ? next() : undefined;
  if (!past(requestedAtMs, terms.pickupMinutes)) return undefined;
  const patience = (nudged[reviewer] ?? 0) < terms.nudgesAnHour;
  return patience ? { do: 'nudge-review', task: task.id, request } : past(requestedAtMs, terms.handOverMinutes) ? next() : undefined;
}
