import { expect } from 'expect';
import { describe, it } from 'node:test';
import { inability, UNABLE_AFTER_MS, type AtWork } from './inability.js';

const WELL: AtWork = { lookedAgoMs: 1_000, silentMs: undefined, waiting: 0 };
const unable = (over: Partial<AtWork>): boolean => inability({ ...WELL, ...over }) !== undefined;

describe('an executor that takes up nothing', () => {
  it('is one that could not look for work for long, or that the notary leaves without an answer for long while effects wait', () => {
    expect(inability({ ...WELL, lookedAgoMs: UNABLE_AFTER_MS })).toBe('nobody could look for approved effects for 30 s');
    expect(inability({ ...WELL, silentMs: 31_900, waiting: 1 })).toBe('the notary answers nobody for 31 s, and nothing is begun without a signed head');
  });

  it('is none where that is not long yet, where nothing waits, or where the notary answers and one chain is refused', () => {
    expect(unable({})).toBe(false);
    expect(unable({ lookedAgoMs: UNABLE_AFTER_MS - 1, silentMs: UNABLE_AFTER_MS - 1, waiting: 9 })).toBe(false);
    expect(unable({ silentMs: 10 * UNABLE_AFTER_MS })).toBe(false);
    expect(unable({ waiting: 1_000 })).toBe(false);
  });
});
