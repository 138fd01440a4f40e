import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file of the host and where programs look for it. */
export interface HostFile {
  readonly source: string;
  readonly target: string;
}

const cache = new Map<string, Promise<readonly HostFile[]>>();

/**
 * The shared libraries and the loader of one trusted program (ldd may run it). Cached by path, size and time of change:
 * asking costs 4–5 ms. A static program has none.
 */
export function librariesOf(program: string): Promise<readonly HostFile[]> {
  const { mtimeMs, size } = statSync(program);
  const key = `${program}|${mtimeMs}|${size}`;
  let found = cache.get(key);
  if (found === undefined) {
    found = askLoader(program);
    cache.set(key, found);
    found.catch(() => cache.delete(key));
  }
  return found;
}

async function askLoader(program: string): Promise<readonly HostFile[]> {
  const { stdout } = await run('ldd', [program], { env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' } }).catch((error: unknown) => {
    const said = error as { stdout?: string; stderr?: string };
    if (/not a dynamic executable|statically linked/.test(`${said.stdout}${said.stderr}`)) return { stdout: '' };
    throw error;
  });
  return stdout.split('\n').flatMap((line) => {
    const path = /(?:=>\s+|^\s*)(\/\S+)\s+\(0x/.exec(line)?.[1];
    return path === undefined ? [] : [{ source: realpathSync(path), target: path }];
  });
}

/** Parts of the C library's own family that native modules link to and Node itself does not. */
const FAMILY = ['librt.so.1', 'libresolv.so.2', 'libutil.so.1', 'libpthread.so.0', 'libdl.so.2'];

/** The C library's family beside a `libc.so.6` of `libraries`; those that exist (newer systems keep only some as files). */
export function familyOf(libraries: readonly HostFile[]): HostFile[] {
  const libc = libraries.find(({ target }) => basename(target) === 'libc.so.6');
  if (libc === undefined) return [];
  return FAMILY.map((name) => join(dirname(libc.target), name))
    .filter((path) => existsSync(path))
    .map((path) => ({ source: realpathSync(path), target: path }));
}

/** The real path of a program: absolute as it is, a bare name from PATH, `node` the interpreter this process runs on. */
export function findProgram(name: string): string | undefined {
  if (name === 'node') return realpathSync(process.execPath);
  const candidates = isAbsolute(name) ? [name] : (process.env['PATH'] ?? '/usr/bin:/bin').split(delimiter).map((dir) => join(dir, name));
  const found = candidates.find(isExecutable);
  return found === undefined ? undefined : realpathSync(found);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return false;
  }
}
