import { publicKeyOf } from '@countersign/bus';
import { databaseRole, SERVICES, settingsOf, type Service } from '@countersign/contracts';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compileCacheOf } from './compile-cache.js';
import { CLONE, type Home } from './home.js';
import { identityOf, ownFolder, type Domain, type IdentityMode } from './identity.js';
import type { ProcessSpec } from './managed-process.js';
import type { SandboxUse } from './sandbox.js';
import { Handout, type Secrets } from './secrets.js';

const HEALTH_LIMIT_MS = 2_000;

/**
 * Whose files a service may read. The executor uses the person's own git credentials, so it runs as the person.
 * The notary's key must survive a break-in elsewhere, and the fleet runs code that nobody has read yet.
 */
const DOMAINS: Readonly<Record<Service, Domain>> = {
  gateway: 'services',
  'manager-agent': 'services',
  'helpdesk-agent': 'services',
  'spawn-gate': 'services',
  fleet: 'fleet',
  executor: 'person',
  notary: 'notary',
};

/** They seal or open personal fields of audit entries. */
const READS_PERSONAL_DATA: ReadonlySet<Service> = new Set(['gateway', 'manager-agent', 'spawn-gate', 'fleet', 'executor', 'helpdesk-agent']);

/** What all services of one stack share. */
export interface ServiceSetting {
  readonly home: Home;
  readonly mode: IdentityMode;
  readonly sandbox: SandboxUse;
  readonly secrets: Secrets;
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly port: number;
  readonly url: string;
  readonly path: string;
  readonly healthPorts: Readonly<Record<Service, number>>;
  /** Whether to run the compiled files one by one, as they are while somebody edits them, instead of the bundles made of them. */
  readonly unbundled: boolean;
  credsOf(service: Service): string;
  /** Where the stack's own broker says what it refused. */
  readonly brokerLog: string | undefined;
}

const compiledOf = (service: Service): string => join(CLONE, 'apps', service, 'dist', 'main.js');
const bundleOf = (service: Service): string => join(CLONE, 'dist', `${service}.js`);

/** What the gateway doubles where nothing real is set up: on one's own machine all that can be looked at. */
export const doubles = ({ COUNTERSIGN_DOUBLES, NODE_ENV, OIDC_ISSUER }: NodeJS.ProcessEnv): string => COUNTERSIGN_DOUBLES ?? (NODE_ENV === 'production' || OIDC_ISSUER ? '' : 'email,sms');
/** How long a new device waits, in milliseconds: on one's own machine nobody waits a day for a second one. */
export const deviceHold = (env: NodeJS.ProcessEnv): string => env.COUNTERSIGN_DEVICE_HOLD_MS ?? '0';
/** Whose first key counts at once: on one's own machine everybody's. */
const firstKeys = ({ COUNTERSIGN_FIRST_KEYS, NODE_ENV }: NodeJS.ProcessEnv): string => COUNTERSIGN_FIRST_KEYS ?? (NODE_ENV === 'production' ? '' : '*');

/** The services to start; COUNTERSIGN_SERVICES (a list with commas) leaves the others out, for work on a part of the stack. */
export function wantedServices(env: NodeJS.ProcessEnv): Service[] {
  const named = env.COUNTERSIGN_SERVICES?.split(',').map((name) => name.trim()).filter(Boolean);
  return SERVICES.filter((service) => named?.includes(service) ?? true);
}

export const isBuilt = (service: Service): boolean => existsSync(compiledOf(service));

/** How to run one service: who it is, what it is given, how it says that it is ready. */
export function serviceSpec(service: Service, setting: ServiceSetting): ProcessSpec {
  const identity = identityOf(DOMAINS[service], setting.mode);
  const folder = setting.home.stateOf(service);
  const handout = new Handout(setting.home, identity);
  const prepare = (): void => {
    ownFolder(folder, identity);
    if (service === 'manager-agent') ownFolder(setting.home.teamFiles, identity);
    if (service === 'executor') ownFolder(setting.home.published, identity);
    handout.restore();
  };
  return {
    name: service,
    command: process.execPath,
    args: ['--enable-source-maps', setting.unbundled ? compiledOf(service) : bundleOf(service)],
    env: { ...inherited(service, process.env), ...environmentOf(service, setting, handout), NODE_COMPILE_CACHE: compileCacheOf(identity) },
    cwd: folder,
    prepare,
    identity,
    logPath: join(setting.home.logs, `${service}.log`),
    stopSignal: 'SIGTERM',
    stopMs: 10_000,
    readyMs: 60_000,
    isReady: () => answersHealthz(setting.healthPorts[service]),
  };
}

/** Of the person's environment a service gets what it reads: tokens in a shell are not every service's business. */
export const inherited = (service: Service, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  const names = new Set(settingsOf(service));
  return Object.fromEntries(Object.entries(env).filter(([name]) => names.has(name)));
};

function environmentOf(service: Service, setting: ServiceSetting, handout: Handout): NodeJS.ProcessEnv {
  const { home, secrets } = setting;
  const { password, contextKey } = secrets.services[service];
  const hand = (name: string, content: string): string => handout.hand(`${service}.${name}`, content);
  const database = Object.assign(new URL(setting.databaseUrl), { username: databaseRole(service), password });
  return {
    SERVICE: service,
    DATABASE_URL: database.href,
    NATS_URL: setting.natsUrl,
    NATS_CREDS: hand('nats.creds', setting.credsOf(service)),
    CONTEXT_KEY_FILE: hand('context.json', JSON.stringify({ kid: contextKey.kid, key: contextKey.key.toString('hex') })),
    ...(READS_PERSONAL_DATA.has(service) ? { AUDIT_KEY_FILE: hand('audit.key', secrets.audit) } : {}),
    COUNTERSIGN_HOME: home.stateOf(service),
    // Its stdin is a pipe that this process holds: a service whose stack was killed ends by itself.
    COUNTERSIGN_PARENT_PIPE: '1',
    COUNTERSIGN_SANDBOX: setting.sandbox.product,
    COUNTERSIGN_MIRRORS: join(home.stateOf('fleet'), 'mirrors'),
    COUNTERSIGN_AGENTS_DIR: process.env.COUNTERSIGN_AGENTS_DIR ?? join(CLONE, 'agents'),
    COUNTERSIGN_BUNDLES_DIR: join(CLONE, 'bundles'),
    COUNTERSIGN_POLICIES_DIR: join(CLONE, 'policies'),
    HEALTH_PORT: String(setting.healthPorts[service]),
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'info',
    PATH: setting.path,
    ...ownersExtras(service, setting, hand),
  };
}

function ownersExtras(service: Service, setting: ServiceSetting, hand: (name: string, content: string) => string): NodeJS.ProcessEnv {
  // The gate alone is told of the choice: what the fleet says of itself lowers nothing.
  const { chosen } = setting.sandbox;
  if (service === 'spawn-gate') {
    return {
      ...(chosen ? { COUNTERSIGN_SANDBOX_CHOICE: chosen.least, COUNTERSIGN_SANDBOX_CHOSEN_BY: chosen.by } : {}),
      ...(setting.brokerLog === undefined ? {} : { COUNTERSIGN_BROKER_LOG: setting.brokerLog, COUNTERSIGN_MANAGER_KEY: publicKeyOf(setting.credsOf('manager-agent')) }),
    };
  }
  if (service === 'gateway') {
    return { PORT: String(setting.port), PUBLIC_URL: process.env.PUBLIC_URL ?? setting.url, LOCAL_ISSUER_SECRET_FILE: hand('issuer-secret', setting.secrets.cli), COUNTERSIGN_DOUBLES: doubles(process.env), COUNTERSIGN_WEB_DIR: join(CLONE, 'apps', 'web', 'dist') };
  }
  if (service === 'manager-agent') return { COUNTERSIGN_TEAM_FILES: setting.home.teamFiles };
  // It pushes with what the person's own git would use: ssh agent, credential helpers, configuration in the home directory.
  if (service === 'executor') return {
    COUNTERSIGN_PUBLISH_DIR: process.env.COUNTERSIGN_PUBLISH_DIR ?? setting.home.published,
    COUNTERSIGN_DEVICE_HOLD_MS: deviceHold(process.env),
    COUNTERSIGN_FIRST_KEYS: firstKeys(process.env),
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(HOME|USER|LOGNAME|SSH_.*|GIT_SSH.*|GIT_ASKPASS|GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)|XDG_.*)$/.test(name))),
  };
  return {};
}

/** True once the service says on its own port that it can do its work. */
export async function answersHealthz(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(HEALTH_LIMIT_MS) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch (error) {
    // Not listening yet, or busy: both mean not ready, and the caller has a deadline.
    if (error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError')) return false;
    throw error;
  }
}
