import type { Writable } from 'node:stream';
import type { PoolClient, QueryResult } from 'pg';
import { MissingEntryError, toAppError } from './errors.js';
import { prepared } from './prepared.js';
import { sql, type Statement } from './sql.js';

export type Row = Record<string, unknown>;

/** Makes one statement of all the items that a transaction queued for it. The function itself is the batch's name. */
export type Batch<I> = (items: readonly I[]) => Statement;

/**
 * One transaction in one signed context, sent in at most two flushes (design §4):
 * the first carries BEGIN, the context, the fence and the reads; the second all writes, outbox rows, audit entries and COMMIT.
 *
 * Reads are awaited, writes are queued: nothing queued is sent before the callback returns, so the audit chain's head is
 * locked for no client round trip. A guarded write (`writeExpecting`) makes the database itself abort on a wrong row count.
 */
export class Tx {
  private readonly writes: Statement[] = [];
  private readonly batches: Batches = new Map();
  private readonly last: Batches = new Map();
  private readonly sent: Promise<QueryResult>[] = [];
  private readonly committed: (() => void)[] = [];
  private begun = false;
  private ledger = false;
  private gathering = false;

  constructor(
    private readonly client: PoolClient,
    private readonly preamble: readonly Statement[],
    /** The id of the scope: team, customer, or the nil UUID for the platform. */
    readonly scopeId: string,
    readonly principal: string,
    /** The audit chain this scope writes to (`sec.chain()`): the team's own, else the platform's. */
    readonly chainId: string = scopeId,
  ) {}

  /** Runs one read inside the transaction and returns its rows. Several reads at once share the flush: `Promise.all`. */
  async read<T extends object = Row>(statement: Statement): Promise<T[]> {
    this.begin();
    const result = this.send(statement);
    // everything sent before it is answered before it, and one of those may be what really failed: the fence, another read
    await settle(this.sent);
    return (await result).rows as T[];
  }

  /** The only row, or undefined. */
  async one<T extends object = Row>(statement: Statement): Promise<T | undefined> {
    return (await this.read<T>(statement))[0];
  }

  /** Queues a state change; it needs an audit entry in the same transaction. */
  write(...statements: Statement[]): void {
    this.writes.push(...statements);
  }

  /** Queues an INSERT, UPDATE or DELETE without RETURNING that must touch exactly `rows` rows; otherwise nothing commits and `GuardError(code)` is thrown. */
  writeExpecting(rows: number, code: string, statement: Statement): void {
    this.write(sql`with w as (${statement} returning 1) select sec.expect((select count(*) from w), ${rows}, ${code})`);
  }

  /**
   * Queues one of many alike: all that share a batch become one statement, in the order they were queued, after the single writes.
   * An item with the key of an earlier one stands in its stead.
   */
  writeTogether<I>(batch: Batch<I>, item: I, key: unknown = item): void {
    gather(this.batches, batch, item, key);
  }

  /** Queues what must come last: audit entries, so that the chain's lock is held shortest. Used by `@countersign/audit`. */
  auditLast<I>(batch: Batch<I>, item: I): void {
    gather(this.last, batch, item, item);
  }

  /** Says that this transaction writes only append-only ledger rows (heartbeats, logs, deliveries, movements), which need no entry (P1). */
  ledgerOnly(): void {
    this.ledger = true;
  }

  /** Calls back once the transaction has committed, never otherwise: for wake-ups inside the process, which nothing may depend on. */
  afterCommit(work: () => void): void {
    this.committed.push(work);
  }

  /** Sends everything queued and commits. Called by the unit of work only. */
  async commit(): Promise<void> {
    const statements = [...this.writes, ...madeOf(this.batches), ...madeOf(this.last)];
    if (statements.length > 0 && this.last.size === 0 && !this.ledger) throw new MissingEntryError();
    if (!this.begun && statements.length === 0) return;
    this.begin();
    for (const statement of statements) void this.send(statement);
    const commit = this.keep(this.client.query('commit'));
    await settle(this.sent);
    // A pipelined COMMIT after a failed statement answers ROLLBACK without an error.
    if ((await commit).command !== 'COMMIT') throw new Error('the transaction was rolled back');
    for (const work of this.committed) work();
  }

  async rollback(): Promise<void> {
    if (this.begun) await this.client.query('rollback');
  }

  private begin(): void {
    if (this.begun) return;
    this.begun = true;
    this.gather();
    void this.keep(this.client.query('begin'));
    for (const statement of this.preamble) void this.send(statement);
  }

  private send(statement: Statement): Promise<QueryResult> {
    this.gather();
    return this.keep(this.client.query(prepared(statement)));
  }

  /** What is sent in one go leaves in one packet: one system call here, and one awakening of the server, however many statements. */
  private gather(): void {
    if (this.gathering) return;
    const { stream } = (this.client as PoolClient & { readonly connection: { readonly stream: Writable } }).connection;
    this.gathering = true;
    stream.cork();
    process.nextTick(() => {
      this.gathering = false;
      stream.uncork();
    });
  }

  private keep(result: Promise<QueryResult>): Promise<QueryResult> {
    result.catch(() => undefined); // every result is awaited in settle(); this only keeps an early rejection from being "unhandled"
    this.sent.push(result);
    return result;
  }
}

type Batches = Map<Batch<never>, Map<unknown, unknown>>;

function gather<I>(batches: Batches, batch: Batch<I>, item: I, key: unknown): void {
  const items = batches.get(batch) ?? new Map<unknown, unknown>();
  batches.set(batch, items);
  items.delete(key); // its place is the last one's
  items.set(key, item);
}

const madeOf = (batches: Batches): Statement[] => [...batches].map(([batch, items]) => batch([...items.values()] as never[]));

/** Waits for all, then throws the first cause: after one failure the rest only say "transaction aborted" (25P02). */
async function settle(results: readonly Promise<QueryResult>[]): Promise<QueryResult[]> {
  const outcomes = await Promise.allSettled(results);
  const failures = outcomes.filter((outcome) => outcome.status === 'rejected').map((outcome) => outcome.reason as unknown);
  if (failures.length > 0) throw toAppError(failures.find((failure) => (failure as { code?: string }).code !== '25P02') ?? failures[0]);
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<QueryResult>).value);
}
