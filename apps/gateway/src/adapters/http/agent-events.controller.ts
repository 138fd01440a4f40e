import { routes, TeamChoiceQuery, type TeamId } from '@countersign/contracts';
import { LOGGER, type Logger } from '@countersign/service';
import { Controller, Inject, Query, Req, Res } from '@nestjs/common';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { AgentEventTail } from '../../agent-event-tail.js';
import { isStaff } from '../../domain/access.js';
import { agentEventWithoutContent, shownTo } from '../../domain/content.js';
import { cursorText, isAfter, readCursor, type EventCursor } from '../../domain/event-cursor.js';
import { AgentEvents, EVENTS_AT_ONCE, type AgentEvent, type EventScope } from '../postgres/agent-events.js';
import { EventStreams, send } from './event-streams.js';
import { By, Operation, type GatewayReply, type GatewayRequest, type Session } from './operation.js';
import { TeamChoice } from './team-choice.js';

/** The original's event stream: rows of the teams the listener may see, each with the place from which another connection goes on. */
@Controller()
export class AgentEventsController {
  constructor(
    private readonly events: AgentEvents,
    private readonly tail: AgentEventTail,
    private readonly streams: EventStreams,
    private readonly choice: TeamChoice,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @Operation(routes.agentEvents)
  async ofTeam(@By() by: Session, @Query() { team }: TeamChoiceQuery, @Req() request: GatewayRequest, @Res() reply: GatewayReply): Promise<void> {
    await this.open(by, request, reply, (await this.choice.named(by, request, team)) ?? null);
  }

  @Operation(routes.allAgentEvents)
  async ofAll(@By() by: Session, @Req() request: GatewayRequest, @Res() reply: GatewayReply): Promise<void> {
    await this.open(by, request, reply, null);
  }

  private async open(by: Session, request: GatewayRequest, reply: GatewayReply, teamId: TeamId | null): Promise<void> {
    const [from, known] = await this.placeOf(request.headers['last-event-id']);
    const stream = this.streams.start(by, request, reply);
    if (!stream) return;
    send(stream, { data: { type: 'server.connected', properties: {} } });
    if (!known) send(stream, { data: { type: 'server.resync', properties: {} } });
    const listener = new Listener(stream, { customerId: isStaff(by) ? null : by.customerId, teamId }, from, (event) => shownTo(by, event, agentEventWithoutContent));
    try {
      const stop = await this.tail.listen((events) => listener.hear(events));
      if (stream.closed) stop();
      else stream.on('close', stop);
      await listener.catchUp(this.events);
    } catch (error) {
      this.log.warn({ err: error }, 'an event stream was ended');
      stream.end(); // the listener comes back, and goes on where it was
    }
  }

  /** A first connection missed nothing; one whose place nobody knows is told that it may have. */
  private async placeOf(lastEventId: string | string[] | undefined): Promise<[EventCursor, boolean]> {
    const horizon = await this.events.horizon();
    if (typeof lastEventId !== 'string') return [horizon, true];
    const cursor = readCursor(lastEventId);
    return cursor !== undefined && cursor.pos <= horizon.pos ? [cursor, true] : [horizon, false];
  }
}

/** One listener: reads what it missed, then hears what comes. What comes meanwhile makes it read once more. */
class Listener {
  private live = false;
  private missed = false;

  constructor(
    private readonly stream: ServerResponse,
    private readonly scope: EventScope,
    private cursor: EventCursor,
    private readonly shown: (event: AgentEvent) => AgentEvent,
  ) {}

  hear(events: readonly AgentEvent[]): void {
    if (this.live) for (const event of events) this.tell(event);
    else this.missed ||= events.length > 0;
  }

  async catchUp(source: AgentEvents): Promise<void> {
    do {
      this.missed = false;
      for (let full = true; full && !this.stream.destroyed && !this.stream.writableEnded; ) {
        const events = await source.after(this.cursor, this.scope);
        for (const event of events) this.tell(event);
        full = events.length === EVENTS_AT_ONCE;
        if (this.stream.writableNeedDrain) await Promise.race([once(this.stream, 'drain'), once(this.stream, 'close')]);
      }
    } while (this.missed);
    this.live = true;
  }

  private tell(event: AgentEvent): void {
    const { customerId, teamId } = this.scope;
    if (!isAfter(event, this.cursor) || (customerId !== null && event.customerId !== customerId) || (teamId !== null && event.teamId !== teamId)) return;
    this.cursor = event;
    send(this.stream, { id: cursorText(event), data: { type: event.type, properties: this.shown(event).properties } });
  }
}
