import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { evennessOf, fairnessOf } from './coordination.js';

describe('the measure of how evenly work is shared out', () => {
  for (const [shares, fairness] of [[[], 1], [[0, 0, 0], 1], [[4], 1], [[2, 2, 2, 2], 1], [[3, 0, 0], 1 / 3], [[1, 2, 3], 6 / 7]] as const) {
    it(`says ${fairness.toFixed(2)} of ${shares.join(', ') || 'nobody'}`, () => expect(fairnessOf(shares)).toBeCloseTo(fairness, 12));
  }

  for (const [what, bySkill, evenness] of [
    ['nothing where there was no choice', [[5], [3], []], null],
    ['nothing of one task', [[1, 0]], null],
    ['all of what could not be more even', [[2, 1], [1, 1, 1]], 1],
    ['half where one of two had all', [[4, 0]], 0.5],
    ['what the tasks with a choice weigh', [[4, 0], [2, 2], [9]], 0.75],
  ] as const) it(`says ${what}, of members who can do the same work`, () => (evenness === null ? expect(evennessOf(bySkill)).toBeNull() : expect(evennessOf(bySkill)).toBeCloseTo(evenness, 12)));

  it('stays between one in n and one, whatever the unit and the order, and grows when the one with the most gives to the one with the least', () => {
    fc.assert(fc.property(fc.array(fc.nat(50), { minLength: 2, maxLength: 7 }), fc.integer({ min: 1, max: 9 }), (shares, unit) => {
      const fairness = fairnessOf(shares);
      expect(fairness).toBeLessThanOrEqual(1 + 1e-9);
      expect(fairness).toBeGreaterThanOrEqual(1 / shares.length - 1e-9);
      expect(fairnessOf(shares.map((share) => share * unit).reverse())).toBeCloseTo(fairness, 9);
      const sorted = [...shares].sort((a, b) => a - b);
      const [least = 0, most = 0] = [sorted.at(0), sorted.at(-1)];
      if (most - least >= 2) expect(fairnessOf([least + 1, ...sorted.slice(1, -1), most - 1])).toBeGreaterThan(fairness);
    }));
  });
});
