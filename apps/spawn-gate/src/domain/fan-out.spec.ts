import { describe, it } from 'node:test';
import { expect } from 'expect';
import fc from 'fast-check';
import { nextSeat, seatsOf, type SeatKind } from './fan-out.js';

const kind = (templateId: string): SeatKind => ({ role: 'worker', templateId });
const seats = seatsOf([{ ...kind('docs'), name: 'Dora' }, { ...kind('tests'), name: 'Tess' }, { ...kind('docs'), name: 'Dan' }]);

describe('places for a fan-out', () => {
  it('are one kind per template, for everybody who would work on it', () => {
    expect(seats.map(({ templateId, members }) => [templateId, members])).toEqual([['docs', ['Dora', 'Dan']], ['tests', ['Tess']]]);
  });

  it('go to the kinds in turn, and count what stands ready already', () => {
    const ready: SeatKind[] = [];
    for (let seat = nextSeat(5, seats, ready, []); seat; seat = nextSeat(5, seats, ready, [])) ready.push(seat);
    expect(ready.map(({ templateId }) => templateId)).toEqual(['docs', 'tests', 'docs', 'tests', 'docs']);
    expect(nextSeat(5, seats, ready.slice(1), [])).toMatchObject({ templateId: 'docs' });
    expect(nextSeat(2, seats, [kind('elsewhere'), kind('elsewhere')], [])).toBeUndefined();
  });

  it('are not asked for again where the gate has said no, and never more than wanted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 16 }), fc.array(fc.constantFrom('docs', 'tests', 'other'), { maxLength: 20 }), fc.array(fc.constantFrom('docs', 'tests'), { maxLength: 4 }), (places, ready, refused) => {
        const seat = nextSeat(places, seats, ready.map(kind), refused.map(kind));
        if (seat === undefined) return ready.length >= places || new Set(refused).size === seats.length;
        return ready.length < places && !refused.some((each) => each === seat.templateId);
      }),
    );
  });
});
