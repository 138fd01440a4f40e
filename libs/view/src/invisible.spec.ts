import { describe, it } from 'node:test';
import { expect } from 'expect';
import { hasInvisible, revealInvisible } from './invisible.js';

describe('Characters that cannot be seen', () => {
  it('are named where they stand: a reversed line cannot hide what it does', () => {
    expect(revealInvisible('if (admin\u202e) {')).toEqual([{ text: 'if (admin' }, { text: '\u202e', hidden: 'U+202E' }, { text: ') {' }]);
    expect(hasInvisible('a\u200bb')).toBe(true);
  });
  it('include what carries a text of its own between two quotes, or is a name of nothing', () => {
    const unseen = ['\ufe00', '\ufe0f', '\u{e0100}', '\u{e01ef}', '\u034f', '\u115f', '\u1160', '\u3164', '\uffa0', '\u180b', '\u17b4', '\u2800', '\u{1d159}', '\u{e0041}'];
    expect(unseen.filter((letter) => !hasInvisible(`run(decode('${letter}'))`))).toEqual([]);
    expect(revealInvisible("''\u{e0100}")).toEqual([{ text: "''" }, { text: '\u{e0100}', hidden: 'U+E0100' }]);
  });
  it('include the choice of a picture where there is no emoji before it to choose for', () => {
    expect(['1\ufe0f', 'a\ufe0f', '❤\ufe0f\ufe0f', '❤\ufe00'].filter((text) => !hasInvisible(text))).toEqual([]);
  });
  it('include a changed line end', () => {
    expect(revealInvisible('x\r')).toEqual([{ text: 'x' }, { text: '\r', hidden: '␍' }]);
  });
  it('do not include what people write', () => {
    expect(hasInvisible('\tgrüß — „Zitat“ 中文 👍 ❤\ufe0f ☎\ufe0e 1\ufe0f\u20e3 한글')).toBe(false);
    expect(revealInvisible('')).toEqual([{ text: '' }]);
  });
});
