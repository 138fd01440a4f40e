import { CANCELLED_BY_PERSON, normalizeAgentSpec, type Amounts } from '@countersign/contracts';
import { timed, until } from '@countersign/testing';
import { expect } from 'expect';
import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { aGrant } from '../../testing/capabilities.js';
import { NOBODY_ASKED, ToolBench } from '../../testing/tool-bench.js';
import type { CheckBase } from '../checks/check-sandbox.js';
import type { Delivered, Mail } from './host-mail.js';
import type { RunOrder } from '../postgres/rows.js';
import { processIsAlive, type SandboxLevel } from '../sandbox/index.js';
import type { SkillContent } from '../skill-files.js';
import { WorkerRun, type WorkerOutcome } from './worker-run.js';

const HELLO = createHash('sha256').update('hello').digest('hex');
const LONG = createHash('sha256').update('long').digest('hex');
const FILES: Readonly<Record<string, Buffer>> = { [HELLO]: Buffer.from('hello'), [LONG]: Buffer.from('long'), ['c'.repeat(64)]: Buffer.from('other') };
const SLICE: Amounts = { tool_calls: 1, steps: 5, ms: 120_000 };
const GRANT = aGrant({ tool_allowlist: ['checks.run', 'read', 'webfetch', 'spawn_agent'], fs_scopes: { read: ['.'], write: ['src'] } });

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
  let bench: ToolBench;
  let base: CheckBase;
  const denials: string[] = [];

  before(() => {
    bench = new ToolBench();
    base = bench.repositoryOf({ 'a.ts': 'export const a = 1;\n', 'docs/b.md': '# B\n' });
  });
  after(() => bench[Symbol.dispose]());

  function start(code: string, slice: Amounts = SLICE, grant = GRANT, level: SandboxLevel = 3, skills: readonly SkillContent[] = [], mail: Mail = { messages: [], interrupts: [] }): { run: WorkerRun; outcome: Promise<WorkerOutcome>; lines: string[] } {
    const folder = bench.directory('agent-');
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'worker.mjs'), code);
    const lines: string[] = [];
    const order = { taskId: 'task', title: 'Try', goalText: 'Try it', criteria: [], notes: [], shared: [{ name: 'voice', version: 2, text: 'Be kind.' }], round: 1, attempt: 1, options: {}, mail: mail.messages.length } as unknown as RunOrder;
    const tools = bench.run(base, grant, { level });
    const run = new WorkerRun({ ...bench.use, level }, {
      order, agent: { spec: normalizeAgentSpec({ name: 'w', model: { id: 'rehearsal-1' }, allowed_syscalls: ['@runtime', '@fs-write'], run: { command: 'node', args: ['worker.mjs'] } }), directory: folder },
      model: { provider: 'rehearsal', id: 'rehearsal' }, draft: tools.draft, tools: tools.desk, skills, slice, repository: base.repository, baseCommit: base.commit, onDenied: ({ syscall }) => void denials.push(syscall),
      ports: {
        complete: () => Promise.reject(new Error('no model')), baseSha256: () => Promise.resolve(undefined),
        denied: ({ code }, tool, what) => void denials.push(`${code} ${tool}: ${what}`), progress: (text) => void lines.push(text), log: (_, line) => void lines.push(line), clean: (text) => text, spentAtGate: () => ({}), mail: () => Promise.resolve(mail), file: (sha256) => Promise.resolve(FILES[sha256]), mailTrouble: (error) => void lines.push(String(error)), spawner: tools.spawner, clarify: NOBODY_ASKED, answerShutdown: () => Promise.resolve(),
      },
    });
    return { run, outcome: run.run().finally(() => tools[Symbol.asyncDispose]()), lines };
  }
  const endOf = async (code: string, slice?: Amounts): Promise<{ kind: string; code?: string }> => (await start(code, slice).outcome).end;

  for (const level of [3, 2, 0] as const) {
    it(`takes a file inside the write scopes and shows the worker its input at level ${level}`, async () => {
      const { host, end, result } = await start(worker(`
        const text = (await import('node:fs')).readFileSync(task.inputDir + '/a.ts', 'utf8');
        const put = await ask('artifact/put', { taskId: task.taskId, path: 'src/b.ts', text });
        done(id, { notes: [JSON.stringify(put.result)], summary: JSON.stringify([task.notes, task.shared]) });`), SLICE, GRANT, level).outcome;
      expect(result?.summary).toBe('[[],[{"name":"voice","version":2,"text":"Be kind."}]]');
      expect(end).toEqual({ kind: 'submitted' });
      expect([...host.draft.files.values()].map(({ path, content }) => [path, content?.toString()])).toEqual([['src/b.ts', 'export const a = 1;\n']]);
    });
  }

  it('ends as what a person stopped where it has said yes to its end, however it goes; with its work done, it has done it', async () => {
    const yes = `await ask('shutdown/answer', { message_id: '01a22a08-c14e-75e5-a389-8da5497a09db', approve: true });`;
    const ends = await Promise.all([`${yes} process.exit(0);`, `${yes} say({ id, error: { code: -32000, message: 'bye' } });`, `${yes} done(id, { status: 'failed' });`, `${yes} done(id);`].map((code) => endOf(worker(code))));
    expect(ends.map(({ kind, code }) => [kind, code])).toEqual([...[1, 2, 3].map(() => ['stopped', CANCELLED_BY_PERSON]), ['submitted', undefined]]);
  });

  it('ends by a person’s interrupt as what they stopped, and by its own wish as a failure', async () => {
    const stop: Mail = { messages: [{ id: 'm1', type: 'message', from: 'user', content: 'Stop that', summary: '', at: '2026-01-02T03:04:05.000Z' }], interrupts: ['m1'] };
    const asking = worker(`const { error } = await ask('artifact/put', { taskId: task.taskId, path: 'src/b.ts', text: 'x' }); done(id, { status: 'cancelled', summary: error ? error.message : 'just so' });`);
    const [told, alone] = [await start(asking, SLICE, GRANT, 3, [], stop).outcome, await start(asking).outcome];
    expect([told.end, told.host.draft.files.size]).toEqual([{ kind: 'stopped', code: 'cancelled_by_person', detail: 'user: Stop that' }, 0]);
    expect(alone.end).toMatchObject({ kind: 'failed', code: 'worker_cancelled' });
    const goesOn = await start(worker(`for (let n = 0; n < 2; n++) await ask('artifact/put', { taskId: task.taskId, path: 'src/b.ts', text: 'x' }); done(id, {});`), SLICE, GRANT, 3, [], stop).outcome;
    expect([goesOn.end, goesOn.host.draft.files.size]).toEqual([{ kind: 'stopped', code: 'cancelled_by_person', detail: 'did it' }, 1]);
  });

  for (const level of [3, 2, 0] as const) {
    it(`gives the worker the files of a message where it can read and not change them, and none whose bytes are others, at level ${level}`, async () => {
      const file = (sha256: string, name: string) => ({ name, mediaType: 'text/plain', bytes: 5, sha256 });
      const mail: Mail = { messages: [{ id: 'm1', type: 'message', from: 'user', content: 'See these', summary: '', at: '2026-01-02T03:04:05.000Z', files: [file(HELLO, 'a b.txt'), file('b'.repeat(64), 'gone.txt'), file('c'.repeat(64), 'other.txt'), file(HELLO, '../up.txt'), file(LONG, `${'報'.repeat(90)}.txt`)] }], interrupts: [] };
      const reading = worker(`
        const fs = await import('node:fs');
        const [{ files }] = task.inbox;
        const tried = (() => { try { fs.writeFileSync(files[0].path, 'x'); return 'written'; } catch { return 'refused'; } })();
        done(id, { notes: [fs.readFileSync(files[0].path, 'utf8'), tried, JSON.stringify(files.map(({ path }) => path !== undefined)), fs.readFileSync(files[4].path, 'utf8'), files[4].name, files[4].path.slice(-4)] });`);
      const { result } = await start(reading, SLICE, GRANT, level, [], mail).outcome;
      expect(result?.notes).toEqual(['hello', 'refused', '[true,false,false,true,true]', 'long', `${'報'.repeat(90)}.txt`, '.txt']);
    });

    it(`shows the worker exactly the bytes of its skills, which it cannot change, at level ${level}`, async () => {
      const bytes = Buffer.from([0, 255, 10, ...Buffer.from('be careful')]);
      const reading = worker(`
        const fs = await import('node:fs');
        const file = started.skillsDir + '/skills/deep/x.md';
        const tries = [() => fs.writeFileSync(file, 'other'), () => fs.unlinkSync(file), () => fs.writeFileSync(started.skillsDir + '/more.md', 'x'), () => fs.renameSync(file, file + '2')];
        const refused = tries.filter((attempt) => { try { attempt(); return false; } catch { return true; } }).length;
        done(id, { notes: [fs.readFileSync(file).toString('hex'), fs.readFileSync(started.skillsDir + '/skills/y.md', 'utf8'), String(refused)] });`).replace("if (m.method === 'initialize')", "if (m.method === 'initialize' && (started = m.params))").replace("let rest = '';", "let rest = ''; let started;");
      const { result } = await start(reading, SLICE, GRANT, level, [{ file: 'skills/deep/x.md', bytes }, { file: 'skills/y.md', bytes: Buffer.from('y') }]).outcome;
      expect(result?.notes?.slice(0, 2)).toEqual([bytes.toString('hex'), 'y']);
      if (level > 0) expect(result?.notes?.[2]).toBe('4'); // at level 0 a worker is trusted with everything its user may do
    });
  }

  it('leaves no folder behind for files that come while it ends, or after', async () => {
    const message = (id: string, sha256: string): Delivered => ({ id, type: 'message', from: 'user', content: 'See this', summary: '', at: '2026-01-02T03:04:05.000Z', files: [{ name: `${id}.txt`, mediaType: 'text/plain', bytes: 5, sha256 }] });
    const messages = [message('m1', HELLO)];
    const mail: Mail = { messages, interrupts: [] };
    const folders = (): string[] => readdirSync(bench.use.workDir).filter((name) => name.startsWith('run-'));
    const before = folders();
    const { host } = await start(worker(`ask('artifact/put', { taskId: task.taskId, path: 'src/b.ts', text: 'x' }); done(id, {});`), SLICE, GRANT, 0, [], mail).outcome;
    messages.push(message('m2', LONG));
    host.mail.noteRead(['m1'], true);
    await host.mail.say();
    expect(folders()).toEqual(before);
  });

  it('is ended at once when it is stopped while it is being started', async () => {
    const programs = (): string[] => readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean).map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
    const { run, outcome } = start('setInterval(() => undefined, 1000);');
    while (!programs().includes('bwrap')) await new Promise((resolve) => setImmediate(resolve));
    const { value: end, tookMs, lostMs } = await timed(async () => {
      await run.stop({ kind: 'stopped', code: 'goal_paused', detail: '' });
      return (await outcome).end;
    });
    expect(end).toMatchObject({ kind: 'stopped', code: 'goal_paused' });
    expect(tookMs - lostMs).toBeLessThan(10_000); // it would not answer for 15 s
  });

  it('names no folder of skills to a worker that has none', async () => {
    const { result } = await start(worker(`done(id, { summary: String(started.skillsDir) });`).replace("if (m.method === 'initialize')", "if (m.method === 'initialize' && (started = m.params))").replace("let rest = '';", "let rest = ''; let started;")).outcome;
    expect(result?.summary).toBe('undefined');
  });

  it('answers what is not granted with a typed error, draws the slice, and takes nothing refused', async () => {
    const { outcome } = start(worker(`
      const codes = [];
      const of = async (method, params) => codes.push((await ask(method, params)).error?.code ?? 'ok');
      for (const path of ['../x', '/etc/passwd', '.git/config', 'package.json']) await of('artifact/put', { taskId: task.taskId, path, text: 'x' });
      await of('tool/call', { tool: 'shell', args: {} });
      await of('tool/call', { tool: 'checks.run', args: { changes: [], command: 'true' } });
      await of('spawn/request', { role: 'worker', justification: 'more of me' });
      await of('tool/call', { tool: 'checks.run', args: { changes: [], command: 'true' } });
      await of('spawn/request', { role: 'worker', justification: 'more of me' });
      await of('no/such', {});
      done(id, { summary: codes.join(' ') });`), { ...SLICE, tool_calls: 2 });
    const { result, host } = await outcome;
    expect(result?.summary).toBe('-32602 -32602 -32602 -32001 -32001 ok -32001 -32002 -32002 -32601');
    expect(host.draft.files.size).toBe(0);
    expect(host.slice.drawn).toMatchObject({ tool_calls: 2 });
    expect(denials).toEqual(expect.arrayContaining(['path_not_allowed artifact/put: artifact/put package.json', 'tool_not_allowed shell: shell']));
  });

  it('is shown the tools it may call and the input it may read, and no more', async () => {
    const listing = worker(`
      const fs = await import('node:fs');
      const refused = [];
      for (const tool of ['read', 'list', 'bash', 'webfetch', 'git', 'auth']) { const answer = await ask('tool/call', { tool, args: { read: { path: 'docs/b.md' }, list: {}, bash: { command: 'true' }, webfetch: { url: 'https://example.com/' }, git: { args: ['log'] }, auth: { alias: 'x' } }[tool] }); if (answer.error) refused.push(tool); }
      done(id, { notes: [JSON.stringify(started.capabilities), refused.join(' '), fs.readdirSync(task.inputDir).join(' '), (() => { try { return fs.readFileSync(task.inputDir + '/a.ts', 'utf8'); } catch (e) { return e.code; } })()] });`).replace("if (m.method === 'initialize')", "if (m.method === 'initialize' && (started = m.params))").replace("let rest = '';", "let rest = ''; let started;");
    const { result } = await start(listing, { ...SLICE, tool_calls: 9 }, aGrant({ tool_allowlist: ['read', 'list', 'webfetch', 'git', 'auth'], fs_scopes: { read: ['docs'], write: [] } })).outcome;
    expect(JSON.parse(result!.notes![0]!)).toEqual({ tools: ['read', 'list'], networkHosts: [], spawn: { max: 0, depth: 0 } });
    expect(result!.notes!.slice(1)).toEqual(['list bash webfetch git auth', 'docs', 'ENOENT']);
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
      // time enough on a busy machine, but for the one that waits for its end
      expect(await endOf(code, { ...SLICE, ms: expected === 'worker_timeout' ? 3_000 : 60_000 })).toMatchObject({ kind: 'failed', code: expected });
    });
  }

  it('ends the whole tree at once when it is told to stop, and says why', async () => {
    const { run, outcome } = start(worker(''));
    const pid = await until('its process', () => run.pid);
    await run.stop({ kind: 'stopped', code: 'team_suspended', detail: 'the team is suspended' });
    expect((await outcome).end).toMatchObject({ kind: 'stopped', code: 'team_suspended' });
    expect(processIsAlive(pid)).toBe(false);
  });
});
