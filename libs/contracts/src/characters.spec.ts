import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { firstOf, lastOf, shorten } from './index.js';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const most = fc.nat(14);

describe('a text that is cut', () => {
  it('loses whole characters, and no more than it has to', () => {
    fc.assert(fc.property(text, most, (whole, n) => {
      const characters = [...whole];
      expect(firstOf(whole, n)).toBe(characters.slice(0, n).join(''));
      expect(lastOf(whole, n)).toBe(characters.slice(Math.max(0, characters.length - n)).join(''));
    }));
    expect([firstOf('a\u{1f375}b', 2), lastOf('a\u{1f375}b', 2), lastOf('a\u{1f375}', 0)]).toEqual(['a\u{1f375}', '\u{1f375}b', '']);
  });

  it('says by a sign that it was, and is no longer for it', () => {
    expect([shorten('\u{1f375}\u{1f375}\u{1f375}', 3), shorten('\u{1f375}\u{1f375}\u{1f375}', 2), shorten('abc', 2)]).toEqual(['\u{1f375}\u{1f375}\u{1f375}', '\u{1f375}…', 'a…']);
  });
});
