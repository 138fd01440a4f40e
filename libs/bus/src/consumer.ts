import { subjectParams, type Message, type Service } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from './connection.js';
import { bury, buryForged, senderOf } from './dead-letter.js';
import { Delivery } from './delivery.js';
import { OutOfOrderError, TooManyDeliveriesError } from './errors.js';
import { openEnvelope, plainHeaders, type Envelope } from './headers.js';
import { passBy } from './inbox.js';
import { consumerOf, durableOf, STREAM } from './names.js';
import { DELIVERIES_AT_MOST, outcomeOf, type Outcome } from './outcome.js';
import { ACK_WAIT_MS, ensureDurable } from './stream.js';
import { SubjectLine, type Taken } from './subject-line.js';
import { inTrace } from './trace.js';
import { checked } from './validate.js';

export type HandleMessage = (body: object, delivery: Delivery) => Promise<void>;

export interface ConsumerLog {
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
  /** How long a message waits for one before it that is missing. */
  readonly gapPatienceMs?: number | undefined;
}

const PULL_AHEAD = 64;
const PULL_EXPIRES_MS = 5_000;
const START_OVER_MS = 250;
const NOT_BURIED_WAIT_MS = 5_000;
const DRAIN_MS = 8_000;

/** A delivery this process holds. */
interface Held extends Envelope {
  readonly message: JsMsg;
}

/**
 * One durable's loop: pulls, hands out, acknowledges. Messages of one subject run one after another, different subjects
 * side by side. It makes its durable anew when the store was lost.
 */
export class Consumer {
  readonly name: string;
  private readonly lines = new Map<string, SubjectLine<Held>>();
  private readonly held = new Set<JsMsg>();
  private messages: ConsumerMessages | undefined;
  private beat: NodeJS.Timeout | undefined;
  private stopping = false;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: ConsumerOptions) {
    this.name = consumerOf(options.service, options.message);
  }

  start(): void {
    this.beat = setInterval(() => this.held.forEach((message) => message.working()), ACK_WAIT_MS / 3);
    this.running = this.loop();
  }

  /**
   * Pulls no more and handles what it holds, for a while. What is left comes to another process when the broker has waited
   * its time: a 2.9 server hands what is given back at once to the pull that just ended.
   */
  async stop(): Promise<void> {
    this.stopping = true;
    this.messages?.stop();
    await this.running;
    await Promise.race([Promise.all([...this.lines.values()].map((line) => line.finish())), sleep(DRAIN_MS, undefined, { ref: false })]);
    clearInterval(this.beat);
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      try {
        await this.pull();
      } catch (error) {
        if (!this.stopping) this.options.log.warn({ consumer: this.name, error: String(error) }, 'consumer: starting over');
      }
      if (!this.stopping) await sleep(START_OVER_MS);
    }
  }

  private async pull(): Promise<void> {
    const { bus, service, message } = this.options;
    await ensureDurable(bus.manager, service, message);
    const consumer = await bus.jetstream.consumers.get(STREAM, durableOf(service, message));
    this.messages = await consumer.consume({ max_messages: PULL_AHEAD, expires: PULL_EXPIRES_MS, abort_on_missing_resource: true });
    if (this.stopping) this.messages.stop();
    for await (const delivered of this.messages) this.enqueue(delivered);
  }

  private enqueue(message: JsMsg): void {
    this.held.add(message);
    const { subject } = message;
    try {
      const line = this.lines.get(subject) ?? new SubjectLine<Held>((held, outOfTurn) => this.take(held, outOfTurn), this.options.gapPatienceMs);
      this.lines.set(subject, line);
      void line.add({ ...openEnvelope(this.options.message, subject, message.headers), message }).then(() => {
        if (this.lines.get(subject) === line && line.empty) this.lines.delete(subject);
      });
    } catch (error) {
      this.options.log.error({ consumer: this.name, subject, error: String(error) }, 'message refused before any handler');
      void this.refuse(message);
    }
  }

  /** That somebody sent it stays on record, with whose rights where that shows; lost is at most the note of it. */
  private async refuse(message: JsMsg): Promise<void> {
    const teamId = subjectParams(this.options.message, message.subject)?.['teamId'];
    try {
      if (teamId !== undefined) await buryForged(this.options.database, { teamId, consumer: this.name, subject: message.subject, place: message.seq, headers: plainHeaders(message.headers), payload: message.data, sender: senderOf(message.data) });
    } catch (cause) {
      this.options.log.error({ consumer: this.name, subject: message.subject, error: String(cause) }, 'a forged message could not be noted');
    }
    this.settle(message, { kind: 'drop', code: 'forged_message' });
  }

  private async take(held: Held, outOfTurn: boolean): Promise<Taken> {
    const delivery = new Delivery(this.name, held.message.subject, held.message.info.deliveryCount, held, outOfTurn);
    const outcome = await this.attempt(held, delivery);
    if (outcome === 'early') return 'early';
    if (outcome.kind === 'drop' || (outcome.kind === 'ack' && !delivery.applied)) await this.passBy(delivery);
    this.settle(held.message, outcome);
    return 'done';
  }

  private async attempt(held: Held, delivery: Delivery): Promise<Outcome | 'early'> {
    try {
      if (delivery.deliveries > DELIVERIES_AT_MOST) throw new TooManyDeliveriesError(delivery.deliveries);
      const body = checked(this.options.message.body, held.message.json(), 'tolerant');
      await inTrace(held.traceparent, () => this.options.handle(body, delivery));
      return { kind: 'ack' };
    } catch (error) {
      return error instanceof OutOfOrderError ? 'early' : this.failed(held, delivery, error);
    }
  }

  private async failed({ message }: Held, delivery: Delivery, error: unknown): Promise<Outcome> {
    const outcome = outcomeOf(error, delivery.deliveries);
    const { teamId, consumer, messageId, subject, sequence, deliveries } = delivery;
    const what = { consumer, messageId, subject, sequence, deliveries };
    this.options.log.warn({ ...what, outcome, error: String(error) }, 'message failed');
    if (outcome.kind !== 'dead') return outcome;
    try {
      await bury(this.options.database, { ...what, ...outcome, teamId, headers: plainHeaders(message.headers), payload: message.data });
      return outcome;
    } catch (cause) {
      this.options.log.error({ ...what, error: String(cause) }, 'dead letter could not be written');
      return { kind: 'again', delayMs: NOT_BURIED_WAIT_MS };
    }
  }

  /** A failure only makes the successor wait. */
  private async passBy(delivery: Delivery): Promise<void> {
    try {
      await this.options.database.withTeam(delivery.teamId, (tx) => Promise.resolve(passBy(tx, delivery)));
    } catch (error) {
      this.options.log.warn({ consumer: this.name, messageId: delivery.messageId, error: String(error) }, 'cursor stays behind');
    }
  }

  /** An answer that cannot be sent is no loss: the message comes again, and the inbox knows it. */
  private settle(message: JsMsg, outcome: Outcome): void {
    this.held.delete(message);
    try {
      if (outcome.kind === 'ack') message.ack();
      else if (outcome.kind === 'again') message.nak(outcome.delayMs);
      else message.term(outcome.code);
    } catch (error) {
      this.options.log.warn({ consumer: this.name, subject: message.subject, outcome, error: String(error) }, 'the broker was not told');
    }
  }
}
