import { normalizeAgentSpec, type Amounts, type Capabilities } from '@countersign/contracts';
import { expect } from 'expect';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { RunOrder } from '../postgres/rows.js';
import { processIsAlive, type SandboxLevel } from '../sandbox/index.js';
import { WorkerRun, type WorkerOutcome } from './worker-run.js';

const SLICE: Amounts = { tool_calls: 1, steps: 5, ms: 20_000 };
const GRANT: Capabilities = {
  tool_allowlist: ['checks.run'], tool_denylist: [], fs_scopes: { read: ['.'], write: ['src'] }, net_scopes: { enabled: false, allow_hosts: [] }, secrets_scopes: [], git_caps: { read: false, commit: false, push: false, push_requires_approval: false },
};

/** A worker in a few lines: answers `initialize`, then runs the given code for the task. */
const worker = (onTask: string): string => `
const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const waiting = new Map(); let next = 1000;
const ask = (method, params) => new Promise((resolve) => { const id = next++; waiting.set(id, resolve); say({ id, method, params }); });
const done = (id, result) => say({ id, result: { status: 'done', summary: 'did it', artifacts: [], ...result } });
let rest = '';
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\\n'); rest = lines.pop();
  for (const line of lines) {
    const m = JSON.parse(line);
    if (m.method === 'initialize') say({ id: m.id, result: { protocolVersion: '1', agent: { name: 'w', version: '1' } } });
    else if (m.method === 'task/run') (async (id, task) => { ${onTask} })(m.id, m.params);
    else if (m.method === 'shutdown') { say({ id: m.id, result: {} }); process.exit(0); }
    else waiting.get(m.id)?.(m);
  }
});`;

describe('one sandboxed worker, however hostile', () => {
  let directory: string;
  let repository: string;
  let commit: string;
  const denials: string[] = [];

  before(() => {
    directory = realpathSync(mkdtempSync(join(tmpdir(), 'worker-run-')));
    repository = join(directory, 'bare.git');
    const work = join(directory, 'work');
    execFileSync('git', ['init', '-q', '-b', 'main', work]);
    writeFileSync(join(work, 'a.ts'), 'export const a = 1;\n');
    execFileSync('git', ['-C', work, 'add', '-A']);
    execFileSync('git', ['-C', work, '-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '-qm', 'base']);
    execFileSync('git', ['clone', '-q', '--bare', work, repository]);
    commit = execFileSync('git', ['-C', work, 'rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  function start(code: string, slice: Amounts = SLICE, level: SandboxLevel = 3): { run: WorkerRun; outcome: Promise<WorkerOutcome>; lines: string[] } {
    const folder = mkdtempSync(join(directory, 'agent-'));
    execFileSync('chmod', ['755', folder, directory]);
    writeFileSync(join(folder, 'worker.mjs'), code);
    const lines: string[] = [];
    const order = { taskId: 'task', title: 'Try', goalText: 'Try it', criteria: [], notes: [], round: 1, attempt: 1, options: {} } as unknown as RunOrder;
    const run = new WorkerRun({ level, workDir: join(directory, 'runs'), dropTo: process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined }, {
      order, agent: { spec: normalizeAgentSpec({ name: 'w', model: { id: 'rehearsal-1' }, allowed_syscalls: ['@runtime', '@fs-write'], run: { command: 'node', args: ['worker.mjs'] } }), directory: folder },
      model: { provider: 'rehearsal', id: 'rehearsal' }, capabilities: GRANT, slice, repository, baseCommit: commit, onDenied: ({ syscall }) => void denials.push(syscall),
      ports: {
        complete: () => Promise.reject(new Error('no model')), runCheck: () => Promise.resolve({ exitCode: 0, outputTail: 'ok' }), baseSha256: () => Promise.resolve(undefined),
        denied: ({ code }, what) => void denials.push(`${code} ${what}`), progress: (text) => void lines.push(text), log: (_, line) => void lines.push(line), spentAtGate: () => ({}),
      },
    });
    return { run, outcome: run.run(), lines };
  }
  const endOf = async (code: string, slice?: Amounts): Promise<{ kind: string; code?: string }> => (await start(code, slice).outcome).end;

  for (const level of [3, 2, 0] as const) {
    it(`takes a file inside the write scopes and shows the worker its input at level ${level}`, async () => {
      const { host, end } = await start(worker(`
        const text = (await import('node:fs')).readFileSync(task.inputDir + '/a.ts', 'utf8');
        const put = await ask('artifact/put', { taskId: task.taskId, path: 'src/b.ts', text });
        done(id, { notes: [JSON.stringify(put.result)] });`), SLICE, level).outcome;
      expect(end).toEqual({ kind: 'submitted' });
      expect([...host.files.values()].map(({ path, content }) => [path, content?.toString()])).toEqual([['src/b.ts', 'export const a = 1;\n']]);
    });
  }

  it('answers what is not granted with a typed error, draws the slice, and takes nothing refused', async () => {
    const { outcome } = start(worker(`
      const codes = [];
      const of = async (method, params) => codes.push((await ask(method, params)).error?.code ?? 'ok');
      for (const path of ['../x', '/etc/passwd', '.git/config', 'package.json']) await of('artifact/put', { taskId: task.taskId, path, text: 'x' });
      await of('tool/call', { tool: 'shell', args: {} });
      await of('tool/call', { tool: 'checks.run', args: { changes: [], command: 'true' } });
      await of('tool/call', { tool: 'checks.run', args: { changes: [], command: 'true' } });
      await of('spawn/request', { role: 'worker', justification: 'more of me' });
      await of('no/such', {});
      done(id, { summary: codes.join(' ') });`));
    const { result, host } = await outcome;
    expect(result?.summary).toBe('-32602 -32602 -32602 -32001 -32001 ok -32002 -32008 -32601');
    expect(host.files.size).toBe(0);
    expect(host.slice.drawn).toMatchObject({ tool_calls: 1 });
    expect(denials).toEqual(expect.arrayContaining(['path_not_allowed package.json', 'tool_not_allowed shell']));
  });

  it('has no network, no children, no host files, and every attempt is seen', async () => {
    const { result } = await start(worker(`
      const [cp, net, fs] = await Promise.all(['node:child_process', 'node:net', 'node:fs'].map((m) => import(m)));
      const seen = [];
      const spawned = cp.spawnSync('/bin/sh', ['-c', 'id']); seen.push(spawned.error?.code);
      seen.push(await new Promise((r) => { try { net.connect(5432, '127.0.0.1').on('error', (e) => r(e.code)).on('connect', () => r('connected')); } catch (e) { r(e.code); } }));
      for (const path of ['/etc/passwd', '/root', '/home']) try { fs.readdirSync(path); seen.push('open'); } catch (e) { seen.push(e.code === 'ENOENT' || e.code === 'EACCES' || e.code === 'ENOTDIR' ? 'hidden' : e.code); }
      done(id, { summary: seen.join(' ') });`)).outcome;
    expect(result?.summary).toBe('EPERM EPERM hidden hidden hidden');
    expect(denials).toEqual(expect.arrayContaining(['socket']));
  });

  const HOSTILE: readonly (readonly [string, string, string])[] = [
    ['greets with prose instead of messages', `setInterval(() => console.log('hello there'), 1)`, 'worker_garbage'],
    ['writes 100 MB without a newline', `const c = 'x'.repeat(1 << 20); let n = 0; (function more() { if (n++ < 100) process.stdout.write(c, more); })(); setInterval(() => {}, 1e6)`, 'worker_flood'],
    ['writes 100 MB of lines', `const c = ('y'.repeat(1023) + '\\n').repeat(1024); let n = 0; (function more() { if (n++ < 100) process.stdout.write(c, more); })(); setInterval(() => {}, 1e6)`, 'worker_garbage'],
    ['floods its error stream', worker(`const c = 'z'.repeat(1 << 20) + '\\n'; for (let i = 0; i < 20; i++) process.stderr.write(c);`), 'worker_flood'],
    ['ends without a result', worker('process.exit(0);'), 'worker_exit'],
    ['dies', worker('process.abort();'), 'worker_exit'],
    ['says that it failed', worker(`say({ id, error: { code: -32000, message: 'no idea' } });`), 'worker_failed'],
    ['is silent until its time is used up', worker(''), 'worker_timeout'],
    ['answers a request nobody made, again and again', worker(`for (let i = 0; i < 50; i++) say({ id: 'x' + i, result: {} });`), 'worker_garbage'],
  ];
  for (const [what, code, expected] of HOSTILE) {
    it(`ends a worker that ${what}: ${expected}`, async () => {
      expect(await endOf(code, { ...SLICE, ms: 3_000 })).toMatchObject({ kind: 'failed', code: expected });
    });
  }

  it('ends the whole tree at once when it is told to stop, and says why', async () => {
    const { run, outcome } = start(worker(''));
    const deadline = Date.now() + 10_000;
    while (run.pid === undefined && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
    const pid = run.pid!;
    await run.stop({ kind: 'stopped', code: 'team_suspended', detail: 'the team is suspended' });
    expect((await outcome).end).toMatchObject({ kind: 'stopped', code: 'team_suspended' });
    expect(processIsAlive(pid)).toBe(false);
  });
});
