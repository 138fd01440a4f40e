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
const memoryOfTree = (root: number): number => treeOf(root).reduce((bytes, pid) => bytes + ownMemory(pid), 0);

/** What a process and its descendants use: memory now, and processor time since they began, that of children that ended included. */
export function usageOfTree(root: number): { readonly memoryBytes: number; readonly cpuMs: number } {
  const pids = treeOf(root);
  return { memoryBytes: pids.reduce((bytes, pid) => bytes + ownMemory(pid), 0), cpuMs: pids.reduce((ms, pid) => ms + ownTime(pid), 0) };
}

function treeOf(root: number): number[] {
  const found: number[] = [];
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    found.push(pid);
    open.push(...childrenOf(pid));
  }
  return found;
}

/** One clock tick in /proc/pid/stat: USER_HZ, which is 100 on every platform that Node runs on. */
const TICK_MS = 10;
/** utime, stime, cutime and cstime, the 14th to 17th field of proc_pid_stat(5). */
function ownTime(pid: number): number {
  const stat = readProc(`/proc/${pid}/stat`);
  const times = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 15);
  return times.reduce((ticks, field) => ticks + Number(field), 0) * TICK_MS;
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
