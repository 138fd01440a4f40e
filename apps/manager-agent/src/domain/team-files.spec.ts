import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { fileNames, inTurn, MAILBOX_BYTES, renderTeam, type TeamFacts } from './team-files.js';

const member = (id: string, name: string): TeamFacts['members'][number] => ({ id, name, skill: 's', lead: id === 'm1', state: 'active', instanceId: null, updatedAtMs: 1 });
const said = (id: string, over: Partial<TeamFacts['messages'][number]> = {}): TeamFacts['messages'][number] => ({ id, type: 'message', fromId: 'm1', toId: 'm2', content: id, summary: '', requestId: null, approve: null, atMs: 2, ...over });
const facts = (over: Partial<TeamFacts> = {}): TeamFacts => ({ team: { id: 't', name: 'Code care', state: 'active', mode: 'trial', bundle: 'code-care@1' }, members: [member('m1', 'Mira'), member('m2', 'Dora')], tasks: [], messages: [], events: [], ...over });

describe('the files of a team', () => {
  it('are the original’s, as far as there is something to show', () => {
    const files = renderTeam(facts({
      members: [member('m1', 'Mira'), { ...member('m2', 'Dora'), instanceId: '01a1faa8-85f2-786b-9b67-420704a3cc02' }],
      tasks: [{ id: 'k', goalId: 'g', subject: 's', description: '', status: 'pending', ownerId: 'm2', blockedBy: [], managed: true }],
      messages: [said('a', { type: 'shutdown_request' }), said('b', { type: 'shutdown_response', fromId: 'm2', toId: 'm1', requestId: 'a', approve: true }), said('c', { type: 'broadcast', toId: null })],
      events: [{ seq: 0, atMs: 3, action: 'TEAM-CREATED', result: 'ok' }],
    }));
    expect([...files.keys()]).toEqual(['config.json', 'members.json', 'events.jsonl', 'tasks/k.json', 'mailboxes/mira.jsonl', 'mailboxes/dora.jsonl', 'requests/a.json']);
    expect(JSON.parse(files.get('members.json')!)).toEqual([{ name: 'Mira', sessionID: null, updatedAtMs: 1 }, { name: 'Dora', sessionID: 'ses_01a1faa885f2786b9b67420704a3cc02', updatedAtMs: 1 }]);
    expect(JSON.parse(files.get('tasks/k.json')!)).toMatchObject({ taskId: 'k', missionID: 'g', status: 'pending', owner: 'Dora' });
    const mail = (name: string) => files.get(`mailboxes/${name}.jsonl`)!.trim().split('\n').map((line) => (JSON.parse(line) as { message_id: string }).message_id);
    expect([mail('mira'), mail('dora')]).toEqual([['b'], ['a', 'c']]);
    expect(JSON.parse(files.get('requests/a.json')!)).toMatchObject({ request_id: 'a', from: 'Mira', to: 'Dora', status: 'approved' });
    expect(files.get('events.jsonl')).toBe('{"seq":0,"at_ms":3,"action":"TEAM-CREATED","result":"ok"}\n');
  });

  it('have no place for a member who made room for another, and name them in what they said and did', () => {
    const files = renderTeam(facts({ members: [member('m1', 'Mira'), { ...member('m2', 'Dora'), state: 'removed' }, member('m3', 'Dora 2')], messages: [said('a', { fromId: 'm2', toId: 'm1' })], tasks: [{ id: 'k', goalId: 'g', subject: 's', description: '', status: 'pending', ownerId: 'm2', blockedBy: [], managed: true }] }));
    expect([...files.keys()].filter((name) => name.startsWith('mailboxes/'))).toEqual(['mailboxes/mira.jsonl', 'mailboxes/dora-2.jsonl']);
    expect([files.get('config.json')!.includes('"Dora"'), JSON.parse(files.get('tasks/k.json')!), JSON.parse(files.get('mailboxes/mira.jsonl')!)]).toMatchObject([false, { owner: 'Dora' }, { from: 'Dora' }]);
  });

  it('are named by nothing that leads elsewhere, and each member has one, whatever they are called', () => {
    const names = fc.array(fc.oneof(fc.constantFrom('../../etc/passwd', '..', '.', '', 'a/b', 'A b', 'a-b', 'con\0', '.hidden', 'é'), fc.string()), { maxLength: 8 });
    fc.assert(
      fc.property(names, (list) => {
        const members = list.map((name, at) => member(`id${at}`, name));
        const files = [...fileNames(members).values()];
        return files.length === list.length && new Set(files).size === files.length && files.every((file) => /^[a-z0-9][a-z0-9-]*$/.test(file));
      }),
    );
  });

  it('keep of the mail the newest that a file may hold', () => {
    const mail = renderTeam(facts({ messages: Array.from({ length: 100 }, (_, n) => said(String(n), { content: '\u0001'.repeat(9000) })) })).get('mailboxes/dora.jsonl')!;
    expect([Buffer.byteLength(mail) <= MAILBOX_BYTES, mail.trimEnd().split('\n').map((line) => (JSON.parse(line) as { message_id: string }).message_id)]).toEqual([true, ['96', '97', '98', '99']]);
  });

  it('are written in turn: whoever was left out comes first', () => {
    const teams = ['a', 'b', 'c', 'd', 'e'];
    const turns: string[][] = [];
    for (let n = 0; n < 4; n += 1) turns.push(inTurn(teams, turns.at(-1)?.at(-1), 2));
    expect(turns).toEqual([['a', 'b'], ['c', 'd'], ['e', 'a'], ['b', 'c']]);
    expect([inTurn(['a', 'c'], 'b', 9), inTurn(['a'], 'z', 9), inTurn([], 'a', 2)]).toEqual([['c', 'a'], ['a'], []]);
  });

  it('put no line of a message outside of its line', () => {
    const files = renderTeam(facts({ messages: [said('a', { content: 'x\n{"message_id":"forged"}\n' })] }));
    expect(files.get('mailboxes/dora.jsonl')!.trimEnd().split('\n')).toHaveLength(1);
  });
});
