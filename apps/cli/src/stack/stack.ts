import type { Service } from '@countersign/contracts';
import { prepareDatabase } from '@countersign/database';
import { dirname } from 'node:path';
import { SetupError, step } from '../../../../scripts/lib/report.mjs';
import { tryLock, markOf } from '../../../../scripts/lib/process-lock.mjs';
import { clearDrafts } from '../repo/mirror.js';
import { startDatabase } from './database.js';
import type { Place } from './place.js';
import { findBubblewrap } from './find-tools.js';
import { makeHome, type Home } from './home.js';
import { type IdentityMode } from './identity.js';
import { ManagedProcess, type ProcessSpec } from './managed-process.js';
import { startBus, type Bus } from './bus.js';
import { freePort, firstFreePort } from './ports.js';
import type { SandboxUse } from './sandbox.js';
import { endLeftovers, partRecord, RecordKeeper, runningStack, type StackRecord } from './record.js';
import { ensureSecrets, type Secrets } from './secrets.js';
import { deviceHold, isBuilt, serviceSpec, wantedServices, type ServiceSetting } from './services.js';

export interface StackOptions {
  readonly home: Home;
  readonly mode: IdentityMode;
  /** First port to try for the gateway; 0 for any. */
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
  readonly sandbox: SandboxUse;
  /** For work on the sources: what is compiled anew runs at the next restart, without a bundle in between. */
  readonly unbundled?: boolean;
}

/** Waits for all, then fails with the first failure: when one part does not come up, no other is still coming up unseen. */
async function allOf<T extends readonly unknown[]>(...work: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  await Promise.allSettled(work);
  return (await Promise.all(work)) as unknown as T;
}

function alreadyRunning(home: Home, pid: number): SetupError {
  const { url } = runningStack(home) ?? {};
  return new SetupError(`a stack is already running on ${home.shown} (process ${pid}${url ? `, ${url}` : ''})`, {
    hint: 'use it, end it with `countersign down`, or choose another folder with --home',
  });
}

/** The local stack: everything it started is kept running until `stop`, and written down for other commands. */
export class Stack {
  readonly parts: ManagedProcess[] = [];
  private readonly notes: string[] = [];
  private healthPorts: Partial<Record<Service, number>> = {};
  private readonly startedAt = new Date().toISOString();
  private readonly kept: RecordKeeper;
  private state: StackRecord['state'] = 'starting';
  url = '';
  databaseUrl = '';
  natsUrl = '';
  missing: Service[] = [];

  private constructor(
    private readonly options: StackOptions,
    private readonly secrets: Secrets,
    private readonly release: () => void,
  ) {
    this.kept = new RecordKeeper(options.home, () => this.record());
  }

  /** Starts everything and resolves when each part has said that it is ready. On failure nothing is left running. */
  static async start(options: StackOptions): Promise<Stack> {
    const { home } = options;
    makeHome(home);
    const lock = tryLock(home.lock, { home: home.shown });
    if (!lock.taken) throw alreadyRunning(home, lock.holder.pid);
    const left = await endLeftovers(home);
    clearDrafts(home);
    const stack = new Stack(options, ensureSecrets(home), lock.release);
    if (left.length > 0) stack.note(`ended what an earlier run had left behind: ${left.join(', ')}`);
    try {
      await stack.bringUp();
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  /** Ends the parts in the reverse order of their start, so that each can still finish with those it depends on. */
  async stop(): Promise<void> {
    this.state = 'stopping';
    const isServer = (part: ManagedProcess): boolean => part.spec.name === 'postgres' || part.spec.name === 'nats';
    await Promise.all(this.parts.filter((part) => !isServer(part)).map((part) => part.stop()));
    for (const part of this.parts.filter(isServer).reverse()) await part.stop();
    this.kept.clear();
    this.release();
  }

  record(): StackRecord {
    const { home, env, sandbox } = this.options;
    return {
      state: this.state,
      supervisor: markOf(process.pid),
      launch: env.COUNTERSIGN_LAUNCH,
      home: home.shown,
      url: this.url,
      databaseUrl: this.databaseUrl,
      natsUrl: this.natsUrl,
      startedAt: this.startedAt,
      notes: this.notes,
      sandbox,
      missing: this.missing,
      parts: this.parts.flatMap(({ spec, pid }) => (pid === undefined ? [] : [partRecord(spec.name, pid)])),
      health: Object.fromEntries(Object.entries(this.healthPorts).map(([name, port]) => [name, `http://127.0.0.1:${port}/healthz`])),
    };
  }

  private async bringUp(): Promise<void> {
    const { home, mode, env } = this.options;
    const begin = (spec: ProcessSpec): Promise<void> => this.begin(spec);
    const place = { home, mode, env, secrets: this.secrets, begin, note: (text: string) => this.note(text) } satisfies Place;
    // Looked up while Postgres starts: either may have to fetch something.
    const bubblewrap = findBubblewrap(env);
    const [database, bus] = await allOf(step('Postgres', () => startDatabase(place)), step('NATS', () => startBus(place)));
    this.databaseUrl = database.url;
    this.natsUrl = bus.url;
    await step('Schema', () => prepareDatabase(database.url, this.secrets.services));
    const sandbox = await bubblewrap;
    if (deviceHold(env) === '0') this.note('a new device counts at once (COUNTERSIGN_DEVICE_HOLD_MS is 0): for one’s own machine only');
    if (!sandbox.tool) this.note(`no bubblewrap (${sandbox.reason}): the fleet will report the level it really reaches`);
    await step('Services', () => this.startServices(bus, sandbox.tool ? [dirname(sandbox.tool.path)] : []));
    this.state = 'ready';
    this.kept.save();
  }

  private async startServices({ credsOf, logPath: brokerLog }: Bus, extraPath: string[]): Promise<{ detail: string }> {
    const { home, mode, sandbox } = this.options;
    const wanted = wantedServices(this.options.env);
    const built = wanted.filter(isBuilt);
    this.missing = wanted.filter((service) => !isBuilt(service));
    const port = await firstFreePort(this.options.port);
    this.url = `http://localhost:${port}`;
    for (const service of built) this.healthPorts[service] = await freePort();
    const setting: ServiceSetting = {
      home,
      mode,
      sandbox,
      secrets: this.secrets,
      databaseUrl: this.databaseUrl,
      natsUrl: this.natsUrl,
      port,
      url: this.url,
      path: [dirname(process.execPath), ...extraPath, this.options.env.PATH ?? ''].join(':'),
      healthPorts: this.healthPorts as Record<Service, number>,
      unbundled: this.options.unbundled ?? false,
      credsOf,
      brokerLog,
    };
    await allOf(...built.map((service) => this.begin(serviceSpec(service, setting))));
    const missing = this.missing.length > 0 ? ` · not built yet: ${this.missing.join(', ')}` : '';
    return { detail: `${built.length} of ${wanted.length} ready${missing}` };
  }

  private async begin(spec: ProcessSpec): Promise<void> {
    const part = new ManagedProcess(spec, () => this.kept.save());
    this.parts.push(part);
    await part.start();
  }

  private note(text: string): void {
    this.notes.push(text);
  }
}
