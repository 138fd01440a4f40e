import { jsonRpcLines, type Garbage } from '@countersign/contracts/worker/lines';
import type { AgentRequests, RpcError, RpcId } from '@countersign/contracts/worker';
import { HostError } from '../plugin.js';

// The numbers of `WORKER_ERROR`, repeated as types only: the worker process loads nothing of the contracts but the framing.
export const RPC = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  cancelled: -32003,
  notInitialized: -32004,
  busy: -32005,
  interrupted: -32010,
} as const satisfies Partial<Record<keyof typeof import('@countersign/contracts/worker').WORKER_ERROR, number>>;

/** Answered to the host as a JSON-RPC error. */
export class RpcReplyError extends Error {
  override readonly name = 'RpcReplyError';
  readonly code = 'rpc_reply';
  readonly retryable = false;
  readonly error: RpcError;
  constructor(rpcCode: number, message: string) {
    super(message);
    this.error = { code: rpcCode, message };
  }
}

export type RequestHandler = (method: string, params: Record<string, unknown>) => Promise<object>;

interface Waiting {
  method: string;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** One side of a JSON-RPC 2.0 connection by lines. It owns no stream: bytes come in by `receive`, lines go out by `write`. */
export class Peer {
  private readonly codec = jsonRpcLines();
  private readonly waiting = new Map<RpcId, Waiting>();
  private nextId = 1;

  constructor(
    private readonly write: (line: string) => void,
    private readonly handle: RequestHandler,
    private readonly complain: (message: string) => void,
  ) {}

  receive(chunk: Uint8Array): void {
    for (const item of this.codec.push(chunk)) {
      if (item.kind === 'garbage') this.refuseGarbage(item);
      else this.dispatch(item.value);
    }
  }

  call<M extends keyof AgentRequests>(method: M, params: AgentRequests[M]['params']): Promise<AgentRequests[M]['result']> {
    const id = this.nextId++;
    return new Promise<AgentRequests[M]['result']>((resolve, reject) => {
      this.waiting.set(id, { method, resolve: (result) => resolve(result as AgentRequests[M]['result']), reject });
      this.send({ jsonrpc: '2.0', id, method, params });
    });
  }

  notify(method: string, params: object): void {
    this.send({ jsonrpc: '2.0', method, params });
  }

  /** Ends every call that is still waiting: the host is gone. */
  close(): void {
    for (const [, call] of this.waiting) call.reject(new HostError(call.method, { code: RPC.cancelled, message: 'the host closed the connection' }));
    this.waiting.clear();
  }

  private send(message: object): void {
    this.write(this.codec.encode(message));
  }

  private refuseGarbage(item: Garbage): void {
    this.complain(`unreadable line from the host: ${item.code}, ${item.bytes} bytes`);
    this.send({ jsonrpc: '2.0', id: null, error: { code: RPC.parse, message: item.code } });
  }

  private dispatch(message: Record<string, unknown>): void {
    const { id, method, params } = message;
    const hasId = typeof id === 'string' || typeof id === 'number';
    if (message['jsonrpc'] === '2.0' && typeof method === 'string' && isParams(params)) {
      if (hasId) void this.answer(id, method, params ?? {});
      else this.complain(`unknown notification ${JSON.stringify(method.slice(0, 60))}`);
    } else if (message['jsonrpc'] === '2.0' && method === undefined && hasId) {
      this.settle(id, message);
    } else {
      this.send({ jsonrpc: '2.0', id: hasId ? id : null, error: { code: RPC.invalidRequest, message: 'not a JSON-RPC 2.0 message' } });
    }
  }

  private async answer(id: RpcId, method: string, params: Record<string, unknown>): Promise<void> {
    try {
      this.send({ jsonrpc: '2.0', id, result: await this.handle(method, params) });
    } catch (error) {
      if (!(error instanceof RpcReplyError)) this.complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
      this.send({ jsonrpc: '2.0', id, error: replyOf(error) });
    }
  }

  private settle(id: RpcId, message: Record<string, unknown>): void {
    const call = this.waiting.get(id);
    if (!call) return this.complain(`an answer to ${JSON.stringify(id)}, which nobody asked`);
    this.waiting.delete(id);
    if ('result' in message) return call.resolve(message['result']);
    const error = message['error'] as RpcError | undefined;
    call.reject(new HostError(call.method, { code: RPC.internal, message: 'the host gave no reason', ...error }));
  }
}

const isParams = (params: unknown): params is Record<string, unknown> | undefined =>
  params === undefined || (typeof params === 'object' && params !== null && !Array.isArray(params));

function replyOf(error: unknown): RpcError {
  if (error instanceof RpcReplyError) return error.error;
  // The stack stays on stderr: it names paths of the machine.
  return { code: RPC.internal, message: error instanceof Error ? error.message.slice(0, 2000) : 'the plugin threw something that is no error' };
}
