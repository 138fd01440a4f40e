import { PLATFORM_CHAIN, type CustomerId, type TeamId } from '@countersign/contracts';
import pg from 'pg';
import { signContext, type ContextKey, type ContextScope } from './context.js';
import { DatabaseError, toAppError } from './errors.js';
import { isOutdatedPlan, prepared } from './prepared.js';
import { sql, type Statement } from './sql.js';
import { Tx } from './unit-of-work.js';

export interface DatabaseOptions {
  /** The service's own role; never an owner or an admin. */
  readonly url: string;
  readonly contextKey: ContextKey;
  readonly maxConnections?: number;
  /** So long somebody waits for a connection, also for one that others have. */
  readonly connectWithinMs?: number;
}

export interface WithOptions {
  /** The team's epoch this work belongs to: a suspended or moved-on team refuses the transaction (P9). */
  readonly fence?: number;
  /** Who acts, for the context: a person, an instance, the service itself. */
  readonly principal?: string;
}

/** A statement that the role may not do, in Postgres' words: names of tables and functions, no values. */
export interface Refused {
  readonly what: string;
  /** A unit of work where it was tried, of which nobody hears if that is refused as well. */
  within<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

/** A connection keeps its plans for so long; then they are made anew, from what the tables hold by then. */
const CONNECTION_LIFE_SECONDS = 600;
const CONNECT_WITHIN_MS = 5_000;

const INT8 = 20;
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? safeInteger : pg.types.getTypeParser(oid, format as 'text'),
};
/** Money and counters are int8; anything past 2^53 would be silently rounded, so it throws. */
function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('integer too large');
  return value;
}

/**
 * The only way to a connection: three units of work, one per scope (design §4). The callback reads and queues; when it
 * returns, everything is committed or nothing is. It must not call a network: it holds a transaction.
 */
export class Database {
  private readonly pool: pg.Pool;
  private readonly contextKey: ContextKey;
  private refused: ((refused: Refused) => Promise<void>) | undefined;

  constructor(options: DatabaseOptions) {
    this.contextKey = options.contextKey;
    this.pool = new pg.Pool({ connectionString: options.url, max: options.maxConnections ?? 8, pipeline: true, types, connectionTimeoutMillis: options.connectWithinMs ?? CONNECT_WITHIN_MS, maxLifetimeSeconds: CONNECTION_LIFE_SECONDS } as pg.PoolConfig);
    this.pool.on('error', () => undefined); // an idle connection died; the pool has dropped it and the next caller opens another
    this.pool.on('connect', (client) => client.on('error', connectionLost));
  }

  withTeam<T>(team: TeamId, work: (tx: Tx) => Promise<T>, options: WithOptions = {}): Promise<T> {
    const fence = options.fence === undefined ? [] : [sql`select sec.fence(${options.fence})`];
    return this.run('team', team, options, fence, work);
  }

  withCustomer<T>(customer: CustomerId, work: (tx: Tx) => Promise<T>, options: WithOptions = {}): Promise<T> {
    return this.run('customer', customer, options, [], work);
  }

  withPlatform<T>(work: (tx: Tx) => Promise<T>, options: WithOptions = {}): Promise<T> {
    return this.run('platform', PLATFORM_CHAIN, options, [], work);
  }

  /** Has somebody told of what is refused for want of a right, before whoever tried it is. */
  onRefused(told: (refused: Refused) => Promise<void>): void {
    this.refused = told;
  }

  /** Calls one of the named cross-team functions of schema `ops`; no context, no table. */
  async ops<R extends object>(name: string, ...args: unknown[]): Promise<R[]> {
    if (!/^[a-z_]+$/.test(name)) throw new TypeError('bad function name');
    const holes = args.map((_, index) => `$${index + 1}`).join(', ');
    try {
      return (await this.pool.query(prepared({ text: `select * from ops.${name}(${holes})`, values: args }))).rows as R[];
    } catch (cause) {
      throw await this.tellOf(toAppError(cause), 'platform', PLATFORM_CHAIN, {});
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async run<T>(scope: ContextScope, id: string, options: WithOptions, fence: readonly Statement[], work: (tx: Tx) => Promise<T>): Promise<T> {
    try {
      return await this.transact(scope, id, options, fence, work);
    } catch (error) {
      throw await this.tellOf(error as Error, scope, id, options);
    }
  }

  private async tellOf(error: Error, scope: ContextScope, id: string, { principal }: WithOptions): Promise<Error> {
    const within: Refused['within'] = (work) => this.transact(scope, id, principal === undefined ? {} : { principal }, [], work);
    if (error instanceof DatabaseError && error.code === 'not_permitted') await this.refused?.({ what: error.message, within });
    return error;
  }

  private async transact<T>(scope: ContextScope, id: string, options: WithOptions, fence: readonly Statement[], work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await this.pool.connect().catch((cause: unknown) => Promise.reject(toAppError(cause)));
    const principal = options.principal ?? 'service';
    const enter = sql`select sec.enter(${signContext(this.contextKey, scope, id, principal)})`;
    const tx = new Tx(client, [enter, ...fence], id, principal, scope === 'team' ? id : PLATFORM_CHAIN);
    let broken: Error | undefined;
    try {
      const result = await work(tx);
      await tx.commit();
      return result;
    } catch (cause) {
      await tx.rollback().catch((failure: Error) => { broken = failure; });
      const error = toAppError(cause);
      if (isOutdatedPlan(error.cause)) broken = error;
      throw error;
    } finally {
      client.release(broken);
    }
  }
}

/**
 * The statements under way fail with the same error; without a listener the event alone would end the process. From the
 * connection's first moment, because the end can come in the same packet as the answer before it.
 */
const connectionLost = (): void => undefined;
