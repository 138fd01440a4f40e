import { expect } from 'expect';
import { describe, it } from 'node:test';
import { countdownWords, expiredWords, heldWords, quorumWords, secondsUntil } from './held.js';

describe('a decision that is held', () => {
  it('says what it will be and when, and that only somebody else could stop it', () => {
    expect(heldWords({ heldFor: 'approved', mayUndo: true }, 10)).toBe('Approved · takes effect in 10 s');
    expect(heldWords({ heldFor: 'denied', mayUndo: false }, 600)).toBe('Denied · takes effect in 10 min, unless it is taken back');
    expect(heldWords({ heldFor: 'changes_requested', mayUndo: true }, 0)).toBe('Changes requested · taking effect …');
    expect([59, 60, 61, 599].map(countdownWords)).toEqual(['59 s', '1 min', '1 min 1 s', '9 min 59 s']);
  });
  it('counts whole seconds, and none when the time is over', () => {
    const at = '2026-11-29T12:00:10.000Z';
    expect([0, 9_001, 10_000, 11_000].map((ms) => secondsUntil(at, Date.parse('2026-11-29T12:00:00.000Z') + ms))).toEqual([10, 1, 0, 0]);
  });
  it('names who has said yes', () => {
    expect(quorumWords({ need: 2, of: 'people', yes: [] })).toBe('0 of 2');
    expect(quorumWords({ need: 2, of: 'people', yes: [{ by: 'Asha', at: '' }] })).toBe('1 of 2 · Asha');
  });
  it('says of what expired whether nobody answered, or too few', () => {
    expect(expiredWords(null)).toBe('Nobody answered in time');
    expect(expiredWords({ need: 2, of: 'people', yes: [] })).toBe('Nobody answered in time');
    expect(expiredWords({ need: 2, of: 'people', yes: [{ by: 'Asha', at: '' }] })).toBe('Not enough answered in time: 1 of 2');
  });
});
