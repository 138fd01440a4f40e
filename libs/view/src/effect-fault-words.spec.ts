import { EFFECT_FAILURES, EFFECT_REFUSALS } from '@countersign/contracts';
import { describe, it } from 'node:test';
import { expect } from 'expect';
import { effectFaultWords } from './effect-fault-words.js';

describe('Why an effect failed', () => {
  it('is told in a sentence for every code, and never by the code', () => {
    for (const code of [...EFFECT_REFUSALS, ...EFFECT_FAILURES]) {
      const words = effectFaultWords(code);
      expect([code, /^[A-Z].*\.$/.test(words), words.includes(code), words.includes(code.replaceAll('_', ' '))]).toEqual([code, true, false, false]);
    }
    expect(effectFaultWords('constructor')).toBe('');
  });
});
