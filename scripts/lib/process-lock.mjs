// Plain JavaScript without dependencies: the set-up runs it on the machine's own Node (20 or newer) before anything is
// installed, and the command line uses the same functions for the lock of a stack (types: process-lock.d.mts).
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 200;

/**
 * When the process started, as text that no later process with the same number can have; undefined when there is none
 * (a zombie counts as none: it holds nothing any more).
 * Linux: clock ticks since boot, field 22 of /proc/<pid>/stat (proc(5)). Elsewhere: what `ps` says.
 */
export function startOf(pid) {
  return process.platform === 'linux' ? startFromProc(pid) : startFromPs(pid);
}

function startFromProc(pid) {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name (field 2) may hold spaces and brackets; everything after the last bracket is well formed.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

function startFromPs(pid) {
  try {
    const out = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const text = out.trim();
    return text === '' || text.startsWith('Z') ? undefined : text.replace(/^\S+\s+/, '');
  } catch (error) {
    if (typeof error.status === 'number') return undefined; // ps exits 1 for an unknown pid
    throw error;
  }
}

/** The mark of a process: its number and its start. */
export function markOf(pid) {
  return { pid, start: startOf(pid) };
}

/** True while exactly the marked process runs: a reused number does not count. */
export function isRunning(mark) {
  return mark?.start !== undefined && startOf(mark.pid) === mark.start;
}

/**
 * Takes the lock file or says who holds it. On success the file names this process; the lock of a dead process is stepped over.
 * @returns {{ taken: true, release: () => void } | { taken: false, holder: object }}
 */
export function tryLock(path, details = {}) {
  mkdirSync(dirname(path), { recursive: true });
  const mine = JSON.stringify({ ...markOf(process.pid), ...details });
  for (;;) {
    if (createWhole(path, mine)) return { taken: true, release: () => releaseIfMine(path, mine) };
    const text = readIfThere(path);
    if (text === undefined) continue;
    const holder = markIn(text);
    if (isRunning(holder)) return { taken: false, holder };
    stepOver(path, text);
  }
}

/** Waits for the lock; `onWait` is told the holder once. Resolves with the function that gives the lock back. */
export async function waitForLock(path, onWait) {
  for (let told = false; ; told = true) {
    const attempt = tryLock(path);
    if (attempt.taken) return attempt.release;
    if (!told) onWait?.(attempt.holder);
    await sleep(POLL_MS);
  }
}

/** The file appears with its content or not at all: a reader never sees a lock that is empty because it is being written. */
function createWhole(path, text) {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, text, { mode: 0o644 });
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Two may find the same dead lock: who moved a fresh one away by mistake puts it back. */
function stepOver(path, seen) {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== seen) createWhole(path, readFileSync(aside, 'utf8'));
  rmSync(aside, { force: true });
}

function releaseIfMine(path, mine) {
  if (readIfThere(path) === mine) rmSync(path, { force: true });
}

/** The mark that a file holds; one of no process when the text is none of ours, or cut off. */
export function markIn(text) {
  try {
    return JSON.parse(text);
  } catch {
    return { pid: 0, start: undefined };
  }
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    // ESRCH: the process ended between open and read of its /proc file.
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  }
}
