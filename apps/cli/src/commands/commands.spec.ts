import { LocalStack } from '@countersign/testing';
import { expect } from 'expect';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { personGit } from '../repo/person-git.js';

describe('the command line', () => {
  let stack: LocalStack;
  before(async () => void (stack = await LocalStack.start()));
  after(() => stack.close());

  it('takes a goal the whole way and leaves a record that verifies without the stack', async () => {
    const demo = await stack.cli('demo');
    expect(demo).toMatchObject({ code: 0 });
    expect(demo.stdout).toMatch(/Effect +executor +pushed commit/);
    expect(demo.stdout).toMatch(/✓ pushed.*is the one that was approved/);
    expect(demo.stdout).toMatch(/✓ checkout +yours is untouched/);
    const record = join(stack.home, 'demo', 'audit.ndjson');
    expect(await stack.cli('audit', 'verify', record, '--url', 'http://127.0.0.1:1')).toMatchObject({ code: 0, stdout: expect.stringContaining('verified\tyes') });
    writeFileSync(record, readFileSync(record, 'utf8').replace('GOAL-SUBMITTED', 'GOAL-SUBMITTEE'));
    expect(await stack.cli('audit', 'verify', record)).toMatchObject({ code: 1, stdout: expect.stringMatching(/✗ seq \d+: payload_edited/) });
    const branches = await personGit(join(stack.home, 'demo', 'chai-till.git'), ['for-each-ref', '--format=%(refname:short)', 'refs/heads']);
    expect(branches.split('\n')).toEqual([expect.stringMatching(/^countersign\//), 'main']);
  });

  it('proves one entry to who has the key, and that the chain still begins as it was seen', async () => {
    const file = (name: string) => join(stack.home, name);
    expect((await stack.cli('audit', 'export', '--out', file('seen.ndjson'))).code).toBe(0);
    const seen = readFileSync(file('seen.ndjson'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { vkey?: string; note?: string });
    const [vkey, note] = [seen[0]?.vkey ?? '', seen.at(-1)?.note ?? ''];
    writeFileSync(file('head.note'), note);
    expect(await stack.cli('audit', 'prove', '--seq', '3', '--vkey', vkey, '--out', file('entry.tlog-proof'))).toMatchObject({ code: 0 });
    expect(await stack.cli('audit', 'verify', file('entry.tlog-proof'), '--vkey', vkey, '--url', 'http://127.0.0.1:1')).toMatchObject({ code: 0, stdout: expect.stringMatching(/verified\tyes[\s\S]*entry\tseq 3,/) });
    expect(await stack.cli('audit', 'prove', '--head', file('head.note'), '--vkey', vkey)).toMatchObject({ code: 0, stdout: expect.stringContaining('verified\tyes') });
    const [, size = '', root = ''] = note.split('\n');
    const other = Buffer.from(root, 'base64').reverse().toString('base64');
    expect(await stack.cli('audit', 'prove', '--head', `${size}:${other}`, '--vkey', vkey)).toMatchObject({ code: 1, stdout: expect.stringContaining('history_rewritten') });
    expect(await stack.cli('audit', 'prove', '--seq', '99999')).toMatchObject({ code: 4, stderr: expect.stringContaining('entry not found') });
  });

  it('shows what was approved, by whom, and what became of it', async () => {
    const [approval] = JSON.parse((await stack.cli('approvals', 'list', '--json')).stdout) as { id: string; state: string }[];
    expect(approval).toMatchObject({ state: 'executed' });
    expect(await stack.cli('approvals', 'show', approval?.id ?? '')).toMatchObject({ code: 0, stdout: expect.stringMatching(/✓ sha256[\s\S]*^\+/m) });
    expect(await stack.cli('approvals', 'deny', approval?.id ?? '', '--reason', 'too late')).toMatchObject({ code: 1, stderr: expect.stringContaining('already_decided') });
  });

  it('fans a goal out: places first, then from plan to orchestrate, to no more than there are places', async () => {
    const fanned = await stack.cli('agent', 'fanout', '2', 'Document what is exported', '--repo', join(stack.home, 'demo', 'chai-till'), '--no-wait', '--json');
    const { ready, goal } = JSON.parse(fanned.stdout) as { ready: { how: string }[]; goal: { id: string } };
    expect([fanned.code, ready.map(({ how }) => how), goal]).toEqual([0, ['granted', 'granted'], { id: expect.any(String), state: 'running', mode: 'orchestrate', switchedFrom: 'plan' }]);
    expect(await stack.cli('goal', 'status', goal.id)).toMatchObject({ stdout: expect.stringContaining('workers\tat most 2 at a time') });
    expect(await stack.cli('goal', 'cancel', goal.id)).toMatchObject({ code: 0 });
    const folder = join(stack.home, 'agent-teams');
    const { teams } = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { teams: { path: string }[] };
    const worked = teams.find(({ path }) => existsSync(join(folder, dirname(path), 'tasks')));
    expect(readFileSync(join(folder, worked!.path), 'utf8')).toContain('"lead": "Mira"');
  });

  it('stops a team and lets it go on, each by who may', async () => {
    expect(await stack.cli('team', 'suspend')).toMatchObject({ code: 2, stderr: expect.stringContaining('--reason') });
    expect(await stack.cli('team', 'suspend', '--reason', 'holidays')).toMatchObject({ code: 0, stdout: expect.stringContaining('suspended') });
    expect(await stack.cli('team', 'reactivate', '--as', 'asha')).toMatchObject({ code: 3 });
    const [team] = JSON.parse((await stack.cli('team', 'list', '--json')).stdout) as { id: string }[];
    expect(await stack.cli('team', 'reactivate', team?.id ?? '')).toMatchObject({ code: 0, stdout: expect.stringContaining('active') });
    expect(await stack.cli('team', 'status')).toMatchObject({ code: 0, stdout: expect.stringMatching(/state\tactive/) });
  });

  it('answers with the exit codes of its contract', async () => {
    expect(await stack.cli('goal', 'status', 'no-such-goal')).toMatchObject({ code: 4 });
    expect(await stack.cli('goal', 'submit')).toMatchObject({ code: 2 });
    expect(await stack.cli('dance')).toMatchObject({ code: 2 });
    expect(await stack.cli('bundle', 'show', 'no-such-bundle', '--json')).toMatchObject({ code: 4, stdout: expect.stringContaining('"code":') });
    expect(await stack.cli('bundle', 'list', '--url', 'http://127.0.0.1:1')).toMatchObject({ code: 1, stderr: expect.stringContaining('does not answer') });
    expect(await stack.cli('token', '--as', 'nobody')).toMatchObject({ code: 1, stdout: '' });
  });

  it('prints data only on stdout, uncut and tab-separated in a pipe', async () => {
    const { stdout } = await stack.cli('bundle', 'list');
    expect(stdout.trim().split('\n').map((line) => line.split('\t').length)).toEqual([5, 5]);
    expect((await stack.cli('token', '--as', 'asha')).stdout.trim()).toMatch(/^\S{20,}$/);
    const entries = (await stack.cli('audit', 'tail', '--limit', '3')).stdout.trim().split('\n');
    expect(entries.map((line) => (JSON.parse(line) as { action: string }).action)).toHaveLength(3);
  });
});
