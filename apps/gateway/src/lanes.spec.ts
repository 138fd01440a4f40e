import { expect } from 'expect';
import { describe, it } from 'node:test';
import { eachAtOnce } from '@countersign/service';
import { Lanes } from './lanes.js';
import { within } from './within.js';

const gate = (): { open: () => void; opened: Promise<void> } => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: resolve, opened: promise };
};

describe('work in lanes', () => {
  it('fills a lane without holding up another, takes nothing twice, and has room again when something ended', async () => {
    const errors: unknown[] = [];
    const lanes = new Lanes(['push', 'mail'], 2, (error) => errors.push(error));
    const [first, second] = [gate(), gate()];
    let done = 0;
    lanes.put('push', '1', () => first.opened);
    lanes.put('push', '1', () => Promise.reject(new Error('twice')));
    lanes.put('push', '2', () => second.opened.then(() => Promise.reject(new Error('broke'))));
    lanes.put('push', '3', () => Promise.reject(new Error('no room')));
    expect(lanes.room).toEqual([['mail'], [2]]);
    lanes.put('mail', '1', () => Promise.resolve(void done++));
    lanes.put('mail', '2', () => first.opened);
    expect(lanes.room).toBeUndefined();
    second.open();
    await new Promise(setImmediate);
    expect([lanes.room, done, errors.map(String)]).toEqual([[['push', 'mail'], [1, 1]], 1, ['Error: broke']]);
    first.open();
    await lanes.idle();
    expect(lanes.room).toEqual([['push', 'mail'], [2, 2]]);
  });

  it('goes on with the next when one has ended, not when all of a row have', async () => {
    const slow = gate();
    const seen: number[] = [];
    const all = eachAtOnce([0, 1, 2, 3], 2, async (n) => {
      if (n === 0) await slow.opened;
      seen.push(n);
      return n * 10;
    });
    await new Promise(setImmediate);
    expect(seen).toEqual([1, 2, 3]);
    slow.open();
    expect(await all).toEqual([0, 10, 20, 30]);
  });

  it('is not waited for beyond its time', async () => {
    expect(await within(60_000, Promise.resolve('said'))).toBe('said');
    expect(await within(1, new Promise(() => undefined))).toBeUndefined();
    await expect(within(60_000, Promise.reject(new Error('broke')))).rejects.toThrow('broke');
  });
});
