import { CLARIFICATION_STATES } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { questionWords } from './question-words.js';

describe('a member’s question, in words', () => {
  it('says for whom it waits, who answered, and never that silence was an answer', () => {
    expect(CLARIFICATION_STATES.map((state) => questionWords({ state, answeredBy: 'Asha' }))).toEqual(['waits for one of you', 'answered by Asha', 'nobody answered in time', 'not waited for any more']);
    expect(questionWords({ state: 'answered', answeredBy: '' })).toBe('answered');
  });
});
