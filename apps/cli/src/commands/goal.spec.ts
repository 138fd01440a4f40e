import { expect } from 'expect';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it, mock } from 'node:test';
import { StandInGateway, type StandInWord } from '../testing/stand-in-gateway.js';
import { runCommand } from './index.js';

const TEAM = '0190a000-0000-7000-8000-000000000001';
const OTHER = '0190a000-0000-7000-8000-000000000002';
const GOAL = '0190a000-0000-7000-8000-0000000abcde';
const TWIN = '0190a000-0000-7000-8000-1111111abcde';

describe('a goal in the terminal', () => {
  let gateway: StandInGateway;
  let home: string;
  let repository: string;
  /** What the gateway says to one submission after the other, and what it was sent. */
  let words: StandInWord[];
  let sent: { url: string; body: string; key: string | undefined }[];
  let polls: StandInWord[];
  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'goal-'));
    for (const folder of ['fleet', 'run']) mkdirSync(join(home, folder));
    repository = join(home, 'till');
    mkdirSync(repository);
    writeFileSync(join(repository, 'a.js'), '');
    const git = (...args: string[]) => execFileSync('git', ['-C', repository, '-c', 'user.name=A', '-c', 'user.email=a@b.example', '-c', 'commit.gpgSign=false', ...args]);
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'one');
    const page = (...items: object[]): StandInWord => ({ body: { items, nextCursor: null } });
    const answers = new Map<string, () => StandInWord>([
      ['GET /v1/me', () => ({ body: { customer: { id: TEAM } } })],
      ['GET /v1/teams', () => page({ id: TEAM, name: 'Code care', bundleId: 'code-care', state: 'active' }, { id: OTHER, name: 'Marketing', bundleId: 'm', state: 'active' })],
      [`GET /v1/teams/${TEAM}/goals`, () => page({ id: GOAL })],
      [`GET /v1/teams/${OTHER}/goals`, () => page({ id: TWIN })],
      [`GET /v1/teams/${TEAM}/goals/${GOAL}`, () => polls.shift() ?? { body: { id: GOAL, state: 'done', note: '', tasks: [], approval: null, cost: { amountMicros: 0, currency: 'USD' } } }],
      [`POST /v1/teams/${TEAM}/goals`, () => words.shift() ?? { body: { id: GOAL } }],
    ]);
    gateway = await StandInGateway.start((method, url, { body, key }) => {
      if (method === 'POST') sent.push({ url: url.pathname, body, key });
      return answers.get(`${method} ${url.pathname}`)?.() ?? { body: {} };
    });
  });
  beforeEach(() => void ([words, sent, polls] = [[], [], []]));
  after(() => {
    gateway.stop();
    rmSync(home, { recursive: true });
  });

  const goal = async (...args: string[]): Promise<{ code: number; out: string; said: string }> => {
    const [log, error] = [mock.method(console, 'log', () => undefined), mock.method(process.stderr, 'write', () => true)];
    try {
      const code = await runCommand(['goal', ...args, '--home', home, '--url', gateway.url]);
      return { code, out: log.mock.calls.map(({ arguments: [line] }) => `${String(line)}\n`).join(''), said: error.mock.calls.map(({ arguments: [chunk] }) => String(chunk)).join('') };
    } finally {
      log.mock.restore();
      error.mock.restore();
    }
  };
  const submit = (...more: string[]) => goal('submit', '--team', TEAM, 'Document it', '--repo', repository, ...more);
  const goals = () => sent.filter(({ url }) => url.endsWith('/goals'));
  const unavailable: StandInWord = { status: 503, body: { title: 'Unavailable', status: 503, code: 'no_reply' } };

  it('is submitted again with the same key and bytes when the answer is lost, or the gateway is being started', async () => {
    words = ['lost', unavailable];
    expect(await submit()).toMatchObject({ code: 0, out: `${GOAL}\n` });
    expect(goals()).toHaveLength(3);
    expect(new Set(goals().map(({ body, key }) => `${key} ${body}`)).size).toBe(1);
  });

  it('that may have arrived is the same request when a person repeats it as the hint says', async () => {
    words = Array.from({ length: 4 }, () => 'lost' as const);
    const lost = await submit();
    expect(lost).toMatchObject({ code: 1, said: expect.stringMatching(/--idempotency-key \S+/) });
    const [first] = goals();
    const key = /--idempotency-key (\S+)/.exec(lost.said)?.[1] ?? '';
    sent = [];
    expect(await submit('--idempotency-key', key)).toMatchObject({ code: 0 });
    expect(goals()).toEqual([first]);
    sent = [];
    await submit();
    expect(goals()[0]?.body).not.toBe(first?.body);
  });

  it('leaves nothing in the making, also when making its copy fails', async () => {
    expect(readdirSync(join(home, 'run'))).toEqual([]);
    rmSync(join(home, 'fleet'), { recursive: true });
    writeFileSync(join(home, 'fleet'), 'in the way');
    await expect(submit()).rejects.toMatchObject({ code: expect.stringMatching(/ENOTDIR|EEXIST/) });
    expect(readdirSync(join(home, 'run'))).toEqual([]);
    rmSync(join(home, 'fleet'));
    mkdirSync(join(home, 'fleet'));
  });

  it('is followed across a restart of the gateway, which is said once', async () => {
    polls = [{ body: { id: GOAL } }, unavailable, 'lost'];
    const { code, said } = await goal('status', GOAL, '--follow');
    expect(code).toBe(0);
    expect(said.match(/looking again/g)).toHaveLength(1);
    expect(said).toMatch(/goal .*done/);
  });

  it('shows what a gateway says of it without obeying it', async () => {
    words = [{ status: 422, body: { title: 'no', status: 422, code: 'invalid', detail: 'wrong\u001b[2J', errors: [{ pointer: '/text', message: 'no\u001b[1A' }] } }];
    expect(await submit()).toMatchObject({ code: 1, said: expect.stringMatching(/wrong‹U\+001B›\[2J[\s\S]*\/text: no‹U\+001B›\[1A/) });
  });

  it('is named by the end of its id only where one ends so', async () => {
    expect(await goal('status', 'abcde')).toMatchObject({ code: 2, said: expect.stringContaining(`${TWIN} (Marketing)`) });
    expect(await goal('cancel', 'abcde')).toMatchObject({ code: 2 });
    expect(sent).toEqual([]);
    expect(await goal('status', '0abcde', '--json')).toMatchObject({ code: 0, out: expect.stringContaining(GOAL) });
  });
});
