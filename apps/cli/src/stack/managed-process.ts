import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, fchmodSync, fchownSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from '../../../../scripts/lib/report.mjs';
import { outsidePath } from './home.js';
import type { Identity } from './identity.js';

/** Delay before the 1st, 2nd, … restart in a row: the first one at once, so that a single death is healed within a second. */
const RESTART_DELAYS_MS = [0, 100, 200, 500, 1_000, 2_000, 5_000] as const;
const HEALTHY_AFTER_MS = 10_000;
const READY_POLL_MS = 150;
const DEATHS_BEFORE_READY = 5;
const LOG_LINES = 25;

/** What to run and how to know that it is ready. */
export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly identity?: Identity;
  readonly logPath: string;
  /** Somebody else who reads the log. */
  readonly logReader?: Identity;
  /** Makes what it needs and somebody may have deleted: called before every start. */
  prepare?(): void;
  /** Sent by the kernel when the stack's own process dies (Linux); programs of ours watch their stdin instead. */
  readonly onOrphaned?: 'INT' | 'TERM' | 'QUIT';
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  readonly stopMs: number;
  readonly readyMs: number;
  isReady(): Promise<boolean>;
}

/** A process that is kept running: when it dies it is started again, until `stop`. */
export class ManagedProcess {
  restarts = 0;
  private child: ChildProcess | undefined;
  private stopping = false;
  private startedAt = 0;
  private deathsInARow = 0;
  private lastEnd = '';

  /** `onChange` is called whenever a process has started or ended, so that its number can be written down. */
  constructor(
    readonly spec: ProcessSpec,
    private readonly onChange: () => void,
  ) {}

  get pid(): number | undefined {
    return this.child?.exitCode === null && this.child.signalCode === null ? this.child.pid : undefined;
  }

  /** Starts it and resolves once it says that it is ready; a SetupError with the end of its log when it does not come up. */
  async start(): Promise<void> {
    this.launch();
    const deadline = Date.now() + this.spec.readyMs;
    while (!(await this.spec.isReady())) {
      if (this.stopping) return;
      if (this.deathsInARow >= DEATHS_BEFORE_READY) throw this.failure(`${this.spec.name} does not stay up: ${this.lastEnd}`);
      if (Date.now() > deadline) throw this.failure(`${this.spec.name} was not ready after ${this.spec.readyMs / 1000} s`);
      await sleep(READY_POLL_MS);
    }
  }

  /** Asks it to end, and ends it by force when it takes longer than it may. Holds on return: the process is gone. */
  async stop(): Promise<void> {
    this.stopping = true;
    const child = this.child;
    if (!child || this.pid === undefined) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(this.spec.stopSignal);
    const inTime = await Promise.race([gone.then(() => true), sleep(this.spec.stopMs, false, { ref: false })]);
    if (!inTime) this.killGroup(child);
    await gone;
  }

  /** Asks it to end; it is started again at once, as after any other end. */
  restart(): void {
    this.deathsInARow = 0;
    this.child?.kill(this.spec.stopSignal);
  }

  private launch(): void {
    this.startedAt = Date.now();
    try {
      this.spec.prepare?.();
      this.spawn();
    } catch (error) {
      // A full disk, a folder that became a file: the next start may find it mended, and the others must go on.
      if (!(error instanceof Error && 'code' in error)) throw error;
      this.lastEnd = `it could not be started (${error.message})`;
      return this.again();
    }
    this.onChange();
  }

  private spawn(): void {
    mkdirSync(dirname(this.spec.logPath), { recursive: true, mode: 0o711 });
    const log = openSync(this.spec.logPath, 'a', 0o600);
    if (this.spec.logReader) letRead(log, this.spec.logReader);
    const [command, args] = this.commandLine();
    const { env, cwd, identity } = this.spec;
    // A session of its own: Ctrl-C in the terminal reaches only the stack, which then ends its parts in order.
    const child = spawn(command, args, { cwd, env: { ...env }, uid: identity?.uid, gid: identity?.gid, detached: true, stdio: ['pipe', log, log] });
    closeSync(log);
    this.child = child;
    child.stdin?.on('error', () => undefined); // the reader may be killed at any time: its exit is what counts
    child.once('error', (error) => this.ended(child, `it could not be started (${error.message})`));
    child.once('exit', (code, signal) => this.ended(child, signal ? `killed by ${signal}` : `exit code ${code}`));
  }

  private commandLine(): [string, string[]] {
    const { command, args, onOrphaned } = this.spec;
    return onOrphaned && canSetDeathSignal() ? ['setpriv', ['--pdeathsig', onOrphaned, '--', command, ...args]] : [command, [...args]];
  }

  private ended(child: ChildProcess, how: string): void {
    if (child !== this.child) return;
    this.child = undefined;
    this.lastEnd = how;
    this.killGroup(child);
    this.onChange();
    this.again();
  }

  private again(): void {
    if (this.stopping) return;
    this.deathsInARow = Date.now() - this.startedAt > HEALTHY_AFTER_MS ? 1 : this.deathsInARow + 1;
    const delay = RESTART_DELAYS_MS[Math.min(this.deathsInARow, RESTART_DELAYS_MS.length) - 1] ?? 0;
    setTimeout(() => {
      if (this.stopping) return;
      this.restarts += 1;
      this.launch();
    }, delay);
  }

  /** What it started in its own group does not outlive it. */
  private killGroup(child: ChildProcess): void {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }

  private failure(message: string): SetupError {
    const said = existsSync(this.spec.logPath) ? readFileSync(this.spec.logPath, 'utf8') : '';
    const log = said.trimEnd().split('\n').slice(-LOG_LINES).join('\n');
    return new SetupError(message, { log, hint: `the whole log: ${outsidePath(this.spec.logPath)}` });
  }
}

let deathSignal: boolean | undefined;

/** `setpriv` belongs to util-linux: on every Linux distribution that is not minimal. Without it the next start cleans up. */
function canSetDeathSignal(): boolean {
  deathSignal ??= process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'TERM', '--', 'true']).status === 0;
  return deathSignal;
}

/** The group of an open file, which may read it. */
function letRead(file: number, reader: NonNullable<Identity>): void {
  fchownSync(file, fstatSync(file).uid, reader.gid);
  fchmodSync(file, 0o640);
}
