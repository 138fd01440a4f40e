import { describe, it } from 'node:test';
import { expect } from 'expect';
import { collectPages, type Page } from './collect-pages.js';

const PAGES: Readonly<Record<string, Page<number>>> = { first: { items: [1, 2], nextCursor: 'b' }, b: { items: [3], nextCursor: 'c' }, c: { items: [4], nextCursor: null } };
class Away extends Error {}
/** A device that saved so many pages of three. */
const listed = (saved: number, most = 50, away: Error = new Away()) => {
  let read = 0;
  return collectPages(async (cursor) => (read++ < saved ? PAGES[cursor ?? 'first']! : Promise.reject(away)), most, (error) => error instanceof Away);
};

describe('a list that comes in pages', () => {
  it('is whole where every page comes, and says so', async () => {
    expect(await listed(3)).toEqual({ items: [1, 2, 3, 4], more: false });
    expect(await listed(3, 2)).toEqual({ items: [1, 2, 3], more: true });
  });
  it('says that some are missing where the server goes away in between, and is none where not even the first comes', async () => {
    expect([await listed(1), await listed(2)]).toEqual([{ items: [1, 2], more: true }, { items: [1, 2, 3], more: true }]);
    await expect(listed(0)).rejects.toBeInstanceOf(Away);
    await expect(listed(2, 50, new TypeError('a mistake'))).rejects.toBeInstanceOf(TypeError);
  });
});
