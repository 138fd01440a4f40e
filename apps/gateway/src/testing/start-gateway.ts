import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createService, type RunningService } from '@countersign/service';
import type { SignedAnswer } from '@countersign/contracts';
import { Approver, freePort, patiently, serviceEnv, testDatabase, testNats, type TestDatabase, type TestNats } from '@countersign/testing';
import { readGatewayConfig, type GatewayConfig } from '../config.js';
import { gatewayModule } from '../gateway.module.js';
import { gatewayHttp } from '../http-options.js';
import { putShippedPolicies } from './shipped-policies.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed when it is JSON, else text. */
  readonly body: unknown;
  /** As it came. */
  readonly text: string;
}
export interface CallOptions {
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A real gateway on a free port, with a database and a broker of its own. */
export interface TestGateway extends AsyncDisposable {
  readonly url: string;
  readonly database: TestDatabase;
  readonly nats: TestNats;
  readonly running: RunningService;
  readonly home: string;
  /** A bearer token; the same one for the same persona until `fresh`. */
  token(persona: string, fresh?: boolean): Promise<string>;
  /** Calls as a persona (or nobody). A POST gets an `Idempotency-Key` of its own unless headers say otherwise. */
  call(persona: string | undefined, method: string, route: string, options?: CallOptions): Promise<Answer>;
  /** As `call`, and the same request again where the answer is that it may be: what a client does. */
  insist(persona: string, method: string, route: string, options?: CallOptions): Promise<Answer>;
  /** Registers a device with a key and binds the persona's token to it; the key counts, as the executor, which is not there, would say. */
  device(persona: string, address?: string, platform?: string): Promise<string>;
  /** The signature of the persona's device over an approval, or undefined where it gets no challenge. */
  sign(persona: string, approvalId: string, digest: string): Promise<SignedAnswer | undefined>;
  close(): Promise<void>;
}

const SECRET = 'test-cli-secret';

/** Where a gateway finds the secret with which a test gets tokens for personas. */
export function secretFile(below: string): string {
  const file = path.join(mkdtempSync(path.join(below, 'cli-')), 'secret');
  writeFileSync(file, SECRET);
  return file;
}

export async function personaToken(url: string, persona: string): Promise<string> {
  const form = new URLSearchParams({ grant_type: 'urn:countersign:persona', persona, client_id: 'cli', client_secret: SECRET });
  const { access_token } = (await (await fetch(`${url}/oidc/token`, { method: 'POST', body: form })).json()) as { access_token: string };
  return access_token;
}

export async function startGateway(overrides: Partial<GatewayConfig> = {}, parts?: { database: TestDatabase; nats: TestNats }): Promise<TestGateway> {
  const { database, nats } = parts ?? (await both());
  await putShippedPolicies(database);
  const env = serviceEnv('gateway', { database, nats });
  const home = env['COUNTERSIGN_HOME']!;
  const port = await freePort(); // the address is part of the tokens
  const fromEnv = readGatewayConfig({ PORT: String(port), PUBLIC_URL: `http://127.0.0.1:${port}`, LOCAL_ISSUER_SECRET_FILE: secretFile(nats.dir), COUNTERSIGN_WEB_DIR: path.join(home, 'web') }, { home });
  const config = { ...fromEnv, seed: 'people' as const, lookEveryMs: 50, watchEveryMs: 3_600_000, commandTimeoutMs: 60_000, pinWaitMs: 20, gateWaitMs: 0, ...overrides };
  const running = await createService({ service: 'gateway', module: gatewayModule(config), http: gatewayHttp, env });
  return new Started(config.publicUrl, database, nats, running, home, parts === undefined);
}

async function both(): Promise<{ database: TestDatabase; nats: TestNats }> {
  const [database, nats] = await Promise.all([testDatabase(), testNats()]);
  return { database, nats };
}

class Started implements TestGateway {
  private readonly approvers = new Map<string, Approver>();
  private readonly tokens = new Map<string, string>();

  constructor(
    readonly url: string,
    readonly database: TestDatabase,
    readonly nats: TestNats,
    readonly running: RunningService,
    readonly home: string,
    private readonly ownsParts: boolean,
  ) {}

  async token(persona: string, fresh = false): Promise<string> {
    const known = this.tokens.get(persona);
    if (known !== undefined && !fresh) return known;
    const token = await personaToken(this.url, persona);
    this.tokens.set(persona, token);
    return token;
  }

  async call(persona: string | undefined, method: string, route: string, { body, raw, headers = {} }: CallOptions = {}): Promise<Answer> {
    const sent = {
      ...(persona === undefined ? {} : { authorization: `Bearer ${await this.token(persona)}` }),
      ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
      ...(body === undefined && raw === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    };
    const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${this.url}${route}`, { method, headers: sent, redirect: 'manual', ...(content === undefined ? {} : { body: content }) });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parsed(response.headers, text), text };
  }

  insist(persona: string, method: string, route: string, { headers = {}, ...options }: CallOptions = {}): Promise<Answer> {
    const same = { ...options, headers: { 'idempotency-key': randomUUID(), ...headers } };
    return patiently(() => this.call(persona, method, route, same));
  }

  async device(persona: string, address: string = randomUUID(), platform = 'fcm'): Promise<string> {
    const approver = new Approver({ get: async (path) => (await this.insist(persona, 'GET', path)).body as never, post: async (path, body) => succeeded(await this.insist(persona, 'POST', path, { body })) }, { name: 'Test phone', platform, address });
    this.approvers.set(persona, approver);
    const { id } = await approver.register();
    await this.database.admin('update app.approver_key set effective_from = now(), highest_from = now() where device_id = $1 and effective_from is null', [id]);
    return id;
  }

  sign(persona: string, approvalId: string, digest: string): Promise<SignedAnswer | undefined> {
    const none = (error: unknown): undefined => {
      if (!(error instanceof RefusedThere)) throw error;
    };
    return this.approvers.get(persona)?.sign(approvalId, digest).catch(none) ?? Promise.resolve(undefined);
  }

  async close(): Promise<void> {
    await this.running.close();
    if (this.ownsParts) await Promise.all([this.database.close(), this.nats.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The gateway said no to what an approver needs before it can sign. */
class RefusedThere extends Error {}

function succeeded({ status, body }: Answer): never {
  if (status >= 300) throw new RefusedThere(`${status} ${JSON.stringify(body)}`);
  return body as never;
}

const parsed = (headers: Headers, text: string): unknown => (/[/+]json/.test(headers.get('content-type') ?? '') && text !== '' ? (JSON.parse(text) as unknown) : text);
