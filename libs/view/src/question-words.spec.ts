import { CLARIFICATION_STATES } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { questionWords } from './question-words.js';

describe('a member’s question, in words', () => {
  it('says for whom it waits, who answered, and never that silence was an answer', () => {
    expect(CLARIFICATION_STATES.map((state) => questionWords({ state, of: 'user', answeredBy: 'Asha' }))).toEqual(['waits for one of you', 'answered by Asha', 'nobody answered in time', 'not waited for any more']);
    expect([questionWords({ state: 'open', of: 'lead', answeredBy: '' }), questionWords({ state: 'answered', of: 'user', answeredBy: '' })]).toEqual(['waits for who coordinates the team', 'answered']);
  });
});
