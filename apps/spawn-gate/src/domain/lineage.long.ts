import { describe, it } from 'node:test';
import { expect } from 'expect';
import fc from 'fast-check';
import { grow, trees } from '../testing/lineage.js';

describe('a child', () => {
  it('never has more than its parent: capabilities, budget, lifetime, over 50,000 random trees', () => {
    fc.assert(fc.property(trees, (tree) => expect(grow(tree)).toEqual([])), { numRuns: 50_000 });
  });
});
