import { COORDINATION, ONE_PERSON, type Bundle, type BundleBudget, type Role, type TeamPolicy } from '@countersign/contracts';

/** How people stay in charge, as the bundle has it: nothing of its rule is left out. */
export function approvalLines({ approval: { tier, timeoutMinutes, validMinutes, delaySeconds = 0, quorum } }: Pick<Bundle, 'approval'>): string[] {
  const { need, of, from, substitutes } = { ...ONE_PERSON, ...quorum };
  return [
    `The customer’s governor is asked at tier ${tier} or above, has ${timeoutMinutes} minutes at most, and a yes may be used for ${validMinutes}; the platform’s approval policy may be stricter`,
    need === 1 ? 'One yes is enough' : `${need} yeses are needed, of ${of === 'devices' ? `${need} devices, which may be one person’s` : `${need} people`}; they count of: ${roles(from)}${substitutes.length === 0 ? '' : `, and where those are too few also of: ${roles(substitutes)}`}`,
    delaySeconds === 0 ? 'What has its last yes is carried out at once' : `What has its last yes is carried out after ${delaySeconds} seconds, until which a yes can be taken back`,
  ];
}
const roles = (of: readonly Role[]): string => [...of].sort().join(', ');

/** What may be used up at most, in words. */
export const budgetLines = ({ budgets, members }: Pick<Bundle, 'budgets' | 'members'>): string[] => [
  `The team: ${amounts(budgets.team)}`,
  ...(budgets.trial ? [`The team on trial: ${amounts(budgets.trial)}`] : []),
  `A goal: ${amounts(budgets.goal)}`,
  ...members.flatMap(({ name, budget }) => (budget && Object.keys(budget).length > 0 ? [`${name}: ${amounts(budget)}`] : [])),
];
const UNITS: Readonly<Record<keyof BundleBudget, (amount: number) => string>> = { tokens: (it) => `${it} tokens`, steps: (it) => `${it} model turns`, toolCalls: (it) => `${it} tool calls`, minutes: (it) => `${it} minutes`, usd: (it) => `$${it}` };
const amounts = (budget: Partial<BundleBudget>): string => (Object.keys(UNITS) as (keyof BundleBudget)[]).flatMap((unit) => (budget[unit] === undefined ? [] : [UNITS[unit](budget[unit])])).join(', ');

export function coordinationLines({ coordination }: Pick<Bundle, 'coordination'>): string[] {
  const { acknowledgeMinutes, stallMinutes, answerMinutes, mostTasksPerMember } = { ...COORDINATION, ...coordination };
  return [
    `A member has ${mostTasksPerMember} tasks at most at a time`,
    `A task that nobody has taken up after ${acknowledgeMinutes} minutes goes to somebody else`,
    `A member that asks a person something waits ${answerMinutes} minutes at most, and goes on without an answer`,
    `A goal in which nothing has moved for ${stallMinutes} minutes goes to a person`,
  ];
}

/** How patient its manager is with people and members: the operator's word. */
export function conductLines({ terms: { review, work, recommendations } }: { readonly terms: TeamPolicy }): string[] {
  const reminded = review.nudgesAnHour === 0 ? 'Who was asked to review is not reminded' : `Who was asked to review and has not begun is reminded after ${review.pickupMinutes} minutes, ${review.nudgesAnHour} times an hour at most`;
  return [
    `${reminded}; ${review.handOverMinutes} minutes later it goes to somebody else, as does what nobody has decided ${review.decideMinutes} minutes after they began`,
    `A task may take ${work.rounds} rounds before it goes to the customer as blocked`,
    `The manager recommends to suspend a member for one flagged draft, for ${recommendations.failedInARow} rounds in a row without a draft, and when more than ${recommendations.mostRevisedPercent} % of ${recommendations.leastReviewed} drafts or more were sent back`,
  ];
}

/** On which terms it is tried, and what suspends it or a member of it. */
export function lifeLines({ terms: { trial, promotion, suspension }, version }: { readonly terms: TeamPolicy; readonly version: number }): string[] {
  const { extension } = trial;
  return [
    version === 0 ? 'No team policy is in force: what the platform takes for granted holds' : `By version ${version} of the team policy`,
    `A trial has ${trial.days} days and ${trial.graceDays} of grace, ${trial.tasks} tasks, and may cost the platform $${trial.usd}; a governor may add ${extension.days} days and $${extension.usd}, ${extension.times} times`,
    `It can become production with ${promotion.approvedTasks} approved tasks or more, at most ${promotion.mostRevisionPercent} % of the reviews a revision, at least ${promotion.leastApprovalPercent} % of the answers a yes, at most ${promotion.mostViolations} violations and a rating of ${promotion.leastRating} or more; a governor decides`,
    `The team is suspended after ${suspension.unauthorisedExecutions} attempts of its manager at what only people decide, and when more than ${suspension.rejections.percent} % of ${suspension.rejections.answers} answers or more are a no`,
    `A member is suspended after ${suspension.leaks} refused attempts to carry something out of the team or ${suspension.scopeDrifts} at what is no part of its work within ${suspension.withinMinutes} minutes, and after ${suspension.failedReviews} reviews in a row that ask for a revision`,
  ];
}
