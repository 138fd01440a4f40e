import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { connect, errors, type NatsConnection, type NodeConnectionOptions, type Status } from '@nats-io/transport-node';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { authenticatorOf } from './credentials.js';
import { inboxOf, type User } from './names.js';

export interface BusOptions {
  readonly url: string;
  /** The credentials file that `createOperator` wrote for this user. */
  readonly credsFile: string;
  readonly user: User;
  readonly log?: (event: string, detail: object) => void;
}

const RECONNECT_WAIT_MS = 250;
/** Two pings without an answer and the connection counts as dead: a half-open one is noticed within 20 s. */
const PING_MS = 10_000;
const REQUEST_TIMEOUT_MS = 3_000;

/** One service's connection. It outlives the server: it comes back by itself, for as long as the process lives. */
export class Bus {
  readonly jetstream: JetStreamClient;
  private readonly reconnected = new Set<() => void>();
  private up = true;

  private constructor(
    readonly user: User,
    readonly connection: NatsConnection,
    readonly manager: JetStreamManager,
    private readonly log: NonNullable<BusOptions['log']>,
  ) {
    this.jetstream = jetstream(connection, { timeout: REQUEST_TIMEOUT_MS });
    void this.watch(connection.status());
  }

  /** Waits for the server as long as it takes: services may start before it. Throws `errors.AuthorizationError` when the credential is refused. */
  static async connect({ url, credsFile, user, log = () => undefined }: BusOptions): Promise<Bus> {
    const options: NodeConnectionOptions = {
      servers: url,
      name: user,
      authenticator: authenticatorOf(readFileSync(credsFile, 'utf8')),
      inboxPrefix: inboxOf(user),
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      pingInterval: PING_MS,
      ignoreAuthErrorAbort: true, // once it was let in, a refusal is a server that is not ready yet
    };
    const connection = await firstConnection(options, log);
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: REQUEST_TIMEOUT_MS });
    return new Bus(user, connection, manager, log);
  }

  get connected(): boolean {
    return this.up && !this.connection.isClosed();
  }

  /** Calls back after every return of the connection: what the server held before may be gone. Returns the way to stop that. */
  onReconnect(listener: () => void): () => void {
    this.reconnected.add(listener);
    return () => this.reconnected.delete(listener);
  }

  /** Sends what is buffered and closes; while the server is away, what is buffered is given up (the outbox still has it). */
  async close(): Promise<void> {
    if (this.connection.isClosed()) return;
    await (this.connected ? this.connection.drain() : this.connection.close());
  }

  private async watch(statuses: AsyncIterable<Status>): Promise<void> {
    for await (const status of statuses) {
      if (status.type === 'disconnect') this.up = false;
      if (status.type === 'reconnect') {
        this.up = true;
        for (const listener of this.reconnected) listener();
      }
      if (status.type !== 'ping') this.log(`nats ${status.type}`, 'error' in status ? { error: String(status.error) } : {});
    }
  }
}

async function firstConnection(options: NodeConnectionOptions, log: NonNullable<BusOptions['log']>): Promise<NatsConnection> {
  for (;;) {
    try {
      return await connect(options);
    } catch (error) {
      if (error instanceof errors.AuthorizationError) throw error;
      log('nats is not there yet', { error: String(error) });
      await sleep(RECONNECT_WAIT_MS);
    }
  }
}
