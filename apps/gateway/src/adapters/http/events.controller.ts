import { EventQuery, NotFoundError, routes } from '@countersign/contracts';
import { LOGGER, type Logger } from '@countersign/service';
import { Controller, Inject, Query, Req, Res } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { mayReadContent } from '../../domain/access.js';
import { eventWithoutContent } from '../../domain/content.js';
import { TeamAccess } from '../postgres/team-access.js';
import { EventFeed, type NumberedEvent } from '../../event-feed.js';
import { EventStreams, send } from './event-streams.js';
import { By, Operation, type GatewayReply, type GatewayRequest, type Session } from './operation.js';

/** Live events (server-sent events) of teams the listener may see: ids, and the words of a member's progress for whoever may read them. */
@Controller()
export class EventsController {
  constructor(
    private readonly feed: EventFeed,
    private readonly access: TeamAccess,
    private readonly streams: EventStreams,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @Operation(routes.events)
  events(@By() by: Session, @Query() query: EventQuery, @Req() request: GatewayRequest, @Res() reply: GatewayReply): void {
    const stream = this.streams.start(by, request, reply);
    if (!stream) return;
    const tell = this.sender(stream, by, query);
    this.begin(stream, request.headers['last-event-id'], tell);
    stream.on('close', this.feed.listen({ event: tell, gap: (id) => resync(stream, id) }));
  }

  /** What was missed, or the word that everything must be read anew. A first connection missed nothing, and is told where it stands: it comes back with that even if it heard of nothing. */
  private begin(stream: ServerResponse, lastEventId: string | string[] | undefined, tell: (event: NumberedEvent) => void): void {
    if (typeof lastEventId !== 'string') return void stream.write(`id: ${this.feed.newestId}\n\n`);
    const missed = /^\d{1,16}$/.test(lastEventId) ? this.feed.since(Number(lastEventId)) : undefined;
    if (missed === undefined) resync(stream, this.feed.newestId);
    else missed.forEach(tell);
  }

  /** One after another, so that events keep their order although each new team is looked up. */
  private sender(stream: ServerResponse, by: Session, query: EventQuery): (event: NumberedEvent) => void {
    const types = query.types?.split(',');
    const visible = new Map<string, Sight>();
    let queue = Promise.resolve();
    const write = async (event: NumberedEvent): Promise<void> => {
      const { teamId } = event.data;
      if (!visible.has(teamId)) visible.set(teamId, await this.sightOf(by, teamId));
      const sight = visible.get(teamId);
      if (sight !== 'nothing') send(stream, sight === 'content' ? event : eventWithoutContent(event));
    };
    return (event) => {
      if (types?.includes(event.type) === false || (query.team !== undefined && query.team !== event.data.teamId)) return;
      queue = queue.then(() => write(event)).catch((error: unknown) => {
        this.log.warn({ err: error }, 'an event stream was ended');
        stream.end(); // the listener comes back and hears that it must read anew
      });
    };
  }

  private async sightOf(by: Session, teamId: string): Promise<Sight> {
    try {
      const { customerId } = await this.access.team(by, teamId);
      return mayReadContent(by, customerId) ? 'content' : 'existence';
    } catch (error) {
      if (error instanceof NotFoundError) return 'nothing';
      throw error;
    }
  }
}

/** What of a team a listener is told. */
type Sight = 'content' | 'existence' | 'nothing';

const resync = (stream: ServerResponse, id: number): void => send(stream, { type: 'resync', id, data: {} });
