import { describe, it } from 'node:test';
import { expect } from 'expect';
import { aheadBy } from './server-clock.js';

const AT = Date.parse('2026-11-29T14:20:00.500Z');
const SAID = 'Sun, 29 Nov 2026 14:20:00 GMT';
const HOUR = 3_600_000;
/** By an answer that came at once, or was so long on its way. */
const ahead = (answeredAt: number, known: number, { date = SAID as string | null, tookMs = 0 } = {}): number => aheadBy(date, { askedAt: answeredAt - tookMs, answeredAt }, known);

describe('the server’s clock, by its answers', () => {
  it('is how far it is ahead of the device’s, and the same where they differ by what an answer takes', () => {
    expect([ahead(AT, 0), ahead(AT + 4_000, 0), ahead(AT + HOUR, 0), ahead(AT - HOUR, 0)]).toEqual([0, 0, -HOUR, HOUR]);
  });
  it('moves only when the device’s clock was set, and stays where an answer says nothing', () => {
    expect([ahead(AT + HOUR + 3_000, -HOUR), ahead(AT, -HOUR), ahead(AT - HOUR, -HOUR), ahead(AT, -HOUR, { date: null }), ahead(AT, -HOUR, { date: 'soon' })]).toEqual([-HOUR, 0, HOUR, -HOUR, -HOUR]);
  });
  it('is not wrong because an answer was long on its way, at its beginning or at its end', () => {
    for (const tookMs of [6_000, 30_000, 2 * HOUR]) {
      for (const known of [0, -HOUR, 20 * HOUR]) {
        const asked = AT - known;
        expect([ahead(asked, known, { tookMs }), ahead(asked + tookMs, known, { tookMs })]).toEqual([known, known]);
      }
    }
    expect(ahead(AT + HOUR, 0, { tookMs: 8_000 })).toBe(-HOUR); // and is learnt by a slow answer, too
    expect(ahead(AT + 8_000, -HOUR, { tookMs: 8_000 })).toBe(0);
  });
});
