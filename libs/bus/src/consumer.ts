import { type Message, type Service } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from './connection.js';
import { bury } from './dead-letter.js';
import { Delivery } from './delivery.js';
import { ForgedMessageError, OutOfOrderError } from './errors.js';
import { openEnvelope, type Envelope } from './headers.js';
import { durableOf, STREAM } from './names.js';
import { outcomeOf, type Outcome } from './outcome.js';
import { ACK_WAIT_MS, ensureDurable } from './stream.js';
import { inTrace } from './trace.js';
import { checked } from './validate.js';

export type HandleMessage = (body: object, delivery: Delivery) => Promise<void>;

export interface ConsumerLog {
  info(detail: object, event: string): void;
  warn(detail: object, event: string): void;
  error(detail: object, event: string): void;
}

export interface ConsumerOptions {
  readonly bus: Bus;
  readonly service: Service;
  readonly message: Message;
  readonly database: Database;
  readonly log: ConsumerLog;
  readonly handle: HandleMessage;
}

const PULL_AHEAD = 32;
const PULL_EXPIRES_MS = 5_000;
const ABSENT_WAIT_MS = 250;
const GAP_PATIENCE_MS = 5_000;
const DRAIN_MS = 8_000;

/** What this process remembers of a message between deliveries. */
interface Attempts {
  gaps: number;
  earlySince?: number;
}

/**
 * One durable's loop: pulls, hands out, acknowledges. Messages of one subject run one after another, different subjects
 * side by side. It makes its durable anew when the store was lost.
 */
export class Consumer {
  readonly name: string;
  private readonly lines = new Map<string, Promise<void>>();
  private readonly held = new Set<JsMsg>();
  private readonly attempts = new Map<string, Attempts>();
  private messages: ConsumerMessages | undefined;
  private stopping = false;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: ConsumerOptions) {
    this.name = durableOf(options.service, options.message);
  }

  start(): void {
    this.running = this.loop();
  }

  /** Pulls no more, lets what is running finish, gives the rest back. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.messages?.stop();
    await Promise.race([this.running.then(() => Promise.all(this.lines.values())), sleep(DRAIN_MS, undefined, { ref: false })]);
  }

  private async loop(): Promise<void> {
    const beat = setInterval(() => this.held.forEach((message) => message.working()), ACK_WAIT_MS / 3);
    while (!this.stopping) {
      try {
        await this.pull();
      } catch (error) {
        if (!this.stopping) this.options.log.warn({ consumer: this.name, error: String(error) }, 'consumer: starting over');
      }
      if (!this.stopping) await sleep(ABSENT_WAIT_MS);
    }
    await Promise.all(this.lines.values());
    clearInterval(beat);
  }

  private async pull(): Promise<void> {
    const { bus, service, message } = this.options;
    await ensureDurable(bus.manager, service, message);
    const consumer = await bus.jetstream.consumers.get(STREAM, this.name);
    this.messages = await consumer.consume({ max_messages: PULL_AHEAD, expires: PULL_EXPIRES_MS, abort_on_missing_resource: true });
    if (this.stopping) this.messages.stop();
    for await (const delivered of this.messages) this.enqueue(delivered);
  }

  private enqueue(message: JsMsg): void {
    this.held.add(message);
    const line = (this.lines.get(message.subject) ?? Promise.resolve()).then(() => this.take(message));
    this.lines.set(message.subject, line);
    void line.then(() => {
      if (this.lines.get(message.subject) === line) this.lines.delete(message.subject);
    });
  }

  private async take(message: JsMsg): Promise<void> {
    try {
      if (this.stopping) message.nak();
      else this.settle(message, await this.attempt(message));
    } finally {
      this.held.delete(message);
    }
  }

  private async attempt(message: JsMsg): Promise<Outcome> {
    let envelope: Envelope | undefined;
    try {
      envelope = openEnvelope(this.options.message, message.subject, message.headers);
      const delivery = new Delivery(this.name, message.subject, message.info.deliveryCount, envelope, this.patience(envelope.messageId));
      const body = checked(this.options.message.body, message.json(), 'tolerant');
      await inTrace(envelope.traceparent, () => this.options.handle(body, delivery));
      return { kind: 'ack' };
    } catch (error) {
      return this.failed(message, envelope, error);
    }
  }

  private async failed(message: JsMsg, envelope: Envelope | undefined, error: unknown): Promise<Outcome> {
    const id = envelope?.messageId ?? '';
    const known = this.attempts.get(id) ?? { gaps: 0 };
    const outcome = outcomeOf(error, message.info.deliveryCount - known.gaps, known.gaps);
    if (error instanceof OutOfOrderError) this.attempts.set(id, { gaps: known.gaps + 1, earlySince: known.earlySince ?? performance.now() });
    else this.options.log.warn({ consumer: this.name, subject: message.subject, message: id, outcome, error: String(error) }, 'message failed');
    if (outcome.kind !== 'dead' || error instanceof ForgedMessageError || envelope === undefined) return outcome;
    return this.buryOrKeep(message, envelope, outcome);
  }

  private async buryOrKeep(message: JsMsg, envelope: Envelope, outcome: Outcome & { kind: 'dead' }): Promise<Outcome> {
    const { database, log } = this.options;
    const headers = Object.fromEntries([...(message.headers ?? [])].map(([name, values]) => [name, values.join(',')]));
    try {
      await bury(database, { ...outcome, teamId: envelope.teamId, consumer: this.name, messageId: envelope.messageId, subject: message.subject, headers, payload: message.data, deliveries: message.info.deliveryCount });
      return outcome;
    } catch (error) {
      log.error({ consumer: this.name, message: envelope.messageId, error: String(error) }, 'dead letter could not be written');
      return { kind: 'again', delayMs: GAP_PATIENCE_MS };
    }
  }

  /** True once this process has waited long enough for the predecessor: the rows are the truth, so reading on is safe. */
  private patience(id: string): () => boolean {
    return () => performance.now() - (this.attempts.get(id)?.earlySince ?? Infinity) > GAP_PATIENCE_MS;
  }

  private settle(message: JsMsg, outcome: Outcome): void {
    if (outcome.kind === 'again') return message.nak(outcome.delayMs);
    this.attempts.delete(message.headers?.get('ce-id') ?? '');
    if (outcome.kind === 'ack') message.ack();
    else message.term(outcome.code);
  }
}
