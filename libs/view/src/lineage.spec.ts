import { describe, it } from 'node:test';
import { expect } from 'expect';
import { lineage, type Started } from './lineage.js';

const one = (instanceID: string, parentInstanceID?: string): Started => ({ instanceID, ...(parentInstanceID === undefined ? {} : { parentInstanceID }) });
const shape = (items: readonly Started[]): string[] => lineage(items).map(({ item, depth }) => `${'-'.repeat(depth)}${item.instanceID}`);

describe('who started whom', () => {
  it('puts each below who started it, and keeps the order among brothers', () => {
    expect(shape([one('c', 'a'), one('b', 'a'), one('d', 'c'), one('a'), one('e')])).toEqual(['a', '-c', '--d', '-b', 'e']);
  });

  it('loses nobody: whose starter is not shown stands at the top, and a ring is broken', () => {
    expect(shape([one('a', 'gone'), one('b', 'a')])).toEqual(['a', '-b']);
    expect(shape([one('x', 'y'), one('y', 'x')])).toEqual(['x', '-y']);
    expect(shape([one('self', 'self')])).toEqual(['self']);
  });
});
