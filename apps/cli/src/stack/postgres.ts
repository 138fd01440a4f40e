import { chownSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from '../../../../scripts/lib/report.mjs';
import { quietly } from '../../../../scripts/lib/run.mjs';
import { startOf } from '../../../../scripts/lib/process-lock.mjs';
import type { Identity } from './identity.js';
import type { ProcessSpec } from './managed-process.js';
import type { PostgresBinaries } from './postgres-binaries.js';

const SUPERUSER = 'postgres';
export const DATABASE = 'countersign';
const INITDB_HINT = 'Postgres wants a user that /etc/passwd knows, and 200 MB of free space; or set DATABASE_URL to use another Postgres';
const END_POLL_MS = 30;
const END_LIMIT_MS = 10_000;

/** One cluster: where it lies, whose it is, and the superuser's password. */
export interface Cluster {
  readonly folder: string;
  readonly binaries: PostgresBinaries;
  readonly identity: Identity;
  readonly password: string;
  /** Only a throw-away cluster of a test may lose a commit. */
  readonly durable: boolean;
}

const dataOf = (cluster: Cluster): string => join(cluster.folder, 'data');
const environment = (cluster: Cluster): Record<string, string> => ({
  LC_ALL: 'C',
  PATH: process.env.PATH ?? '',
  [process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH']: cluster.binaries.libraryPath,
});

/** Makes the cluster and its database, unless they exist. A run that was broken off leaves nothing that looks finished. */
export async function ensureCluster(cluster: Cluster): Promise<void> {
  const data = dataOf(cluster);
  if (existsSync(join(data, 'PG_VERSION'))) return requireSameMajor(cluster);
  const next = `${data}.next`;
  const passwordFile = join(cluster.folder, 'password');
  rmSync(next, { recursive: true, force: true });
  writeFileSync(passwordFile, cluster.password, { mode: 0o600 });
  if (cluster.identity) chownSync(passwordFile, cluster.identity.uid, cluster.identity.gid);
  const run = (program: string, args: string[], input = ''): Promise<string> =>
    quietly(join(cluster.binaries.bin, program), args, { ...cluster.identity, cwd: cluster.folder, env: environment(cluster), input, hint: INITDB_HINT });
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  await run('initdb', ['-D', next, '-U', SUPERUSER, '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--no-sync', '--no-instructions', ...locale]);
  // Without a server, so that no client library is needed for the one statement.
  await run('postgres', ['--single', '-D', next, '-c', 'fsync=off', 'postgres'], `CREATE DATABASE ${DATABASE}\n`);
  if (cluster.durable) await run('initdb', ['-D', next, '--sync-only']);
  rmSync(passwordFile);
  renameSync(next, data);
}

function requireSameMajor(cluster: Cluster): void {
  const found = readFileSync(join(dataOf(cluster), 'PG_VERSION'), 'utf8').trim();
  const [major] = cluster.binaries.version.split('.');
  if (found === major) return;
  throw new SetupError(`the data in ${dataOf(cluster)} belong to Postgres ${found}, the binaries are ${major}`, {
    hint: 'use the older version to take them out, or begin anew with `countersign reset`',
  });
}

/** The administrator's address. */
export const adminUrl = (cluster: Cluster, port: number, database = DATABASE): string =>
  `postgres://${SUPERUSER}:${encodeURIComponent(cluster.password)}@127.0.0.1:${port}/${database}`;

/** How to run the server on a port of loopback. No Unix socket: its path has a length limit that a deep home exceeds. */
export function postgresSpec(cluster: Cluster, port: number, logPath: string): ProcessSpec {
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: cluster.durable ? 200 : 500, // all files of a test run share one server
    shared_buffers: '128MB',
    jit: 'off',
    autovacuum_naptime: '10s', // a new home's tables grow from nothing: plans follow what is known of them
    wal_level: 'minimal',
    max_wal_senders: 0,
    log_checkpoints: 'off',
    // Thrown away after the tests: it need not survive a crash, and its passwords protect nothing.
    ...(cluster.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', scram_iterations: '1' }),
  };
  return {
    name: 'postgres',
    command: join(cluster.binaries.bin, 'postgres'),
    args: ['-D', dataOf(cluster), ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    env: environment(cluster),
    cwd: cluster.folder,
    identity: cluster.identity,
    logPath,
    onOrphaned: 'QUIT',
    stopSignal: 'SIGINT', // fast shutdown: clients are dropped, everything is written
    stopMs: 20_000,
    readyMs: 60_000,
    isReady: () => Promise.resolve(saysReady(cluster)),
  };
}

/** The eighth line of postmaster.pid is the server's own word (src/include/utils/pidfile.h); pg_ctl waits for the same. */
function saysReady(cluster: Cluster): boolean {
  const [pid, , , , , , , status] = pidFile(cluster);
  return status?.trim() === 'ready' && startOf(Number(pid)) !== undefined;
}

function pidFile(cluster: Cluster): string[] {
  const path = join(dataOf(cluster), 'postmaster.pid');
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
}

/**
 * Ends a server that still works on these data although its stack is gone. The lock on the home is ours, so it can only
 * be a left-over; its number counts only while it runs from this folder.
 */
export async function endStrayServer(cluster: Cluster): Promise<boolean> {
  const pid = Number(pidFile(cluster)[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !worksHere(pid, cluster)) return false;
  process.kill(pid, 'SIGQUIT');
  for (const deadline = Date.now() + END_LIMIT_MS; startOf(pid) !== undefined; ) {
    if (Date.now() > deadline) throw new SetupError(`a left-over Postgres (process ${pid}) does not end`, { hint: `end it with: kill -9 ${pid}` });
    await sleep(END_POLL_MS);
  }
  return true;
}

/** By device and inode: the path is another one inside and outside the private mount namespace. */
function worksHere(pid: number, cluster: Cluster): boolean {
  if (startOf(pid) === undefined) return false;
  if (process.platform !== 'linux') return true;
  const [itsFolder, ours] = [statSync(`/proc/${pid}/cwd`, { throwIfNoEntry: false }), statSync(dataOf(cluster))];
  return itsFolder?.ino === ours.ino && itsFolder.dev === ours.dev;
}
