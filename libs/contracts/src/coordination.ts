import type { TaskState } from './states.js';

/** A member has it or may get it back: its draft is not on the goal's branch. */
export const IN_HAND: readonly TaskState[] = ['assigned', 'in_progress', 'review', 'approved'];

/** Why work was taken from a member and given to another. */
export const REASSIGN_REASONS = ['unacknowledged', 'absent', 'failed'] as const;
export type ReassignReason = (typeof REASSIGN_REASONS)[number];

/** How evenly work is shared out: Jain's index, from 1/n (one has it all) to 1 (all have as much); 1 where there is nothing to share. */
export function fairnessOf(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares);
}

/** What the manager's judgement of a member is made of, over so many days. */
export const QUALITY_DAYS = 30;
export interface MemberQuality {
  /** Rounds of tasks that were its to do. */
  readonly given: number;
  readonly approved: number;
  /** Of those, in their first round. */
  readonly atOnce: number;
  readonly revised: number;
  readonly flagged: number;
  /** Rounds that ended without a draft. */
  readonly failed: number;
}

/** Why the manager recommends to suspend a member. Certifiers read it and decide; nothing follows from it by itself. */
export const RECOMMENDATION_REASONS = ['flagged', 'keeps_failing', 'too_many_revisions'] as const;
export type RecommendationReason = (typeof RECOMMENDATION_REASONS)[number];
