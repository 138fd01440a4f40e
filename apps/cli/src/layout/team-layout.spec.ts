import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { fileName, memberNames, readLayout, renderLayout, type Layout, type LayoutFiles } from './team-layout.js';

const layout = (over: Partial<Layout> = {}): Layout => ({
  name: 'Code Care',
  members: [{ name: 'Mira', skill: 'manager', lead: true }, { name: 'Dora', skill: 'docs', lead: false }],
  reviewers: ['person:1'],
  tasks: [
    { id: 't1', title: 'Document', detail: 'all of it', owner: 'Dora', column: 'review', reviewer: 'Asha', needsFix: false, history: [{ kind: 'done' }] },
    { id: 't2', title: 'Test', detail: '', owner: null, column: 'todo', reviewer: null, needsFix: true, blockedBy: ['t1'], history: [] },
  ],
  messages: [{ id: 'm1', to: 'Dora', text: 'Mind the README', summary: '', at: '2026-01-01T00:00:00.000Z', read: false }, { id: 'm2', to: 'Dora', text: 'Old', summary: '', at: '2026-01-01T00:00:00.000Z', read: true }],
  ...over,
});
const json = (files: LayoutFiles, path: string): unknown => JSON.parse(files.get(path)!);

describe('a team in the original’s folders', () => {
  it('is config, metadata, inboxes, numbered tasks, a lock and the highest number', () => {
    const files = renderLayout(layout());
    expect([...files.keys()].sort()).toEqual(['tasks/code-care/.highwatermark', 'tasks/code-care/.lock', 'tasks/code-care/1.json', 'tasks/code-care/2.json', 'teams/code-care/config.json', 'teams/code-care/inboxes/dora.json', 'teams/code-care/inboxes/team-lead.json', 'teams/code-care/kanban-state.json', 'teams/code-care/members.meta.json']);
    expect([files.get('tasks/code-care/.lock'), files.get('tasks/code-care/.highwatermark')]).toEqual(['', '2']);
    expect(json(files, 'teams/code-care/members.meta.json')).toEqual([{ name: 'team-lead', role: 'manager', color: 'blue', agentType: 'team-lead' }, { name: 'dora', role: 'docs', color: 'green', agentType: 'general-purpose' }]);
    expect(json(files, 'tasks/code-care/1.json')).toMatchObject({ id: '1', subject: 'Document', owner: 'dora', status: 'completed', historyEvents: [{ kind: 'done' }] });
    expect(json(files, 'tasks/code-care/2.json')).toMatchObject({ status: 'pending', reviewState: 'needsFix' });
    // only what a task does not say itself is stored beside it
    expect(json(files, 'teams/code-care/kanban-state.json')).toEqual({ teamName: 'code-care', reviewers: ['person:1'], tasks: { 1: { column: 'review', reviewer: 'Asha' } }, columnOrder: { review: ['1'], todo: ['2'] } });
    expect(json(files, 'teams/code-care/inboxes/dora.json')).toMatchObject([{ from: 'user', to: 'dora', text: 'Mind the README', read: false, messageId: 'm1' }, { read: true }]);
  });

  it('keeps names in their script apart, and the lead’s for the lead', () => {
    const names = ['आशा', 'दिया', 'Team lead', 'Dora!', 'dora', '!!!', '???'];
    const members = [{ name: 'Mira', skill: 'manager', lead: true }, ...names.map((name) => ({ name, skill: 's', lead: false }))];
    expect([...memberNames(members).values()]).toEqual(['team-lead', 'आशा', 'दिया', 'team-lead-2', 'dora', 'dora-2', 'team', 'team-2']);
    const files = renderLayout(layout({ members, messages: names.map((to, at) => ({ id: `m${at}`, to, text: `to ${to}`, summary: '', at: '', read: false })) }));
    const read = readLayout(files, 'code-care')!;
    expect(Object.fromEntries(read.messages.map(({ to, text }) => [to, text]))).toEqual({ 'आशा': 'to आशा', 'दिया': 'to दिया', 'team-lead-2': 'to Team lead', dora: 'to Dora!', 'dora-2': 'to dora', team: 'to !!!', 'team-2': 'to ???' });
    for (const name of ['क्षि'.repeat(64), '\u{1f980}a'.repeat(64)]) expect(Buffer.byteLength(`${fileName(name)}-20.json`)).toBeLessThan(256);
  });

  it('is read back as it was written, but for what people have been told already', () => {
    const read = readLayout(renderLayout(layout()), 'code-care')!;
    expect(read).toEqual({
      name: 'code-care', roster: ['dora', 'team-lead'], faults: [],
      tasks: [{ file: 'tasks/code-care/1.json', number: '1', title: 'Document', detail: 'all of it', owner: 'dora', status: 'completed', after: [] }, { file: 'tasks/code-care/2.json', number: '2', title: 'Test', detail: '', owner: null, status: 'pending', after: ['1'] }],
      messages: [{ file: 'teams/code-care/inboxes/dora.json', to: 'dora', text: 'Mind the README', summary: '' }],
    });
  });

  it('has everybody on its roster whom any file names, and says what it could not read', () => {
    const files = new Map([
      ['teams/x/config.json', '{"members": [{"name": "lead"}]}'], ['teams/x/members.meta.json', '[{"name": "meta"}, {"role": "nobody"}]'], ['teams/x/inboxes/boxed.json', '[{"from": "user", "text": "hello"}, {"from": "lead", "text": "agents talk"}, 7]'],
      ['teams/x/inboxes/broken.json', '[{'], ['tasks/x/10.json', '{"subject": "ten", "owner": "worker", "blockedBy": ["2", "3"]}'], ['tasks/x/11.json', '{"id": 11, "subject": "eleven", "blockedBy": [10], "blocks": ["12", 7]}'], ['tasks/x/12.json', '{"subject": "twelve", "blockedBy": ["10", "11"]}'], ['tasks/x/2.json', '{"subject": "two", "status": "deleted"}'], ['tasks/x/3.json', '{"description": "no subject"}'], ['tasks/x/.lock', ''], ['tasks/x/deep/4.json', '{"subject": "elsewhere"}'],
    ]);
    const read = readLayout(files, 'x')!;
    expect(read.roster).toEqual(['boxed', 'broken', 'lead', 'meta', 'worker']);
    expect(read.tasks.map(({ title, number, after }) => [title, number, after])).toEqual([['ten', '10', []], ['eleven', '11', ['10']], ['twelve', '12', ['10', '11']]]);
    expect(read.messages).toMatchObject([{ to: 'boxed', text: 'hello' }]);
    expect(read.faults).toEqual(['tasks/x/10.json: it was to wait for 2, 3, which the folder does not have; it waits for that no more', 'tasks/x/3.json: no subject', 'teams/x/inboxes/boxed.json: 1 message is of no person and left', 'teams/x/inboxes/broken.json: no JSON'].sort((a, b) => read.faults.indexOf(a) - read.faults.indexOf(b)));
    expect(read.faults).toHaveLength(4);
    expect(readLayout(files, 'y')).toBeUndefined();
  });

  it('never fails on what stands in a file', () => {
    fc.assert(fc.property(fc.json(), fc.json(), (task, inbox) => {
      const read = readLayout(new Map([['tasks/x/1.json', task], ['teams/x/inboxes/a.json', inbox], ['teams/x/config.json', inbox], ['teams/x/members.meta.json', task]]), 'x')!;
      expect(read.name).toBe('x');
    }));
  });
});
