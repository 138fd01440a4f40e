import { readFileSync, readdirSync } from 'node:fs';

/** State and process group of one process, or undefined where it is gone: proc(5), /proc/pid/stat. */
function readStat(pid: string): { state: string; group: number } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  // The name in parentheses may itself contain spaces and parentheses.
  const [state, , group] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: state ?? '', group: Number(group) };
}

const isDead = (state: string): boolean => state === 'Z' || state === 'X';

/** True while a process runs; one that only waits to be collected counts as gone. */
export function processIsAlive(pid: number): boolean {
  if (process.platform === 'linux') {
    const stat = readStat(String(pid));
    return stat !== undefined && !isDead(stat.state);
  }
  return signalReaches(pid);
}

/** True while any member of a process group runs. */
export function groupIsAlive(group: number): boolean {
  if (process.platform !== 'linux') return signalReaches(-group);
  return readdirSync('/proc').some((name) => {
    const stat = /^\d+$/.test(name) ? readStat(name) : undefined;
    return stat !== undefined && stat.group === group && !isDead(stat.state);
  });
}

function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
