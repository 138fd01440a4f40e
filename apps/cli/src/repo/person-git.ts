import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SetupError } from '../../../../scripts/lib/report.mjs';

const LIMIT_MS = 120_000;
const OUTPUT_BYTES = 16 * 1024 * 1024;
const run = promisify(execFile);

/**
 * Runs the person's git with the person's configuration: here it reads their repository, as they would.
 * Nothing asks for a password, and no hook runs.
 */
export async function personGit(folder: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run('git', ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-C', folder, ...args], {
      timeout: LIMIT_MS,
      maxBuffer: OUTPUT_BYTES,
      env: { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' },
    });
    return stdout.trim();
  } catch (error) {
    if (!(error instanceof Error && 'stderr' in error)) throw error;
    throw new SetupError(`git ${args[0]} in ${folder} failed`, { log: String(error.stderr) });
  }
}

/** The same, but git's "no" is an answer: undefined. */
export async function askGit(folder: string, args: readonly string[]): Promise<string | undefined> {
  try {
    return await personGit(folder, args);
  } catch (error) {
    if (error instanceof SetupError) return undefined;
    throw error;
  }
}
