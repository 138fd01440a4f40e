import { describe, it } from 'node:test';
import { expect } from 'expect';
import fc from 'fast-check';
import { cursorText, isAfter, readCursor, startOf, type EventCursor } from './event-cursor.js';

const cursors: fc.Arbitrary<EventCursor> = fc.record({ pos: fc.bigInt(0n, 10n ** 19n - 1n), teamId: fc.uuid(), seq: fc.nat() });

describe('a place in the events of all teams', () => {
  it('travels as text and comes back the same', () => {
    fc.assert(fc.property(cursors, (cursor) => expect(readCursor(cursorText(cursor))).toEqual(cursor)));
  });

  it('is before or after every other, and nothing is before the start of its transaction', () => {
    fc.assert(fc.property(cursors, cursors, (one, other) => expect(isAfter(one, other) || isAfter(other, one)).toBe(cursorText(one) !== cursorText(other))));
    fc.assert(fc.property(cursors, fc.integer({ min: 1 }), (cursor, seq) => expect(isAfter({ ...cursor, seq }, startOf(cursor.pos))).toBe(true)));
  });

  it('is not read from anything else', () => {
    for (const text of ['', '7', '1.2.3', `-1.${'a'.repeat(32)}.1`, `1.${'g'.repeat(32)}.1`, `1.${'a'.repeat(32)}.-1`, `${'9'.repeat(20)}.${'a'.repeat(32)}.1`, `1.${'a'.repeat(32)}.1\n`, `1e3.${'a'.repeat(32)}.1`]) expect(readCursor(text)).toBeUndefined();
  });
});
