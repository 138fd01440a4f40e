import { Injectable } from '@nestjs/common';
import { movesBudget, type FeedEvent } from './domain/event-view.js';

export interface NumberedEvent extends FeedEvent {
  /** Increases, also across restarts: it begins at the time of the start in microseconds. */
  readonly id: number;
}
type Listener = (event: NumberedEvent) => void;

const KEPT_EVENTS = 2_000;

/** What has just changed, for whoever listens; the newest are kept for listeners that come back. */
@Injectable()
export class EventFeed {
  private readonly listeners = new Set<Listener>();
  private readonly kept: NumberedEvent[] = [];
  private lastId = Date.now() * 1000;

  publish(event: FeedEvent): void {
    this.send(event);
    if (movesBudget(event)) this.send({ type: 'budget.changed', data: { teamId: event.data.teamId } });
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

  private send(event: FeedEvent): void {
    const numbered = { ...event, id: ++this.lastId };
    this.kept.push(numbered);
    if (this.kept.length > KEPT_EVENTS) this.kept.shift();
    for (const listener of this.listeners) listener(numbered);
  }
}

/** The gateway's own news: it is the author of approvals, so no message tells it. */
export const approvalChanged = (data: { readonly teamId: string; readonly approvalId: string; readonly goalId: string; readonly state: string }): FeedEvent => ({ type: 'approval.changed', data });
