import { EventQuery, NotFoundError, routes } from '@countersign/contracts';
import { LOGGER, type Logger } from '@countersign/service';
import { Controller, Inject, Query, Req, Res, type BeforeApplicationShutdown } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { HttpRefusal } from '../../domain/problem.js';
import { TeamAccess } from '../postgres/team-access.js';
import { EventFeed, type NumberedEvent } from '../../event-feed.js';
import { Metrics } from './metrics.js';
import { By, Operation, type GatewayReply, type GatewayRequest, type Session } from './operation.js';

const HEARTBEAT_MS = 15_000;
/** Then the stream ends and the browser comes back by itself: who it is, is looked at again. */
const STREAM_LIFE_MS = 15 * 60_000;
const MAX_STREAMS_PER_PERSON = 12;
/** A listener that does not read is let go. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** Live events (server-sent events): ids only, of teams the listener may see. */
@Controller()
export class EventsController implements BeforeApplicationShutdown {
  private readonly open = new Map<ServerResponse, string>();

  constructor(
    private readonly feed: EventFeed,
    private readonly access: TeamAccess,
    metrics: Metrics,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    metrics.gauge('event_listeners', () => this.open.size);
  }

  @Operation(routes.events)
  events(@By() by: Session, @Query() query: EventQuery, @Req() request: GatewayRequest, @Res() reply: GatewayReply): void {
    const streams = [...this.open.values()].filter((personId) => personId === by.personId).length;
    if (streams >= MAX_STREAMS_PER_PERSON) throw new HttpRefusal('rate_limited', 'too many open event streams', {}, { 'retry-after': '15' });
    reply.hijack();
    const stream = reply.raw;
    stream.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no', connection: 'close', 'x-request-id': request.id });
    this.open.set(stream, by.personId);
    const send = this.sender(stream, by, query);
    this.begin(stream, request.headers['last-event-id'], send);
    const stop = this.feed.listen({ event: send, gap: (id) => resync(stream, id) });
    const heartbeat = setInterval(() => stream.write(': heartbeat\n\n'), HEARTBEAT_MS);
    const end = setTimeout(() => stream.end(), STREAM_LIFE_MS);
    stream.on('close', () => {
      stop();
      clearInterval(heartbeat);
      clearTimeout(end);
      this.open.delete(stream);
    });
  }

  /** Before the server closes: it waits for what is still being answered. */
  beforeApplicationShutdown(): void {
    for (const stream of this.open.keys()) stream.end();
  }

  /** What was missed, or the word that everything must be read anew. A first connection missed nothing. */
  private begin(stream: ServerResponse, lastEventId: string | string[] | undefined, send: (event: NumberedEvent) => void): void {
    stream.write('retry: 1000\n\n');
    if (typeof lastEventId !== 'string') return;
    const missed = /^\d{1,16}$/.test(lastEventId) ? this.feed.since(Number(lastEventId)) : undefined;
    if (missed === undefined) resync(stream, this.feed.newestId);
    else missed.forEach(send);
  }

  /** One after another, so that events keep their order although each new team is looked up. */
  private sender(stream: ServerResponse, by: Session, query: EventQuery): (event: NumberedEvent) => void {
    const types = query.types?.split(',');
    const visible = new Map<string, boolean>();
    let queue = Promise.resolve();
    const write = async (event: NumberedEvent): Promise<void> => {
      const { teamId } = event.data;
      if (!visible.has(teamId)) visible.set(teamId, await this.maySee(by, teamId));
      if (visible.get(teamId) !== true || stream.writableEnded) return;
      stream.write(`event: ${event.type}\nid: ${event.id}\ndata: ${JSON.stringify(event.data)}\n\n`);
      if (stream.writableLength > MAX_WAITING_BYTES) stream.destroy();
    };
    return (event) => {
      if (types?.includes(event.type) === false || (query.team !== undefined && query.team !== event.data.teamId)) return;
      queue = queue.then(() => write(event)).catch((error: unknown) => {
        this.log.warn({ err: error }, 'an event stream was ended');
        stream.end(); // the listener comes back and hears that it must read anew
      });
    };
  }

  private async maySee(by: Session, teamId: string): Promise<boolean> {
    try {
      await this.access.team(by, teamId);
      return true;
    } catch (error) {
      if (error instanceof NotFoundError) return false;
      throw error;
    }
  }
}

function resync(stream: ServerResponse, id: number): void {
  if (!stream.writableEnded) stream.write(`event: resync\nid: ${id}\ndata: {}\n\n`);
}
