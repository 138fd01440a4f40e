import { Bus, BusServer, Relay, STREAM_KEEPER } from '@countersign/bus';
import { messages, type Service } from '@countersign/contracts';
import { Database, readContextKey } from '@countersign/database';
import { Module, type DynamicModule, type INestApplication, type INestApplicationContext, type INestMicroservice, type Type } from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { readConfig, type ServiceConfig } from './config.js';
import { enterRefused } from './enter-refused.js';
import { Health, serveHealth } from './health.js';
import { createLogger, nestLogger, type Logger } from './logger.js';
import { auditOf, ServiceModule, type ServiceParts } from './service.module.js';
import { Sweep } from './sweep.js';

export interface ServiceOptions {
  readonly service: Service;
  readonly module: Type;
  /** `process.env` unless a test gives its own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly log?: Logger;
  /** Only for a service that speaks HTTP: makes the adapter, and after set-up configures the app and listens. */
  readonly http?: HttpOptions;
  /** How long a message waits for one before it that is missing, where that is not as long as everywhere. */
  readonly gapPatienceMs?: number;
}

export interface HttpOptions {
  adapter(): AbstractHttpAdapter;
  listen(app: INestApplication, config: ServiceConfig): Promise<void>;
}

export interface RunningService {
  readonly app: INestApplicationContext;
  readonly config: ServiceConfig;
  readonly log: Logger;
  readonly healthPort: number;
  /** Takes no new work, finishes what is running, sends what is in the outbox, closes. May be called twice. */
  close(): Promise<void>;
}

const FORGET_EVERY_MS = 10 * 60_000;

@Module({})
class RootModule {}

/** Starts a service in this process and returns when it takes work. Waits for NATS as long as it takes; meanwhile `/healthz` answers 503. */
export async function createService(options: ServiceOptions): Promise<RunningService> {
  const config = readConfig(options.service, options.env ?? process.env);
  const log = options.log ?? createLogger(config);
  const health = new Health(config.service);
  const healthz = await serveHealth(health, config.healthPort);
  /** Undone in reverse: what was opened last is closed first. */
  const opened: (() => Promise<void>)[] = [() => Promise.resolve(healthz.close())];
  const close = once(async () => {
    health.setReady(false);
    for (const undo of opened.reverse()) await undo();
    log.info({}, 'stopped');
  });
  try {
    const app = await open(options, { config, log, health }, opened);
    health.setReady(true);
    log.info({}, 'ready');
    return { app, config, log, healthPort: healthz.port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(options: ServiceOptions, own: Pick<ServiceParts, 'config' | 'log' | 'health'>, opened: (() => Promise<void>)[]): Promise<INestApplicationContext> {
  const { config, log, health } = own;
  const database = new Database({ url: config.databaseUrl, contextKey: readContextKey(config.contextKeyFile) });
  opened.push(() => database.close());
  enterRefused({ service: config.service, database, audit: auditOf(config), log });
  const bus = await Bus.connect({ url: config.natsUrl, credsFile: config.natsCreds, user: config.service, log: (event, detail) => log.debug(detail, event) });
  opened.push(() => bus.close());
  health.watch(bus, database);
  const forget = new Sweep('forget messages', FORGET_EVERY_MS, () => forgetMessages(database, config), log);
  forget.start();
  opened.push(() => forget.stop());
  const relay = new Relay(bus, database, log);
  if (sendsMessages(config.service)) relay.start();
  opened.push(() => relay.stop());
  const root: DynamicModule = { module: RootModule, imports: [ServiceModule.with({ ...own, database, bus }), options.module] };
  const app = await startNest(root, options, config, new BusServer(bus, config.service, database, log, options.gapPatienceMs), log);
  opened.push(() => app.close());
  return app;
}

async function startNest(root: DynamicModule, { http }: ServiceOptions, config: ServiceConfig, strategy: BusServer, log: Logger): Promise<INestApplication | INestMicroservice> {
  const logger = nestLogger(log);
  if (http === undefined) {
    const app = await NestFactory.createMicroservice(root, { strategy, logger, abortOnError: false });
    await app.listen();
    return app;
  }
  const app = await NestFactory.create(root, http.adapter(), { logger, abortOnError: false });
  app.connectMicroservice({ strategy });
  await http.listen(app, config);
  await app.startAllMicroservices();
  return app;
}

/** Lets go of this service's rows of messages that nothing can ask for any more. */
async function forgetMessages(database: Database, { messagesKeptHours }: ServiceConfig): Promise<void> {
  await database.ops('messages_prune', messagesKeptHours);
}

const sendsMessages = (service: Service): boolean => service === STREAM_KEEPER || messages().some(({ author }) => author === service);

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}
