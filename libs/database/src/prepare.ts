import { databaseRole, type Service } from '@countersign/contracts';
import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import { type ContextKey } from './context.js';
import { grantsSql } from './grants.js';
import { MIGRATIONS, STATEMENTS } from './migrations/index.js';
import { rulesSql } from './rules.js';

/** What a service needs to come in: its role's password and its context key. Kept under the home, never in the database in clear. */
export interface ServiceSecrets {
  readonly password: string;
  readonly contextKey: ContextKey;
}

export const newServiceSecrets = (service: Service): ServiceSecrets => ({
  password: randomBytes(24).toString('base64url'),
  contextKey: { kid: `${service}-${randomBytes(4).toString('hex')}`, key: randomBytes(32) },
});

/**
 * Brings a database to the current schema: migrations, owners, grants, policies, and (when given) each service's
 * password and context key. Idempotent; two callers at once take turns on an advisory lock.
 */
export async function prepareDatabase(adminUrl: string, secrets: Partial<Record<Service, ServiceSecrets>> = {}): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(`select pg_advisory_lock(hashtextextended('countersign:migrate', 0))`);
    await migrate(adminUrl);
    await client.query('begin');
    await client.query(grantsSql());
    await client.query(rulesSql());
    for (const [service, secret] of Object.entries(secrets) as [Service, ServiceSecrets][]) await enrol(client, service, secret);
    await client.query('commit');
  } finally {
    await client.end();
  }
}

/** Names the schema this program brings: another text, another fingerprint. For caches of prepared databases. */
export const schemaFingerprint = (): string => createHash('sha256').update([...STATEMENTS, grantsSql(), rulesSql()].join('\n')).digest('hex').slice(0, 12);

/** Loaded when it is wanted: no service migrates, and it is the largest of what they would load. */
async function migrate(adminUrl: string): Promise<void> {
  const { DataSource } = await import('typeorm');
  const source = new DataSource({ type: 'postgres', url: adminUrl, migrations: MIGRATIONS, migrationsTableName: 'countersign_migration', migrationsTransactionMode: 'each' });
  await source.initialize();
  try {
    await source.runMigrations();
  } finally {
    await source.destroy();
  }
}

async function enrol(client: pg.Client, service: Service, secret: ServiceSecrets): Promise<void> {
  const role = databaseRole(service);
  await client.query(`alter role ${role} password ${client.escapeLiteral(secret.password)}`);
  await client.query(`delete from sec.ctx_key where role = $1 and kid <> $2`, [role, secret.contextKey.kid]);
  await client.query(`insert into sec.ctx_key (kid, role, key) values ($1, $2, $3) on conflict (kid) do update set key = excluded.key`, [secret.contextKey.kid, role, secret.contextKey.key]);
}
