import { uuidv7, type Service } from '@countersign/contracts';
import { signContext, sql, type ContextScope, type Statement } from '@countersign/database';
import type { TestDatabase } from '@countersign/testing';
import pg from 'pg';

/** The context an attacker signs: he holds the service's key, so it is as good as the service's own. */
export interface SignedAs {
  readonly scope?: ContextScope;
  readonly id: string;
  readonly principal?: string;
}

/** A service that was taken over: its role, its password, its key, and whatever SQL its holder likes. None of the product's own checks stand before it. */
export class TakenOver implements AsyncDisposable {
  private constructor(
    private readonly client: pg.Client,
    private readonly database: TestDatabase,
    readonly service: Service,
  ) {}

  static async open(database: TestDatabase, service: Service): Promise<TakenOver> {
    const client = new pg.Client({ connectionString: database.urlFor(service) });
    await client.connect();
    return new TakenOver(client, database, service);
  }

  /** Runs the statements in one transaction and commits. Rejects with the database's own error; then nothing was written. */
  async run(as: SignedAs, ...statements: readonly Statement[]): Promise<void> {
    try {
      await this.begin(as, ...statements);
      await this.client.query('commit');
    } catch (error) {
      await this.client.query('rollback');
      throw error;
    }
  }

  /** What the database said to the statements, without keeping what they did: `done`, or the error's message. */
  async tried(as: SignedAs, ...statements: readonly Statement[]): Promise<string> {
    try {
      await this.begin(as, ...statements);
      return 'done';
    } catch (error) {
      return (error as Error).message;
    } finally {
      await this.client.query('rollback');
    }
  }

  private async begin({ scope = 'team', id, principal = 'service' }: SignedAs, ...statements: readonly Statement[]): Promise<void> {
    await this.client.query('begin');
    await this.client.query('select sec.enter($1)', [signContext(this.database.contextKeyFor(this.service), scope, id, principal)]);
    for (const { text, values } of statements) await this.client.query(text, [...values]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.end();
  }
}

/** What an entry says about itself. */
export interface Claims {
  readonly service: string;
  readonly action: string;
  readonly actor?: object;
}

/** The bytes of an entry as the product would write it, with whatever it is made to claim. */
export const payloadOf = (entryId: string, { service, action, actor = { id: service, kind: 'service' } }: Claims): string =>
  JSON.stringify({ action, actor, at: new Date().toISOString(), body: {}, entry_id: entryId, object: { id: 'x', type: 'x' }, pii: [], result: 'ok', service, v: '1' });

/** Appends an entry with these claims, or with these very bytes. */
export function append(claims: Claims | ((entryId: string) => string)): Statement {
  const entryId = uuidv7();
  const payload = typeof claims === 'function' ? claims(entryId) : payloadOf(entryId, claims);
  return sql`select audit.append(${entryId}, ${Buffer.from(payload)})`;
}
