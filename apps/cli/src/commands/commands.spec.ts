import { LocalStack } from '@countersign/testing';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect } from 'expect';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { personGit } from '../repo/person-git.js';

const CLI = resolve(import.meta.dirname, '../../../../dist/cli.js');

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

  describe('for other programs', () => {
    const started: Client[] = [];
    after(() => Promise.all(started.map((client) => client.close())));
    const program = async (): Promise<Client> => {
      const client = new Client({ name: 'test', version: '1' });
      started.push(client);
      await client.connect(new StdioClientTransport({ command: process.execPath, args: [CLI, 'mcp', '--repo', join(stack.home, 'demo'), '--home', stack.home], env: { PATH: process.env['PATH'] ?? '' }, stderr: 'ignore' }));
      return client;
    };
    type Answer = { readonly isError?: boolean; readonly structuredContent: Record<string, unknown> };
    const call = async (client: Client, name: string, args: Record<string, unknown> = {}): Promise<Answer> => (await client.callTool({ name, arguments: args })) as unknown as Answer;

    it('are tools: a goal is created, planned, delegated and followed; what people are asked comes with a link; no tool decides', async () => {
      const client = await program();
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(['list_teams', 'read_team', 'list_goals', 'read_goal', 'create_goal', 'delegate_goal', 'cancel_goal', 'read_board', 'message_member', 'interrupt_member', 'list_questions', 'answer_question', 'list_approvals', 'read_approval', 'explain_decision', 'read_record', 'suspend_team']);
      const changing = tools.filter(({ annotations }) => annotations?.readOnlyHint !== true).map(({ name }) => name);
      expect(changing).toEqual(['create_goal', 'delegate_goal', 'cancel_goal', 'message_member', 'interrupt_member', 'answer_question', 'suspend_team']);
      const words = JSON.stringify(tools.map(({ name, inputSchema }) => [name, inputSchema.properties])).replaceAll(/list_approvals|read_approval|approved|denied/g, '');
      expect(words).not.toMatch(/approve|deny|decide|assertion|signature|digest/i);

      const before = (await stack.get<{ items: { state: string }[] }>('asha', '/v1/approvals')).items;
      const { structuredContent: created } = await call(client, 'create_goal', { text: 'Document what is exported', repository: join(stack.home, 'demo', 'chai-till'), mode: 'plan' });
      const again = { text: 'Document what is exported', repository: join(stack.home, 'demo', 'chai-till'), mode: 'plan', key: 'one-and-the-same' };
      const [first, second] = [await call(client, 'create_goal', again), await call(client, 'create_goal', again)];
      expect(second.structuredContent).toEqual(first.structuredContent);
      expect(second.structuredContent['id']).not.toBe(created['id']);
      await call(client, 'cancel_goal', { goal: first.structuredContent['id'], reason: 'a test' });
      expect(created).toEqual({ team: expect.any(String), id: expect.any(String), branch: expect.stringMatching(/^countersign\//), mirror: expect.any(String) });
      const goal = created['id'] as string;
      expect((await call(client, 'read_goal', { goal })).structuredContent).toMatchObject({ id: goal, state: 'planned' });
      expect((await call(client, 'delegate_goal', { goal, workers: 1 })).structuredContent).toMatchObject({ goal, mode: 'orchestrate', switchedFrom: 'plan' });
      expect((await call(client, 'cancel_goal', { goal, reason: 'a test' })).structuredContent).toMatchObject({ goal, state: 'cancelled' });
      expect((await call(client, 'read_team')).structuredContent).toMatchObject({ members: expect.any(Array), work: { mostPerMember: 5, members: expect.any(Array) } });
      const written = (await call(client, 'message_member', { to: 'dora', text: 'Mind the examples.', key: 'the-same-words' })).structuredContent as { team: string; id: string };
      expect((await call(client, 'message_member', { to: 'dora', text: 'Mind the examples.', key: 'the-same-words' })).structuredContent).toEqual(written);
      expect((await call(client, 'read_board')).structuredContent).toMatchObject({ columns: expect.any(Array) });
      expect((await stack.get<{ items: object[] }>('asha', `/v1/teams/${written.team}/messages`)).items).toMatchObject([{ id: written.id, text: 'Mind the examples.', to: { name: 'Dora' } }]);
      expect((await call(client, 'list_questions', { open: true })).structuredContent).toEqual({ questions: [] });
      const { approvals } = (await call(client, 'list_approvals')).structuredContent as { approvals: { id: string; link: string }[] };
      expect(approvals[0]).toMatchObject({ state: 'executed', link: `${stack.url}/a/${approvals[0]!.id}` });
      expect((await call(client, 'read_approval', { approval: approvals[0]!.id })).structuredContent).toMatchObject({ id: approvals[0]!.id, link: approvals[0]!.link, checks: expect.any(Array) });
      expect((await call(client, 'read_record', { after: 0 })).structuredContent).toMatchObject({ items: expect.arrayContaining([expect.objectContaining({ action: 'GOAL-SUBMITTED' })]) });
      expect((await stack.get<{ items: { state: string }[] }>('asha', '/v1/approvals')).items.map(({ state }) => state)).toEqual(before.map(({ state }) => state));
    });

    it('refuse with the code that everybody gets: what is not there, what does not fit, what no tool does', async () => {
      const client = await program();
      const refused = async (name: string, args: Record<string, unknown>): Promise<unknown> => { const { isError, structuredContent } = await call(client, name, args); return [isError, (structuredContent['error'] as { code: string }).code]; };
      expect(await refused('read_goal', { goal: 'no-such-goal' })).toEqual([true, 'not_found']);
      expect(await refused('read_approval', { approval: randomUUID() })).toEqual([true, 'not_found']);
      expect(await refused('read_team', { team: 'nobody’s' })).toEqual([true, 'not_found']);
      expect(await refused('create_goal', { text: 'x', repository: join(stack.home, 'demo', 'nothing-here') })).toEqual([true, 'setup']);
      const outside = mkdtempSync(join(tmpdir(), 'outside-'));
      cpSync(join(stack.home, 'demo', 'chai-till'), outside, { recursive: true });
      symlinkSync(outside, join(stack.home, 'demo', 'elsewhere'));
      for (const folder of [stack.home, join(stack.home, 'demo', '..', 'nothing-here'), '/', join(stack.home, 'demo', 'elsewhere')]) expect([folder, ...((await refused('create_goal', { text: 'x', repository: folder })) as unknown[])]).toEqual([folder, true, 'repository_not_offered']);
      rmSync(outside, { recursive: true });
      expect(await refused('message_member', { to: 'nobody', text: 'x' })).toEqual([true, 'usage']);
      expect(await refused('answer_question', { question: randomUUID(), text: 'MIT', key: 'the-same-answer' })).toEqual([true, 'not_found']);
      expect(await refused('explain_decision', { id: randomUUID() })).toEqual([true, 'not_found']);
      expect(await client.callTool({ name: 'suspend_team', arguments: { team: 'code-care' } })).toMatchObject({ isError: true });
      expect(await client.callTool({ name: 'approve', arguments: {} })).toMatchObject({ isError: true });
    });

    it('come over HTTP, too, to who has the token, and from no web page', async () => {
      const child = spawn(process.execPath, [CLI, 'mcp', '--http', '0', '--home', stack.home], { stdio: ['ignore', 'pipe', 'ignore'] });
      try {
        const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
        const { url, token } = JSON.parse(line) as { url: string; token: string };
        const client = new Client({ name: 'test', version: '1' });
        await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { authorization: `Bearer ${token}` } } }));
        expect((await call(client, 'list_teams')).structuredContent).toMatchObject({ teams: [expect.objectContaining({ bundleId: 'code-care' })] });
        await client.close();
        const status = async (headers: Record<string, string>, to = url): Promise<number> => (await fetch(to, { method: 'POST', headers, body: '{}' })).status;
        expect([await status({}), await status({ authorization: 'Bearer x' }), await status({ authorization: `Bearer ${token}`, origin: 'https://elsewhere.example' }), await status({ authorization: `Bearer ${token}` }, new URL('/other', url).href)]).toEqual([401, 401, 403, 404]);
      } finally {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
    });
  });

  it('stops a team and lets it go on, each by who may', async () => {
    expect(await stack.cli('team', 'suspend')).toMatchObject({ code: 2, stderr: expect.stringContaining('--reason') });
    expect(await stack.cli('team', 'suspend', '--reason', 'holidays')).toMatchObject({ code: 0, stdout: expect.stringContaining('suspended') });
    expect(await stack.cli('team', 'reactivate', '--as', 'asha')).toMatchObject({ code: 3 });
    const [team] = JSON.parse((await stack.cli('team', 'list', '--json')).stdout) as { id: string }[];
    expect(await stack.cli('team', 'reactivate', team?.id ?? '')).toMatchObject({ code: 0, stdout: expect.stringContaining('active') });
    expect(await stack.cli('team', 'status')).toMatchObject({ code: 0, stdout: expect.stringMatching(/state\tactive/) });
  });

  it('has a bundle written, published and taken back from one file, with a mistake at its line', async () => {
    const shipped = readFileSync(resolve(import.meta.dirname, '../../../../bundles/digital-marketing.yaml'), 'utf8');
    const file = join(stack.home, 'digital-marketing.yaml');
    const apply = (text: string) => {
      writeFileSync(file, text);
      return stack.cli('bundle', 'apply', file, '--publish', 'Another article');
    };
    const next = shipped.replace('version: 1\n', 'version: 2\n');
    // what only the platform can know, which agents there are, and what the file says by itself: each at its line, in one go
    const wrong = next.replace('agent: content-bot', 'agent: contents-bot').replace('timeoutMinutes: 1440', 'timeoutMinutes: never');
    const lines = ['contents-bot', 'timeoutMinutes: never'].map((word) => wrong.split('\n').findIndex((each) => each.includes(word)) + 1);
    const refused = await apply(wrong);
    expect([refused.code, lines.filter((line) => !refused.stdout.includes(`${file}:${line}:`))]).toEqual([1, []]);
    const published = await apply(next.replace('name: Digital marketing', 'name: Marketing'));
    expect(published).toMatchObject({ code: 0, stderr: expect.stringMatching(/48[,.]?000/), stdout: expect.stringMatching(/Marketing[\s\S]*^digital-marketing\t2\t[0-9a-f]{64}$/m) });
    expect(await stack.cli('bundle', 'rollback', 'digital-marketing', '--to', '1', '--reason', 'The old name was known')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^digital-marketing\t3\t/) });
    const { items } = await stack.get<{ items: { version: number; restores: number | null }[] }>('gov', '/v1/bundles/digital-marketing/versions');
    expect(items.map(({ version, restores }) => [version, restores])).toEqual([[3, 1], [2, null], [1, null]]);
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
