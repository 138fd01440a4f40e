import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { expect } from 'expect';
import { WORKER_ERROR } from '@countersign/contracts/worker';
import { RPC } from './runner/peer.js';
import { PROTOCOL_VERSION } from './runner/session.js';
import { anInitialize, WorkerHost, WorkerRefused } from './testing/worker-host.js';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const start = (answers = {}): WorkerHost => WorkerHost.start([file('./runner.js'), file('./testing/echo-plugin.js')], answers);
const aTask = (title: string): Parameters<typeof WorkerHost.prototype.call<'task/run'>>[1] => ({ taskId: 't1', title, goal: '', inputDir: '/tmp', criteria: [], round: 1 });

async function ready(answers = {}): Promise<WorkerHost> {
  const host = start(answers);
  await host.call('initialize', anInitialize());
  return host;
}
const refusal = (call: Promise<unknown>): Promise<[number, string]> =>
  call.then(
    (value) => Promise.reject(new Error(`expected a refusal, got ${JSON.stringify(value)}`)),
    (error: unknown) => (error instanceof WorkerRefused ? ([error.rpc.code, error.rpc.message] as [number, string]) : Promise.reject(error as Error)),
  );
async function until(what: string, test: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!test()) {
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('the worker runner', () => {
  it('starts, hands in files with their hashes, and leaves when told to', async () => {
    await using host = await ready();
    const result = await host.call('task/run', aTask('put'));
    expect(result).toEqual({
      status: 'done',
      summary: 'put three',
      artifacts: [
        { path: 'a.txt', sha256: '0fbc7403536f425ad5498d9cd846497f5371ba8374b1aa583c79d2f0c87501ff', bytes: 6 },
        { path: 'b.bin', sha256: 'ae4b3280e56e2faf83f414a6e3dabe9d5fbe18976544c05fed121accb85b53fc', bytes: 3 },
        { path: 'c.txt', deleted: true },
      ],
    });
    expect(host.progress).toEqual([{ taskId: 't1', text: 'putting', fraction: 0.5 }]);
    await host.call('shutdown', {});
    expect(await host.exited).toBe(0);
    expect(host.stderr).toContain('goodbye');
    expect(host.violations).toEqual([]);
  });

  it('keeps everything a plugin prints off the protocol', async () => {
    await using host = await ready();
    expect(await host.call('task/run', aTask('print'))).toMatchObject({ summary: 'printed' });
    expect(host.violations).toEqual([]);
    await until('the prints are on stderr', () => host.stderr.includes('forged') && host.stderr.includes('not a message'));
  });

  it('answers garbage with a parse error and goes on', async () => {
    await using host = await ready();
    await host.raw('this is not json\n{"half":\n[1,2]\n');
    await host.raw(`{"deep":${'['.repeat(100_000)}\n`);
    expect(await host.call('task/run', aTask('unknown thing'))).toMatchObject({ status: 'failed' });
    expect(host.errorsWithoutId.map((error) => error.message)).toEqual(['not_json', 'not_json', 'not_an_object', 'too_deep']);
  });

  it('refuses unknown methods, malformed requests, another version, a second start and a task before the first', async () => {
    await using host = start();
    expect(await refusal(host.call('task/run', aTask('put')))).toEqual([WORKER_ERROR.notInitialized, 'initialize comes first']);
    expect((await refusal(host.call('initialize', anInitialize({ protocolVersion: '9' }))))[0]).toBe(WORKER_ERROR.invalidParams);
    await host.call('initialize', anInitialize());
    expect((await refusal(host.call('initialize', anInitialize())))[0]).toBe(WORKER_ERROR.invalidRequest);
    expect((await refusal(host.raw({ jsonrpc: '2.0', id: 'x', method: 'git/push' }, 'x')))[0]).toBe(WORKER_ERROR.methodNotFound);
    expect((await refusal(host.raw({ id: 'y', method: 'shutdown' }, 'y')))[0]).toBe(WORKER_ERROR.invalidRequest);
    expect((await refusal(host.raw({ jsonrpc: '2.0', id: 'z', method: 'task/run', params: {} }, 'z')))[0]).toBe(WORKER_ERROR.invalidParams);
    await host.raw({ jsonrpc: '2.0', id: 77, result: {} });
    expect(await host.call('task/run', aTask('put'))).toMatchObject({ status: 'done' });
  });

  it('fails the task, not the worker, when the plugin throws; the stack stays inside', async () => {
    await using host = await ready();
    expect(await refusal(host.call('task/run', aTask('throw')))).toEqual([WORKER_ERROR.internal, 'the plugin failed']);
    await until('the stack is on stderr', () => host.stderr.includes('echo-plugin.js'));
    expect(await host.call('task/run', aTask('put'))).toMatchObject({ status: 'done' });
  });

  it('ends with a code of its own when the plugin crashes outside of a task', async () => {
    await using host = await ready();
    await expect(host.call('task/run', aTask('crash'))).rejects.toThrow('the worker ended with 70');
    expect(host.stderr).toContain('from nowhere');
  });

  it('says why it cannot start when the plugin refuses or is missing', async () => {
    await using broken = start();
    expect(await refusal(broken.call('initialize', anInitialize({ agent: { name: 'broken-bot', role: 'worker' } })))).toEqual([WORKER_ERROR.internal, 'cannot start']);
    await using missing = WorkerHost.start([file('./runner.js'), '/nowhere/plugin.js']);
    expect((await refusal(missing.call('initialize', anInitialize())))[0]).toBe(WORKER_ERROR.internal);
    await using without = WorkerHost.start([file('./runner.js')]);
    expect(await without.exited).toBe(2);
  });

  it('stops a cancelled task, takes no second one meanwhile, and is free again afterwards', async () => {
    await using host = await ready();
    const waiting = host.call('task/run', aTask('wait'));
    await until('the task runs', () => host.progress.length > 0);
    expect(await refusal(host.call('task/run', { ...aTask('put'), taskId: 't2' }))).toEqual([WORKER_ERROR.busy, 'busy with task t1']);
    expect(await host.call('task/cancel', { taskId: 't2' })).toEqual({ accepted: false });
    expect(await host.call('task/cancel', { taskId: 't1', reason: 'work withdrawn' })).toEqual({ accepted: true });
    expect(await waiting).toEqual({ status: 'cancelled', summary: 'work withdrawn', artifacts: [] });
    expect(await host.call('task/run', aTask('put'))).toMatchObject({ status: 'done' });
  });

  it('hands the answers and the refusals of the host to the plugin', async () => {
    const amounts = { granted: {}, spent: {}, held: {}, free: { tokens: 7 } };
    await using rich = await ready({ 'budget/status': () => amounts });
    expect(await rich.call('task/run', aTask('budget'))).toMatchObject({ summary: '{"tokens":7}' });
    await using poor = await ready({
      'budget/status': () => {
        throw new WorkerRefused({ code: WORKER_ERROR.policyDenied, message: 'not yours', data: { ruleId: 'r1', humanMessage: 'no' } });
      },
    });
    expect(await refusal(poor.call('task/run', aTask('budget')))).toEqual([WORKER_ERROR.internal, 'budget/status: not yours']);
  });

  it('ends its task where the member was asked to end and the plugin says yes, and goes on where it says no', async () => {
    const [amounts, said] = [{ granted: {}, spent: {}, held: {}, free: { tokens: 7 } }, [] as object[]];
    await using host = await ready({ 'budget/status': () => amounts, 'shutdown/answer': (params: object) => { said.push(params); return { accepted: true }; } });
    const request = (id: string, content: string) => ({ message_id: id, type: 'shutdown_request' as const, from: 'user', content, summary: '', at: '2026-01-02T03:04:05.000Z' });
    expect(await host.call('task/run', { ...aTask('budget'), inbox: [request('m1', 'stay')] })).toMatchObject({ status: 'done' });
    expect(await host.call('task/run', { ...aTask('wait'), inbox: [request('m2', 'We move the machine')] })).toEqual({ status: 'cancelled', summary: 'ended, as was asked: We move the machine', artifacts: [] });
    expect(said).toEqual([{ message_id: 'm1', approve: false, reason: 'not done yet' }, { message_id: 'm2', approve: true }]);
    expect(host.violations).toEqual([]);
  });

  it('leaves by itself, cleaned up, when the host goes away in the middle of a task', async () => {
    await using host = await ready();
    const waiting = host.call('task/run', aTask('wait')).catch(() => 'gone');
    await until('the task runs', () => host.progress.length > 0);
    host.child.stdin!.end();
    expect(await host.exited).toBe(0);
    expect(host.stderr).toContain('goodbye');
    await waiting;
  });

  it('uses the numbers and the version of the protocol', () => {
    expect(WORKER_ERROR).toMatchObject(RPC);
    expect(PROTOCOL_VERSION).toBe('1');
  });
});
