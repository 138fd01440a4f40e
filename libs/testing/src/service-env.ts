import type { Service } from '@countersign/contracts';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestDatabase } from './database.js';
import type { TestNats } from './nats.js';

/** One key for all services of a test run, as the launcher gives out one. */
const AUDIT_KEY_HEX = '42'.repeat(32);

/** The environment a launcher would give this service, on the test's own database and broker, with a fresh home that goes when the broker is closed. */
export function serviceEnv(service: Service, { database, nats }: { database: TestDatabase; nats: TestNats }): Record<string, string> {
  const dir = mkdtempSync(join(nats.dir, `${service}-`));
  const home = join(dir, 'home');
  mkdirSync(home, { mode: 0o700 });
  const { kid, key } = database.contextKeyFor(service);
  const contextKeyFile = join(dir, 'context-key.json');
  writeFileSync(contextKeyFile, JSON.stringify({ kid, key: key.toString('hex') }), { mode: 0o600 });
  const auditKeyFile = join(dir, 'audit-key');
  writeFileSync(auditKeyFile, AUDIT_KEY_HEX, { mode: 0o600 });
  const { NODE_COMPILE_CACHE } = process.env;
  return {
    ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
    SERVICE: service,
    DATABASE_URL: database.urlFor(service),
    NATS_URL: nats.url,
    NATS_CREDS: nats.credsFor(service),
    CONTEXT_KEY_FILE: contextKeyFile,
    AUDIT_KEY_FILE: auditKeyFile,
    COUNTERSIGN_HOME: home,
    HEALTH_PORT: '0',
    LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    COUNTERSIGN_DEVICE_HOLD_MS: '0',
    COUNTERSIGN_FIRST_KEYS: '*',
  };
}
