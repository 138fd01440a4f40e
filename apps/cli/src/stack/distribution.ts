import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { quietly } from '../../../../scripts/lib/run.mjs';
import { SetupError } from '../../../../scripts/lib/report.mjs';
import { isRoot } from './identity.js';

/** Where servers live that are not on the PATH of an ordinary user. */
const ALSO = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'];
const NO_QUESTIONS = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };

/** Path of a program that can be run, from the PATH or the usual folders of servers. */
export function findProgram(name: string, path = process.env.PATH ?? ''): string | undefined {
  return [...path.split(delimiter), ...ALSO].filter(Boolean).map((folder) => join(folder, name)).find(isProgram);
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

/** Runs apt-get as root: directly, or through a sudo that asks nothing. */
async function asRoot(args: readonly string[]): Promise<void> {
  if (isRoot()) await quietly('apt-get', args, { env: NO_QUESTIONS });
  else await quietly('sudo', ['-n', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args], { env: NO_QUESTIONS });
}

const mayInstall = (): boolean => isRoot() || (findProgram('sudo') !== undefined && spawnSync('sudo', ['-n', 'true']).status === 0);
export const hasApt = (): boolean => findProgram('apt-get') !== undefined && findProgram('dpkg-deb') !== undefined;

/** Tries with the package lists that are there; refreshes them once when that fails and the person may. */
async function withFreshLists(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof SetupError) || !mayInstall()) throw error;
    await asRoot(['update', '-qq']);
    await work();
  }
}

/** Installs a package of the distribution. Rejects with a SetupError when that is not possible here. */
export async function installPackage(name: string): Promise<void> {
  if (!hasApt()) throw new SetupError('no apt-get on this machine');
  if (!mayInstall()) throw new SetupError('neither root nor sudo without a password');
  await withFreshLists(() => asRoot(['install', '-y', '-qq', '--no-install-recommends', name]));
}

/**
 * Fetches a package of the distribution and unpacks it into `folder`. apt checks its signature as for an installation,
 * but nothing on the machine changes: no service is started (Debian's nats-server package starts one on the standard
 * port), and no root is needed. Resolves with the program's path.
 */
export async function unpackPackage(name: string, program: string, folder: string): Promise<string> {
  const found = join(folder, program);
  if (existsSync(found)) return found;
  if (!hasApt()) throw new SetupError('no apt-get on this machine');
  const next = `${folder}.next`;
  rmSync(next, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(next, 'deb'), { recursive: true });
  await withFreshLists(async () => void (await quietly('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', name], { cwd: join(next, 'deb'), env: NO_QUESTIONS })));
  const file = readdirSync(join(next, 'deb')).find((entry) => entry.endsWith('.deb'));
  if (!file) throw new SetupError(`apt-get download ${name} left no package`);
  await quietly('dpkg-deb', ['-x', join(next, 'deb', file), join(next, 'root')]);
  // At once and whole: what a killed unpacking left would be taken for the program ever after.
  renameSync(join(next, 'root'), folder);
  rmSync(next, { recursive: true, force: true });
  if (!isProgram(found)) throw new SetupError(`the package ${name} holds no ${program}`);
  return found;
}
