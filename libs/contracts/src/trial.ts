import type { PromotionTerms, TrialTerms } from './files/team-policy.js';

/** What a trial is judged by: counts, and no word of the work. */
export interface TrialFigures {
  /** Tasks that were planned. */
  readonly planned: number;
  /** Tasks whose goal's output the customer approved. */
  readonly approved: number;
  readonly reviews: number;
  readonly revisions: number;
  /** A person's yes, no or wish for changes; silence is none of them. */
  readonly answers: number;
  readonly yeses: number;
  readonly violations: number;
  /** Of its governors, out of five; null: nobody has said. */
  readonly rating: number | null;
}

export const CONDITIONS = ['approved_tasks', 'revisions', 'approvals', 'violations', 'rating'] as const;
/** One condition of the promotion test that a trial does not meet. */
export interface Unmet {
  readonly condition: (typeof CONDITIONS)[number];
  /** With its figures, for people. */
  readonly words: string;
}

/** Shares are compared as whole numbers: a third is 33.33 percent, not 33. */
const isMore = (part: number, of: number, percent: number): boolean => part * 100 > of * percent;
const share = (part: number, of: number): string => `${part} of ${of} (${of === 0 ? 'none yet' : `${Math.round((part * 1000) / of) / 10} %`})`;

/** The conditions that a trial does not meet, each with its figures; none: a governor may make it production. */
export function promotionUnmet(figures: TrialFigures, terms: PromotionTerms): Unmet[] {
  const { approved, reviews, revisions, answers, yeses, violations, rating } = figures;
  const unmet = (condition: Unmet['condition'], holds: boolean, words: string): Unmet[] => (holds ? [] : [{ condition, words }]);
  return [
    ...unmet('approved_tasks', approved >= terms.approvedTasks, `${approved} tasks approved, ${terms.approvedTasks} are needed`),
    ...unmet('revisions', !isMore(revisions, reviews, terms.mostRevisionPercent), `revised: ${share(revisions, reviews)}, ${terms.mostRevisionPercent} % at most`),
    ...unmet('approvals', answers > 0 && !isMore(answers - yeses, answers, 100 - terms.leastApprovalPercent), `approved: ${share(yeses, answers)}, ${terms.leastApprovalPercent} % at least`),
    ...unmet('violations', violations <= terms.mostViolations, `${violations} violations, ${terms.mostViolations} at most`),
    ...unmet('rating', rating !== null && rating >= terms.leastRating, rating === null ? `not rated, ${terms.leastRating} of 5 are needed` : `rated ${rating.toFixed(1)}, ${terms.leastRating} of 5 are needed`),
  ];
}

/** What is there for whom a trial's money does not suffice, after it was made longer so many times: the ways that are open, as the team's page calls them. */
export function beyondTrialWords({ extension: { usd, days, times } }: Pick<TrialTerms, 'extension'>, extended: number): string {
  const longer = extended < times ? `make the trial longer, which gives ${usd} dollars and ${days} days more, or ` : '';
  return `${longer}make it production when it has passed its test; the platform’s governor alone gives a trial more than that, so ask them`;
}

const DAY_MS = 86_400_000;

/** When a trial ends that begins now, and until when what is under way may be finished. */
export function trialEnds(now: Date, { days, graceDays }: Pick<TrialTerms, 'days' | 'graceDays'>): { readonly endsAt: Date; readonly graceUntil: Date } {
  const endsAt = new Date(now.getTime() + days * DAY_MS);
  return { endsAt, graceUntil: new Date(endsAt.getTime() + graceDays * DAY_MS) };
}

export interface TrialTimes {
  readonly endsAt: Date;
  readonly graceUntil: Date;
  readonly endedAt: Date | null;
}
export const TRIAL_STANDINGS = ['running', 'grace', 'over'] as const;
export type TrialStanding = (typeof TRIAL_STANDINGS)[number];

export function trialStanding({ endsAt, graceUntil, endedAt }: TrialTimes, now: Date): TrialStanding {
  if (endedAt !== null || now >= graceUntil) return 'over';
  return now >= endsAt ? 'grace' : 'running';
}

/** A trial gets its further days from its last one on, or, when that is over, from now on: nobody loses a day by asking early or late. */
export function extended({ endsAt }: TrialTimes, terms: TrialTerms, now: Date): { readonly endsAt: Date; readonly graceUntil: Date } {
  return trialEnds(now > endsAt ? now : endsAt, { days: terms.extension.days, graceDays: terms.graceDays });
}
