import type { MemberId, MemberQuality, RecommendationReason, RecommendationTerms } from '@countersign/contracts';

export interface JudgedMember {
  readonly id: MemberId;
  readonly active: boolean;
  readonly quality: MemberQuality;
  /** Its rounds that are over, the latest first: whether each ended without a draft, by a failure of its own. */
  readonly latestFailed: readonly boolean[];
  /** What was said of it last, by reason, within the days that are judged. */
  readonly said: readonly SaidBefore[];
}
export interface SaidBefore {
  readonly reason: RecommendationReason;
  /** It still stands where whoever certifies reads it. */
  readonly recent: boolean;
  readonly evidence: Recommendation['evidence'];
}
export interface Recommendation {
  readonly member: MemberId;
  readonly reason: RecommendationReason;
  readonly evidence: Pick<MemberQuality, 'revised' | 'flagged' | 'failed'> & { readonly reviewed: number };
}

/** What a reason counts: the same is said again only when that has grown. */
const COUNTS: Readonly<Record<RecommendationReason, 'revised' | 'flagged' | 'failed'>> = { flagged: 'flagged', keeps_failing: 'failed', too_many_revisions: 'revised' };

/** What the manager tells whoever certifies about its members: that one should be suspended, why, and by which figures. It suspends nobody itself. */
export const recommend = (members: readonly JudgedMember[], terms: RecommendationTerms): Recommendation[] =>
  members.flatMap(({ id, active, quality, latestFailed, said }) => {
    const { approved, revised, flagged, failed } = quality;
    const reviewed = approved + revised + flagged;
    const reasons: Record<RecommendationReason, boolean> = {
      flagged: flagged > 0,
      keeps_failing: latestFailed.length >= terms.failedInARow && latestFailed.slice(0, terms.failedInARow).every(Boolean),
      too_many_revisions: reviewed >= terms.leastReviewed && revised * 100 > reviewed * terms.mostRevisedPercent,
    };
    const due = (Object.keys(reasons) as RecommendationReason[]).filter((reason) => active && reasons[reason] && isNews(reason, quality, said.find((before) => before.reason === reason)));
    return due.map((reason) => ({ member: id, reason, evidence: { reviewed, revised, flagged, failed } }));
  });

const isNews = (reason: RecommendationReason, quality: MemberQuality, before: SaidBefore | undefined): boolean => !before || (!before.recent && quality[COUNTS[reason]] > before.evidence[COUNTS[reason]]);
