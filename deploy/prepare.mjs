// Makes a deployment's state: secrets, broker credentials, each service's environment file, and the schema. Runs before the
// services, as often as one likes: what is there stays, what is missing is made. Used by docker-compose.yml.
//
//   DATABASE_URL   an administrator's URL, for migrations and roles
//   NATS_URL       where the services will find the broker
//   PUBLIC_URL     where people reach the gateway
//   STATE          the folder everything is written to (default /state); one folder per service, readable by that service
import { createOperator, natsConfig, publicKeyOf } from '@countersign/bus';
import { databaseRole, SERVICES } from '@countersign/contracts';
import { newServiceSecrets, prepareDatabase } from '@countersign/database';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const { DATABASE_URL, NATS_URL, PUBLIC_URL, STATE = '/state' } = process.env;
for (const [name, value] of Object.entries({ DATABASE_URL, NATS_URL, PUBLIC_URL })) {
  if (!value) throw new Error(`${name} is not set`);
}

const HEALTH_PORT = '8080';
const GATEWAY_PORT = '4400';
const BROKER_LOG = '/state/broker-log/nats.log';

/** The content of a file, made at the first time. */
function once(path, make) {
  if (!existsSync(path)) writeFileSync(path, make(), { mode: 0o600, flag: 'wx' });
  return readFileSync(path, 'utf8');
}

function secretsOf(service, folder) {
  const stored = JSON.parse(once(join(folder, 'secrets.json'), () => {
    const { password, contextKey } = newServiceSecrets(service);
    return JSON.stringify({ password, kid: contextKey.kid, key: contextKey.key.toString('hex') });
  }));
  return { password: stored.password, contextKey: { kid: stored.kid, key: Buffer.from(stored.key, 'hex') } };
}

const folderOf = (service) => {
  const folder = join(STATE, service);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
};

function environmentOf(service, secrets, creds) {
  const folder = folderOf(service);
  const file = (name, content) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const database = Object.assign(new URL(DATABASE_URL), { username: databaseRole(service), password: secrets.password });
  return {
    SERVICE: service,
    DATABASE_URL: database.href,
    NATS_URL,
    NATS_CREDS: file('nats.creds', creds),
    CONTEXT_KEY_FILE: file('context.json', JSON.stringify({ kid: secrets.contextKey.kid, key: secrets.contextKey.key.toString('hex') })),
    ...(service === 'notary' ? {} : { AUDIT_KEY_FILE: file('audit.key', auditKey) }),
    COUNTERSIGN_HOME: folder,
    COUNTERSIGN_MIRRORS: join(STATE, 'fleet', 'mirrors'),
    HEALTH_PORT,
    LOG_LEVEL: 'info',
    ...(service === 'spawn-gate' ? { COUNTERSIGN_BROKER_LOG: BROKER_LOG, COUNTERSIGN_MANAGER_KEY: publicKeyOf(readFileSync(operator.credsFile('manager-agent'), 'utf8')) } : {}),
    ...(service === 'gateway' ? { HOST: '0.0.0.0', PORT: GATEWAY_PORT, PUBLIC_URL, LOCAL_ISSUER_SECRET_FILE: file('issuer-secret', issuerSecret) } : {}),
  };
}

mkdirSync(STATE, { recursive: true });
const auditKey = once(join(STATE, 'audit.key'), () => randomBytes(32).toString('hex'));
const issuerSecret = once(join(STATE, 'cli-secret'), () => randomBytes(24).toString('base64url'));
const operator = await createOperator(join(STATE, 'operator'));
for (const folder of ['nats', 'broker-log', join('fleet', 'mirrors')]) mkdirSync(join(STATE, folder), { recursive: true });
writeFileSync(join(STATE, 'nats', 'nats.conf'), natsConfig({ operator, port: 4222, host: '0.0.0.0', storeDir: '/data', logFile: BROKER_LOG, version: '2.12' }), { mode: 0o600 });
// what the broker makes in it belongs to its group, and so the gate may read it
chmodSync(join(STATE, 'broker-log'), 0o2750);

const secrets = Object.fromEntries(SERVICES.map((service) => [service, secretsOf(service, folderOf(service))]));
await prepareDatabase(DATABASE_URL, secrets);
for (const service of SERVICES) {
  const environment = environmentOf(service, secrets[service], readFileSync(operator.credsFile(service), 'utf8'));
  const text = Object.entries(environment).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`).join('');
  writeFileSync(join(folderOf(service), 'env'), text, { mode: 0o600 });
}
console.log(`prepared ${SERVICES.length} services in ${STATE}`);
