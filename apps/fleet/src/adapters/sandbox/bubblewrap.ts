import { execFileSync } from 'node:child_process';
import { SandboxUnavailableError } from './errors.js';
import { findProgram } from './libraries.js';

/** Options without which the walls would be weaker: opened binds since the fix of CVE-2024-42472, sized tmpfs since 0.8. */
const NEEDED = ['--bind-fd', '--ro-bind-fd', '--ro-bind-data', '--size', '--as-pid-1', '--die-with-parent', '--info-fd', '--args'];

let found: string | undefined;

/** The path of a usable bubblewrap; throws {@link SandboxUnavailableError} that says what is missing. */
export function findBubblewrap(): string {
  found ??= lookForBubblewrap();
  return found;
}

function lookForBubblewrap(): string {
  const path = findProgram('bwrap');
  if (path === undefined) throw new SandboxUnavailableError('bubblewrap (bwrap) is not installed');
  let help: string;
  try {
    help = execFileSync(path, ['--help'], { encoding: 'utf8', env: {} });
  } catch (cause) {
    throw new SandboxUnavailableError('bubblewrap does not start', { cause });
  }
  const missing = NEEDED.filter((option) => !help.includes(`${option} `));
  if (missing.length > 0) throw new SandboxUnavailableError(`bubblewrap is too old: it lacks ${missing.join(', ')}`);
  return path;
}

/**
 * Namespaces and fixed walls. The launched command is pid 1 of its own process namespace: bubblewrap's init would be the one
 * process inside without a filter, and leaves before the tree is gone. (With --unshare-net bubblewrap brings loopback up.)
 */
export function namespaceArgs(infoFd: number): string[] {
  return [
    '--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-net', '--unshare-cgroup-try',
    '--hostname', 'agent', '--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv', '--as-pid-1',
    '--info-fd', String(infoFd), '--chdir', '/',
  ];
}
