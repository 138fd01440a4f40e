import type { MemberId, MemberQuality, RecommendationReason } from '@countersign/contracts';

/** After a recommendation the same is not said again of the same member for so long. */
export const SAID_FOR_DAYS = 7;
const FAILED_IN_A_ROW = 3;
const LEAST_REVIEWED = 6;
const MOST_REVISED = 0.5;

export interface JudgedMember {
  readonly id: MemberId;
  readonly active: boolean;
  readonly quality: MemberQuality;
  /** Its rounds that are over, the latest first: whether each ended without a draft. */
  readonly latestFailed: readonly boolean[];
  /** What was said of it within the last `SAID_FOR_DAYS` days. */
  readonly said: readonly RecommendationReason[];
}
export interface Recommendation {
  readonly member: MemberId;
  readonly reason: RecommendationReason;
  readonly evidence: Pick<MemberQuality, 'revised' | 'flagged' | 'failed'> & { readonly reviewed: number };
}

/** What the manager tells whoever certifies about its members: that one should be suspended, why, and by which figures. It suspends nobody itself. */
export const recommend = (members: readonly JudgedMember[]): Recommendation[] =>
  members.flatMap(({ id, active, quality, latestFailed, said }) => {
    const { approved, revised, flagged, failed } = quality;
    const reviewed = approved + revised + flagged;
    const reasons: Record<RecommendationReason, boolean> = {
      flagged: flagged > 0,
      keeps_failing: latestFailed.length >= FAILED_IN_A_ROW && latestFailed.slice(0, FAILED_IN_A_ROW).every(Boolean),
      too_many_revisions: reviewed >= LEAST_REVIEWED && revised / reviewed > MOST_REVISED,
    };
    const due = (Object.keys(reasons) as RecommendationReason[]).filter((reason) => active && reasons[reason] && !said.includes(reason));
    return due.map((reason) => ({ member: id, reason, evidence: { reviewed, revised, flagged, failed } }));
  });
