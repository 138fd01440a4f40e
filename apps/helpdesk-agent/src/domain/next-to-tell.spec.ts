import { expect } from 'expect';
import { describe, it } from 'node:test';
import { nextToTell, type ToTell } from './next-to-tell.js';

const NOW = new Date('2026-01-20T09:00:00Z');
const ago = (minutes: number): Date => new Date(NOW.getTime() - minutes * 60_000);
const session = (opened: number, closed: number | null, told = false): ToTell => ({ openedAt: ago(opened), closedAt: closed === null ? null : ago(closed), told });
const next = (...sessions: ToTell[]): ToTell | undefined => nextToTell(sessions, NOW);

describe('the suspension that a customer is told of next', () => {
  it('is the one that lasts, once', () => {
    const [lasting, over] = [session(1, null), session(9, 8)];
    expect(next(over, lasting)).toBe(lasting);
    expect(next(over, session(1, null, true))).toBeUndefined();
  });

  it('is else the newest that was over before anybody heard of it', () => {
    const [older, newer] = [session(9, 8), session(6, 5)];
    expect(next(older, newer)).toBe(newer);
    expect(next(older, session(6, 5, true))).toBe(older);
    expect(next(session(9, 8, true))).toBeUndefined();
    expect(next()).toBeUndefined();
  });

  it('is none that has been over for a week', () => {
    const week = 7 * 24 * 60;
    expect(next(session(week + 9, week))).toBeUndefined();
    expect(next(session(week + 9, week - 1))).toBeDefined();
  });
});
