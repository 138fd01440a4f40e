import { TaskId, type NewMission, type NewWorkItem } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { planMission, roleOf } from './plan-mission.js';

const asked = (work_items: NewWorkItem[], over: Partial<NewMission> = {}): NewMission => ({ title: 'Ship', goal: 'Ship it', work_items, ...over });
const plan = (work_items: NewWorkItem[], over: Partial<NewMission> = {}) => planMission(asked(work_items, over), TaskId.next);

describe('a mission as it is asked for', () => {
  it('keeps the ids and the order it was given, and makes ids where there are none', () => {
    const planned = plan([{ work_item_id: 'b', title: 'B', depends_on: ['a', 'a'] }, { work_item_id: 'a', title: 'A', detail: 'how', assigned_agent: 'worker' }, { title: 'C' }]);
    if (!planned.ok) throw new Error(planned.code);
    const [b, a, c] = planned.items;
    expect(planned.items.map(({ ordinal, title }) => [ordinal, title])).toEqual([[0, 'B'], [1, 'A'], [2, 'C']]);
    expect([b!.key, b!.dependsOn, a!.dependsOn]).toEqual(['b', [a!.id], []]);
    expect(a).toMatchObject({ key: 'a', detail: 'how', agent: 'worker' });
    expect(c!.key).toBe(c!.id);
  });

  for (const [what, items, code] of [
    ['two items of one id', [{ work_item_id: 'a', title: 'A' }, { work_item_id: 'a', title: 'B' }], 'work_item_duplicate'],
    ['a dependency on nothing', [{ work_item_id: 'a', title: 'A', depends_on: ['b'] }], 'work_item_unknown_dependency'],
    ['an item that waits for itself', [{ work_item_id: 'a', title: 'A', depends_on: ['a'] }], 'work_items_in_a_circle'],
    ['a circle', [{ work_item_id: 'a', title: 'A', depends_on: ['c'] }, { work_item_id: 'b', title: 'B', depends_on: ['a'] }, { work_item_id: 'c', title: 'C', depends_on: ['b'] }], 'work_items_in_a_circle'],
  ] as [string, NewWorkItem[], string][]) {
    it(`is refused whole for ${what}: ${code}`, () => expect(plan(items)).toMatchObject({ ok: false, code }));
  }

  it('is not larger than an answer can be', () => {
    expect(plan(Array.from({ length: 60 }, () => ({ title: 'A', detail: 'x'.repeat(4000) })))).toMatchObject({ ok: false, code: 'mission_too_large' });
  });

  it('keeps to its own list of agents', () => {
    const capabilities = { allowed_agents: ['worker'] };
    expect(plan([{ title: 'A', assigned_agent: 'committer' }], { capabilities })).toMatchObject({ ok: false, code: 'agent_not_allowed' });
    expect(plan([{ title: 'A', assigned_agent: 'worker' }, { title: 'B' }], { capabilities })).toMatchObject({ ok: true, terms: { capabilities: { allowed_agents: ['worker'], allowed_tools: [] } } });
  });

  it('names a role or it names none', () => {
    expect(['worker', ' Tester ', 'REVIEWER'].map(roleOf)).toEqual(['worker', 'tester', 'reviewer']);
    expect(['', 'work', 'operator', 'doc-bot'].map(roleOf)).toEqual([undefined, undefined, undefined, undefined]);
  });
});
