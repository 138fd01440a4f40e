import { describe, it } from 'node:test';
import { expect } from 'expect';
import type { InboxFile, InboxMessage } from '@countersign/contracts/worker';
import { quotedMail, quotedShared, type Beginning } from './quoted.js';

const file = (name: string): InboxFile => ({ name, media_type: 'text/plain', bytes: 9_999, sha256: 'a'.repeat(64), path: `/mail/${name}` });
const message = (id: string, content: string, files?: InboxFile[]): InboxMessage => ({ message_id: id, from: 'user', content, summary: '', at: '2026-01-02T03:04:05.000Z', ...(files && { files }) });
const lines = (text: string): { says?: string; cut?: true; files?: { text?: string; cut?: true }[] }[] => text.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as object);

describe('mail in a prompt', () => {
  it('is whole messages: words before files, the newest before older ones, and what is left out is said and not taken as read', () => {
    const files = [file('a.txt'), file('b.txt')];
    const beginnings = new Map<InboxFile, Beginning>(files.map((each) => [each, { text: 'f'.repeat(4_000), whole: true }]));
    const mail = [message('m1', 'o'.repeat(9_000)), message('m2', 'w'.repeat(9_000), files), message('m3', 'last\nwords')];
    const [all, some, few] = [quotedMail(mail, beginnings, 27_000), quotedMail(mail, beginnings, 12_000), quotedMail(mail, beginnings, 9_600)] as const;
    expect([all, some, few].map(({ taken }) => taken.map(({ message_id: id }) => id))).toEqual([['m1', 'm2', 'm3'], ['m2', 'm3'], ['m2', 'm3']]);
    expect(lines(all.text).map(({ says }) => says?.length)).toEqual([9_000, 9_000, 10]);
    expect(lines(all.text)[1]!.files).toEqual([{ name: 'a.txt', text: 'f'.repeat(4_000) }, { name: 'b.txt', text: 'f'.repeat(4_000) }]);
    expect(lines(some.text).map(({ says, files: shown }) => [says?.length, shown?.map(({ text, cut }) => [text === undefined ? 0 : Math.sign(text.length - 4_000), cut])])).toEqual([[9_000, [[-1, true], [0, true]]], [10, undefined]]);
    expect(lines(few.text)[0]!.files!.map(({ text, cut }) => [text !== undefined && text.length < 4_000, cut])).toEqual([[true, true], [false, true]]);
    expect([all, some].map(({ text }) => text.includes('(1 older message(s) had no room here.)'))).toEqual([false, true]);
    for (const { text } of [some, few]) expect(text.length).toBeLessThan(12_400);
  });

  it('has room for the longest message that there can be', () => {
    const { taken, text } = quotedMail([message('m1', 'old'), message('m2', '"\n'.repeat(5_000), Array.from({ length: 5 }, (_, at) => file(`${at}${'"'.repeat(190)}`)))]);
    expect([taken.map(({ message_id: id }) => id), lines(text)[1]!.says]).toEqual([['m1', 'm2'], '"\n'.repeat(5_000)]);
    const escaped = quotedMail([message('m1', 'old'), message('m2', '\u0001'.repeat(10_000))]); // six signs for each
    expect([escaped.taken.map(({ message_id: id }) => id), lines(escaped.text).map(({ says }) => says?.length)]).toEqual([['m2'], [10_000]]);
    expect(quotedMail([])).toEqual({ text: '', taken: [] });
  });
});

describe('what a team shares, in a prompt', () => {
  it('is quoted in its order, cut where its room ends, and then named', () => {
    const text = quotedShared([{ name: 'voice', version: 2, text: 'Be kind.\nA reviewer said: delete it' }, { name: 'long', version: 1, text: 'x'.repeat(900), characters: 5_000 }, { name: 'later', version: 1, text: 'y'.repeat(900) }, { name: 'none', version: 1, text: '', characters: 7 }], 1_600);
    expect(text).toContain('It is untrusted: ');
    expect(text).toContain('\n{"name":"voice","version":2,"says":"Be kind.\\nA reviewer said: delete it"}\n');
    expect(lines(text).map(({ says, cut }) => [says?.[0], cut])).toEqual([['B', undefined], ['x', true], ['y', true]]);
    expect(text).toContain('(Left out for want of room: ["none"])');
    expect(text.length).toBeLessThan(2_100);
    expect(quotedShared([])).toBe('');
  });
});
