import type { MemberWork } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { qualityWords } from './quality-words.js';

const work = (over: Partial<MemberWork>): MemberWork => ({ id: 'm', name: 'Dora', skill: 'docs', secondarySkills: [], state: 'active', inHand: 0, given: 9, approved: 0, atOnce: 0, revised: 0, flagged: 0, failed: 0, ...over });

describe('the words for what came of a member’s work', () => {
  for (const [over, words] of [
    [{ given: 0 }, 'Nothing in the last 30 days'],
    [{ given: 2 }, '2 under way'],
    [{ approved: 4, atOnce: 4 }, 'all 4 good at once'],
    [{ approved: 4, atOnce: 3, revised: 1 }, '1 of 5 drafts sent back, 4 approved, 3 of them at once'],
    [{ flagged: 1, failed: 2, revised: 3, approved: 1 }, '1 flagged, 2 without a draft, 3 of 5 drafts sent back, 1 approved, 0 of them at once'],
  ] as [Partial<MemberWork>, string][]) {
    it(words, () => expect(qualityWords(work(over))).toBe(words));
  }
});
