import { EFFECT_FAILURES, EFFECT_REFUSALS } from '@countersign/contracts';
import { describe, it } from 'node:test';
import { expect } from 'expect';
import { effectFaultWords, endedWords } from './effect-fault-words.js';

describe('Why an effect failed', () => {
  it('is told in a sentence for every code, and never by the code', () => {
    for (const code of [...EFFECT_REFUSALS, ...EFFECT_FAILURES]) {
      const words = effectFaultWords(code);
      expect([code, /^[A-Z].*\.$/.test(words), words.includes(code), words.includes(code.replaceAll('_', ' '))]).toEqual([code, true, false, false]);
    }
    expect(['approval_expired', 'assertion_late', 'key_ended'].map((code) => effectFaultWords(code))).toEqual([expect.stringMatching(/^The yes was too old .*asked again/), effectFaultWords('approval_expired'), expect.stringMatching(/key .*asked again/)]);
    expect(effectFaultWords('constructor')).toBe('');
  });
  it('is told with what came of it: a webhook may have been read whole before its team was stopped, and what was refused was never begun', () => {
    const ended = (state: 'failed' | 'refused') => ['stale_epoch', 'approval_expired', 'assertion_late', 'key_ended'].map((code) => endedWords({ state, code }));
    expect(ended('failed')).toEqual(Array(4).fill(expect.stringMatching(/^It did not take effect\. [^]+\.$/)));
    expect(ended('refused')).toEqual(Array(4).fill(expect.stringMatching(/^Nothing left the team\. [^]+\.$/)));
    for (const words of ended('failed')) expect(words).not.toMatch(/begun/);
  });
});
