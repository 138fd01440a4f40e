import { describe, it } from 'node:test';
import { expect } from 'expect';
import { asSent, sentPart } from './sent-part.js';

describe('the files of what is sent', () => {
  const letter = { kind: 'email.send', lines: [], body: 'text', attachments: ['z', 'a'] } as const;
  const sent = { ...letter, lines: [], attachments: [...letter.attachments] };
  it('are of a letter its text or attached, and of the rest one whole', () => {
    expect(['text', 'a', 'z', 'other'].map((id) => sentPart(sent, id))).toEqual(['Text of the letter', 'Attached', 'Attached', undefined]);
    expect([sentPart({ ...sent, kind: 'http.post' }, 'text'), sentPart(null, 'text')]).toEqual([undefined, undefined]);
  });
  it('stand as they are sent: the text first, what is attached in its order', () => {
    const files = ['a', 'other', 'text', 'z'].map((id) => ({ id }));
    expect(asSent(sent, files).map(({ id }) => id)).toEqual(['text', 'z', 'a', 'other']);
    expect(asSent(null, files)).toEqual(files);
  });
});
