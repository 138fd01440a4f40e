import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { handOver } from '../../../../scripts/lib/run.mjs';
import { CLONE, type Home } from './home.js';
import { isOpenToAll, isRoot, UIDS, type IdentityMode } from './identity.js';

const REFUSED = 97;
const STAGES = ['/run/countersign', '/tmp/countersign-stage'];

/**
 * The clone and the home may lie below a folder that only root can enter, or be such a folder. A private mount namespace
 * gives both a second path that the parts' own users can enter, without changing a mode of anything that belongs to the
 * person; it vanishes with the last process in it. The clone's entries are bound one by one, because the clone's own mode
 * may be 0700 too; where git wrote its files under a strict umask, all but node_modules (which set-up wrote) is copied.
 * The users get names there, because initdb refuses a number without one.
 * Paths come as $1…: nothing of them is interpreted by the shell. Files and folders are made below the stage's own tmpfs
 * only; outside it the script mounts and reads, and never opens anything for writing.
 */
const SCRIPT = `
stage=$1 clone=$2 home=$3 node=$4; shift 4
inside() {
  if [ -d "$1" ]; then mkdir "$stage/$2"; else : > "$stage/$2"; fi && mount --bind "$1" "$stage/$2"
}
prepare() {
  mount -t tmpfs -o mode=0755,nodev,nosuid countersign "$stage" || return
  mkdir "$stage/clone" "$stage/bin" || return
  for entry in "$clone"/* "$clone/.toolchain"; do
    name=\${entry##*/}
    if [ -z "$COUNTERSIGN_COPY" ] || [ "$name" = node_modules ] || [ "$name" = .toolchain ]; then
      if [ -e "$entry" ]; then inside "$entry" "clone/$name" || return; fi
    else
      cp -a "$entry" "$stage/clone/$name" && chmod -R go+rX "$stage/clone/$name" || return
    fi
  done
  inside "$home" home && inside "$node" bin/node &&
  cat /etc/passwd > "$stage/passwd" && printf '%s' "$COUNTERSIGN_USERS" >> "$stage/passwd" && mount --bind "$stage/passwd" /etc/passwd
}
umask 022
prepare 2>/dev/null || exit ${REFUSED}
exec "$stage/bin/node" "$stage/clone/dist/cli.js" "$@"
`;

export type Entered = { readonly done: true; readonly exitCode: number } | { readonly done: false; readonly mode: IdentityMode };

/**
 * As root on Linux: runs the same command line again inside the namespace and resolves with its exit code.
 * Otherwise, or where mounts are refused, resolves with `done: false`: the caller goes on by itself.
 */
export async function enterNamespace(home: Home, args: readonly string[]): Promise<Entered> {
  if (process.env.COUNTERSIGN_STAGED_HOME) return { done: false, mode: isReadableByOthers() ? 'separate' : 'servers' };
  if (!isRoot() || process.platform !== 'linux' || !canUnshare()) return { done: false, mode: 'shared' };
  const stage = STAGES.find(usable);
  if (!stage) return { done: false, mode: 'shared' };
  mkdirSync(home.root, { recursive: true });
  const exitCode = await handOver('unshare', ['-m', '--propagation', 'private', '--', '/bin/sh', '-c', SCRIPT, 'sh', stage, CLONE, home.root, process.execPath, ...args], {
    env: {
      ...process.env,
      COUNTERSIGN_STAGED_HOME: join(stage, 'home'),
      COUNTERSIGN_HOME: home.shown,
      COUNTERSIGN_CLONE: CLONE,
      COUNTERSIGN_USERS: users(),
      COUNTERSIGN_COPY: RUNTIME_FILES.every(isReadableMode) ? '' : '1',
    },
  });
  return exitCode === REFUSED ? { done: false, mode: 'shared' } : { done: true, exitCode };
}

/** One file of each kind that the parts read: of the clone, of the build, of the packages. */
const RUNTIME_FILES = ['package.json', join('policies', 'spawn-policy.yaml'), join('apps', 'cli', 'package.json'), join('dist', 'cli.js')];
const PACKAGE_FILE = join('node_modules', 'pg', 'package.json');

/** Packages that somebody installed under a strict umask cannot be read by another user: the parts then run as the person. */
const isReadableByOthers = (): boolean => [...RUNTIME_FILES, PACKAGE_FILE].every((path) => isOpenToAll(join(CLONE, path)));

/** Whether the file and the folders between it and the clone let others in; what lies above does not matter here. */
function isReadableMode(path: string): boolean {
  const parts = path.split('/');
  const folders = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'));
  return modeOf(path, 0o004) && folders.every((folder) => modeOf(folder, 0o001));
}

const modeOf = (path: string, bits: number): boolean => ((statSync(join(CLONE, path), { throwIfNoEntry: false })?.mode ?? 0) & bits) === bits;

/** Lines for passwd(5). */
function users(): string {
  return Object.entries(UIDS).map(([name, uid]) => `countersign-${name}:x:${uid}:${uid}::/nonexistent:/usr/sbin/nologin\n`).join('');
}

function canUnshare(): boolean {
  return spawnSync('unshare', ['-m', '--propagation', 'private', '--', 'true']).status === 0;
}

/** The mount point itself stays empty outside the namespace. */
function usable(stage: string): boolean {
  try {
    mkdirSync(stage, { recursive: true, mode: 0o755 });
    return lstatSync(stage).isDirectory();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false; // read-only or taken: the next one is tried
    throw error;
  }
}
