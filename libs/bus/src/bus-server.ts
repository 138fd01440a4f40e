import { commands, commandSubject, messages, type Command, type Service } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import type { Msg } from '@nats-io/transport-node';
import { ServerNats, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { setTimeout as sleep } from 'node:timers/promises';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Bus } from './connection.js';
import { Consumer, type ConsumerLog, type HandleMessage } from './consumer.js';
import { DuplicateHandlerError } from './errors.js';
import { answersOf } from './names.js';

const LOOK_MS = 5;

/**
 * Nest's NATS transport with the service's own connection: `@OnCommand` handlers are Nest's own request–reply, and
 * `@OnMessage` handlers (ordinary event patterns) are fed by one durable JetStream consumer each.
 */
export class BusServer extends ServerNats implements CustomTransportStrategy {
  override readonly propagatesEventHandlerErrors = true;
  private readonly consumers: Consumer[] = [];
  private running = 0;
  private readonly answering: { unsubscribe(): void }[] = [];

  constructor(
    private readonly bus: Bus,
    private readonly service: Service,
    private readonly database: Database,
    private readonly log: ConsumerLog,
    private readonly gapPatienceMs?: number,
  ) {
    super({});
    this.setOnProcessingStartHook((_transport, _context, start) => {
      this.running += 1;
      return start();
    });
    this.setOnProcessingEndHook(() => {
      this.running -= 1;
    });
  }

  override async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      for (const [pattern, handler] of this.getHandlers()) {
        if (handler.isEventHandler === true) this.consume(pattern, handler);
        else this.answer(pattern);
      }
      await this.bus.connection.flush();
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /** No new work is taken; what is running finishes and is answered. */
  override async close(): Promise<void> {
    for (const subscription of this.answering.splice(0)) subscription.unsubscribe();
    await Promise.all(this.consumers.splice(0).map((consumer) => consumer.stop()));
    while (this.running > 0) await sleep(LOOK_MS);
    await sleep(LOOK_MS); // Nest sends the answer in the tick after the handler's end
    if (this.bus.connected) await this.bus.connection.flush();
  }

  private answer(subject: string): void {
    const command = commands().find((known) => known.service === this.service && commandSubject(known) === subject);
    if (command === undefined) throw new TypeError(`${this.service} has a handler for ${subject}, which is not its command`);
    const handle = this.getMessageHandler(subject) as (error: Error | null, message: Msg) => void;
    const callback = (error: Error | null, message: Msg): void => {
      if (error !== null || genuine(command, message)) handle(error, message);
      else this.log.warn({ subject, reply: message.reply }, 'command dropped: its reply is not where its caller awaits this service');
    };
    this.answering.push(this.bus.connection.subscribe(subject, { queue: this.service, callback }));
  }

  private consume(pattern: string, handler: MessageHandler): void {
    const message = messages().find(({ name, consumers }) => name === pattern && consumers.includes(this.service));
    if (message === undefined) throw new TypeError(`${this.service} has a handler for ${pattern}, which is not sent to it`);
    if (handler.next !== undefined) throw new DuplicateHandlerError(pattern);
    const handle: HandleMessage = async (body, delivery) => {
      const result: unknown = await handler(body, delivery);
      if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
    };
    const consumer = new Consumer({ bus: this.bus, service: this.service, message, database: this.database, log: this.log, handle, gapPatienceMs: this.gapPatienceMs });
    this.consumers.push(consumer);
    consumer.start();
  }
}

/**
 * A JetStream delivery or answer can be made to arrive at any subject by naming it as a reply; its own reply is never below an
 * inbox, so it is told from a request of the one caller that may publish here.
 */
const genuine = (command: Command, message: Msg): boolean => message.reply?.startsWith(`${answersOf(command.caller, command.service)}.`) === true;
