import type { TeamId } from '@countersign/contracts';
import type { Database, Tx, WithOptions } from '@countersign/database';
import type { Envelope } from './headers.js';
import { firstTime } from './inbox.js';

/** One message at one consumer. It says "look": the handler reads the rows again and acts on what it finds. */
export class Delivery {
  readonly teamId: TeamId;
  readonly params: Readonly<Record<string, string>>;
  readonly messageId: string;
  private done = false;

  constructor(
    /** Who saw what is remembered per consumer: one service's durable for one message. */
    readonly consumer: string,
    readonly subject: string,
    /** How often this message was handed out, this time included. */
    readonly deliveries: number,
    private readonly envelope: Envelope,
    /** The wait for a missing predecessor is over: take the message as it is. */
    private readonly outOfTurn = false,
  ) {
    this.teamId = envelope.teamId as TeamId;
    this.params = envelope.params;
    this.messageId = envelope.messageId;
  }

  /** The message's number on its subject, without gaps. */
  get sequence(): number {
    return this.envelope.sequence;
  }

  /** The inbox knows the message. */
  get applied(): boolean {
    return this.done;
  }

  /**
   * Runs the work in one transaction with the note that this message was seen: together they happen once, however often the
   * message comes. Returns undefined when it was seen before.
   *
   * Messages of one subject are taken in the order they were written; one that is early makes this throw
   * `OutOfOrderError`, which the handler lets pass.
   */
  async apply<T>(database: Database, work: (tx: Tx) => Promise<T>, options: WithOptions = {}): Promise<T | undefined> {
    const result = await database.withTeam(this.teamId, async (tx) => ((await firstTime(tx, this, this.outOfTurn)) ? work(tx) : undefined), options);
    this.done = true;
    return result;
  }
}
