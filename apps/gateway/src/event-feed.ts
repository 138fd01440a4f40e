import { Bus, hearCopies, tellCopies } from '@countersign/bus';
import { feedNews, uuidv7, type FeedNews } from '@countersign/contracts';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { movesBudget, type FeedEvent } from './domain/event-view.js';

export interface NumberedEvent extends FeedEvent {
  /** Increases, also across restarts: it begins at the time of the start in microseconds. */
  readonly id: number;
}
export interface Listener {
  event(event: NumberedEvent): void;
  /** Something may have been missed: everything must be read anew. */
  gap(id: number): void;
}

const KEPT_EVENTS = 2_000;

/**
 * What has just changed, for whoever listens, at whichever copy of the gateway; the newest are kept for listeners that come back.
 *
 * A message reaches one copy, and a decision is made at one: it tells its own listeners and then the other copies. What was
 * told while the broker was away is lost to those, so after that every listener reads anew.
 */
@Injectable()
export class EventFeed implements OnModuleInit {
  private readonly copy = uuidv7();
  private readonly listeners = new Set<Listener>();
  private readonly kept: NumberedEvent[] = [];
  private lastId = Date.now() * 1000;

  constructor(
    private readonly bus: Bus,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onModuleInit(): void {
    hearCopies(this.bus, feedNews, (news) => this.hear(news), this.log);
    this.bus.onReconnect(() => this.gap());
  }

  publish(event: FeedEvent): void {
    this.spread(event);
    tellCopies(this.bus, feedNews, { from: this.copy, ...event });
  }

  /** Undefined when something after `lastId` may be missing: the listener must read everything anew. */
  since(lastId: number): NumberedEvent[] | undefined {
    const oldest = this.kept[0];
    const nothingMissed = lastId === this.lastId || (oldest !== undefined && lastId >= oldest.id - 1 && lastId <= this.lastId);
    return nothingMissed ? this.kept.filter(({ id }) => id > lastId) : undefined;
  }

  /** Returns how to stop listening. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get size(): number {
    return this.listeners.size;
  }

  get newestId(): number {
    return this.lastId;
  }

  private hear({ from, type, data }: FeedNews): void {
    if (from === this.copy || typeof data['teamId'] !== 'string') return;
    this.spread({ type, data: data as FeedEvent['data'] });
  }

  private gap(): void {
    this.kept.length = 0;
    this.lastId += 1;
    for (const listener of this.listeners) listener.gap(this.lastId);
  }

  private spread(event: FeedEvent): void {
    this.send(event);
    if (movesBudget(event)) this.send({ type: 'budget.changed', data: { teamId: event.data.teamId } });
  }

  private send(event: FeedEvent): void {
    const numbered = { ...event, id: ++this.lastId };
    this.kept.push(numbered);
    if (this.kept.length > KEPT_EVENTS) this.kept.shift();
    for (const listener of this.listeners) listener.event(numbered);
  }
}

/** The gateway's own news: it is the author of approvals, so no message tells it. */
export const approvalChanged = (data: { readonly teamId: string; readonly approvalId: string; readonly goalId: string; readonly state: string }): FeedEvent => ({ type: 'approval.changed', data });
