import { createHash } from 'node:crypto';
import type { ArtifactRef, FileChange, InboxMessage, InitializeParams, LogParams, TaskRunParams, TaskRunResult } from '@countersign/contracts/worker';
import { HostError, type HostCalls, type Task, type TaskOutcome, type WorkerPlugin } from '../plugin.js';
import { MailFolder } from './mail-folder.js';
import { RPC, RpcReplyError } from './peer.js';

export const PROTOCOL_VERSION = '1';
export const RUNNER_VERSION = '0.1.0';

/** What the session needs of the world. */
export interface SessionPorts {
  loadPlugin(): Promise<WorkerPlugin>;
  calls: HostCalls;
  notify(method: string, params: object): void;
  log(level: LogParams['level'], message: string, fields?: Record<string, unknown>): void;
  /** Ends the process once the answer has left. */
  exit(code: number): void;
}

/** The life of one worker: initialised once, one task at a time, shut down once. */
export class Session {
  private plugin: WorkerPlugin | undefined;
  private running: { taskId: string; abort: AbortController; interrupted?: boolean } | undefined;
  private initializing = false;
  private ended = false;
  private readonly mail: MailFolder;

  constructor(private readonly ports: SessionPorts) {
    this.mail = new MailFolder((messageIds) => ports.notify('inbox/read', { messageIds }));
  }

  /** Any answer may bring mail, and a call that meets an interrupt ends the task: it is the host that answered so, not the call that failed. */
  private readonly calls: HostCalls = {
    call: async (method, params) => {
      try {
        const result = await this.ports.calls.call(method, params);
        this.receive((result as { inbox?: InboxMessage[] }).inbox);
        return result;
      } catch (error) {
        if (error instanceof HostError) this.refused(error);
        throw error;
      }
    },
  };

  /** Handles one request of the host. */
  async handle(method: string, params: Record<string, unknown>): Promise<object> {
    switch (method) {
      case 'initialize':
        return this.initialize(params as unknown as InitializeParams);
      case 'task/run':
        return this.run(params as unknown as TaskRunParams);
      case 'task/cancel':
        return { accepted: this.cancel(params['taskId'], params['reason']) };
      case 'shutdown':
        await this.end();
        this.ports.exit(0);
        return {};
      default:
        throw new RpcReplyError(RPC.methodNotFound, `unknown method ${JSON.stringify(method.slice(0, 60))}`);
    }
  }

  /** Stops the running task and lets the plugin clean up; safe to call twice. */
  async end(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    this.running?.abort.abort(new Error('the worker is shutting down'));
    await this.plugin?.shutdown?.();
  }

  private async initialize(params: InitializeParams): Promise<object> {
    if (this.initializing) throw new RpcReplyError(RPC.invalidRequest, 'already initialized');
    if (params.protocolVersion !== PROTOCOL_VERSION) throw new RpcReplyError(RPC.invalidParams, `this worker speaks version ${PROTOCOL_VERSION} of the protocol`);
    this.initializing = true;
    const plugin = await this.ports.loadPlugin();
    await plugin.init?.({ ...params, host: this.calls, inbox: this.mail, log: (level, message, fields) => this.ports.log(level, message, fields) });
    this.plugin = plugin;
    return { protocolVersion: PROTOCOL_VERSION, agent: { name: params.agent.name, version: RUNNER_VERSION } };
  }

  private async run(params: TaskRunParams): Promise<TaskRunResult> {
    if (!this.plugin || this.ended) throw new RpcReplyError(RPC.notInitialized, 'initialize comes first');
    if (this.running) throw new RpcReplyError(RPC.busy, `busy with task ${this.running.taskId}`);
    if (typeof params.taskId !== 'string' || typeof params.inputDir !== 'string') throw new RpcReplyError(RPC.invalidParams, 'taskId and inputDir are needed');
    const abort = new AbortController();
    this.running = { taskId: params.taskId, abort };
    const artifacts = new Map<string, ArtifactRef>();
    this.mail.open();
    this.receive(params.inbox);
    try {
      const outcome = await this.plugin.onTask(this.taskOf(params, abort.signal, artifacts));
      if (this.running.interrupted) throw abort.signal.reason; // whatever the plugin made of it
      return { ...this.mail.noted(outcome), artifacts: [...artifacts.values()] };
    } catch (error) {
      if (!abort.signal.aborted) throw error;
      const outcome: TaskOutcome = { status: 'cancelled', summary: reasonOf(abort.signal) };
      return { ...outcome, artifacts: [...artifacts.values()] };
    } finally {
      this.running = undefined;
    }
  }

  private taskOf(params: TaskRunParams, signal: AbortSignal, artifacts: Map<string, ArtifactRef>): Task {
    const { taskId } = params;
    return {
      ...params,
      signal,
      progress: (text, more) => this.ports.notify('task/progress', { taskId, text: text.slice(0, 2000), ...more }),
      put: async (change) => {
        signal.throwIfAborted();
        const result = await this.calls.call('artifact/put', { taskId, ...change });
        artifacts.set(change.path, refOf(change));
        return result;
      },
    };
  }

  private refused({ rpcCode, said, data }: HostError): void {
    const inbox = data?.['inbox'] as InboxMessage[] | undefined;
    this.receive(inbox);
    if (rpcCode !== RPC.interrupted || !this.running) return;
    this.mail.read(inbox ?? []); // the task ends by it, and says its words
    this.running.interrupted = true;
    this.running.abort.abort(new Error(`interrupted: ${said}`.slice(0, 1000)));
  }

  private receive(inbox: readonly InboxMessage[] = []): void {
    this.mail.add(inbox);
    for (const message of inbox) if (message.type === 'shutdown_request') void this.answerShutdown(message);
  }

  /** A person asks the member to end: the plugin says yes or no; one that does not care says yes. After a yes the task ends. */
  private async answerShutdown(request: InboxMessage): Promise<void> {
    try {
      const { approve, reason } = (await this.plugin?.onShutdownRequest?.(request)) ?? { approve: true };
      await this.calls.call('shutdown/answer', { message_id: request.message_id, approve, ...(reason === undefined ? {} : { reason }) });
      this.mail.read([request]);
      if (!approve || !this.running) return;
      this.running.interrupted = true;
      this.running.abort.abort(new Error(`ended, as was asked: ${request.content}`.slice(0, 1000)));
    } catch (error) {
      this.ports.log('warn', `a request to end was not answered: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private cancel(taskId: unknown, reason: unknown): boolean {
    if (this.running?.taskId !== taskId) return false;
    this.running?.abort.abort(new Error(typeof reason === 'string' && reason !== '' ? reason : 'cancelled by the host'));
    return this.running !== undefined;
  }
}

function refOf(change: FileChange): ArtifactRef {
  if (change.deleted) return { path: change.path, deleted: true };
  const bytes = change.contentBase64 === undefined ? Buffer.from(change.text ?? '') : Buffer.from(change.contentBase64, 'base64');
  return { path: change.path, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
}

const reasonOf = (signal: AbortSignal): string => (signal.reason instanceof Error ? signal.reason.message : 'cancelled');
