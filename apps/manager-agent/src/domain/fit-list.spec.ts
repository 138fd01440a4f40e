import { MOST_LINKS, uuidv7, type MailView, type TodoView } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { bytesOf, fitList, MAIL_BYTES, TODO_BYTES } from './fit-list.js';

const todo = (over: Partial<TodoView> = {}): TodoView => ({ id: uuidv7(), subject: 's', description: 'd', state: 'pending', blockedBy: [], metadata: {}, managed: false, ...over });
const mail = (content: string): MailView => ({ id: uuidv7(), type: 'message', from: 'Dora', content, summary: '', at: '2026-01-01T00:00:00.000Z' });

const LINK = uuidv7();

describe('what a list shows', () => {
  it('is everything where there is room', () => {
    const [todos, messages] = [[todo(), todo({ description: 'x'.repeat(4000) })], [mail('a'), mail('b')]];
    expect(fitList(todos, messages)).toEqual({ todos, messages });
  });

  it('is of the mail the newest, without a gap', () => {
    const messages = ['short', 'x'.repeat(60_000), 'y'.repeat(60_000), 'last'].map(mail);
    expect(fitList([], messages)).toEqual({ todos: [], messages: messages.slice(2), cut: true });
  });

  it('shortens the long items and no other', () => {
    const long = Array.from({ length: 100 }, () => todo({ description: 'x'.repeat(4000) }));
    const small = todo({ metadata: { keep: 'this' } });
    const shown = fitList([small, ...long], []);
    expect([shown.cut, shown.todos[0]]).toEqual([true, small]);
    expect(shown.todos.slice(1).every(({ cut, description }) => cut && description.length > 1000 && description.length < 4000)).toBe(true);
  });

  it('is never too long, and never without an item', () => {
    const text = (maxLength: number) => fc.oneof(fc.constantFrom(0, 1, maxLength), fc.nat(maxLength)).chain((length) => fc.constantFrom('x', '\u0001', '€', '😀', '"').map((letter) => letter.repeat(length)));
    const item = fc.record({ subject: text(100).map((subject) => `s${subject}`), description: text(2000), activeForm: text(100), metadata: text(4000).map((m) => ({ m })), links: fc.nat(MOST_LINKS) });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 6 }), fc.integer({ min: 1, max: 50 }), fc.array(text(10_000), { maxLength: 50 }), (items, times, contents) => {
        const todos = items.flatMap(({ links, ...each }) => Array.from({ length: times }, () => todo({ ...each, blockedBy: Array<string>(links).fill(LINK) })));
        const messages = contents.map(mail);
        const shown = fitList(todos, messages);
        expect(shown.todos.map(({ id, state }) => [id, state])).toEqual(todos.map(({ id, state }) => [id, state]));
        expect(shown.todos.every(({ subject }) => subject.length > 0)).toBe(true);
        expect(bytesOf(shown.todos)).toBeLessThanOrEqual(TODO_BYTES + 300);
        expect(bytesOf(shown.messages)).toBeLessThanOrEqual(MAIL_BYTES + 300);
      }),
      { numRuns: 40 },
    );
  });
});
