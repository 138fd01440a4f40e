import type { TeamMode } from '@countersign/contracts';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const CLI = resolve(import.meta.dirname, '../../../apps/cli/dist/main.js');
const CALL_MS = 120_000;

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface StackInfo {
  readonly url: string;
  readonly databaseUrl: string;
}

/** A whole local stack in a home of its own, driven as a stranger would: by the command line, HTTP, SQL as superuser, and kill. */
export class LocalStack implements AsyncDisposable {
  private readonly tokens = new Map<string, Promise<string>>();

  private constructor(
    readonly home: string,
    private readonly info: StackInfo,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Starts it and returns when every service is ready. `env` reaches the services that may see it. */
  static async start(env: NodeJS.ProcessEnv = {}): Promise<LocalStack> {
    const home = mkdtempSync(join(tmpdir(), 'countersign-test-'));
    const started = await runCli(home, ['up', '--detach', '--json', '--port', '0'], env);
    if (started.code !== 0) throw new Error(`the stack did not start:\n${started.stderr}`);
    return new LocalStack(home, JSON.parse(started.stdout) as StackInfo, env);
  }

  get url(): string {
    return this.info.url;
  }

  get databaseUrl(): string {
    return this.info.databaseUrl;
  }

  cli(...args: string[]): Promise<CliResult> {
    return runCli(this.home, args, this.env);
  }

  /** Runs a command that must succeed, and returns its JSON. */
  async json<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.cli(...args, '--json');
    if (code !== 0) throw new Error(`countersign ${args.join(' ')} exited ${code}:\n${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** The running process of a part, as the supervisor wrote it down. */
  pidOf(name: string): number {
    const part = this.record().parts.find((each) => each.name === name);
    if (!part) throw new Error(`${name} is not running`);
    return part.pid;
  }

  /** Holds the supervisor still during the work: whatever dies meanwhile is started again only after it. */
  async withoutRestarts(work: () => Promise<void>): Promise<void> {
    const { pid } = this.record().supervisor;
    process.kill(pid, 'SIGSTOP');
    try {
      await work();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  }

  private record(): { readonly supervisor: { readonly pid: number }; readonly parts: readonly { readonly name: string; readonly pid: number }[] } {
    return JSON.parse(readFileSync(join(this.home, 'run', 'stack.json'), 'utf8')) as ReturnType<LocalStack['record']>;
  }

  kill9(name: string): void {
    process.kill(this.pidOf(name), 'SIGKILL');
  }

  /** SQL as superuser: attacks, and looking where no route looks. */
  async sql<R extends object>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    await client.connect();
    try {
      return (await client.query(text, [...values])).rows as R[];
    } finally {
      await client.end();
    }
  }

  /** Hires, certifies and deploys a team of the bundle for a persona; returns its id. */
  async activeTeam(persona = 'asha', mode: TeamMode = 'trial'): Promise<string> {
    const { id } = await this.json<{ id: string }>('team', 'hire', 'code-care', '--mode', mode, '--as', persona);
    await this.json('team', 'certify', id);
    await this.json('team', 'deploy', id, '--as', persona);
    return id;
  }

  /** A bearer token, kept for the life of the stack (far shorter than a token's). */
  token(persona: string): Promise<string> {
    let token = this.tokens.get(persona);
    if (!token) {
      token = this.cli('token', '--as', persona).then(({ code, stdout, stderr }) => {
        if (code !== 0) { this.tokens.delete(persona); throw new Error(`no token for ${persona}: ${stderr}`); }
        return stdout.trim();
      });
      this.tokens.set(persona, token);
    }
    return token;
  }

  /** GET as a persona; throws on anything but success. */
  async get<T>(persona: string, path: string): Promise<T> {
    const response = await this.fetch(persona, path);
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** HTTP as a persona. */
  async fetch(persona: string, path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(new URL(path, this.url), { ...init, headers: { authorization: `Bearer ${await this.token(persona)}`, ...init.headers } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const down = await this.cli('down');
    if (down.code !== 0) throw new Error(`the stack did not stop:\n${down.stderr}`);
    rmSync(this.home, { recursive: true, force: true });
  }
}

function runCli(home: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<CliResult> {
  return new Promise((done, fail) => {
    const child = execFile(process.execPath, [CLI, ...args, '--home', home], { env: { ...process.env, CI: '1', NO_COLOR: '1', ...env }, timeout: CALL_MS, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number' && error.killed !== true) return fail(error);
      done({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
    child.stdin?.end();
  });
}

/** Polls until `look` returns something; a deadline turns a hang into a failure that says what it last saw. */
export async function until<T>(what: string, look: () => Promise<T | undefined | false>, limitMs = 60_000): Promise<T> {
  const deadline = performance.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      last = seen;
    } catch (error) {
      last = error; // a part of the stack may just be away; the deadline decides
    }
    if (performance.now() > deadline) throw new Error(`${what} did not happen in ${limitMs} ms; last: ${String(last)}`);
    await sleep(100);
  }
}

