import { describe, it } from 'node:test';
import { expect } from 'expect';
import { aheadBy } from './server-clock.js';

const AT = Date.parse('2026-11-29T14:20:00.500Z');
const SAID = 'Sun, 29 Nov 2026 14:20:00 GMT';
const HOUR = 3_600_000;

describe('the server’s clock, by its answers', () => {
  it('is how far it is ahead of the device’s, and the same where they differ by what an answer takes', () => {
    expect([aheadBy(SAID, AT, 0), aheadBy(SAID, AT + 4_000, 0), aheadBy(SAID, AT + HOUR, 0), aheadBy(SAID, AT - HOUR, 0)]).toEqual([0, 0, -HOUR, HOUR]);
  });
  it('moves only when the device’s clock was set, and stays where an answer says nothing', () => {
    expect([aheadBy(SAID, AT + HOUR + 3_000, -HOUR), aheadBy(SAID, AT, -HOUR), aheadBy(SAID, AT - HOUR, -HOUR), aheadBy(null, AT, -HOUR), aheadBy('soon', AT, -HOUR)]).toEqual([-HOUR, 0, HOUR, -HOUR, -HOUR]);
  });
});
