import type { MemberWork, RecommendationReason } from '@countersign/contracts';

/** What came of a member's work in one sentence, the worst first. */
export function qualityWords({ given, approved, atOnce, revised, flagged, failed }: MemberWork): string {
  if (given === 0) return 'Nothing in the last 30 days';
  const reviewed = approved + revised + flagged;
  const parts = [
    ...(flagged > 0 ? [`${flagged} flagged`] : []),
    ...(failed > 0 ? [`${failed} without a draft`] : []),
    ...(revised > 0 ? [`${revised} of ${reviewed} drafts sent back`] : []),
    ...(approved > 0 ? [atOnce === reviewed ? `all ${approved} good at once` : `${approved} approved, ${atOnce} of them at once`] : []),
  ];
  return parts.length === 0 ? `${given} under way` : parts.join(', ');
}

export const recommendationWords: Readonly<Record<RecommendationReason, string>> = {
  flagged: 'a draft did what the member may not do',
  keeps_failing: 'its latest rounds ended without a draft, one after the other',
  too_many_revisions: 'more than half of the drafts were sent back',
};
