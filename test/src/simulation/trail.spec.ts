import { expect } from 'expect';
import { describe, it } from 'node:test';
import { asItCame, readTrail, type Expected } from './trail.js';

const ASKED = 'MANAGER-APPROVAL-REQUESTED by Mira';
const [RAISED, RESOLVED] = ['ESCALATION-RAISED deliverable_ready by spawn-gate', 'ESCALATION-RESOLVED by spawn-gate'];
const STOPPED = 'TEAM-SUSPENDED by a person';
const STANDS = 'ESCALATION-RAISED team_suspended by spawn-gate';

describe('how a simulation compares a trail', () => {
  it('tells what a look found apart, once for each of its causes, and leaves the rest as it stands', () => {
    expect(readTrail([STOPPED, STANDS, 'x', ASKED, RAISED, 'y', RESOLVED, 'z'])).toEqual({ caused: [STOPPED, 'x', ASKED, 'y', 'z'], unexplained: [] });
    expect(readTrail([STOPPED, STOPPED, STANDS, STANDS])).toMatchObject({ unexplained: [] });
    expect(readTrail(['y', 'x'])).toEqual({ caused: ['y', 'x'], unexplained: [] });
  });

  it('names a look without a cause, before it, or twice for one', () => {
    expect(readTrail([STANDS, STOPPED]).unexplained).toEqual([`0: ${STANDS}`]);
    expect(readTrail([STOPPED, STANDS, STANDS]).unexplained).toEqual([`2: ${STANDS}`]);
    expect(readTrail([ASKED, RAISED, RAISED, RESOLVED, RESOLVED, RESOLVED]).unexplained).toEqual([`2: ${RAISED}`, `5: ${RESOLVED}`]);
    expect(readTrail(['ESCALATION-RAISED quality_failures by spawn-gate', 'ESCALATION-RAISED deliverable_ready by Mira']).caused).toHaveLength(2);
  });

  it('lets strands come between one another, and neither loses its order nor gets another line', () => {
    const expected: Expected = ['a', { together: [['n'], ['s', 'e']] }, 'z'];
    for (const trail of [['a', 'n', 's', 'e', 'z'], ['a', 's', 'n', 'e', 'z'], ['a', 's', 'e', 'n', 'z']]) expect(asItCame(trail, expected)).toEqual(trail);
    for (const trail of [['a', 'e', 'n', 's', 'z'], ['n', 'a', 's', 'e', 'z'], ['a', 's', 'e', 'z'], ['a', 's', 'e', 'z', 'n'], ['a', 'n', 's', 'x', 'e', 'z'], ['a', 'n', 's', 'e', 'n', 'z']]) expect(asItCame(trail, expected)).not.toEqual(trail);
    expect(asItCame(['k', 'k', 'l', 'm'], [{ together: [['k', 'm'], ['k', 'l']] }])).toEqual(['k', 'k', 'l', 'm']);
  });
});
