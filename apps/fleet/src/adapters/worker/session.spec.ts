import { expect } from 'expect';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import type { Sandboxed, SandboxExit } from '../sandbox/index.js';
import { WorkerSession, type SessionHandlers } from './session.js';

const SECRET = `s3cr3t-${'x'.repeat(600)}`;

/** A worker whose streams are in the test's hand; nobody reads its stdin. */
function aConversation(handlers: Partial<SessionHandlers> = {}) {
  const exit = Promise.withResolvers<SandboxExit>();
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let kills = 0;
  const worker: Sandboxed = { pid: 1, stdin, stdout, stderr, exited: exit.promise, kill: () => { kills++; return Promise.resolve(); } };
  const nothing = { request: () => Promise.reject(new Error('not asked')), notification: () => undefined, stderr: () => undefined, clean: (text: string) => text.replaceAll(SECRET, '***') };
  const session = new WorkerSession(worker, { ...nothing, ...handlers } as SessionHandlers);
  return { session, stdout, stderr, stdin, exit, kills: () => kills, run: session.request('shutdown', {}, 20_000) };
}
const asks = (count: number): string => Array.from({ length: count }, (_, id) => `${JSON.stringify({ jsonrpc: '2.0', id: `q${id}`, method: 'budget/status', params: {} })}\n`).join('');

describe('a conversation with a worker', () => {
  it('ends when the worker asks and never reads: answers are not piled up for it', async () => {
    const answer = { pad: 'x'.repeat(4 * 1024 * 1024) };
    const { stdout, run, kills } = aConversation({ request: () => Promise.resolve(answer as never) });
    stdout.write(asks(20));
    await expect(run).rejects.toMatchObject({ code: 'worker_flood' });
    expect(kills()).toBe(1);
  });

  it('answers "busy" beyond the requests it serves at once, and a fault of ours without its words', async () => {
    const { stdout, stdin, exit, run } = aConversation({ request: () => new Promise(() => undefined) });
    const answered = new Promise<string>((resolve) => stdin.on('data', (chunk: Buffer) => { if (chunk.includes('"q64"')) resolve(chunk.toString()); }));
    stdout.write(asks(65));
    expect(await answered).toContain('at most 64 requests at once');
    exit.resolve({ code: 3, signal: null });
    await expect(run).rejects.toMatchObject({ code: 'worker_exit', detail: 'exit 3 before its answer' });
    const ours = aConversation({ request: () => Promise.reject(new TypeError('password=hunter2hunter2')) });
    const told = new Promise<string>((resolve) => ours.stdin.on('data', (chunk: Buffer) => { if (chunk.includes('"q0"')) resolve(chunk.toString()); }));
    ours.stdout.write(asks(1));
    expect(await told).toMatch(/the host failed: TypeError/);
    expect(await told).not.toContain('hunter2');
    ours.exit.resolve({ code: 0, signal: null });
    await expect(ours.run).rejects.toMatchObject({ code: 'worker_exit' });
  });

  it('cuts the last words of a worker once they are cleaned: no part of a secret is left at the cut', async () => {
    const { stderr, exit, run } = aConversation();
    stderr.write(`${SECRET} is what it was given`);
    exit.resolve({ code: 3, signal: null });
    await expect(run).rejects.toMatchObject({ detail: 'exit 3 before its answer: *** is what it was given' });
  });
});
