import { lstat, opendir, statfs } from 'node:fs/promises';
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
/** Files asked about at once: a directory may hold more than fit in memory. */
const AT_ONCE = 64;

/**
 * Calls `onOver` once when the files below these directories together take more than `limitBytes` of disk, lie deeper than a path can
 * name, or when the disk is all but full. Returns the way to stop watching. The kernel's own limit knows single files only, and a
 * quota wants a file system made for it. A look that fails is said, and made again.
 */
export function watchDisk(directories: readonly string[], limitBytes: number, onOver: () => void): () => void {
  const timers: NodeJS.Timeout[] = [];
  const stopped = new AbortController();
  const stop = (): void => {
    stopped.abort();
    timers.forEach(clearTimeout);
  };
  const every = (at: number, isOver: () => Promise<boolean>, restMs: (tookMs: number) => number): void => {
    const look = async (): Promise<void> => {
      const started = performance.now();
      const over = await isOver().catch(said);
      if (stopped.signal.aborted) return;
      if (over) {
        stop();
        return onOver();
      }
      timers[at] = setTimeout(() => void look(), restMs(performance.now() - started)).unref();
    };
    void look();
  };
  every(0, () => isFull(directories), () => FLOOR_LOOK_MS);
  every(1, async () => (await usage(directories, limitBytes, stopped.signal)) > limitBytes, (tookMs) => Math.max(WALK_REST_MS, tookMs * WALK_REST_TIMES));
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
    for await (const paths of entriesOf(directory, open)) {
      bytes += (await Promise.all(paths.map(sizeOf))).reduce((sum, size) => sum + size, 0);
      if (bytes > most || signal.aborted) break;
    }
  }
  return bytes;
}

/** What lies in a directory, some at a time; directories among it are added to `open`. */
async function* entriesOf(directory: string, open: string[]): AsyncGenerator<string[]> {
  let paths: string[] = [];
  const found = await opendir(directory).catch((error: NodeJS.ErrnoException) => (error.code === 'ENAMETOOLONG' ? Promise.reject(new TooDeepError()) : gone(error)));
  for await (const entry of found ?? []) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) open.push(path);
    if (paths.push(path) === AT_ONCE) {
      yield paths;
      paths = [];
    }
  }
  yield paths;
}

const sizeOf = async (path: string): Promise<number> => Math.max(((await lstat(path).catch(gone))?.blocks ?? 0) * 512, ENTRY_BYTES);

/** No program needs it; whoever makes it hides what lies below. */
class TooDeepError extends Error {}

/** A file may go between the list and the look, and be closed to everybody; its name may be longer than a path, and it is a file of no known size. */
function gone(error: NodeJS.ErrnoException): undefined {
  if (!['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ENAMETOOLONG'].includes(error.code ?? '')) throw error;
}

function said(error: unknown): boolean {
  if (error instanceof TooDeepError) return true;
  process.emitWarning(`the disk of a sandbox cannot be looked at: ${String(error)}`);
  return false;
}
