import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { GitError, GitStoppedError } from './errors.js';

export interface GitOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: Uint8Array | string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 60_000;
const OUTPUT_BYTES = 8 * 1024 * 1024;
const STDERR_CHARS = 2_000;

/** No hook, no helper daemon, no signing, nothing in the background, whatever any configuration says. */
const ALWAYS = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-c', 'gc.auto=0', '-c', 'maintenance.auto=false', '-c', 'core.quotePath=false'];

/** What git may see of our environment: where to find programs and, for a push, the person's keys and agent. */
const PASSED_ON = ['PATH', 'HOME', 'SSH_AUTH_SOCK', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy', 'TMPDIR'] as const;

/** The environment of every git process: no prompt, no system or repository configuration, three transports. */
export function gitEnv(globalConfig = '/dev/null', from: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const kept = Object.fromEntries(PASSED_ON.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));
  return {
    ...kept,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: globalConfig,
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    SSH_ASKPASS: '/bin/false',
    GIT_ALLOW_PROTOCOL: 'file:https:ssh',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LITERAL_PATHSPECS: '1',
  };
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * Runs one git command in a process group of its own and returns its stdout.
 *
 * Throws `GitError` on another exit code than 0 and `GitStoppedError` after a timeout, an abort or 8 MiB of output; then
 * the whole group has been killed, helpers and transports included.
 */
export async function git(args: readonly string[], options: GitOptions): Promise<Buffer> {
  const command = args.find((arg) => !arg.startsWith('-')) ?? '';
  options.signal?.throwIfAborted();
  const child = spawn('git', [...ALWAYS, ...args], { cwd: options.cwd, env: options.env ?? gitEnv(), stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const { stdout, stderr, exitCode, stopped } = await finished(child, options);
  if (stopped) throw new GitStoppedError(command, stopped);
  if (exitCode !== 0) throw new GitError(command, exitCode, tail(stderr), tail(stdout.toString('utf8')));
  return stdout;
}

interface Finished {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly exitCode: number | null;
  readonly stopped?: 'timeout' | 'output' | 'aborted';
}

function finished(child: Child, { stdin, timeoutMs = TIMEOUT_MS, signal }: GitOptions): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const output: Buffer[] = [];
    let size = 0;
    let stderr = '';
    let stopped: Finished['stopped'];
    const stop = (why: NonNullable<Finished['stopped']>): void => {
      stopped ??= why;
      killGroup(child);
    };
    const timer = setTimeout(() => stop('timeout'), timeoutMs);
    const aborted = (): void => stop('aborted');
    signal?.addEventListener('abort', aborted, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > OUTPUT_BYTES) stop('output');
      else output.push(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr = (stderr + chunk).slice(-4 * STDERR_CHARS);
    });
    child.once('error', reject);
    child.once('close', (exitCode) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
      resolve({ stdout: Buffer.concat(output), stderr: stderr.trim(), exitCode, ...(stopped ? { stopped } : {}) });
    });
    // A git that ends without reading everything closes the pipe; its exit code says what was wrong.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin ?? '');
  });
}

function killGroup(child: Child): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause;
  }
}

/** The end says what went wrong; credentials in a URL are nobody's business. */
const tail = (text: string): string => text.replaceAll(/(\w+:\/\/)[^\s/@]+@/g, '$1').slice(-STDERR_CHARS);
