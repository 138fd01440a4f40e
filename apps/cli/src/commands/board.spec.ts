import type { Board, BoardCard } from '@countersign/contracts';
import { expect } from 'expect';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it, mock } from 'node:test';
import { StandInGateway } from '../testing/stand-in-gateway.js';
import { runCommand } from './index.js';

const TEAM = '0190a000-0000-7000-8000-000000000001';
const ME = '0190a000-0000-7000-8000-00000000aaaa';
const DORA = '0190a000-0000-7000-8000-00000000d04a';
const [ONE, TWO] = ['0190a000-0000-7000-8000-00000000aa01', '0190a000-0000-7000-8000-00000000aa02'];
const card = (id: string, title: string): Partial<BoardCard> => ({ id, title, goalId: TEAM, skill: 'docs', member: { id: DORA, name: 'Dora' }, state: 'done', round: 1, review: { state: 'review', request: TEAM, reviewer: { id: `person:${ME}`, name: 'Asha' }, requestedAt: null, startedAt: null, nudgedAt: null, note: '' }, turn: { owner: 'user', name: 'Asha', action: 'review', queue: 'actionable' }, moves: [] });
const BOARD = { columns: [{ id: 'todo', title: 'To do', tasks: [] }, { id: 'review', title: 'Review', tasks: [card(ONE, 'Document'), card(TWO, 'Test')] }], reviewers: [], reviewersVersion: 1_795_000_000_000_001, version: 3 } as unknown as Board;

describe('the board and messages in the terminal', () => {
  let gateway: StandInGateway;
  let home: string;
  let sent: { method: string; url: string; body: unknown; key?: string | undefined }[];
  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'board-'));
    mkdirSync(join(home, 'run'));
    gateway = await StandInGateway.start((method, url, { body, key }) => {
      if (method !== 'GET') sent.push({ method, url: url.pathname.replace(`/v1/teams/${TEAM}/`, ''), body: url.pathname.includes('/attachments/') || body === '' ? body : (JSON.parse(body) as unknown), key });
      const path = `${method} ${url.pathname.replace(`/v1/teams/${TEAM}`, ':team')}`;
      if (path === 'GET /v1/me') return { body: { personId: ME } };
      if (path === 'GET /v1/teams') return { body: { items: [{ id: TEAM, name: 'Code care', bundleId: 'code-care', state: 'active' }], nextCursor: null } };
      if (path === 'GET :team') return { body: { id: TEAM, members: [{ id: DORA, name: 'Dora', kind: 'specialist' }, { id: ME, name: 'आशा', kind: 'specialist' }, { id: ONE, name: 'दिया', kind: 'specialist' }] } };
      if (path === `GET :team/goals/${TEAM}`) return { body: { tasks: [{ id: ONE, detail: '', dependsOn: [] }, { id: TWO, detail: 'in words', dependsOn: [ONE] }, ...inGoal] } };
      if (path === 'GET :team/messages') {
        const late = url.searchParams.get('archived') === 'true';
        return { body: { items: [{ id: ONE, seq: late ? 1 : 2, kind: 'message', fromKind: late ? 'person' : 'system', from: late ? 'Asha' : 'system', to: null, text: late ? 'two' : 'one', summary: '', at: '', archivedAt: late ? '2026-01-01T00:00:00.000Z' : null, erasedAt: null, receipts: [{ member: { name: late ? 'दिया' : 'आशा' }, state: 'accepted' }] }], nextCursor: null } };
      }
      if (path === 'POST :team/messages' && refusals-- > 0) return (response) => void response.writeHead(429, { 'content-type': 'application/problem+json', 'retry-after': '0.01' }).end(JSON.stringify({ title: 'x', status: 429, code: 'message_rate_exceeded' }));
      if (path.includes('/attachments/')) return { body: { sha256: path.slice(-64), bytes: 9, mediaType: 'text/plain' } };
      if (path === 'GET :team/artifacts') return { body: { items: url.searchParams.get('kind') === 'file' ? [{ id: ONE, name: 'src/a.js', version: 1, size: 9, taskId: TWO, erased: false, at: '2026-01-01T00:00:00.000Z' }, { id: TWO, name: 'b', version: 2, size: 9, taskId: TWO, erased: true, at: '' }] : [], nextCursor: null } };
      if (path === 'POST :team/tasks') {
        const known = keys.indexOf(String(key));
        if (known >= 0) return { body: { id: added[known] } };
        keys.push(String(key));
        added.push(`0190a000-0000-7000-8000-${String(added.length).padStart(12, '0')}`);
        return { body: { id: added.at(-1) } };
      }
      if (path.endsWith('/board') || path.startsWith('PUT')) return { body: BOARD };
      return { body: path.startsWith('POST :team/tasks/') ? { column: 'approved', card: card(ONE, 'Document'), changed: !path.endsWith('start-review') } : { id: ONE, count: 2, stopped: 0, items: [], nextCursor: null } };
    });
  });
  let refusals = 0;
  let inGoal: object[] = [];
  let [added, keys]: [string[], string[]] = [[], []];
  beforeEach(() => void ([sent, added, keys, inGoal] = [[], [], [], []]));
  after(() => {
    gateway.stop();
    rmSync(home, { recursive: true });
  });
  const run = async (...args: string[]): Promise<{ code: number; out: string }> => {
    const [log, error] = [mock.method(console, 'log', () => undefined), mock.method(process.stderr, 'write', () => true)];
    try {
      const code = await runCommand([...args, '--home', home, '--url', gateway.url]);
      return { code, out: log.mock.calls.map(({ arguments: [line] }) => String(line)).join('\n') };
    } finally {
      log.mock.restore();
      error.mock.restore();
    }
  };

  it('shows each card with its turn, and takes a card by the end of its id', async () => {
    expect((await run('board', 'show')).out).toContain(`review\t${ONE}\tDocument\tDora\treview Asha\tAsha reviews it`);
    expect(await run('board', 'approve', 'aa01')).toEqual({ code: 0, out: `${ONE}\tapproved` });
    expect((await run('board', 'start', ONE)).out).toContain('unchanged');
    await run('board', 'changes', 'aa02', '--comment', 'Shorter');
    await run('board', 'review', 'aa02', '--reviewer', 'me');
    await run('board', 'assign', 'aa02', '--to', 'dora');
    await run('board', 'remove', 'aa02');
    const seen = { round: 1, request: TEAM };
    expect(sent.map(({ key: _, ...one }) => one)).toEqual([
      { method: 'POST', url: `tasks/${ONE}/approve`, body: seen },
      { method: 'POST', url: `tasks/${ONE}/start-review`, body: seen },
      { method: 'POST', url: `tasks/${TWO}/request-changes`, body: { ...seen, comment: 'Shorter' } },
      { method: 'POST', url: `tasks/${TWO}/request-review`, body: { ...seen, reviewer: `person:${ME}` } },
      { method: 'POST', url: `tasks/${TWO}/assign`, body: { ...seen, memberId: DORA } },
      { method: 'POST', url: `tasks/${TWO}/remove`, body: seen },
    ]);
  });

  it('puts cards in order, says who reviews, and adds a task', async () => {
    await run('board', 'order', 'review', 'aa02', 'aa01');
    await run('board', 'reviewers', 'me');
    await run('board', 'reviewers', '--nobody');
    await run('board', 'add', TEAM, 'Say why', '--detail', 'in the README', '--after', 'aa01', '--after', TWO);
    expect(sent.map(({ url, body }) => [url, body])).toEqual([
      ['board/order', { column: 'review', tasks: [TWO, ONE] }],
      ['board/reviewers', { reviewers: [`person:${ME}`] }],
      ['board/reviewers', { reviewers: [] }],
      ['tasks', { goalId: TEAM, title: 'Say why', detail: 'in the README', dependsOn: [ONE, TWO] }],
    ]);
  });

  it('shows what was written to members, and by whom, also where that was the platform itself', async () => {
    expect((await run('message', 'list')).out).toMatch(/message\tsystem\teverybody\tone\tआशा: accepted/);
    expect((await run('message', 'list', '--archived')).out).toMatch(/message\tAsha\teverybody\ttwo/);
  });

  it('writes to members, interrupts one, and puts messages away', async () => {
    await run('message', 'send', 'Mind the README', '--to', 'Dora');
    await run('message', 'send', 'All of you');
    await run('message', 'interrupt', 'Dora', 'Stop that', '--stop');
    await run('message', 'archive', '12');
    const [file, photo] = [join(home, 'brief.txt'), join(home, 'photo.gif')];
    writeFileSync(file, 'Read this');
    writeFileSync(photo, Buffer.from('474946383961d107e803', 'hex')); // 2001 pixels wide
    await run('message', 'send', 'See this', '--attach', file, '--task', ONE);
    expect([(await run('message', 'send', 'And this', '--attach', photo)).code, (await run('message', 'send', 'x', '--attach', join(home, 'none'))).code]).toEqual([2, 2]);
    await run('message', 'erase', ONE);
    await run('message', 'answer', TWO, 'MIT');
    await run('message', 'shutdown', 'Dora', 'We move the machine', '--wait', '30');
    await run('message', 'shutdown', 'Dora', '--stop');
    expect([(await run('message', 'shutdown', 'Dora')).code, (await run('message', 'shutdown', 'Dora', 'x', '--stop')).code, (await run('message', 'shutdown', 'Dora', 'x', '--wait', 'soon')).code]).toEqual([2, 2, 2]);
    const sha256 = createHash('sha256').update('Read this').digest('hex');
    expect(sent.map(({ url, body }) => [url, body])).toEqual([
      ['messages', { text: 'Mind the README', to: DORA }],
      ['messages', { text: 'All of you' }],
      [`members/${DORA}/interrupt`, { text: 'Stop that', stop: true }],
      ['messages/archive', { upTo: 12 }],
      [`attachments/${sha256}`, 'Read this'],
      ['messages', { text: 'See this', taskId: ONE, attachments: [{ name: 'brief.txt', sha256 }] }],
      [`messages/${ONE}`, ''],
      [`clarifications/${TWO}/answer`, { text: 'MIT' }],
      [`members/${DORA}/shutdown`, { reason: 'We move the machine', waitSeconds: 30 }],
      [`members/${DORA}/shutdown/stop`, {}],
    ]);
  });

  it('is written into folders of the original’s, and taken back from them: what is over is left, and so is whoever the team has not', async () => {
    const folder = join(home, 'out');
    expect((await run('layout', 'export', folder)).code).toBe(0);
    expect(JSON.parse(readFileSync(join(folder, 'tasks/code-care/1.json'), 'utf8'))).toMatchObject({ subject: 'Document', status: 'completed' });
    expect(JSON.parse(readFileSync(join(folder, 'tasks/code-care/2.json'), 'utf8'))).toMatchObject({ description: 'in words', blockedBy: ['1'] });
    for (const [name, told, from] of [['आशा', 'one', 'system'], ['दिया', 'two', 'user']]) expect(JSON.parse(readFileSync(join(folder, `teams/code-care/inboxes/${name}.json`), 'utf8'))).toMatchObject([{ from, text: told, read: told === 'two' }]);
    expect((await run('layout', 'export', folder)).code).toBe(2);
    const theirs = join(home, 'theirs');
    for (const path of ['tasks/care', 'teams/care/inboxes']) mkdirSync(join(theirs, path), { recursive: true });
    writeFileSync(join(theirs, 'tasks/care/1.json'), '{"subject": "Say why", "owner": "dora", "status": "pending"}');
    writeFileSync(join(theirs, 'tasks/care/2.json'), '{"subject": "Done", "status": "completed"}');
    writeFileSync(join(theirs, 'teams/care/inboxes/dora.json'), '[{"from": "user", "text": "hello", "read": false}]');
    writeFileSync(join(theirs, 'teams/care/inboxes/stranger.json'), '[{"from": "user", "text": "psst"}]');
    expect((await run('layout', 'import', theirs)).code).toBe(2);
    expect((await run('layout', 'import', theirs, '--goal', TEAM, '--dry-run')).out).toContain('1 tasks\t1 messages\tnothing was changed');
    expect(sent).toEqual([]);
    for (const _ of [1, 2]) expect((await run('layout', 'import', theirs, '--goal', TEAM)).code).toBe(0);
    expect(sent.slice(0, 2).map(({ url, body }) => [url, body])).toEqual([['tasks', { goalId: TEAM, title: 'Say why', detail: '', memberId: DORA }], ['messages', { to: DORA, text: 'hello', summary: '' }]]);
    expect(sent.slice(2).map(({ key }) => key)).toEqual(sent.slice(0, 2).map(({ key }) => key));
    // more messages than a minute takes: it waits as long as it is told, and goes on
    writeFileSync(join(theirs, 'teams/care/inboxes/dora.json'), JSON.stringify(Array.from({ length: 3 }, (_, at) => ({ from: 'user', text: `word ${at}` }))));
    refusals = 1;
    sent = [];
    expect((await run('layout', 'import', theirs, '--goal', TEAM)).code).toBe(0);
    expect(sent.filter(({ url }) => url === 'messages').map(({ body }) => (body as { text: string }).text)).toEqual(['word 0', 'word 0', 'word 1', 'word 2']);
  });

  it('keeps which task of a folder comes first, takes nothing of one whose tasks wait in a circle, and of a long row as many as may wait, then the next', async () => {
    const theirs = join(home, 'rows');
    mkdirSync(join(theirs, 'tasks/rows'), { recursive: true });
    const write = (number: number, task: object): void => writeFileSync(join(theirs, `tasks/rows/${number}.json`), JSON.stringify({ subject: `Task ${number}`, status: 'pending', ...task }));
    const bring = () => run('layout', 'import', theirs, '--goal', TEAM);
    write(1, { blockedBy: ['3', '2'] });
    write(2, { status: 'completed' });
    write(3, { blocks: ['4'] });
    write(4, {});
    for (const _ of [1, 2]) expect((await bring()).code).toBe(0);
    const cards = sent.map(({ body }) => body as { title: string; dependsOn?: string[] });
    expect(cards.slice(0, 3).map(({ title, dependsOn }) => [title, dependsOn])).toEqual([['Task 3', undefined], ['Task 1', [added[0]]], ['Task 4', [added[0]]]]);
    expect(sent.slice(3).map(({ key }) => key)).toEqual(sent.slice(0, 3).map(({ key }) => key));
    sent = [];
    write(3, { blockedBy: ['1'] });
    expect((await bring()).code).toBe(2);
    for (const number of [2, 3, 4, 5, 6]) write(number, { blockedBy: [String(number + 1)] });
    write(1, { blockedBy: ['2'] });
    write(7, { blockedBy: [] });
    // five in a row wait, the others are named; as the goal works them off, the same folder brings the next
    const titles = () => sent.map(({ body }) => body as { title: string; dependsOn?: string[] }).map(({ title, dependsOn = [] }) => [title, ...dependsOn]);
    added = [];
    keys = [];
    expect(JSON.parse((await run('layout', 'import', theirs, '--goal', TEAM, '--json')).out)).toMatchObject({ left: [1, 2].map((number) => `tasks/rows/${number}.json: more than 5 tasks would wait in a row up to it; import the folder again when the first of them are done`) });
    expect(titles()).toEqual([['Task 7'], ...[6, 5, 4, 3].map((number, at) => [`Task ${number}`, added[at]])]);
    const row = [...added];
    const worked = (settled: number): void => void (inGoal = row.map((id, at) => ({ id, title: `Task ${7 - at}`, detail: '', dependsOn: row.slice(at - 1, at), state: at < settled ? 'done' : 'assigned' })));
    sent = [];
    worked(0);
    expect((await bring()).code).toBe(0);
    expect(titles()).toEqual([]);
    worked(1);
    await bring();
    expect(titles()).toEqual([['Task 2', row[4]]]);
    sent = [];
    worked(2);
    await bring();
    expect(titles()).toEqual([['Task 2', row[4]], ['Task 1', added[5]]]);
  });

  it('lists the files of drafts by the ids that erase them, and gives a member’s place to a fresh one', async () => {
    expect((await run('workspace', 'files')).out).toMatch(new RegExp(`${ONE}\tsrc/a\\.js\t1\t9\t${TWO}\t2026.*\n.*${TWO}\tb\t2\terased`));
    expect(await run('team', 'replace', TEAM, 'Dora', '--reason', 'as asked')).toEqual({ code: 0, out: `${DORA}\treplace\t${ONE}` });
    expect(sent.map(({ url, body }) => [url, body])).toEqual([[`members/${DORA}/replace`, { reason: 'as asked' }]]);
  });

  it('understands no card that is not there or could be two, no column, member or number that is none', async () => {
    for (const wrong of [['board', 'approve', 'ffff'], ['board', 'approve', 'a'], ['board', 'order', 'later', 'aa01'], ['board', 'assign', 'aa01'], ['board', 'assign', 'aa01', '--to', 'Nobody'], ['board', 'reviewers', 'me', '--nobody'], ['message', 'archive', '0'], ['message', 'archive', 'all'], ['team', 'log', 'Dora', '--lines', '101']]) {
      expect([wrong, (await run(...wrong)).code]).toEqual([wrong, 2]);
    }
    expect(sent).toEqual([]);
  });
});
