import { PLATFORM_CHAIN, type Requester, type Reviewer, type ReviewVerdict } from '@countersign/contracts';

export type ReviewDecision = { readonly outcome: 'recorded' } | { readonly outcome: 'refused'; readonly code: 'not_permitted' | 'reason_missing' | 'text_differs' | 'author_may_not_review' | 'reviewed_already'; readonly message: string };

/** What is reviewed, as it is now. */
export interface Reviewed {
  readonly sha256: string;
  /** Of a bundle: what a team of it may be and touch. */
  readonly scopeSha256?: string;
  /** Whoever wrote a part of it; nobody for what the operator's files brought. */
  readonly authorIds: readonly string[];
  /** Whose reviews of exactly this stand, and in which role. */
  readonly reviewers: readonly { readonly role: Reviewer; readonly personId: string }[];
}
export interface ReviewWish {
  readonly role: Reviewer;
  readonly verdict: ReviewVerdict;
  readonly notes: string;
  readonly sha256?: string;
  readonly scopeSha256?: string;
}

const NAMES: Readonly<Record<Reviewer, string>> = { genesis: 'Genesis', systems_architect: 'the systems architect', vision_guardian: 'the vision guardian' };

/** Who may review is who has the role, and never the author; who may waive a review is the platform's governor, and never Genesis's, which is the certification itself. */
export function decideReview(by: Pick<Requester, 'personId' | 'customerId' | 'roles'>, { role, verdict, notes, sha256, scopeSha256 }: ReviewWish, reviewed: Reviewed): ReviewDecision {
  const refuse = (code: Extract<ReviewDecision, { outcome: 'refused' }>['code'], message: string): ReviewDecision => ({ outcome: 'refused', code, message });
  const staff = (by.customerId as string) === PLATFORM_CHAIN;
  const needed = verdict === 'waived' ? 'platform_governor' : role;
  if (!staff || !by.roles.includes(needed)) return refuse('not_permitted', verdict === 'waived' ? 'only the platform governor waives a review' : `only ${NAMES[role]} gives this review`);
  if (verdict === 'waived' && role === 'genesis') return refuse('not_permitted', 'Genesis’s review is the certification itself: nobody waives it');
  if (notes.trim() === '') return refuse('reason_missing', 'say why: it is kept with the decision');
  if (sha256 !== undefined && sha256 !== reviewed.sha256) return refuse('text_differs', 'this is another text than the one that was looked at');
  if (scopeSha256 !== undefined && scopeSha256 !== reviewed.scopeSha256) return refuse('text_differs', 'its agents may touch something else now than when it was looked at');
  if (reviewed.authorIds.includes(by.personId)) return refuse('author_may_not_review', 'whoever wrote it does not review it');
  const other = reviewed.reviewers.find((each) => each.personId === by.personId && each.role !== role);
  if (other && verdict !== 'waived') return refuse('reviewed_already', `you have reviewed it as ${NAMES[other.role]}: one person counts once`);
  return { outcome: 'recorded' };
}
