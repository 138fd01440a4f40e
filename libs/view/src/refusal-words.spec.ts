import { describe, it } from 'node:test';
import { expect } from 'expect';
import { refusalWords } from './refusal-words.js';
import { clockWords } from './time-words.js';

const now = new Date('2026-11-29T09:12:00.000Z');
const words = (code: string, message = 'for programs', details: object = {}): string | undefined => refusalWords({ code, message, details: { ...details } }, now);

describe('What a refusal means to a person', () => {
  it('says by their own clock from when what they signed with counts', () => {
    const effectiveFrom = '2026-11-30T09:12:44.123Z';
    expect(words('key_not_in_effect', `this passkey is new: it counts from ${effectiveFrom}, or sooner`, { effectiveFrom })).toBe(`this passkey is new: it counts from ${clockWords(effectiveFrom, now)}, or sooner`);
  });
  it('says what to do about a signature that came too late, a key that is not confirmed, and a device that was removed', () => {
    for (const code of ['challenge_expired', 'challenge_unknown', 'key_not_confirmed', 'device_missing', 'device_not_yours']) expect([code, words(code)]).toEqual([code, expect.stringMatching(/Approve again\.$|Try again in a moment\.$|Try again: it is added anew\.$/)]);
    expect(words('assertion_invalid', 'counter back')).toMatch(/Approve again.*show this to your operator: counter back$/);
  });
  it('leaves the server’s own words where they are for people', () => {
    expect(words('already_counted')).toBeUndefined();
  });
});
