import type { Created, TeamMode } from '@countersign/contracts';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Approver } from './approver.js';
import { patiently } from './patient.js';
import { MORE_TEAMS } from './policy-with.js';
import { until } from './until.js';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LocalStackOptions {
  /** Reaches the stack, and those services that may see it. */
  readonly env?: Readonly<Record<string, string>>;
  /** A home to use again (a second start after a crash); it then stays after `close`. */
  readonly home?: string;
  /** More words for `up`. */
  readonly args?: readonly string[];
}

const CLI = resolve(import.meta.dirname, '../../../dist/cli.js');
const READY_MS = 300_000;
const CALL_MS = 400_000;
const HEAL_MS = 120_000;
const ANSWER_MS = 10_000;

interface Summary {
  readonly url: string;
  readonly databaseUrl: string;
  readonly natsUrl: string;
}

/** What the supervisor wrote down (apps/cli/src/stack/record.ts). */
interface StackFile {
  readonly supervisor: { readonly pid: number };
  readonly parts: readonly { readonly name: string; readonly pid: number }[];
  readonly health: Readonly<Record<string, string>>;
}

/**
 * Everything a person has after `countersign up`: all services, Postgres, NATS, in a home of its own; driven as a stranger
 * would: by the command line, HTTP, SQL as superuser, and signals. It ends with the test's process, however that ends.
 */
export class LocalStack implements AsyncDisposable {
  private readonly approvers = new Map<string, Approver>();
  private readonly tokens = new Map<string, Promise<string>>();
  private database: Promise<pg.Client> | undefined;
  private readonly endWithTest = (): void => void this.child.kill('SIGKILL');

  private constructor(
    private readonly child: ChildProcess,
    readonly home: string,
    private readonly temporary: boolean,
    private readonly env: NodeJS.ProcessEnv,
    private readonly summary: Summary,
  ) {
    process.on('exit', this.endWithTest);
  }

  /** Resolves when every service is ready; rejects with what was printed when it does not come up. */
  static async start({ env: extra = {}, home: given, args = [] }: LocalStackOptions = {}): Promise<LocalStack> {
    const home = given ?? mkdtempSync(join(tmpdir(), 'countersign-stack-'));
    const env = stackEnv(home, extra);
    const child = spawn(process.execPath, [CLI, 'up', '--json', '--port', '0', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-8_000)));
    const line = await Promise.race([firstLine(child), sleep(READY_MS, undefined, { ref: false })]);
    if (line === undefined) {
      child.kill('SIGTERM');
      throw new Error(`the stack did not come up:\n${said}`);
    }
    return new LocalStack(child, home, given === undefined, env, JSON.parse(line) as Summary);
  }

  get url(): string {
    return this.summary.url;
  }

  /** The database's administrator. */
  get databaseUrl(): string {
    return this.summary.databaseUrl;
  }

  get natsUrl(): string {
    return this.summary.natsUrl;
  }

  /** Runs the command line against this stack, without a terminal. */
  cli(...args: string[]): Promise<CliResult> {
    return new Promise((done, fail) => {
      const child = execFile(process.execPath, [CLI, ...args], { env: this.env, timeout: CALL_MS, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number' && error.killed !== true) return fail(error);
        done({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
      });
      child.stdin?.end();
    });
  }

  /** Runs a command that must succeed, and returns its JSON. */
  async json<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.cli(...args, '--json');
    if (code !== 0) throw new Error(`countersign ${args.join(' ')} exited ${code}:\n${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** SQL as superuser: attacks, and looking where no route looks. On one connection, which is made anew after it was lost. */
  async sql<R extends object>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    this.database ??= connected(this.databaseUrl, () => (this.database = undefined));
    return (await (await this.database).query(text, [...values])).rows as R[];
  }

  /** A bearer token of the local issuer, kept for the life of the stack (far shorter than a token's). */
  token(persona: string): Promise<string> {
    let token = this.tokens.get(persona);
    if (!token) {
      token = this.freshToken(persona);
      token.catch(() => this.tokens.delete(persona));
      this.tokens.set(persona, token);
    }
    return token;
  }

  private async freshToken(persona: string): Promise<string> {
    const secret = readFileSync(join(this.home, 'cli-secret'), 'utf8').trim();
    const body = new URLSearchParams({ grant_type: 'urn:countersign:persona', persona, client_id: 'cli', client_secret: secret });
    const response = await fetch(`${this.url}/oidc/token`, { method: 'POST', body });
    if (!response.ok) throw new Error(`no token for ${persona}: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { access_token: string }).access_token;
  }

  /** HTTP as a persona. */
  async fetch(persona: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${await this.token(persona)}`);
    return fetch(`${this.url}${path}`, { ...init, headers });
  }

  /** GET as a persona; throws on anything but success. */
  async get<T>(persona: string, path: string): Promise<T> {
    return (await succeeded(await patiently(() => this.fetch(persona, path)), `GET ${path}`)).json() as Promise<T>;
  }

  /** POST as a persona; throws on anything but success. */
  async post<T>(persona: string, path: string, body: object = {}, headers: Readonly<Record<string, string>> = {}): Promise<T> {
    const init = { method: 'POST', headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...headers }, body: JSON.stringify(body) };
    return (await succeeded(await patiently(() => this.fetch(persona, path, init)), `POST ${path}`)).json() as Promise<T>;
  }

  /** The persona's terminal in this test; the same one until the stack is closed. */
  approver(persona = 'asha'): Approver {
    const known = this.approvers.get(persona);
    if (known) return known;
    const door = { get: <T>(path: string) => this.get<T>(persona, path), post: <T>(path: string, body: object) => this.post<T>(persona, path, body) };
    const approver = new Approver(door, { name: 'Test device', platform: 'cli', address: `test ${this.home} ${randomUUID()}` });
    this.approvers.set(persona, approver);
    return approver;
  }

  /** Hires, certifies and deploys a team of a bundle for a persona; returns its id. */
  async activeTeam(persona = 'asha', mode: TeamMode = 'production', bundleId = 'code-care'): Promise<string> {
    await this.sql(MORE_TEAMS);
    const { id } = await this.post<Created>(persona, '/v1/teams', { bundleId, mode });
    await this.post('genesis', `/v1/teams/${id}/certify`);
    await this.post(persona, `/v1/teams/${id}/deploy`);
    return id;
  }

  /** What runs below a part now: its processes, theirs, and so on. */
  below(part: string): number[] {
    const children = (pid: number): number[] => childrenOf(pid).flatMap((child) => [child, ...children(child)]);
    return children(this.pidOf(part));
  }

  /** The running process of a part (a service, `postgres`, `nats`), as the supervisor wrote it down. */
  pidOf(part: string): number {
    const found = this.written().parts.find(({ name }) => name === part);
    if (!found) throw new Error(`no part "${part}" in the stack`);
    return found.pid;
  }

  signal(part: string, signal: NodeJS.Signals): void {
    process.kill(this.pidOf(part), signal);
  }

  /** SIGKILL; resolves when the part runs again under another number and says that it is well. */
  async killAndHeal(part: string): Promise<void> {
    const before = this.pidOf(part);
    process.kill(before, 'SIGKILL');
    await until(`${part} runs again`, async () => this.pidOf(part) !== before && (await this.isWell(part)), HEAL_MS);
  }

  /** Holds the supervisor still during the work: whatever dies meanwhile is started again only after it. */
  async withoutRestarts<T>(work: () => Promise<T>): Promise<T> {
    const { pid } = this.written().supervisor;
    process.kill(pid, 'SIGSTOP');
    try {
      return await work();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  }

  async close(): Promise<void> {
    // It may have gone with the stack's database already.
    await this.database?.then((client) => client.end()).catch(() => undefined);
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await gone;
    }
    process.off('exit', this.endWithTest);
    if (this.temporary) rmSync(this.home, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Servers have no page that says how they are; that they were started again is all that can be seen from here. */
  private async isWell(part: string): Promise<boolean> {
    const page = this.written().health[part];
    return page === undefined || (await fetch(page, { signal: AbortSignal.timeout(ANSWER_MS) })).ok;
  }

  private written(): StackFile {
    return JSON.parse(readFileSync(join(this.home, 'run', 'stack.json'), 'utf8')) as StackFile;
  }
}

/** `COUNTERSIGN_PARENT` lets the stack see that the test's process is gone, also when that was killed. */
function stackEnv(home: string, extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const nats = process.env['TEST_NATS_BIN'];
  return { ...process.env, ...(nats === undefined ? {} : { NATS_SERVER_BIN: nats }), COUNTERSIGN_PARENT: String(process.pid), COUNTERSIGN_HOME: home, CI: '1', NO_COLOR: '1', ...extra };
}

/** The line that says where everything is; undefined when the program ends without it. */
async function firstLine(child: ChildProcess): Promise<string | undefined> {
  if (child.stdout === null) return undefined;
  for await (const line of createInterface({ input: child.stdout })) if (line.startsWith('{')) return line;
  return undefined;
}

async function succeeded(response: Response, what: string): Promise<Response> {
  if (!response.ok) throw new Error(`${what}: ${response.status} ${await response.text()}`);
  return response;
}

/** A connection; `onLost` is called when it could not be made or has ended. */
async function connected(connectionString: string, onLost: () => void): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  client.once('end', onLost).on('error', onLost);
  try {
    await client.connect();
  } catch (error) {
    onLost();
    throw error;
  }
  return client;
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return []; // it has just ended
    throw error;
  }
}
