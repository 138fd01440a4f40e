import { SPAWN_DENY_CODES } from './files/deny-codes.js';
import type { TaskState } from './states.js';

/** A member has it or may get it back: its draft is not on the goal's branch. */
export const IN_HAND: readonly TaskState[] = ['assigned', 'in_progress', 'review', 'approved'];

/** Why work was taken from a member and given to another; `lost`: its run ended through no failure of theirs. */
export const REASSIGN_REASONS = ['unacknowledged', 'absent', 'failed', 'lost'] as const;
export type ReassignReason = (typeof REASSIGN_REASONS)[number];

/** How evenly work is shared out: Jain's index, from 1/n (one has it all) to 1 (all have as much); 1 where there is nothing to share. */
export function fairnessOf(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares);
}

/**
 * How evenly tasks were shared out where there was a choice, as a part of how evenly so many could have been; null where there was none.
 * Of each skill, how many tasks each of those had who can do such work.
 */
export function evennessOf(bySkill: readonly (readonly number[])[]): number | null {
  const chosen = bySkill.filter((shares) => shares.length > 1 && sumOf(shares) > 1);
  const tasks = sumOf(chosen.map(sumOf));
  return tasks === 0 ? null : sumOf(chosen.map((shares) => (sumOf(shares) * fairnessOf(shares)) / fairnessOf(evenly(sumOf(shares), shares.length)))) / tasks;
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
const evenly = (tasks: number, among: number): number[] => Array.from({ length: among }, (_, place) => Math.floor((tasks + place) / among));

/** A run that ended like this is no failure of its member: whoever ran it was lost, what it needs was not there, or the gate did not let it begin. */
export const NOT_THEIR_FAILURE: readonly string[] = ['supervisor_lost', 'lease_lost', 'gate_unreachable', 'base_missing', 'base_too_large', 'worker_start', 'agent_unknown', ...SPAWN_DENY_CODES];

/** A person cancelled the agent of a run: nobody is given its task before they say so. */
export const CANCELLED_BY_PERSON = 'cancelled_by_person';

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
  /** Rounds that ended without a draft, by a failure of its own. */
  readonly failed: number;
}

/** Why the manager recommends to suspend a member. Certifiers read it and decide; nothing follows from it by itself. */
export const RECOMMENDATION_REASONS = ['flagged', 'keeps_failing', 'too_many_revisions'] as const;
export type RecommendationReason = (typeof RECOMMENDATION_REASONS)[number];
