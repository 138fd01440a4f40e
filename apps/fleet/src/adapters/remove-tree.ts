import { execFile } from 'node:child_process';
import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CLOSED: readonly (string | undefined)[] = ['EACCES', 'EPERM', 'ENOTEMPTY'];
const isDeep = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENAMETOOLONG';

/**
 * Removes a directory that untrusted code has written to. Links are removed, never followed; directories that were made
 * unreadable are opened first, which matters where the code ran as the fleet's own user. What lies deeper than a path can name is
 * left to the system's own tools, which go down step by step.
 */
export async function removeTree(directory: string): Promise<void> {
  try {
    await removeNamed(directory);
  } catch (error) {
    if (!isDeep(error)) throw error;
    await run('chmod', ['-R', 'u+rwX', '--', directory]);
    await run('rm', ['-rf', '--', directory]);
  }
}

async function removeNamed(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true });
  } catch (error) {
    if (!CLOSED.includes((error as NodeJS.ErrnoException).code)) throw error;
    await openDirectories(directory);
    await rm(directory, { recursive: true, force: true });
  }
}

async function openDirectories(directory: string): Promise<void> {
  if (!(await lstat(directory)).isDirectory()) return;
  await chmod(directory, 0o700);
  for (const entry of await readdir(directory, { withFileTypes: true })) if (entry.isDirectory()) await openDirectories(join(directory, entry.name));
}
