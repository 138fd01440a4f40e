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
  /** Why the service itself cannot do its work, by name; absent when it can. */
  readonly problems?: Readonly<Record<string, string>>;
  /** What waits for somebody else while the service does the rest, by name; absent when nothing. One customer's mailbox or chain is no reason to send everybody away. */
  readonly waits?: Readonly<Record<string, string>>;
}

/** In these words, or with `undefined` no longer. */
type Words = string | undefined;

const PROBE_FOR_MS = 1_000;

/** Collects what is known about this process. A service adds its own findings with `report`, `judge` and `wait`. */
export class Health {
  private readonly since = new Date().toISOString();
  private readonly problems = new Map<string, string>();
  private readonly judges = new Map<string, () => Words>();
  private readonly waits = new Map<string, string>();
  private parts: { bus: Bus; database: Database } | undefined;
  private ready = false;
  private probe: { readonly at: number; readonly postgres: Promise<boolean> } | undefined;

  constructor(private readonly service: string) {}

  /** Says that `name` is wrong in these words, or with `undefined` that it is well again. */
  report(name: string, problem: Words): void {
    put(this.problems, name, problem);
  }

  /** Has `name` judged each time somebody asks: for what is wrong because nothing happens, of which nobody would report. */
  judge(name: string, problem: () => Words): void {
    this.judges.set(name, problem);
  }

  /** Says that `name` waits, or no longer; the service is as well as before. */
  wait(name: string, why: Words): void {
    put(this.waits, name, why);
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
    for (const [name, problem] of this.judges) this.report(name, problem());
    const problems = { ...Object.fromEntries(this.problems), ...(this.ready ? {} : { start: 'not taking work' }) };
    const well = Object.keys(problems).length === 0;
    return { ok: well && nats && postgres, service: this.service, nats, postgres, since: this.since, ...(well ? {} : { problems }), ...(this.waits.size > 0 && { waits: Object.fromEntries(this.waits) }) };
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

function put(words: Map<string, string>, name: string, said: Words): void {
  if (said === undefined) words.delete(name);
  else words.set(name, said);
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
