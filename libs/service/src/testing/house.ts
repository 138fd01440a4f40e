import { Relay, publish } from '@countersign/bus';
import { GoalId, MemberId, TaskId, taskAssigned, type Service, type TaskRef } from '@countersign/contracts';
import { sql, type Database, type Tx } from '@countersign/database';
import { seedTeam, testDatabase, testNats, type SeededTeam, type TestDatabase, type TestNats } from '@countersign/testing';
import { pino } from 'pino';

/** A database and a broker of their own, one active team, and a table where every effect leaves a mark. */
export class House implements AsyncDisposable {
  private readonly closers: (() => Promise<void>)[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly nats: TestNats,
    readonly team: SeededTeam,
  ) {}

  static async open(): Promise<House> {
    const [database, nats] = await Promise.all([testDatabase(), testNats()]);
    await database.admin(`create table app.mark (n bigint generated always as identity, consumer text, message uuid, subject text, note text);
      grant select, insert on app.mark to public`);
    return new House(database, nats, await seedTeam(database));
  }

  /** The outbox of a service: its unit of work and its relay, running. */
  async sender(service: Service): Promise<Database> {
    const database = this.database.as(service);
    const relay = new Relay(await this.nats.as(service), database, pino({ level: 'silent' }));
    relay.start();
    this.closers.push(() => relay.stop());
    return database;
  }

  onClose(work: () => Promise<void>): void {
    this.closers.push(work);
  }

  marks(): Promise<Mark[]> {
    return this.database.admin<Mark>('select consumer, message, subject, note from app.mark order by n');
  }

  /** Ends what this test started and wipes its marks; database and broker stay. */
  async clear(): Promise<void> {
    for (const close of this.closers.splice(0).reverse()) await close();
    await this.database.admin('truncate app.mark; truncate app.outbox');
  }

  async close(): Promise<void> {
    await this.clear();
    await this.nats.close();
    await this.database.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

export interface Mark {
  readonly consumer: string;
  readonly message: string;
  readonly subject: string;
  readonly note: string | null;
}

/** A state change that needs no entry in the chain, so that a test can count how often it happened. */
export function mark(tx: Tx, { consumer, messageId, subject }: { consumer: string; messageId: string; subject: string }, note?: string): void {
  tx.ledgerOnly();
  tx.write(sql`insert into app.mark (consumer, message, subject, note) values (${consumer}, ${messageId}, ${subject}, ${note ?? null})`);
}

export const aTaskRef = (round = 1): TaskRef => ({ epoch: 1, goalId: GoalId.next(), taskId: TaskId.next(), round });

/** One message from the manager to a member of the team; returns its id. */
export async function assign(manager: Database, team: SeededTeam, memberId: MemberId = team.memberId, body: TaskRef = aTaskRef()): Promise<string> {
  return manager.withTeam(team.teamId, (tx) => {
    tx.ledgerOnly();
    return Promise.resolve(publish(tx, taskAssigned, { teamId: team.teamId, memberId }, body));
  });
}

/** Waits until the condition holds; tells what was seen last when it does not within the deadline. */
export async function until<T>(look: () => Promise<T> | T, holds: (seen: T) => boolean, withinMs = 60_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms; last seen: ${JSON.stringify(seen)?.slice(0, 2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Whether the work ends within that time: to see that something waits. */
export const settledWithin = (work: Promise<unknown>, ms: number): Promise<boolean> =>
  Promise.race([work.then(() => true, () => true), new Promise<boolean>((resolve) => setTimeout(() => resolve(false), ms))]);
