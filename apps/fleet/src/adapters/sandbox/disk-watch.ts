import { lstat, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** Between two looks at what the whole disk has left: a worker can fill in this time what the machine can write in it. */
const FLOOR_LOOK_MS = 200;
/** The database lies on the same disk: before it stands still, what writes beside it ends. */
const FLOOR_BYTES = 128 << 20;
/** Between two walks, and that many times as long as one took: a large tree is not read all the time. */
const WALK_REST_MS = 500;
const WALK_REST_TIMES = 20;
/** What a file costs at least, so that empty ones are not free. */
const ENTRY_BYTES = 1024;

/**
 * Calls `onOver` once when the files below these directories together take more than `limitBytes` of disk, or when the disk is all
 * but full. Returns the way to stop watching. The kernel's own limit knows single files only, and a quota wants a file system made for it.
 */
export function watchDisk(directories: readonly string[], limitBytes: number, onOver: () => void): () => void {
  const stopped = new AbortController();
  const over = (): void => {
    if (stopped.signal.aborted) return;
    stop();
    onOver();
  };
  const floor = setInterval(() => void isFull(directories).then((full) => full && over()), FLOOR_LOOK_MS);
  floor.unref();
  let rest: NodeJS.Timeout | undefined;
  const walk = async (): Promise<void> => {
    const started = performance.now();
    if ((await usage(directories, limitBytes, stopped.signal)) > limitBytes) return over();
    if (stopped.signal.aborted) return;
    rest = setTimeout(() => void walk(), Math.max(WALK_REST_MS, (performance.now() - started) * WALK_REST_TIMES));
    rest.unref();
  };
  const stop = (): void => {
    stopped.abort();
    clearInterval(floor);
    clearTimeout(rest);
  };
  if (directories.length > 0) void walk();
  return stop;
}

async function isFull(directories: readonly string[]): Promise<boolean> {
  for (const directory of directories) {
    const found = await statfs(directory).catch(gone);
    if (found && found.bavail * found.bsize < FLOOR_BYTES) return true;
  }
  return false;
}

/** Allocated bytes, counted until they are more than `most`. What a worker has closed to its own user cannot be counted; the floor holds there. */
async function usage(directories: readonly string[], most: number, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  const open = [...directories];
  for (let directory = open.pop(); directory !== undefined && bytes <= most && !signal.aborted; directory = open.pop()) {
    const parent = directory;
    const entries = (await readdir(parent, { withFileTypes: true }).catch(gone)) ?? [];
    for (const entry of entries) if (entry.isDirectory()) open.push(join(parent, entry.name));
    const sizes = await Promise.all(entries.map(async ({ name }) => (await lstat(join(parent, name)).catch(gone))?.blocks ?? 0));
    bytes += sizes.reduce((sum, blocks) => sum + Math.max(blocks * 512, ENTRY_BYTES), 0);
  }
  return bytes;
}

/** A file may go between the list and the look, and be closed to everybody. */
function gone(error: NodeJS.ErrnoException): undefined {
  if (!['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(error.code ?? '')) throw error;
}
