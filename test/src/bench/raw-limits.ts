import { until } from '@countersign/testing';
import { jetstream, type JetStreamClient } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { ECHO, HOP, RAW_INSERT, RAW_PAYLOAD, type FromPeer } from './raw-words.js';

const START_MS = 20_000;
const NS_PER_MS = 1e6;

/** The bare parts: the stack's own Postgres, a plain nats-server, and a peer process that does the least that answers. */
export class RawLimits implements AsyncDisposable {
  private readonly hops = new Map<string, (atNs: bigint) => void>();

  private constructor(
    private readonly folder: string,
    private readonly server: ChildProcess,
    private readonly peer: ChildProcess,
    private readonly nats: NatsConnection,
    private readonly stream: JetStreamClient,
    private readonly pool: pg.Pool,
    /** Where the peer's HTTP server listens. */
    readonly url: string,
  ) {
    peer.on('message', (message: FromPeer) => {
      if ('hop' in message) this.hops.get(message.hop)?.(BigInt(message.atNs));
    });
  }

  /** `databaseUrl` names the database that holds the raw table. */
  static async start(databaseUrl: string): Promise<RawLimits> {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
    const server = spawn(process.env['TEST_NATS_BIN'] ?? 'nats-server', ['-a', '127.0.0.1', '-p', '-1', '-js', '-sd', join(folder, 'js'), '--ports_file_dir', folder], { stdio: 'ignore' });
    const servers = await natsUrl(server, folder);
    const peer = fork(join(import.meta.dirname, 'raw-peer.js'), { env: { ...process.env, BENCH_DATABASE_URL: databaseUrl, BENCH_NATS_URL: servers } });
    const port = await readyPort(peer);
    const nats = await connect({ servers });
    return new RawLimits(folder, server, peer, nats, jetstream(nats), new pg.Pool({ connectionString: databaseUrl, max: 8 }), `http://127.0.0.1:${port}`);
  }

  get natsVersion(): string {
    return this.nats.info?.version ?? '?';
  }

  /** One row, one statement, one commit. */
  commit = (): Promise<unknown> => this.pool.query(RAW_INSERT, [RAW_PAYLOAD]);

  /** Request and reply with one commit between them. */
  request = (): Promise<unknown> => this.nats.request(ECHO, '{}', { timeout: START_MS });

  /** From before the publish until the row of who pulled it is committed, in milliseconds. */
  async hop(id: string): Promise<number> {
    const arrived = new Promise<bigint>((resolve) => this.hops.set(id, resolve));
    const start = process.hrtime.bigint();
    await this.stream.publish(HOP, id);
    return Number((await arrived) - start) / NS_PER_MS;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nats.close();
    await this.pool.end();
    const running = [this.peer, this.server].filter((child) => child.exitCode === null && child.signalCode === null);
    const ended = Promise.all(running.map((child) => once(child, 'exit')));
    this.peer.disconnect();
    this.server.kill('SIGTERM');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The server writes the port it took into a file. */
function natsUrl(server: ChildProcess, folder: string): Promise<string> {
  return until('nats-server listens', () => {
    if (server.exitCode !== null) throw new Error(`nats-server ended with ${server.exitCode}`);
    const file = readdirSync(folder).find((name) => name.endsWith('.ports'));
    const ports = file === undefined ? undefined : (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { nats: string[] });
    return Promise.resolve(ports?.nats[0]);
  }, START_MS);
}

async function readyPort(peer: ChildProcess): Promise<number> {
  const failed = once(peer, 'exit').then(([code]) => Promise.reject(new Error(`the raw peer ended with ${String(code)}`)));
  const [message] = (await Promise.race([once(peer, 'message'), failed])) as [{ port: number }];
  failed.catch(() => undefined); // its end at the end of the bench is no failure
  return message.port;
}
