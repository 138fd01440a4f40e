import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  jsonRpcLines,
  validateMessage,
  type AgentNotifications,
  type AgentRequests,
  type HostMethod,
  type HostRequests,
  type InitializeParams,
  type RpcError,
  type RpcId,
} from '@countersign/contracts/worker';

type Answers = { [M in keyof AgentRequests]?: (params: AgentRequests[M]['params']) => AgentRequests[M]['result'] | Promise<AgentRequests[M]['result']> };

/** The worker answered with an error. */
export class WorkerRefused extends Error {
  constructor(readonly rpc: RpcError) {
    super(rpc.message);
  }
}

/** A host for tests: a real worker process, every message checked against the protocol both ways. */
export class WorkerHost {
  readonly progress: AgentNotifications['task/progress'][] = [];
  /** Messages that the worker says it has taken in. */
  readonly read: string[] = [];
  readonly puts: AgentRequests['artifact/put']['params'][] = [];
  /** Lines of the worker that broke the protocol. */
  readonly violations: string[] = [];
  readonly errorsWithoutId: RpcError[] = [];
  stderr = '';
  private readonly codec = jsonRpcLines();
  private readonly waiting = new Map<RpcId, { method: string; resolve(value: unknown): void; reject(error: Error): void }>();
  private nextId = 1;
  readonly exited: Promise<number | null>;

  private constructor(
    readonly child: ChildProcess,
    private readonly answers: Answers,
  ) {
    child.stdout!.on('data', (chunk: Buffer) => this.codec.push(chunk).forEach((item) => void this.receive(item)));
    // A worker that is gone shows in `exited`; what was still being written to it is of no interest.
    child.stdin!.on('error', (error) => (this.stderr += `${error.message}\n`));
    child.stderr!.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.exited = once(child, 'close').then(([code]) => {
      for (const [, call] of this.waiting) call.reject(new Error(`the worker ended with ${String(code)}: ${this.stderr}`));
      return code as number | null;
    });
  }

  static start(args: string[], answers: Answers = {}): WorkerHost {
    return new WorkerHost(spawn(process.execPath, args, { stdio: 'pipe', env: {} }), answers);
  }

  call<M extends HostMethod>(method: M, params: HostRequests[M]['params']): Promise<HostRequests[M]['result']> {
    const id = this.nextId++;
    const message = { jsonrpc: '2.0', id, method, params };
    const verdict = validateMessage('host-to-agent', message);
    if (verdict.kind === 'invalid') throw new Error(verdict.error.message);
    return this.raw(message, id, method) as Promise<HostRequests[M]['result']>;
  }

  /** Sends anything; with an id, resolves with the answer to it. */
  raw(message: object | string, id?: RpcId, method = 'raw'): Promise<unknown> {
    const answered = new Promise<unknown>((resolve, reject) => {
      if (id === undefined) resolve(undefined);
      else this.waiting.set(id, { method, resolve, reject });
    });
    this.child.stdin!.write(typeof message === 'string' ? message : this.codec.encode(message));
    return answered;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  private async receive(item: ReturnType<ReturnType<typeof jsonRpcLines>['push']>[number]): Promise<void> {
    if (item.kind === 'garbage') return void this.violations.push(item.code);
    const outcome = validateMessage('agent-to-host', item.value, (id) => this.waiting.get(id)?.method);
    if (outcome.kind === 'request') return this.answer(outcome.message.id, outcome.method as keyof AgentRequests, outcome.message.params ?? {});
    if (outcome.kind === 'notification') {
      if (outcome.method === 'task/progress') this.progress.push(outcome.message.params as unknown as AgentNotifications['task/progress']);
      if (outcome.method === 'inbox/read') this.read.push(...(outcome.message.params as unknown as AgentNotifications['inbox/read']).messageIds);
    } else if (outcome.kind === 'success') this.take(outcome.message.id)?.resolve(outcome.message.result);
    else if (outcome.kind === 'failure' && outcome.message.id !== null) this.take(outcome.message.id)?.reject(new WorkerRefused(outcome.message.error));
    else if (outcome.kind === 'failure') this.errorsWithoutId.push(outcome.message.error);
    else {
      this.violations.push(outcome.error.message);
      if (outcome.responseTo !== undefined) this.take(outcome.responseTo)?.reject(new Error(`protocol: ${outcome.error.message}`));
    }
  }

  private async answer<M extends keyof AgentRequests>(id: RpcId, method: M, params: unknown): Promise<void> {
    if (method === 'artifact/put') this.puts.push(params as AgentRequests['artifact/put']['params']);
    const handler = this.answers[method];
    let reply: object;
    try {
      if (handler) reply = { result: await handler(params as AgentRequests[M]['params']) };
      else if (method === 'artifact/put') reply = { result: { path: (params as { path: string }).path } };
      else reply = { error: { code: -32601, message: `${method} is not offered` } };
    } catch (error) {
      reply = { error: error instanceof WorkerRefused ? error.rpc : { code: -32603, message: String(error) } };
    }
    this.child.stdin!.write(this.codec.encode({ jsonrpc: '2.0', id, ...reply }));
  }

  private take(id: RpcId): { resolve(value: unknown): void; reject(error: Error): void } | undefined {
    const call = this.waiting.get(id);
    this.waiting.delete(id);
    return call;
  }
}

export const anInitialize = (changes: Partial<InitializeParams> = {}): InitializeParams => ({
  protocolVersion: '1',
  agent: { name: 'test-bot', role: 'worker' },
  model: { provider: 'rehearsal', id: 'rehearsal-1' },
  scratchDir: '/tmp',
  capabilities: { tools: [], networkHosts: [], spawn: { max: 0, depth: 0 } },
  limits: { maxLineBytes: 1_000_000, maxArtifactBytes: 1_000_000, maxOutputTokens: 1000 },
  ...changes,
});
