import { appendFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent } from 'node:https';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a phone would have got. */
export interface ReceivedPush {
  readonly at: string;
  readonly token: string;
  readonly name: string;
  readonly message: Readonly<Record<string, unknown>>;
}

const KEPT = 500;
const SLOW_MS = 300;
const MAX_BODY_BYTES = 64 * 1024;

/** Faults by the device's address: `unregistered…` is gone, `quota-N…` and `flaky-N…` fail N times first, `lost-N…` takes N times what it does not answer, `slow…` answers late, `twice…` takes everything twice. */
const FAULTS: readonly { pattern: RegExp; status: number; error: string; code: string }[] = [
  { pattern: /^unregistered/, status: 404, error: 'NOT_FOUND', code: 'UNREGISTERED' },
  { pattern: /^quota-(\d+)/, status: 429, error: 'RESOURCE_EXHAUSTED', code: 'QUOTA_EXCEEDED' },
  { pattern: /^flaky-(\d+)/, status: 500, error: 'INTERNAL', code: 'INTERNAL' },
];

/** A push service for one's own machine: speaks the HTTP v1 API of FCM on loopback and keeps what it was sent. */
export class FcmDouble {
  private readonly kept: ReceivedPush[] = [];
  private readonly tries = new Map<string, number>();
  private server: Server | undefined;
  private port = 0;

  /** `home` undefined: nothing is written to a file. */
  constructor(private readonly home: string | undefined) {}

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.answer(request, response).catch(() => response.writeHead(400).end()));
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  stop(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  /** Leads every connection of firebase-admin here, whatever host it asks for. */
  agent(): Agent {
    const connect = (): net.Socket => net.connect({ host: '127.0.0.1', port: this.port });
    return new (class extends Agent {
      override createConnection(): net.Socket {
        return connect();
      }
    })();
  }

  /** Newest last. */
  received(): readonly ReceivedPush[] {
    return this.kept;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST' || !/^\/v1\/projects\/[\w-]+\/messages:send$/.test(request.url ?? '')) return void response.writeHead(404).end();
    const { message } = JSON.parse(await readBody(request)) as { message: Record<string, unknown> & { token: string } };
    const fault = this.faultOf(message.token);
    if (fault) return reply(response, fault.status, { error: { code: fault.status, status: fault.error, message: fault.code, details: [{ '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode: fault.code }] } });
    const push: ReceivedPush = { at: new Date().toISOString(), token: message.token, name: `projects/countersign-local/messages/${Date.now().toString(36)}-${this.kept.length}`, message };
    await this.keep(push);
    if (message.token.startsWith('twice')) await this.keep(push);
    if (this.isFirst(/^lost-(\d+)/, message.token)) return void request.socket.destroy();
    if (message.token.startsWith('slow')) await sleep(SLOW_MS);
    reply(response, 200, { name: push.name });
  }

  private faultOf(token: string): (typeof FAULTS)[number] | undefined {
    this.tries.set(token, (this.tries.get(token) ?? 0) + 1);
    return FAULTS.find(({ pattern }) => this.isFirst(pattern, token));
  }

  /** That a token whose name says so is still within its first tries. */
  private isFirst(pattern: RegExp, token: string): boolean {
    const match = pattern.exec(token);
    return match !== null && this.tries.get(token)! <= Number(match[1] ?? Infinity);
  }

  private async keep(push: ReceivedPush): Promise<void> {
    this.kept.push(push);
    if (this.kept.length > KEPT) this.kept.shift();
    if (this.home !== undefined) await appendFile(path.join(this.home, 'push-double.ndjson'), `${JSON.stringify(push)}\n`, { mode: 0o600 });
  }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new RangeError('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
