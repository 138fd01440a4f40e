import { describe, it } from 'node:test';
import { expect } from 'expect';
import { customerLines, linesOf } from './account-tree.js';

const stored = { granted: 10, held: 3, spent: 2, overshoot: 1 };

describe('the lines of an account', () => {
  it('have what is free, and nothing of a unit that was never granted', () => {
    expect(linesOf({ tokens: stored })).toMatchObject({ tokens: { ...stored, free: 5 }, steps: { granted: 0, held: 0, spent: 0, free: 0, overshoot: 0 } });
  });

  it('of a customer are those of its teams, against a limit that may be none, or lower than what they have', () => {
    const teams = { tokens: { ...stored, held: 0 }, steps: { ...stored, held: 0 }, ms: { ...stored, held: 0 } };
    expect(customerLines({ tokens: 25, ms: 4 }, teams)).toMatchObject({
      tokens: { granted: 25, held: 8, spent: 2, free: 15, overshoot: 1 },
      steps: { granted: null, held: 8, spent: 2, free: null },
      ms: { granted: 4, held: 8, spent: 2, free: 0 },
      usd_micros: { granted: null, held: 0, spent: 0, free: null, overshoot: 0 },
    });
  });
});
