import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { HttpRefusal } from '../../domain/problem.js';
import { Identity } from './identity.js';
import { Metrics } from './metrics.js';
import type { GatewayReply, GatewayRequest, Session } from './operation.js';

const HEARTBEAT_MS = 15_000;
/** Then the stream ends and the browser comes back by itself: who it is, is looked at again. */
const STREAM_LIFE_MS = 15 * 60_000;
const MAX_STREAMS_PER_PERSON = 12;
/** A listener that does not read is let go. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** Open streams of server-sent events: how many a person may have, that they breathe, that they end. */
@Injectable()
export class EventStreams implements BeforeApplicationShutdown {
  private readonly open = new Map<ServerResponse, string>();

  constructor(
    metrics: Metrics,
    private readonly identity: Identity,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    metrics.gauge('event_listeners', () => this.open.size);
  }

  /**
   * Takes over the answer. With each heartbeat it is looked up again who listens: a session that is over hears nothing more, nor
   * does one with other rights. Undefined for a listener that left while it was looked up who
   * it is: its answer has been closed, and never says so again; and for who asks for the head alone, which is answered here.
   */
  start(by: Session, request: GatewayRequest, reply: GatewayReply): ServerResponse | undefined {
    if (reply.raw.closed) {
      reply.hijack();
      return undefined;
    }
    if (request.method === 'HEAD') {
      reply.hijack();
      reply.raw.writeHead(200, headersOf(request)).end();
      return undefined;
    }
    const streams = [...this.open.values()].filter((personId) => personId === by.personId).length;
    if (streams >= MAX_STREAMS_PER_PERSON) throw new HttpRefusal('rate_limited', 'too many open event streams', {}, { 'retry-after': '15' });
    reply.hijack();
    const stream = reply.raw;
    stream.writeHead(200, headersOf(request));
    this.open.set(stream, by.personId);
    const heartbeat = setInterval(() => {
      if (!stream.writableEnded) stream.write(': heartbeat\n\n');
      void this.recheck(by, request, stream);
    }, HEARTBEAT_MS);
    const end = setTimeout(() => stream.end(), STREAM_LIFE_MS);
    stream.on('close', () => {
      clearInterval(heartbeat);
      clearTimeout(end);
      this.open.delete(stream);
    });
    stream.write('retry: 1000\n\n');
    return stream;
  }

  private async recheck(by: Session, request: GatewayRequest, stream: ServerResponse): Promise<void> {
    try {
      if (!sameRights(by, await this.identity.again(request))) stream.end();
    } catch (error) {
      if (!(error instanceof HttpRefusal)) this.log.warn({ err: error }, 'a listener could not be looked at again');
      stream.end();
    }
  }

  /** Before the server closes: it waits for what is still being answered. */
  beforeApplicationShutdown(): void {
    for (const stream of this.open.keys()) stream.end();
  }
}

const headersOf = ({ id }: GatewayRequest): Record<string, string> => ({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no', connection: 'close', 'x-request-id': id });

const sameRights = (one: Session, other: Session): boolean => one.personId === other.personId && one.customerId === other.customerId && [...one.roles].sort().join() === [...other.roles].sort().join();

/** One event, as a block of lines. `type` absent: an event without a name, as the original sends them. */
export function send(stream: ServerResponse, { type, id, data }: { readonly type?: string; readonly id?: string | number; readonly data: unknown }): void {
  if (stream.writableEnded) return;
  stream.write(`${type === undefined ? '' : `event: ${type}\n`}${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`);
  if (stream.writableLength > MAX_WAITING_BYTES) stream.destroy();
}
