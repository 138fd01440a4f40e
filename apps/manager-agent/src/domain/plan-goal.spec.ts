import { depthsOf, MemberId, MOST_DEPTH, TaskId } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { planGoal, type PlanInput, type PlaybookTask } from './plan-goal.js';

const line = (key: string, over: Partial<PlaybookTask> = {}): PlaybookTask => ({ key, title: `Do ${key}`, skill: 'docs', criteria: [{ id: 'parses', kind: 'parses' }], dependsOn: [], when: 'always', options: {}, ...over });
const member = (skill: string, active = true) => ({ id: MemberId.next(), skill, others: [] as string[], active, suspended: !active });
const plan = (playbook: readonly PlaybookTask[], over: Partial<PlanInput> = {}) => planGoal({ playbook, repair: null, members: [member('docs'), member('patches'), member('tests')], nextId: TaskId.next, ...over });

const codeCare = [
  line('docs', { dependsOn: ['repair'] }),
  line('repair', { skill: 'patches', when: 'repair', criteria: [{ id: 'check', kind: 'check-passes' }] }),
  line('tests', { skill: 'tests', dependsOn: ['repair'] }),
];

describe('a plan', () => {
  it('leaves the repair out when the goal brings none, and nothing then waits for it', () => {
    const result = plan(codeCare);
    expect(result).toMatchObject({ ok: true, tasks: [{ key: 'docs', dependsOn: [] }, { key: 'tests', dependsOn: [] }] });
  });

  it('puts the repair first, with the goal’s check as its criterion and the candidates for the bot', () => {
    const repair = { check: 'node --test', candidates: [{ path: 'a.js', content: '' }] };
    const result = plan(codeCare, { repair });
    if (!result.ok) throw new Error(result.message);
    const [first, ...others] = result.tasks;
    expect(first).toMatchObject({ key: 'repair', ordinal: 0, criteria: [{ id: 'check', kind: 'check-passes', command: 'node --test' }], options: { repair } });
    expect(others.map(({ dependsOn }) => dependsOn)).toEqual([[first!.id], [first!.id]]);
  });

  for (const [what, playbook, over, code] of [
    ['an empty playbook', [], {}, 'no_playbook'],
    ['two tasks of one name', [line('a'), line('a')], {}, 'playbook_invalid'],
    ['a dependency nobody has', [line('a', { dependsOn: ['ghost'] })], {}, 'playbook_invalid'],
    ['tasks that wait for each other', [line('a', { dependsOn: ['b'] }), line('b', { dependsOn: ['a'] })], {}, 'playbook_invalid'],
    ['more than five tasks in a row', ['a', 'b', 'c', 'd', 'e', 'f'].map((key, n, all) => line(key, { dependsOn: all.slice(n - 1, n) })), {}, 'playbook_invalid'],
    ['a skill no member has', [line('a', { skill: 'design' })], {}, 'no_member_for_skill'],
    ['a skill only a suspended member has', [line('a')], { members: [member('docs', false)] }, 'no_member_for_skill'],
    ['a skill of a suspended member, for whom nobody stands in', [line('a')], { members: [member('docs', false), { ...member('tests'), others: ['docs'] }] }, 'no_member_for_skill'],
  ] as const) {
    it(`refuses ${what} with ${code}`, () => expect(plan(playbook, over)).toMatchObject({ ok: false, code }));
  }

  it('takes five in a row, and not those in between that the goal does not need; and gives work to whose skill it is, else to who can do it too', () => {
    const row = ['a', 'b', 'c', 'd', 'e', 'f'].map((key, n, all) => line(key, { dependsOn: all.slice(Math.max(0, n - 1), n), when: key === 'c' ? 'repair' : 'always' }));
    expect(plan(row)).toMatchObject({ ok: true });
    const [own, other] = [member('docs'), { ...member('tests'), others: ['docs', 'seo'] }];
    expect(plan([line('a'), line('b', { skill: 'seo' })], { members: [other, own] })).toMatchObject({ ok: true, tasks: [{ memberId: own.id }, { memberId: other.id }] });
  });

  it('lists every task after all it depends on, whatever the playbook’s order; where more than five are in a row, there is none', () => {
    const acyclic = fc.integer({ min: 1, max: 8 }).chain((size) =>
      fc.tuple(
        fc.array(fc.array(fc.nat({ max: size - 1 }), { maxLength: 3 }), { minLength: size, maxLength: size }),
        fc.shuffledSubarray([...Array(size).keys()], { minLength: size }),
      ).map(([wishes, order]) => order.map((n) => line(`t${n}`, { dependsOn: [...new Set(wishes[n]!.filter((m) => m < n))].map((m) => `t${m}`) }))),
    );
    fc.assert(fc.property(acyclic, (playbook) => {
      const result = plan(playbook);
      expect(result.ok).toBe(Math.max(...depthsOf(playbook).values()) <= MOST_DEPTH);
      if (!result.ok) return expect(result.code).toBe('playbook_invalid');
      const seen = new Set<string>();
      for (const task of result.tasks) {
        expect(task.dependsOn.every((id) => seen.has(id))).toBe(true);
        seen.add(task.id);
      }
      expect(seen.size).toBe(playbook.length);
    }));
  });
});
