import { expect } from 'expect';
import { describe, it } from 'node:test';
import { Queues } from './queues.js';

describe('queues', () => {
  it('do what has the same key one after the other, also after a failure, and what has another key beside it', async () => {
    const queues = new Queues();
    const order: string[] = [];
    let letFirst = (): void => undefined;
    const first = queues.inTurn('a', () => new Promise<void>((_, reject) => { letFirst = () => { order.push('first'); reject(new Error('no')); }; }));
    const second = queues.inTurn('a', () => { order.push('second'); return Promise.resolve(2); });
    await queues.inTurn('b', () => { order.push('beside'); return Promise.resolve(); });
    await Promise.resolve();
    letFirst();
    await expect(first).rejects.toThrow('no');
    expect([await second, order]).toEqual([2, ['beside', 'first', 'second']]);
  });
});
