import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inboxOf, publicKeyOf, type Bus } from '@countersign/bus';
import type { Service, TeamMode } from '@countersign/contracts';
import { freePort, MORE_TEAMS, testDatabase, testNats, until, type TestDatabase, type TestNats } from '@countersign/testing';
import { connect, credsAuthenticator, type Authenticator, type JwtAuth, type NatsConnection } from '@nats-io/transport-node';
import { egressFile } from '../injection/strangers.js';
import { OriginalClient } from './original-client.js';
import { OwnServices } from './own-services.js';

const SECRET = 'wire-test-secret';

/** A wait, not a promise: on a machine that is busy with others' tests a service may give up and be started again. */
const UP_MS = 240_000;

/** Gateway, gate and manager as processes of their own, on a real database and broker. Borealis has its team; Chai & Co hires one. */
export class WireHouse implements AsyncDisposable {
  private readonly services: OwnServices;
  private readonly thieves: NatsConnection[] = [];

  private constructor(
    readonly url: string,
    readonly database: TestDatabase,
    private readonly nats: TestNats,
  ) {
    this.services = new OwnServices({ database, nats });
  }

  /** `more`: services beside those three, each with what it needs in its environment, and what the gateway has in its own beside the rest. */
  static async open(more: Partial<Record<Service, Readonly<Record<string, string>>>> = {}): Promise<WireHouse> {
    const [database, nats, port] = await Promise.all([testDatabase(), testNats(), freePort()]);
    const house = new WireHouse(`http://127.0.0.1:${port}`, database, nats);
    const secretFile = join(mkdtempSync(join(nats.dir, 'wire-')), 'secret');
    writeFileSync(secretFile, SECRET);
    try {
      await house.bringUp(port, secretFile, more);
    } catch (cause) {
      await house[Symbol.asyncDispose](); // whoever wanted it has nothing to close
      throw cause;
    }
    return house;
  }

  private async bringUp(port: number, secretFile: string, { gateway, ...more }: Partial<Record<Service, Readonly<Record<string, string>>>>): Promise<void> {
    this.services.start('spawn-gate', { COUNTERSIGN_BROKER_LOG: this.nats.logFile, COUNTERSIGN_MANAGER_KEY: this.keyOf('manager-agent') });
    this.services.start('manager-agent');
    for (const [service, env] of Object.entries(more)) this.services.start(service as Service, env);
    this.services.start('gateway', { PORT: String(port), PUBLIC_URL: this.url, LOCAL_ISSUER_SECRET_FILE: secretFile, COUNTERSIGN_EGRESS: egressFile(this.nats.dir), ...gateway });
    await until('the policies are in force', async () => (await this.database.admin(`select 1 from app.policy where kind = 'spawn-policy'`)).length > 0, UP_MS);
    await until('Borealis has its team', async () => (await this.database.admin(`select 1 from app.team where state = 'active'`)).length > 0, UP_MS);
  }

  /** A connection to the broker as a service that the test plays itself. */
  bus(service: Service): Promise<Bus> {
    return this.nats.as(service);
  }

  /** The public key of a service's credential. */
  keyOf(service: Service): string {
    return publicKeyOf(readFileSync(this.nats.credsFor(service), 'utf8'));
  }

  /** What a service shows the broker, as it stands in its credential file. */
  credentialOf(service: Service): string {
    return /\n([\w-]+\.[\w-]+\.[\w-]+)\n/.exec(readFileSync(this.nats.credsFor(service), 'utf8'))![1]!;
  }

  /** Somebody who has a service's credential file, with the broker's own client in place of ours, which shows its key or what it is told to. */
  async thief(service: Service, showing: { readonly nkey?: string; readonly user?: string; readonly name?: string } = {}): Promise<Pick<Bus, 'connection'>> {
    const own = credsAuthenticator(readFileSync(this.nats.credsFor(service)));
    const authenticator: Authenticator = (nonce) => ({ ...(own(nonce) as JwtAuth), ...showing });
    const connection = await connect({ servers: this.nats.url, authenticator, inboxPrefix: inboxOf(service), maxReconnectAttempts: 0 });
    this.thieves.push(connection);
    return { connection };
  }

  /** Stands a service still, as a machine that is taken from it does, while `work` goes on. */
  async holding(service: Service, work: () => Promise<void>): Promise<void> {
    this.services.signal(service, 'SIGSTOP');
    try {
      await work();
    } finally {
      this.services.signal(service, 'SIGCONT');
    }
  }

  /** A client of a persona, or of nobody. */
  async as(persona?: string, headers: Readonly<Record<string, string>> = {}): Promise<OriginalClient> {
    return new OriginalClient(this.url, persona === undefined ? undefined : await this.token(persona), headers);
  }

  async token(persona: string): Promise<string> {
    const form = new URLSearchParams({ grant_type: 'urn:countersign:persona', persona, client_id: 'cli', client_secret: SECRET });
    const response = await fetch(`${this.url}/oidc/token`, { method: 'POST', body: form });
    return ((await response.json()) as { access_token: string }).access_token;
  }

  /** Starts a service that was not among the first. */
  start(service: Service, env: Readonly<Record<string, string>> = {}): void {
    this.services.start(service, env);
  }

  /** A team of Chai & Co that works. Returns its id. */
  async hire({ bundleId = 'code-care', mode = 'production' }: { readonly bundleId?: string; readonly mode?: TeamMode } = {}): Promise<string> {
    const ours = (persona: string, path: string, body: object) => this.as(persona, { 'idempotency-key': randomUUID() }).then((client) => client.post(path, body));
    await this.database.admin(MORE_TEAMS);
    const { body } = await ours('asha', '/v1/teams', { bundleId, mode });
    for (const [persona, verb] of [['genesis', 'certify'], ['asha', 'deploy']] as const) await ours(persona, `/v1/teams/${String(body['id'])}/${verb}`, {});
    return String(body['id']);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.services[Symbol.asyncDispose]();
    for (const thief of this.thieves) await thief.close();
    await this.nats.close();
    await this.database.close();
  }
}
