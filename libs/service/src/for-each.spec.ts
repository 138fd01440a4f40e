import { expect } from 'expect';
import { describe, it } from 'node:test';
import { forEachOf } from './for-each.js';

describe('work for each of many', () => {
  it('is done for all, one after the other, and what failed is said at the end', async () => {
    const order: string[] = [];
    const work = async (item: number): Promise<void> => {
      order.push(`begin ${item}`);
      await Promise.resolve();
      if (item === 2) throw new Error('two');
      order.push(`end ${item}`);
    };
    await expect(forEachOf([1, 2, 3], work)).rejects.toMatchObject({ errors: [new Error('two')] });
    expect(order).toEqual(['begin 1', 'end 1', 'begin 2', 'begin 3', 'end 3']);
    await forEachOf([1], work);
  });
});
