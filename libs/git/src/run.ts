import { AppError } from '@countersign/contracts';
import { spawn } from 'node:child_process';

/** git said no. `stderr` is its own words, at most 2,000 characters; `code` is stable. */
export class GitError extends AppError {
  readonly code: string = 'git_failed';
  readonly retryable = false;
  constructor(
    readonly command: string,
    readonly exitCode: number | null,
    readonly stderr: string,
  ) {
    super(`git ${command} failed (${exitCode ?? 'killed'}): ${stderr.trim().split('\n').at(-1) ?? ''}`);
  }
}

export interface GitOptions {
  readonly input?: Uint8Array | string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Exit codes that are an answer, not a failure. */
  readonly accept?: readonly number[];
  /** Ends the whole process group when it is aborted. */
  readonly signal?: AbortSignal;
  /** Ends git once it has written this much: the result is the beginning. */
  readonly maxBytes?: number;
}

export interface GitResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  /** `maxBytes` ended it. */
  readonly truncated?: boolean;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const MAX_STDERR = 2000;

/**
 * What a repository's own files could make git do is turned off: no hooks, no configured programs, no prompts, no lazy
 * fetches, no ownership surprise for a repository we keep ourselves. The person's own configuration is not read either;
 * whoever needs it (the executor's push) passes its own environment.
 */
const SAFE_ARGUMENTS = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-c', 'safe.directory=*', '-c', 'gc.auto=0', '-c', 'maintenance.auto=false', '-c', 'core.attributesFile=/dev/null'];
const SAFE_ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_NO_LAZY_FETCH: '1',
  GIT_OPTIONAL_LOCKS: '0',
  LC_ALL: 'C',
};

/** Runs git in `directory`; resolves with its output, rejects with `GitError`. The whole process group ends at the timeout or an abort. */
export async function git(directory: string, args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
  options.signal?.throwIfAborted();
  const child = spawn('git', [...SAFE_ARGUMENTS, '-C', directory, ...args], {
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: '/nonexistent', ...SAFE_ENVIRONMENT, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const end = (): void => endGroup(child.pid);
  const timer = setTimeout(end, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  options.signal?.addEventListener('abort', end, { once: true });
  const { maxBytes = Infinity } = options;
  const stdout: Buffer[] = [];
  let stderr = '';
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBytes + chunk.length) stdout.push(chunk);
    if (bytes > maxBytes) end();
  });
  child.stderr.on('data', (chunk: Buffer) => { stderr = (stderr + chunk.toString()).slice(-MAX_STDERR); });
  child.stdin.on('error', (error) => { stderr += error.message; }); // git ended before it read everything: its exit code tells
  child.stdin.end(options.input);
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    if (bytes > maxBytes) return { exitCode: exitCode ?? 0, stdout: Buffer.concat(stdout).subarray(0, maxBytes), truncated: true };
    if (exitCode === 0 || (exitCode !== null && options.accept?.includes(exitCode))) return { exitCode, stdout: Buffer.concat(stdout) };
    throw new GitError(args[0] ?? '', exitCode, stderr);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', end);
  }
}

/** The trimmed text of git's output. */
export const gitText = async (directory: string, args: readonly string[], options?: GitOptions): Promise<string> =>
  (await git(directory, args, options)).stdout.toString('utf8').trim();

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
