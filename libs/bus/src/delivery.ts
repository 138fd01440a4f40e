import type { TeamId } from '@countersign/contracts';
import { sql, type Database, type Tx, type WithOptions } from '@countersign/database';
import { OutOfOrderError } from './errors.js';
import type { Envelope } from './headers.js';

/** One message at one consumer. It says "look": the handler reads the rows again and acts on what it finds. */
export class Delivery {
  readonly teamId: TeamId;
  readonly params: Readonly<Record<string, string>>;
  readonly messageId: string;

  constructor(
    /** The durable: who saw what is remembered per consumer. */
    readonly consumer: string,
    readonly subject: string,
    /** How often this message was handed out, this time included. */
    readonly deliveries: number,
    private readonly envelope: Envelope,
    /** The wait for a missing predecessor is over: take the message as it is. */
    private readonly outOfTurn: () => boolean = () => false,
  ) {
    this.teamId = envelope.teamId as TeamId;
    this.params = envelope.params;
    this.messageId = envelope.messageId;
  }

  /**
   * Runs the work in one transaction with the note that this message was seen: together they happen once, however often the
   * message comes. Returns undefined when it was seen before.
   *
   * Messages of one subject are taken in the order they were written; one that is early makes this throw
   * `OutOfOrderError`, and it comes again.
   */
  apply<T>(database: Database, work: (tx: Tx) => Promise<T>, options: WithOptions = {}): Promise<T | undefined> {
    return database.withTeam(this.teamId, async (tx) => ((await this.firstTime(tx)) ? work(tx) : undefined), options);
  }

  /** The inbox row stops a repeat also while the first is still running: the insert waits for it. The cursor row puts one subject's messages in line. */
  private async firstTime(tx: Tx): Promise<boolean> {
    const { sequence } = this.envelope;
    const anyway = this.outOfTurn();
    const [fresh, moved] = await Promise.all([
      tx.one(sql`insert into app.inbox (team_id, consumer, msg_id) values (sec.chain(), ${this.consumer}, ${this.messageId}) on conflict do nothing returning 1`),
      tx.one(sql`insert into app.cursor as c (team_id, consumer, subject, last_seq)
        select sec.chain(), ${this.consumer}, ${this.subject}, ${sequence}::bigint
        where ${sequence} = 1 or ${anyway} or exists (select from app.cursor where team_id = (select sec.chain()) and consumer = ${this.consumer} and subject = ${this.subject})
        on conflict (team_id, consumer, subject) do update set last_seq = greatest(c.last_seq, excluded.last_seq)
        where ${anyway} or c.last_seq >= excluded.last_seq - 1 returning 1`),
    ]);
    if (fresh === undefined) return false;
    if (moved === undefined) throw new OutOfOrderError(this.subject, sequence);
    return true;
  }
}
