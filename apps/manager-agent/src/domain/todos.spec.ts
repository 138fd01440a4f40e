import { MemberId, MOST_METADATA_BYTES, TODO_STATES } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { inOrder } from './in-order.js';
import type { Teammate } from './team-message.js';
import { changeTodo, judgeNew, MOST_TODOS, type Todo, type TodoChange } from './todos.js';

const [dora, pax] = [MemberId.next(), MemberId.next()];
const roster: Teammate[] = [{ id: dora, name: 'Dora', lead: false, active: true }, { id: pax, name: 'Pax', lead: false, active: true }];
const todo = (id: string, over: Partial<Todo> = {}): Todo => ({ id, subject: id, description: '', activeForm: null, metadata: {}, state: 'pending', ownerId: null, creatorId: dora, blockedBy: [], managed: false, ...over });
const change = (todos: readonly Todo[], id: string, what: TodoChange, by = dora) => changeTodo(todos, id, what, by, roster);

describe("the agents' list", () => {
  it('moves by its machine, and what is deleted is gone', () => {
    const moves = TODO_STATES.flatMap((from) => TODO_STATES.filter((to) => to !== from && change([todo('a', { state: from })], 'a', { state: to }).ok).map((to) => `${from} ${to}`));
    expect(moves).toEqual(['pending in_progress', 'pending completed', 'pending deleted', 'in_progress pending', 'in_progress completed', 'in_progress deleted', 'completed pending', 'completed in_progress', 'completed deleted']);
    expect(change([todo('a', { state: 'deleted' })], 'a', { subject: 'b' })).toMatchObject({ ok: false, code: 'todo_unknown' });
  });

  it('changes what was said and nothing else, and says when that is nothing', () => {
    expect(change([todo('a')], 'a', { owner: 'pax', subject: 'A', metadata: { n: 1 } })).toEqual({ ok: true, changed: [todo('a', { ownerId: pax, subject: 'A', metadata: { n: 1 } })] });
    expect(change([todo('a', { ownerId: pax })], 'a', { owner: '' })).toMatchObject({ changed: [{ ownerId: null }] });
    expect(change([todo('a')], 'a', { state: 'pending', subject: 'a' })).toEqual({ ok: true, changed: [] });
    expect(change([todo('a', { state: 'deleted' })], 'a', { state: 'deleted' })).toEqual({ ok: true, changed: [] });
  });

  it('belongs to who made or owns it; what nobody owns may be taken', () => {
    expect(change([todo('a', { ownerId: dora })], 'a', { state: 'completed' }, pax)).toMatchObject({ ok: false, code: 'todo_not_yours' });
    expect(change([todo('a')], 'a', { owner: 'Pax', state: 'in_progress' }, pax)).toMatchObject({ ok: true });
    expect(change([todo('a')], 'a', { owner: 'customer' })).toMatchObject({ code: 'owner_unknown' });
    expect(change([todo('a'), todo('b', { ownerId: dora, creatorId: dora })], 'a', { blocks: ['b'] }, pax)).toMatchObject({ code: 'todo_not_yours' });
  });

  it("shows the manager's tasks and lets nobody move, take or hold up one", () => {
    const todos = [todo('t', { managed: true, creatorId: null }), todo('a')];
    for (const what of [{ state: 'completed' as const }, { owner: 'Dora' }, { subject: 'x' }, { blockedBy: ['a'] }]) expect(change(todos, 't', what)).toMatchObject({ ok: false, code: 'todo_managed' });
    expect(change(todos, 'a', { blocks: ['t'] })).toMatchObject({ ok: false, code: 'todo_managed' });
    expect(change(todos, 'a', { blockedBy: ['t'] })).toMatchObject({ ok: true, changed: [{ id: 'a', blockedBy: ['t'] }] });
  });

  it('waits in no circle and for nothing unknown, and completes nothing that waits', () => {
    const todos = [todo('a', { blockedBy: ['b'] }), todo('b', { blockedBy: ['c'] }), todo('c')];
    for (const [id, what] of [['c', { blockedBy: ['a'] }], ['a', { blocks: ['c'] }], ['a', { blockedBy: ['a'] }]] as const) expect([id, change(todos, id, what)]).toMatchObject([id, { ok: false, code: 'todo_cycle' }]);
    expect(change(todos, 'c', { blockedBy: ['z'] })).toMatchObject({ code: 'todo_unknown' });
    expect(change(todos, 'a', { state: 'completed' })).toMatchObject({ code: 'todo_blocked' });
    expect(change([todo('a', { blockedBy: ['b'] }), todo('b', { state: 'completed' })], 'a', { state: 'completed' })).toMatchObject({ ok: true });
  });

  it('is bounded', () => {
    expect(judgeNew(Array.from({ length: MOST_TODOS }, (_, n) => todo(String(n))), 0)).toMatchObject({ code: 'todo_list_full' });
    expect([judgeNew([], MOST_METADATA_BYTES), judgeNew([], MOST_METADATA_BYTES + 1)]).toMatchObject([undefined, { code: 'metadata_too_large' }]);
    expect(change([todo('a')], 'a', { metadata: {}, metadataBytes: MOST_METADATA_BYTES + 1 })).toMatchObject({ code: 'metadata_too_large' });
  });

  it('has no circle after any changes in any order', () => {
    const names = ['a', 'b', 'c', 'd'];
    const step = fc.record({ id: fc.constantFrom(...names), blocks: fc.subarray(names), blockedBy: fc.subarray(names) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let todos = names.map((name) => todo(name));
        for (const { id, ...what } of steps) {
          const done = change(todos, id, what);
          if (done.ok) todos = todos.map((each) => done.changed.find((other) => other.id === each.id) ?? each);
        }
        return inOrder(todos.map(({ id: key, blockedBy: dependsOn }) => ({ key, dependsOn }))) !== undefined;
      }),
    );
  });
});
