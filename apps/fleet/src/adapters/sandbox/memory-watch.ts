import { readFileSync, readdirSync } from 'node:fs';

/** Between two looks a process can grow by what the machine can fill in this time; the kernel's limit per process bounds it. */
const LOOK_MS = 200;
const KiB = 1024;

/**
 * Calls `onOver` once when a process and its descendants together hold more than `limitBytes` of memory of their own.
 * Returns the way to stop watching. This is what holds without a control group: kernel limits know single processes only,
 * and count what a JavaScript engine reserves, not what it uses.
 */
export function watchMemory(pid: number, limitBytes: number, onOver: () => void): () => void {
  const timer = setInterval(() => {
    if (memoryOfTree(pid) <= limitBytes) return;
    clearInterval(timer);
    onOver();
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Resident memory that is nobody else's (anonymous and shared-memory pages) of a process and its descendants, in bytes. */
function memoryOfTree(root: number): number {
  let bytes = 0;
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    bytes += ownMemory(pid);
    open.push(...childrenOf(pid));
  }
  return bytes;
}

/** /proc/pid/status, RssAnon and RssShmem: proc_pid_status(5). */
function ownMemory(pid: number): number {
  const status = readProc(`/proc/${pid}/status`);
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return (kilobytes('RssAnon') + kilobytes('RssShmem')) * KiB;
}

/** Each thread has its own list of the processes it started. */
function childrenOf(pid: number): number[] {
  return tasksOf(pid).flatMap((task) => readProc(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number));
}

function tasksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch (error) {
    return goneOrThrow(error, []);
  }
}

function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return goneOrThrow(error, '');
  }
}

/** A process may end between the list and the look. */
function goneOrThrow<T>(error: unknown, nothing: T): T {
  if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return nothing;
  throw error;
}
