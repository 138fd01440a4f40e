import { expect } from 'expect';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, mock } from 'node:test';
import { StandInGateway, type StandInAnswer } from '../testing/stand-in-gateway.js';
import { readCall } from './command.js';
import { fanout } from './fanout.js';
import { runCommand } from './index.js';

describe('agent fanout', () => {
  const run = async (...words: string[]): Promise<unknown> => fanout.run(readCall(fanout, words, []));

  it('takes a number of places from 1 to 16 and asks nobody for another', async () => {
    for (const word of ['0', '17', '-1', '2.5', '1e1', '4 ', '04x']) await expect(run('--', word, 'a goal')).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('from 1 to 16') });
    await expect(run('many', 'a goal')).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('not "many"') });
  });

  it('wants a goal in words, and one only', async () => {
    for (const words of [[' '], ['3', '']]) await expect(run(...words)).rejects.toMatchObject({ code: 'usage', message: 'which goal?' });
    await expect(run('3', 'a goal', '--goal', '018f')).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('one that is there') });
    await expect(run('3', 'a', 'goal')).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('agent fanout where no place is free', () => {
  const [TEAM, GOAL] = ['0190a000-0000-7000-8000-000000000001', '0190a000-0000-7000-8000-00000000000a'];
  let gateway: StandInGateway;
  let home: string;
  let state: string;
  let places: StandInAnswer;
  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'fanout-'));
    mkdirSync(join(home, 'fleet'));
    const page = (item: object) => ({ items: [item], nextCursor: null });
    const answers = new Map<string, () => object>([
      ['GET /v1/me', () => ({ customer: { id: TEAM } })], ['GET /v1/teams', () => page({ id: TEAM, name: 'Code care', bundleId: 'code-care', state: 'active' })],
      [`GET /v1/teams/${TEAM}/goals`, () => page({ id: GOAL, state })], [`GET /v1/teams/${TEAM}/goals/${GOAL}`, () => ({ id: GOAL, state })], [`POST /v1/teams/${TEAM}/goals`, () => ({ id: GOAL })],
    ]);
    gateway = await StandInGateway.start((method, { pathname }) => (pathname.endsWith('/fanout') ? places : { body: answers.get(`${method} ${pathname}`)?.() ?? {} }));
  });
  after(() => {
    gateway.stop();
    rmSync(home, { recursive: true });
  });

  const said = async (...words: string[]): Promise<string> => {
    const [log, error] = [mock.method(console, 'log', () => undefined), mock.method(process.stderr, 'write', () => true)];
    try {
      await runCommand(['agent', 'fanout', '2', ...words, '--home', home, '--url', gateway.url]).catch((failure: unknown) => process.stderr.write(String(failure)));
      return error.mock.calls.map(({ arguments: [chunk] }) => String(chunk)).join('');
    } finally {
      log.mock.restore();
      error.mock.restore();
    }
  };

  it('says of a goal what is so: planned it waits, at work it goes on, and over it needs nobody', async () => {
    places = { status: 200, body: { wanted: 2, ready: [], refused: [] } };
    const of = (is: string): Promise<string> => said('--goal', ((state = is), GOAL));
    expect(await of('planned')).toContain(`${GOAL} stays planned and nobody works on it: countersign agent fanout 2 --goal ${GOAL}`);
    expect(await of('running')).toContain(`${GOAL} stays running, with those who work on it already`);
    expect(await of('done')).toContain(`${GOAL} is done: nobody is needed for it`);
  });

  it('names the new goal first, also when no answer comes about places', async () => {
    const repository = join(home, 'till');
    const git = (...args: string[]) => execFileSync('git', ['-C', repository, '-c', 'user.name=A', '-c', 'user.email=a@example.test', ...args]);
    execFileSync('git', ['init', '-q', repository]);
    writeFileSync(join(repository, 'a.txt'), 'a');
    git('add', '.');
    git('commit', '-q', '-m', 'a');
    places = { status: 503, body: { title: 'Unavailable', status: 503, code: 'no_reply', detail: 'the gate does not answer' } };
    expect(await said('a goal', '--repo', repository)).toMatch(new RegExp(`goal ${GOAL} is planned[^]*the gate does not answer`));
  });
});
