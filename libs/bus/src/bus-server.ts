import { commands, commandSubject, messages, type Service } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import { ServerNats, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Bus } from './connection.js';
import { Consumer, type ConsumerLog, type HandleMessage } from './consumer.js';
import { DuplicateHandlerError } from './errors.js';

/**
 * Nest's NATS transport with the service's own connection: `@OnCommand` handlers are Nest's own request–reply, and
 * `@OnMessage` handlers (ordinary event patterns) are fed by one durable JetStream consumer each.
 */
export class BusServer extends ServerNats implements CustomTransportStrategy {
  override readonly propagatesEventHandlerErrors = true;
  private readonly consumers: Consumer[] = [];
  private readonly answering: { unsubscribe(): void }[] = [];

  constructor(
    private readonly bus: Bus,
    private readonly service: Service,
    private readonly database: Database,
    private readonly log: ConsumerLog,
  ) {
    super({});
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

  /** No new work is taken; what is running may finish. */
  override async close(): Promise<void> {
    for (const subscription of this.answering) subscription.unsubscribe();
    await Promise.all(this.consumers.map((consumer) => consumer.stop()));
  }

  private answer(subject: string): void {
    if (!commands().some((command) => command.service === this.service && commandSubject(command) === subject)) {
      throw new TypeError(`${this.service} has a handler for ${subject}, which is not its command`);
    }
    const callback = this.getMessageHandler(subject) as (error: Error | null, message: unknown) => void;
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
    const consumer = new Consumer({ bus: this.bus, service: this.service, message, database: this.database, log: this.log, handle });
    this.consumers.push(consumer);
    consumer.start();
  }
}
