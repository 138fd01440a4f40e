import { COORDINATION, IN_HAND, TASK_STATES, type MemberId } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { aGoal, aMember, aTask } from '../testing/builders.js';
import { chooseMember, doerOf } from './choose-member.js';
import type { MemberFacts } from './facts.js';

const task = aTask({ skill: 'docs' });
const chosen = (members: readonly MemberFacts[], over: Parameters<typeof aGoal>[0] = {}, except?: readonly MemberId[]) => {
  const choice = chooseMember(aGoal({ tasks: [task], members, ...over }), task, except);
  return typeof choice === 'string' ? choice : members.indexOf(choice);
};

describe('who is given a task', () => {
  for (const [what, members, choice] of [
    ['nobody, where nobody has the skill', [aMember({ skill: 'tests' })], 'nobody'],
    ['nobody, where whoever has it is gone', [aMember({ active: false })], 'nobody'],
    ['whose skill it is, where all have as little', [aMember({ skill: 'tests', others: ['docs'] }), aMember()], 1],
    ['the first of the list, where nothing else decides', [aMember(), aMember()], 0],
    ['who can do it too, where they have less', [aMember({ elsewhere: 1 }), aMember({ skill: 'tests', others: ['docs'] })], 1],
    ['who has the least', [aMember({ elsewhere: 3 }), aMember({ elsewhere: 1 }), aMember({ elsewhere: 2 })], 1],
    ['who was given the fewest lately, of those who have as little', [aMember({ given: 2 }), aMember({ skill: 'tests', others: ['docs'], given: 1 }), aMember({ given: 3 })], 1],
    ['nobody yet, where all have as much as one may', [aMember({ elsewhere: 5 }), aMember({ elsewhere: 6 })], 'busy'],
    ['nobody, where whoever has it is suspended: another would do it with the same agent', [aMember({ active: false, suspended: true }), aMember({ skill: 'tests', others: ['docs'] })], 'nobody'],
    ['who stands in for one who is gone', [aMember({ active: false }), aMember({ skill: 'tests', others: ['docs'] })], 1],
    ['whose skill it is, where who would stand in is suspended', [aMember({ skill: 'tests', others: ['docs'], active: false, suspended: true }), aMember()], 1],
    ['who is active, though they have more', [aMember({ active: false }), aMember({ elsewhere: 4 })], 1],
  ] as [string, MemberFacts[], number | string][]) {
    it(what, () => expect(chosen(members)).toBe(choice));
  }

  it('nobody from whom it was taken, and as many as the bundle says', () => {
    const [a, b] = [aMember(), aMember({ elsewhere: 1 })];
    expect([chosen([a, b], {}, [a.id]), chosen([a, b], {}, [a.id, b.id])]).toEqual([1, 'nobody']);
    expect(chosen([a, b], { coordination: { mostTasksPerMember: 1 } }, [a.id])).toBe('busy');
  });

  it('counts what a member has in hand of this goal, and not what is done, waits, or is the task itself', () => {
    const [a, b] = [aMember(), aMember({ elsewhere: 1 })];
    for (const state of TASK_STATES) {
      const own = [1, 2].map(() => aTask({ memberId: a.id, state }));
      expect([state, chosen([a, b], { tasks: [{ ...task, memberId: a.id, state: 'assigned' }, ...own] })]).toEqual([state, IN_HAND.includes(state) ? 1 : 0]);
    }
  });

  it('whose work was sent back, while they are there, though a deputy has less', () => {
    const [owner, deputy] = [aMember({ elsewhere: 2 }), aMember({ skill: 'tests', others: ['docs'] })];
    const doer = (over: Parameters<typeof aTask>[0], members = [owner, deputy]) => {
      const sent = aTask({ skill: 'docs', memberId: owner.id, ...over });
      const choice = doerOf(aGoal({ tasks: [sent], members }), sent);
      return typeof choice === 'string' ? choice : choice.id;
    };
    expect(doer({})).toBe(deputy.id);
    for (const over of [{ round: 1 }, { review: { state: 'needs_fix', cycle: null, note: '' } }] as const) {
      expect(doer(over)).toBe(owner.id);
      expect(doer(over, [{ ...owner, elsewhere: 5 }, deputy])).toBe('busy');
      expect(doer(over, [{ ...owner, active: false }, deputy])).toBe(deputy.id);
      expect(doer({ ...over, memberId: deputy.id }, [{ ...owner, active: false, suspended: true }, deputy])).toBe('nobody');
    }
  });

  it('somebody who can, has the least of those who can, and not too much; or nobody can or may', () => {
    const skills = fc.subarray(['docs', 'tests', 'patches'], { minLength: 1 });
    const people = fc.array(fc.tuple(skills, fc.boolean(), fc.nat(7)).map(([[skill, ...others], active, elsewhere]) => aMember({ skill: skill!, others, active, elsewhere })), { maxLength: 7 });
    fc.assert(fc.property(people, (members) => {
      const choice = chooseMember(aGoal({ tasks: [task], members }), task);
      const able = members.filter(({ active, skill, others }) => active && [skill, ...others].includes('docs'));
      const least = Math.min(...able.map(({ elsewhere }) => elsewhere));
      if (able.length === 0) return expect(choice).toBe('nobody');
      if (least >= COORDINATION.mostTasksPerMember) return expect(choice).toBe('busy');
      expect(able).toContain(choice);
      expect((choice as MemberFacts).elsewhere).toBe(least);
    }));
  });
});
