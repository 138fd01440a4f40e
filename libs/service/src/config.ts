import { AppError, SERVICES, type Service } from '@countersign/contracts';
import { LEAST_KEPT_HOURS } from '@countersign/database';

/** What every service reads from its environment; anything of its own a service reads itself. Frozen. */
export class ServiceConfig {
  readonly service!: Service;
  /** The service's own database role and password. */
  readonly databaseUrl!: string;
  readonly natsUrl!: string;
  /** Credentials file of the service's own user. */
  readonly natsCreds!: string;
  readonly contextKeyFile!: string;
  /** Wraps the keys of personal data; the notary has none, because it reads no payload. */
  readonly auditKeyFile!: string | undefined;
  /** The service's own state directory; nobody else's. */
  readonly home!: string;
  readonly healthPort!: number;
  readonly logLevel!: LogLevel;
  /** How long rows of messages that were sent or taken in are kept. */
  readonly messagesKeptHours!: number;
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const MESSAGES_KEPT_HOURS = 168;

/** The environment is not fit to start with; names every variable that is missing or wrong, never a value. */
export class ConfigError extends AppError {
  readonly code = 'bad_config';
  readonly retryable = false;
  constructor(readonly problems: readonly string[]) {
    super(`cannot start: ${problems.join('; ')}`);
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment once. Throws `ConfigError` naming all bad variables together. */
export function readConfig(service: Service, env: Environment): ServiceConfig {
  const problems: string[] = [];
  const text = (name: string): string => {
    const value = env[name];
    if (value === undefined || value === '') problems.push(`${name} is not set`);
    return value ?? '';
  };
  const fitting = (name: string, value: string, fits: boolean, what: string): string => {
    if (value !== '' && !fits) problems.push(`${name} is not ${what}`);
    return value;
  };
  const url = (name: string, protocols: readonly string[]): string => {
    const value = text(name);
    return fitting(name, value, URL.canParse(value) && protocols.includes(new URL(value).protocol), `a ${protocols.join(' or ')} URL`);
  };
  const port = text('HEALTH_PORT');
  fitting('HEALTH_PORT', port, /^\d{1,5}$/.test(port) && Number(port) <= 65_535, 'a port');
  const logLevel = env['LOG_LEVEL'] ?? 'info';
  fitting('LOG_LEVEL', logLevel, LOG_LEVELS.includes(logLevel as LogLevel), `one of ${LOG_LEVELS.join(', ')}`);
  const kept = env['COUNTERSIGN_MESSAGES_KEPT_HOURS'] || String(MESSAGES_KEPT_HOURS);
  fitting('COUNTERSIGN_MESSAGES_KEPT_HOURS', kept, /^\d{1,6}$/.test(kept) && Number(kept) >= LEAST_KEPT_HOURS, `hours, at least ${LEAST_KEPT_HOURS}`);
  const named = env['SERVICE'] ?? service;
  fitting('SERVICE', named, named === service && SERVICES.includes(service), service);
  const config: ServiceConfig = {
    service,
    databaseUrl: url('DATABASE_URL', ['postgres:', 'postgresql:']),
    natsUrl: url('NATS_URL', ['nats:', 'tls:']),
    natsCreds: text('NATS_CREDS'),
    contextKeyFile: text('CONTEXT_KEY_FILE'),
    auditKeyFile: service === 'notary' ? undefined : text('AUDIT_KEY_FILE'),
    home: text('COUNTERSIGN_HOME'),
    healthPort: Number(port),
    logLevel: logLevel as LogLevel,
    messagesKeptHours: Number(kept),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(Object.assign(Object.create(ServiceConfig.prototype) as ServiceConfig, config));
}
