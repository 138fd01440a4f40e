import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** Everything a person has after `countersign up`: all services, Postgres, NATS, in a home of its own. One per suite. */
export interface TestStack extends AsyncDisposable {
  readonly url: string;
  /** The database's administrator. */
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly home: string;
  /** The current process number of a part: a service, `postgres`, `nats`, `supervisor`. */
  pidOf(part: string): Promise<number>;
  /** SIGKILL; resolves when the part runs again under another number and says that it is well. */
  kill9(part: string): Promise<void>;
  /** Runs the command line against this stack, without a terminal. */
  cli(...args: string[]): Promise<CliResult>;
  /** A bearer token of a persona. */
  token(persona: string): Promise<string>;
  close(): Promise<void>;
}

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TestStackOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A home to use again (a second start after a crash); it then stays after `close`. */
  readonly home?: string;
}

const CLI = resolve(import.meta.dirname, '../../../bin/countersign');
const READY_MS = 60_000;
const HEAL_MS = 20_000;
const POLL_MS = 50;

interface Part {
  readonly name: string;
  readonly pid: number;
  readonly running: boolean;
  readonly health?: string;
}

/** Starts the stack and resolves when it is ready. Rejects with what it printed when it does not come up. */
export async function testStack(options: TestStackOptions = {}): Promise<TestStack> {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'countersign-stack-'));
  const env = stackEnv(home, options.env);
  const child = spawn(CLI, ['up', '--json', '--port', '0'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-8_000)));
  const line = await Promise.race([firstLine(child), ended(child), sleep(READY_MS, undefined, { ref: false })]);
  if (line === undefined) {
    child.kill('SIGTERM');
    throw new Error(`the stack did not come up:\n${said}`);
  }
  return new RunningStack(child, home, options.home === undefined, env, JSON.parse(line) as Summary);
}

function stackEnv(home: string, extra: TestStackOptions['env']): NodeJS.ProcessEnv {
  const nats = process.env['TEST_NATS_BIN'];
  return { ...process.env, ...(nats === undefined ? {} : { NATS_SERVER_BIN: nats }), COUNTERSIGN_BUILT: '1', COUNTERSIGN_HOME: home, NO_COLOR: '1', ...extra };
}

async function firstLine(child: ChildProcess): Promise<string | undefined> {
  if (child.stdout === null) return undefined;
  for await (const line of createInterface({ input: child.stdout })) if (line.startsWith('{')) return line;
  return undefined;
}

const ended = (child: ChildProcess): Promise<undefined> => once(child, 'exit').then(() => undefined);

interface Summary {
  readonly url: string;
  readonly databaseUrl: string;
  readonly natsUrl: string;
}

class RunningStack implements TestStack {
  readonly url: string;
  readonly databaseUrl: string;
  readonly natsUrl: string;
  private readonly endWithTest = (): void => void this.child.kill('SIGKILL');

  constructor(
    private readonly child: ChildProcess,
    readonly home: string,
    private readonly temporary: boolean,
    private readonly env: NodeJS.ProcessEnv,
    summary: Summary,
  ) {
    ({ url: this.url, databaseUrl: this.databaseUrl, natsUrl: this.natsUrl } = summary);
    process.on('exit', this.endWithTest);
  }

  async pidOf(part: string): Promise<number> {
    const found = (await this.parts()).find(({ name }) => name === part);
    if (!found) throw new Error(`no part "${part}" in the stack`);
    return found.pid;
  }

  async kill9(part: string): Promise<void> {
    const before = await this.pidOf(part);
    process.kill(before, 'SIGKILL');
    for (const deadline = performance.now() + HEAL_MS; performance.now() < deadline; await sleep(POLL_MS)) {
      const now = (await this.parts()).find(({ name }) => name === part);
      if (now && now.pid !== before && now.running && now.health !== 'not ready') return;
    }
    throw new Error(`${part} was not running again ${HEAL_MS / 1000} s after it was killed`);
  }

  async cli(...args: string[]): Promise<CliResult> {
    const child = spawn(CLI, args, { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? -1, ...output };
  }

  async token(persona: string): Promise<string> {
    const { code, stdout, stderr } = await this.cli('token', '--as', persona);
    if (code !== 0) throw new Error(`no token for ${persona}: ${stderr}`);
    return stdout.trim();
  }

  async close(): Promise<void> {
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

  private async parts(): Promise<readonly Part[]> {
    const { stdout } = await this.cli('status', '--json');
    return (JSON.parse(stdout) as { parts: Part[] }).parts;
  }
}
