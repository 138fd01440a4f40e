import { describe, it } from 'node:test';
import { expect } from 'expect';
import { agoWords, clockWords, dueWords, durationWords } from './time-words.js';

const now = new Date('2026-11-20T15:18:00.000Z');
const berlin = { timeZone: 'Europe/Berlin' };
const due = (at: string) => dueWords(at, now, berlin);

describe('Words for time', () => {
  it('says a deadline as what is left and as the clock with its zone', () => {
    expect(due('2026-11-20T16:00:00.000Z')).toEqual({ relative: 'in 42 min', clock: '17:00 CET', urgency: 'soon' });
  });

  it('counts in minutes at the finest, so that a reader is not hurried', () => {
    expect(due('2026-11-20T15:18:40.000Z').relative).toBe('in less than a minute');
    expect(due('2026-11-20T18:38:00.000Z').relative).toBe('in 3 h 20 min');
    expect(due('2026-11-21T08:00:00.000Z').relative).toBe('in 17 h');
    expect(due('2026-11-21T15:17:50.000Z').relative).toBe('in 24 h');
    expect(due('2026-11-22T16:00:00.000Z').relative).toBe('in 2 days');
  });

  it('names the day when the deadline is not today for the reader', () => {
    expect(due('2026-11-20T23:30:00.000Z').clock).toBe('tomorrow 00:30 CET');
    expect(due('2026-11-23T08:00:00.000Z').clock).toBe('Mon 23 Nov, 09:00 CET');
    expect(clockWords('2026-11-19T08:00:00.000Z', now, berlin)).toBe('yesterday 09:00 CET');
  });

  it('says that a deadline is over', () => {
    expect(due('2026-11-20T15:10:00.000Z')).toMatchObject({ relative: '8 min ago', urgency: 'over' });
  });

  it('never says that something past lies ahead, even when a clock is behind', () => {
    expect(agoWords('2026-11-20T15:19:30.000Z', now)).toBe('just now');
    expect(agoWords('2026-11-20T15:14:00.000Z', now)).toBe('4 min ago');
  });

  it('says how long something took', () => {
    expect([850, 4_250, 59_999, 60_000, 190_000, 3_600_000].map(durationWords)).toEqual(['850 ms', '4.2 s', '59.9 s', '1 min', '3 min 10 s', '60 min']);
  });
});
