import { DEFAULT_MAX_LINE_BYTES, firstOf, jsonRpcLines, lastOf, validateMessage, WORKER_ERROR, type AgentMethod, type AgentNotification, type AgentNotifications, type AgentRequests, type Garbage, type HostMethod, type HostRequests, type RpcError, type RpcId } from '@countersign/contracts';
import type { Sandboxed, SandboxExit } from '../sandbox/index.js';

/** Thrown by a handler to answer a worker's request with a typed error. */
export class WorkerRefusal extends Error {
  constructor(readonly error: RpcError) {
    super(error.message);
  }
}

export interface SessionHandlers {
  request<M extends AgentMethod>(method: M, params: AgentRequests[M]['params']): Promise<AgentRequests[M]['result']>;
  notification<N extends AgentNotification>(method: N, params: AgentNotifications[N]): void;
  /** One line of the worker's stderr, without its newline: of an endless one its beginning. */
  stderr(line: string): void;
  /** A text of the worker as it may be shown: before it is cut, so that no part of a secret is left at the cut. */
  clean(text: string): string;
}

/** How a conversation ended before its answer came. */
export class SessionEndedError extends Error {
  constructor(
    readonly code: 'worker_garbage' | 'worker_flood' | 'worker_exit' | 'worker_timeout' | 'worker_failed',
    readonly detail: string,
  ) {
    super(`${code}: ${detail}`);
  }
}

/** Lines that are no message: a few may be a library's greeting, more is a worker that does not speak the protocol. */
const MAX_GARBAGE_LINES = 5;
/** Bytes of garbage or stderr: what a worker may say that nobody reads. */
const MAX_NOISE_BYTES = 8 * 1024 * 1024;
/** Bytes without a newline: the codec keeps none of them, but reading them is work. */
const MAX_UNENDED_BYTES = DEFAULT_MAX_LINE_BYTES + MAX_NOISE_BYTES;
/** Answers that the worker has not read yet. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;
/** Requests of the worker that wait for an answer at once. */
const MAX_PENDING = 64;
/** Characters kept of a line of stderr before it is cleaned. */
const MAX_STDERR_LINE = 64 * 1024;

interface Waiting {
  readonly method: HostMethod;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * JSON-RPC with one sandboxed worker, validated both ways.
 *
 * Whatever the worker writes, memory stays bounded: overlong lines are dropped while they arrive, and noise past its limit
 * ends the worker. After the end every waiting request is rejected with `SessionEndedError`.
 */
export class WorkerSession {
  private readonly codec = jsonRpcLines();
  private readonly waiting = new Map<RpcId, Waiting>();
  private nextId = 1;
  private garbageLines = 0;
  private noiseBytes = 0;
  private unendedBytes = 0;
  private pending = 0;
  private stderrTail = '';
  private ended: SessionEndedError | undefined;

  constructor(
    private readonly worker: Sandboxed,
    private readonly handlers: SessionHandlers,
  ) {
    worker.stdout.on('data', (chunk: Buffer) => this.read(chunk));
    worker.stderr.on('data', (chunk: Buffer) => this.readStderr(chunk));
    worker.stdin.on('error', () => undefined); // the worker is gone: `exited` tells what happened
    void worker.exited.then((exit) => this.end(this.exitError(exit)));
  }

  request<M extends HostMethod>(method: M, params: HostRequests[M]['params'], timeoutMs: number): Promise<HostRequests[M]['result']> {
    if (this.ended) return Promise.reject(this.ended);
    const id = this.nextId++;
    return new Promise<HostRequests[M]['result']>((resolve, reject) => {
      const timer = setTimeout(() => this.end(new SessionEndedError('worker_timeout', `${method} was not answered in ${timeoutMs} ms`)), timeoutMs);
      const settle = <T>(done: (value: T) => void) => (value: T): void => { clearTimeout(timer); this.waiting.delete(id); done(value); };
      this.waiting.set(id, { method, resolve: settle(resolve as (value: unknown) => void), reject: settle(reject) });
      this.send({ jsonrpc: '2.0', id, method, params });
    });
  }

  private send(message: object): void {
    if (this.ended) return;
    this.worker.stdin.write(this.codec.encode(message));
    if (this.worker.stdin.writableLength > MAX_UNREAD_BYTES) this.end(new SessionEndedError('worker_flood', 'it asks and does not read the answers'));
  }

  private read(chunk: Buffer): void {
    const newline = chunk.lastIndexOf(0x0a);
    this.unendedBytes = newline < 0 ? this.unendedBytes + chunk.length : chunk.length - newline - 1;
    if (this.unendedBytes > MAX_UNENDED_BYTES) return this.end(new SessionEndedError('worker_flood', `more than ${MAX_UNENDED_BYTES} bytes without a newline`));
    if (this.ended) return;
    for (const line of this.codec.push(chunk)) {
      if (this.ended) return;
      if (line.kind === 'garbage') this.garbage(line);
      else this.receive(line.value);
    }
  }

  private receive(value: Record<string, unknown>): void {
    const checked = validateMessage('agent-to-host', value, (id) => this.waiting.get(id)?.method);
    switch (checked.kind) {
      case 'request':
        return this.serve(checked.message.id, checked.method as AgentMethod, checked.message.params ?? {});
      case 'notification':
        return this.handlers.notification(checked.method as AgentNotification, (checked.message.params ?? {}) as never);
      case 'success':
        return this.waiting.get(checked.message.id)?.resolve(checked.message.result);
      case 'failure': {
        const waiting = checked.message.id === null ? undefined : this.waiting.get(checked.message.id);
        return waiting?.reject(new SessionEndedError('worker_failed', firstOf(this.handlers.clean(checked.message.error.message), 500)));
      }
      case 'invalid':
        if (checked.id !== null) this.send({ jsonrpc: '2.0', id: checked.id, error: checked.error });
        // Arguments that do not fit are a mistake of a model, not of the protocol: answered, and no garbage.
        return checked.id !== null && checked.error.code === WORKER_ERROR.invalidParams ? undefined : this.countGarbage(checked.error.message);
    }
  }

  private serve(id: RpcId, method: AgentMethod, params: object): void {
    if (this.pending >= MAX_PENDING) return this.send({ jsonrpc: '2.0', id, error: { code: WORKER_ERROR.busy, message: `at most ${MAX_PENDING} requests at once` } });
    this.pending++;
    void this.handlers.request(method, params as never)
      .then((result) => this.send({ jsonrpc: '2.0', id, result }))
      .catch((cause: unknown) => this.send({ jsonrpc: '2.0', id, error: cause instanceof WorkerRefusal ? cause.error : { code: WORKER_ERROR.internal, message: `the host failed: ${cause instanceof Error ? cause.name : 'no error'}` } }))
      .finally(() => { this.pending--; });
  }

  private garbage(line: Garbage): void {
    this.noise(line.bytes);
    this.countGarbage(`${line.code}: ${line.preview}`);
  }

  private countGarbage(what: string): void {
    if (++this.garbageLines > MAX_GARBAGE_LINES) this.end(new SessionEndedError('worker_garbage', `more than ${MAX_GARBAGE_LINES} lines that are no message; last: ${firstOf(this.handlers.clean(what), 200)}`));
  }

  private readStderr(chunk: Buffer): void {
    this.noise(chunk.length);
    if (this.ended) return;
    const lines = (this.stderrTail + chunk.toString('utf8')).split('\n');
    this.stderrTail = firstOf(lines.pop() ?? '', MAX_STDERR_LINE);
    for (const line of lines) this.handlers.stderr(firstOf(line, MAX_STDERR_LINE));
  }

  private noise(bytes: number): void {
    this.noiseBytes += bytes;
    if (this.noiseBytes > MAX_NOISE_BYTES) this.end(new SessionEndedError('worker_flood', `more than ${MAX_NOISE_BYTES} bytes of noise`));
  }

  private exitError(exit: SandboxExit): SessionEndedError {
    if (exit.reason === 'wall') return new SessionEndedError('worker_timeout', 'the time of its slice is used up');
    return new SessionEndedError('worker_exit', `exit ${exit.code ?? exit.signal ?? 'unknown'}${exit.reason ? ` (${exit.reason})` : ''} before its answer${this.stderrTail ? `: ${lastOf(this.handlers.clean(this.stderrTail), 300)}` : ''}`);
  }

  private end(error: SessionEndedError): void {
    if (this.ended) return;
    this.ended = error;
    for (const waiting of [...this.waiting.values()]) waiting.reject(error);
    void this.worker.kill();
  }
}
