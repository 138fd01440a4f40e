// Root's clone may lie where no other user can enter; the tests drop workers to another user, who must read them.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const STAGE = '/run/countersign-tests';
const REFUSED = 97;

/** Binds the clone's entries below a folder of the private mount namespace, and runs the script from there. Paths are arguments, never text. */
const SCRIPT = `
stage=$1 clone=$2 node=$3 script=$4; shift 4
prepare() {
  mount -t tmpfs -o mode=0755,nodev,nosuid countersign-tests "$stage" || return
  for entry in "$clone"/* "$clone"/.[!.]*; do
    [ -e "$entry" ] || continue
    target=$stage/\${entry##*/}
    if [ -d "$entry" ]; then mkdir "$target"; else : > "$target"; fi && mount --bind "$entry" "$target" || return
  done
}
prepare || exit ${REFUSED}
cd "$stage" && exec "$node" "$stage/$script" "$@"
`;

/** Whether any user may pass through every folder down to the path. */
function isOpen(path) {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * As root on Linux, in a clone that others cannot enter: runs the script again where they can, and resolves with its exit
 * code. Resolves with undefined where that is not needed or mounts are refused: the caller goes on.
 */
export async function runStaged(root, script, args) {
  const needed = process.platform === 'linux' && process.getuid() === 0 && !process.env.COUNTERSIGN_TESTS_STAGED && !isOpen(root);
  if (!needed || spawnSync('unshare', ['-m', '--propagation', 'private', '--', 'true']).status !== 0) return undefined;
  mkdirSync(STAGE, { recursive: true, mode: 0o755 });
  const inside = relative(root, process.execPath);
  const node = inside.startsWith('..') ? process.execPath : join(STAGE, inside);
  const child = spawn('unshare', ['-m', '--propagation', 'private', '--', '/bin/sh', '-c', SCRIPT, 'sh', STAGE, root, node, script, ...args], {
    stdio: 'inherit',
    env: { ...process.env, COUNTERSIGN_TESTS_STAGED: '1' },
  });
  // The terminal's Ctrl-C reaches the run inside by itself.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const exitCode = await new Promise((resolve, reject) => child.once('error', reject).once('exit', (code) => resolve(code ?? 1)));
  return exitCode === REFUSED ? undefined : exitCode;
}
