import { DEFAULT_TEAM_CONDUCT, MemberId, RECOMMENDATION_REASONS, type MemberQuality, type RecommendationReason } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { recommend, type JudgedMember, type SaidBefore } from './recommend.js';

const member = (quality: Partial<MemberQuality>, over: Partial<JudgedMember> = {}): JudgedMember => ({
  id: MemberId.next(), active: true, latestFailed: [], said: [], quality: { given: 20, approved: 0, atOnce: 0, revised: 0, flagged: 0, failed: 0, ...quality }, ...over,
});
const before = (reason: RecommendationReason, count: number, recent: boolean): SaidBefore => ({ reason, recent, evidence: { reviewed: 9, revised: count, flagged: count, failed: count } });
const USUAL = DEFAULT_TEAM_CONDUCT.recommendations;
const reasons = (judged: JudgedMember, terms = USUAL): RecommendationReason[] => recommend([judged], terms).map(({ reason }) => reason);

describe('what the manager says of a member to whoever certifies', () => {
  for (const [what, judged, said] of [
    ['nothing of good work', member({ approved: 20, atOnce: 18, revised: 2 }), []],
    ['nothing of half the drafts sent back', member({ approved: 3, revised: 3 }), []],
    ['of more than half', member({ approved: 3, revised: 4 }), ['too_many_revisions']],
    ['nothing of a few drafts only', member({ revised: 5 }), []],
    ['of one flagged draft', member({ approved: 50, flagged: 1 }), ['flagged']],
    ['of three failures in a row, the latest', member({ failed: 3 }, { latestFailed: [true, true, true, false] }), ['keeps_failing']],
    ['nothing of two', member({ failed: 2 }, { latestFailed: [true, true] }), []],
    ['nothing of failures that are over', member({ failed: 5 }, { latestFailed: [false, true, true, true] }), []],
    ['all that holds', member({ approved: 1, revised: 9, flagged: 1, failed: 3 }, { latestFailed: [true, true, true] }), RECOMMENDATION_REASONS],
    ['nothing of who is suspended already', member({ flagged: 3 }, { active: false }), []],
    ['nothing a second time while it still stands', member({ flagged: 4, revised: 9 }, { said: [before('flagged', 3, true)] }), ['too_many_revisions']],
    ['nothing again that has not grown', member({ flagged: 3 }, { said: [before('flagged', 3, false)] }), []],
    ['again what has grown since', member({ flagged: 4, failed: 3 }, { latestFailed: [true, true, true], said: [before('flagged', 3, false), before('keeps_failing', 3, false)] }), ['flagged']],
  ] as [string, JudgedMember, RecommendationReason[]][]) {
    it(what, () => expect(reasons(judged)).toEqual(said));
  }

  it('by the numbers that the operator says', () => {
    const [half, fails] = [member({ approved: 3, revised: 4 }), member({ failed: 3 }, { latestFailed: [true, true, true, false] })];
    expect([reasons(half, { ...USUAL, leastReviewed: 8 }), reasons(half, { ...USUAL, mostRevisedPercent: 60 }), reasons(half, { ...USUAL, mostRevisedPercent: 57 })]).toEqual([[], [], ['too_many_revisions']]);
    expect([reasons(fails, { ...USUAL, failedInARow: 4 }), reasons(fails, { ...USUAL, failedInARow: 2 })]).toEqual([[], ['keeps_failing']]);
  });

  it('with the figures it is said by', () => {
    expect(recommend([member({ approved: 2, revised: 5, flagged: 0, failed: 1 })], USUAL)).toMatchObject([{ reason: 'too_many_revisions', evidence: { reviewed: 7, revised: 5, flagged: 0, failed: 1 } }]);
  });
});
