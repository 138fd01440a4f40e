import { SERVICES, databaseRole, type Service } from '@countersign/contracts';
import { Database, prepareDatabase, schemaFingerprint, type ContextKey, type ServiceSecrets } from '@countersign/database';
import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';

/** A database of its own for one test file: cloned from a migrated template, so it is there in milliseconds. */
export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  /** A superuser's URL, for attacks and set-up. */
  readonly adminUrl: string;
  /** The URL with a service's own role and password. */
  urlFor(service: Service): string;
  contextKeyFor(service: Service): ContextKey;
  /** A unit of work as that service, with connections of its own, so many at most; closed with the test database. */
  as(service: Service, maxConnections?: number): Database;
  /** Runs SQL as superuser. */
  admin<R extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<R[]>;
  /** Runs SQL as a service's role, outside any unit of work: what an attacker with its credential could send. */
  rawAs<R extends object = Record<string, unknown>>(service: Service, text: string, values?: readonly unknown[]): Promise<R[]>;
  /** Writes a row and commits it: the least that anything here has to wait for (see `timed`). */
  touch(): Promise<unknown>;
  close(): Promise<void>;
}

/** Passwords and keys are cluster-wide (roles are), so all test databases of a run share fixed ones. */
const secretOf = (service: Service): ServiceSecrets => ({
  password: `test-${service}`,
  contextKey: { kid: `test-${service}`, key: createHash('sha256').update(`test ${service}`).digest() },
});
const allSecrets = Object.fromEntries(SERVICES.map((service) => [service, secretOf(service)]));

/** One per schema: a changed migration makes a new template beside the old one. */
const TEMPLATE = `countersign_template_${schemaFingerprint()}`;

function serverUrl(): URL {
  const text = process.env['TEST_PG_URL'];
  if (!text) throw new Error('TEST_PG_URL is not set: run the tests with `npm test`, which starts Postgres');
  return new URL(text);
}

/** The limits that a service has for a connection, a statement, a lock and an idle transaction are no part of what is tried: a disk that stands still for seconds must not end it. */
const PATIENT_MS = 60_000;
const patient = (role: string, database: string): string =>
  ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'].map((limit) => `alter role ${role} in database ${database} set ${limit} = ${PATIENT_MS};`).join(' ');

const urlOf = (database: string): URL => Object.assign(serverUrl(), { pathname: `/${database}` });

async function onServer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: serverUrl().href });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Builds the template once per server, whichever test file comes first; the lock makes the others wait. */
async function ensureTemplate(): Promise<void> {
  await onServer(async (client) => {
    await client.query(`select pg_advisory_lock(hashtextextended('countersign:template', 0))`);
    const found = await client.query(`select from pg_database where datname = $1 and datistemplate`, [TEMPLATE]);
    if (found.rowCount) return;
    await client.query(`drop database if exists ${TEMPLATE}`);
    await client.query(`create database ${TEMPLATE}`);
    await prepareDatabase(urlOf(TEMPLATE).href, allSecrets);
    await client.query(`alter database ${TEMPLATE} is_template true`);
  });
}

export async function testDatabase(): Promise<TestDatabase> {
  await ensureTemplate();
  const name = `test_${randomBytes(6).toString('hex')}`;
  // Copying files costs a third of writing the same blocks through the log. A clone refuses while another clone of the same template is being made: the lock queues them.
  await onServer(async (client) => {
    await client.query(`select pg_advisory_lock(hashtextextended('countersign:template', 0))`);
    await client.query(`create database ${name} template ${TEMPLATE} strategy file_copy`);
    await client.query(SERVICES.map((service) => patient(databaseRole(service), name)).join(' '));
  });
  return new ClonedDatabase(name);
}

class ClonedDatabase implements TestDatabase {
  private readonly opened: Database[] = [];
  readonly adminUrl: string;
  /** Kept open: a handshake per statement would be most of what a test costs. A connection on which a statement failed is thrown away. */
  private readonly administrator: pg.Pool;
  constructor(readonly name: string) {
    this.adminUrl = urlOf(name).href;
    this.administrator = new pg.Pool({ connectionString: this.adminUrl, max: 4, allowExitOnIdle: true });
    this.administrator.on('error', () => undefined); // a test may end its backend: the next statement opens another
  }

  urlFor(service: Service): string {
    return Object.assign(urlOf(this.name), { username: databaseRole(service), password: secretOf(service).password }).href;
  }

  contextKeyFor(service: Service): ContextKey {
    return secretOf(service).contextKey;
  }

  as(service: Service, maxConnections?: number): Database {
    const database = new Database({ url: this.urlFor(service), contextKey: this.contextKeyFor(service), connectWithinMs: PATIENT_MS, ...(maxConnections === undefined ? {} : { maxConnections }) });
    this.opened.push(database);
    return database;
  }

  async admin<R extends object>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    return rowsOf<R>(values.length > 0 ? await this.administrator.query(text, [...values]) : await this.administrator.query(text));
  }

  rawAs<R extends object>(service: Service, text: string, values: readonly unknown[] = []): Promise<R[]> {
    return query<R>(this.urlFor(service), text, values);
  }

  touch(): Promise<unknown> {
    return this.admin(`create table if not exists public.touched (at timestamptz not null default clock_timestamp()); insert into public.touched default values`);
  }

  async close(): Promise<void> {
    await Promise.all([...this.opened.map((database) => database.close()), this.administrator.end()]);
    await onServer((client) => client.query(`drop database if exists ${this.name} with (force)`));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function query<R extends object>(url: string, text: string, values: readonly unknown[]): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return rowsOf<R>(values.length > 0 ? await client.query(text, [...values]) : await client.query(text));
  } finally {
    await client.end();
  }
}

/** The rows of the last statement, where the text holds several. */
const rowsOf = <R extends object>(result: pg.QueryResult | pg.QueryResult[]): R[] => (Array.isArray(result) ? result.at(-1)! : result).rows as R[];
