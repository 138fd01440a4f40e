import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { certificateFor } from './certificate.js';
import { keep } from './http-double.js';

/** An address that no server of a test has: what is dialled at it is led to a local one. */
export const PUBLIC_ADDRESS = '93.184.215.14';
export const RECEIVER = 'hooks.receiver.test';
/** As the specification writes a secret; the receiver knows it, and whoever signs reads it from a file. */
export const RECEIVER_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/**
 * What goes wrong with the next message: refused with 403; put off with 429 and a second's `Retry-After`; 409 after taking it; 500 without taking it, 500 after taking it; the answer after `slowMs`; taken
 * and the line cut instead of an answer; cut before it is read; delivered twice by something on the way; led elsewhere; taken and the protocol switched instead of an answer.
 */
export type ReceiverFault = 'refuse' | 'broken' | 'broken-after' | 'slow' | 'lost' | 'cut' | 'twice' | 'redirect' | 'later' | 'conflict' | 'switch';

export interface ReceivedMessage {
  readonly id: string;
  readonly contentType: string;
  readonly body: Buffer;
}

/**
 * A receiver of Standard Webhooks over TLS: it verifies the signature and the age of each message as the specification says, by its own
 * code, acts once for each `webhook-id`, and says at `/has/<id>` whether it has a message.
 */
export class WebhookReceiver implements AsyncDisposable {
  /** What it acted on: one for each id. */
  readonly acted: ReceivedMessage[] = [];
  /** Every message that was rightly signed, repeats too. */
  readonly heard: ReceivedMessage[] = [];
  readonly requests: string[] = [];
  readonly faults: ReceiverFault[] = [];
  readonly addresses: string[] = [PUBLIC_ADDRESS];
  slowMs = 10_000;
  /** What its status address answers instead of the truth. */
  statusFault: number | undefined;
  readonly port: number;

  private constructor(
    private readonly server: Server,
    readonly certificate: string,
  ) {
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(): Promise<WebhookReceiver> {
    const { cert, key } = certificateFor(RECEIVER);
    const server = createServer({ cert, key }, (request, response) => void receiver.answer(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const receiver = new WebhookReceiver(server, cert);
    return receiver;
  }

  get wire(): ReturnType<typeof wireTo> {
    return wireTo(this.port, this.certificate, this.addresses);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    keep(this.requests, `${request.method} ${request.url}`);
    const fault = request.method === 'POST' ? this.faults.shift() : undefined;
    if (fault === 'cut') return void request.socket.destroy();
    const body = await bodyOf(request);
    const id = verified(request, body);
    if (id === undefined) return end(response, 401);
    if (request.method === 'GET' && this.statusFault === 101) return switchProtocol(request);
    if (request.method === 'GET') return end(response, this.statusFault ?? (this.acted.some((message) => `/has/${message.id}` === request.url) ? 200 : 404));
    if (fault === 'refuse') return end(response, 403);
    if (fault === 'later') return void response.writeHead(429, { 'retry-after': '1' }).end();
    if (fault === 'broken') return end(response, 500);
    if (fault === 'redirect') return void response.writeHead(307, { location: `https://${RECEIVER}/elsewhere` }).end();
    const message = { id, contentType: request.headers['content-type'] ?? '', body };
    for (let times = fault === 'twice' ? 2 : 1; times > 0; times--) this.take(message);
    if (fault === 'lost') return void request.socket.destroy();
    if (fault === 'switch') return switchProtocol(request);
    if (fault === 'slow') await sleep(this.slowMs, undefined, { ref: false });
    return end(response, fault === 'broken-after' ? 500 : fault === 'conflict' ? 409 : 202);
  }

  private take(message: ReceivedMessage): void {
    keep(this.heard, message);
    if (!this.acted.some(({ id }) => id === message.id)) this.acted.push(message);
  }
}

/** A wire on which the receiver's name leads to `addresses`, and each of those to a local port. */
export function wireTo(port: number, certificate: string, addresses: readonly string[] = [PUBLIC_ADDRESS]): { resolve(host: string): Promise<readonly string[]>; connect(address: string, port: number): Socket; readonly authorities: readonly string[] } {
  return {
    resolve: (host) => (host === RECEIVER ? Promise.resolve(addresses) : Promise.reject(new Error(`there is no ${host}`))),
    connect: () => connect(port, '127.0.0.1'),
    authorities: [certificate],
  };
}

const end = (response: ServerResponse, status: number): void => void response.writeHead(status).end();

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const TOLERANCE_S = 300;

/** The id of a message whose signature is right and whose time is near. */
function verified({ headers }: IncomingMessage, body: Buffer): string | undefined {
  const [id, timestamp, signature] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => String(headers[name] ?? ''));
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_S) return undefined;
  const key = Buffer.from(RECEIVER_SECRET.slice('whsec_'.length), 'base64');
  const expected = createHmac('sha256', key).update(Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body])).digest();
  const given = signature!.split(' ').filter((each) => each.startsWith('v1,')).map((each) => Buffer.from(each.slice(3), 'base64'));
  return given.some((each) => each.length === expected.length && timingSafeEqual(each, expected)) ? id : undefined;
}

/** What nobody asked for: the answer that is none, and a line that stays open. */
const switchProtocol = ({ socket }: IncomingMessage): void => void socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
