import { SERVICES, uuidv7, type Service } from '@countersign/contracts';
import { ACTIONS_OF, signContext, sql, type ContextScope, type Statement } from '@countersign/database';
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

  /** Runs the statements in one transaction and commits: `done`, or what the database said; then nothing was written. */
  async run(as: SignedAs, ...statements: readonly Statement[]): Promise<string> {
    const answer = await this.attempt(as, ...statements, sql`commit`);
    await this.client.query('rollback');
    return answer;
  }

  /** The same up to the commit and with everything it would look at, but nothing stays. */
  async tried(as: SignedAs, ...statements: readonly Statement[]): Promise<string> {
    const answer = await this.attempt(as, ...statements, sql`set constraints all immediate`);
    await this.client.query('rollback');
    return answer;
  }

  /** The statement with which the service's key opens a context, also in the middle of a transaction. */
  enter({ scope = 'team', id, principal = 'service' }: SignedAs): Statement {
    return sql`select sec.enter(${signContext(this.database.contextKeyFor(this.service), scope, id, principal)})`;
  }

  private async attempt(as: SignedAs, ...statements: readonly Statement[]): Promise<string> {
    try {
      for (const { text, values } of [sql`begin`, this.enter(as), ...statements]) await this.client.query(text, [...values]);
      return 'done';
    } catch (error) {
      return (error as Error).message;
    }
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
  readonly body?: object;
}

/** The bytes of an entry as the product would write it, with whatever it is made to claim. */
export const payloadOf = (entryId: string, { service, action, actor = { id: service, kind: 'service' }, body = {} }: Claims): string =>
  JSON.stringify({ action, actor, at: new Date().toISOString(), body, entry_id: entryId, object: { id: 'x', type: 'x' }, pii: [], result: 'ok', service, v: '1' });

/** Appends an entry with these claims, or with these very bytes. */
export function append(claims: Claims | ((entryId: string) => string)): Statement {
  const entryId = uuidv7();
  const payload = typeof claims === 'function' ? claims(entryId) : payloadOf(entryId, claims);
  return sql`select audit.append(array[${entryId}::uuid], array[${Buffer.from(payload)}::bytea])`;
}

/** A true entry, so that what is refused beside it is refused for another reason than a missing one. */
export const entryOf = (service: Service): Statement => append({ service, action: ACTIONS_OF[service][0]! });

/** Every service taken over at once. */
export class TakenOverHouse implements AsyncDisposable {
  private readonly open = new Map<Service, TakenOver>();

  static async of(database: TestDatabase): Promise<TakenOverHouse> {
    const house = new TakenOverHouse();
    for (const service of SERVICES) house.open.set(service, await TakenOver.open(database, service));
    return house;
  }

  as(service: Service): TakenOver {
    return this.open.get(service)!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const attacker of this.open.values()) await attacker[Symbol.asyncDispose]();
  }
}
