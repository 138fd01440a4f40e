import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { AgentEvents, EVENTS_AT_ONCE, EVERYBODYS, type AgentEvent } from './adapters/postgres/agent-events.js';
import type { EventCursor } from './domain/event-cursor.js';
import { EventFeed } from './event-feed.js';

type Hear = (events: readonly AgentEvent[]) => void;

const LOOK_EVERY_MS = 500;

/** The newest events of all teams, read once for all listeners of this process. Rows are the truth: a message only says that it is time to look. */
@Injectable()
export class AgentEventTail implements OnModuleInit, BeforeApplicationShutdown {
  private readonly listeners = new Set<Hear>();
  private running: Promise<void> | undefined;
  private begun = Promise.withResolvers<void>();
  private wake: () => void = () => undefined;
  private stopped = false;

  constructor(
    private readonly events: AgentEvents,
    private readonly feed: EventFeed,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onModuleInit(): void {
    this.feed.listen({ event: () => this.wake(), gap: () => this.wake() });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.running;
  }

  /** Resolves when everything that appears from now on will be heard. Returns how to stop listening. */
  async listen(hear: Hear): Promise<() => void> {
    this.listeners.add(hear);
    this.running ??= this.run();
    await this.begun.promise;
    return () => {
      this.listeners.delete(hear);
      this.wake();
    };
  }

  private async run(): Promise<void> {
    let cursor: EventCursor | undefined;
    while (this.listeners.size > 0 && !this.stopped) {
      try {
        cursor ??= await this.events.horizon();
        this.begun.resolve();
        cursor = await this.tell(cursor);
      } catch (error) {
        this.log.error({ err: error }, 'the events could not be read; they are read again');
      }
      await this.pause();
    }
    this.begun.resolve(); // a listener that waits during a stop is let go
    this.begun = Promise.withResolvers<void>();
    this.running = undefined;
  }

  private async tell(from: EventCursor): Promise<EventCursor> {
    let cursor = from;
    for (;;) {
      const events = await this.events.after(cursor, EVERYBODYS);
      for (const hear of this.listeners) hear(events);
      cursor = events.at(-1) ?? cursor;
      if (events.length < EVENTS_AT_ONCE) return cursor;
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_EVERY_MS).unref();
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
