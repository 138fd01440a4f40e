import type { Bus } from '@countersign/bus';
import { sql, type Database } from '@countersign/database';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What `GET /healthz` says: 200 when all is well, 503 otherwise. */
export interface HealthReport {
  readonly ok: boolean;
  readonly service: string;
  readonly nats: boolean;
  readonly postgres: boolean;
  /** When the process started, RFC 3339. */
  readonly since: string;
  /** What the service itself found wrong, by name; absent when nothing. */
  readonly problems?: Readonly<Record<string, string>>;
}

const PROBE_FOR_MS = 1_000;

/** Collects what is known about this process. A service adds its own findings with `report`. */
export class Health {
  private readonly since = new Date().toISOString();
  private readonly problems = new Map<string, string>();
  private parts: { bus: Bus; database: Database } | undefined;
  private ready = false;
  private probe: { readonly at: number; readonly postgres: Promise<boolean> } | undefined;

  constructor(private readonly service: string) {}

  /** Says that `name` is wrong in these words, or with `undefined` that it is well again. */
  report(name: string, problem: string | undefined): void {
    if (problem === undefined) this.problems.delete(name);
    else this.problems.set(name, problem);
  }

  watch(bus: Bus, database: Database): void {
    this.parts = { bus, database };
  }

  /** The service takes work from now on, or no longer. */
  setReady(ready: boolean): void {
    this.ready = ready;
  }

  async now(): Promise<HealthReport> {
    const nats = this.parts?.bus.connected ?? false;
    const postgres = await this.postgres();
    const problems = { ...Object.fromEntries(this.problems), ...(this.ready ? {} : { start: 'not taking work' }) };
    const well = Object.keys(problems).length === 0;
    return { ok: well && nats && postgres, service: this.service, nats, postgres, since: this.since, ...(well ? {} : { problems }) };
  }

  /** One probe a second at most, however often somebody asks. */
  private postgres(): Promise<boolean> {
    const database = this.parts?.database;
    if (database === undefined) return Promise.resolve(false);
    if (this.probe === undefined || performance.now() - this.probe.at > PROBE_FOR_MS) {
      const postgres = database.withPlatform((tx) => tx.one(sql`select 1`)).then(() => true, () => false);
      this.probe = { at: performance.now(), postgres };
    }
    return this.probe.postgres;
  }
}

/** Serves `/healthz` on loopback. Port 0 takes any; the one it got is returned. */
export async function serveHealth(health: Health, port: number): Promise<{ port: number; close(): void }> {
  const server = createServer((request, response) => {
    if (request.url !== '/healthz') return response.writeHead(404).end();
    void health.now().then((report) => {
      response.writeHead(report.ok ? 200 : 503, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(report));
    });
  });
  await listening(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const listening = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
