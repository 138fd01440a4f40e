import { describe, it } from 'node:test';
import { expect } from 'expect';
import { hasInvisible, revealInvisible } from './invisible.js';

describe('Characters that cannot be seen', () => {
  it('are named where they stand: a reversed line cannot hide what it does', () => {
    expect(revealInvisible('if (admin\u202e) {')).toEqual([{ text: 'if (admin' }, { text: '\u202e', hidden: 'U+202E' }, { text: ') {' }]);
    expect(hasInvisible('a\u200bb')).toBe(true);
  });
  it('include a changed line end', () => {
    expect(revealInvisible('x\r')).toEqual([{ text: 'x' }, { text: '\r', hidden: '␍' }]);
  });
  it('do not include what people write', () => {
    expect(hasInvisible('\tgrüß — „Zitat“ 中文 👍')).toBe(false);
    expect(revealInvisible('')).toEqual([{ text: '' }]);
  });
});
