import { describe, it } from 'node:test';
import { expect } from 'expect';
import { isPicture, lookedName, mayFold, notLookedAt } from './looked.js';

const file = (path: string, sha256 = 'a', deleted = false, mode: '100644' | '100755' = '100644') => ({ path, mode, sha256, deleted });

describe('what somebody looks at before they approve', () => {
  it('is every file where others see what is done, and nothing is asked below', () => {
    const artifacts = [file('a'), file('b'), file('c', '', true)];
    const looked = new Set([lookedName(file('a'))]);
    expect([0, 1, 2, 3].map((tier) => notLookedAt({ tier, artifacts }, looked).map(({ path }) => path))).toEqual([[], [], ['b', 'c'], ['b', 'c']]);
    expect(notLookedAt({ tier: 1, artifacts }, looked, true).map(({ path }) => path)).toEqual(['b', 'c']); // but by whoever approves faster than anybody reads: files can be folded
  });
  it('is not a file that says the same as one that was looked at, and is one that says something else or is to go', () => {
    const looked = new Set([lookedName(file('a'))]);
    const left = (one: ReturnType<typeof file>): number => notLookedAt({ tier: 2, artifacts: [one] }, looked).length;
    expect([left(file('a')), left(file('a', 'b')), left(file('b')), left(file('a', 'a', true)), left(file('a', 'a', false, '100755'))]).toEqual([0, 1, 1, 1, 1]); // nor is one that can be run now
  });
  it('is every line of a file whose earlier version was opened and not looked at; what is equal to one that was may be folded', () => {
    const looked = new Set([lookedName(file('a', 'old'))]);
    const folds = (tier: 1 | 2, sha256: string, hasty = false): boolean => mayFold({ tier }, { path: 'a', mode: '100644', sha256 }, looked, hasty);
    expect([folds(2, 'old'), folds(2, 'opened'), folds(1, 'opened'), folds(1, 'opened', true), folds(1, 'old', true)]).toEqual([true, false, true, false, true]);
  });
  it('can be a picture, but no vectors, which are texts', () => {
    expect(['image/png', 'image/jpeg', 'image/svg+xml', 'text/html', 'application/pdf'].map(isPicture)).toEqual([true, true, false, false, false]);
  });
});
