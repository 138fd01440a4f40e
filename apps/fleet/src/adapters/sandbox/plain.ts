import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkBinds, isWithin } from './binds.js';
import type { CheckedBind } from './binds.js';
import { environmentOf } from './environment.js';
import { SandboxLaunchError, SandboxSpecError } from './errors.js';
import { identityOf } from './identity.js';
import { findProgram } from './libraries.js';
import { groupIsAlive } from './process-group.js';
import type { ExitReason, SandboxExit, SandboxSpec, Sandboxed } from './types.js';

/** How often the end of a process group is looked for: the kernel tells nobody. */
const GROUP_POLL_MS = 10;
/** A killed group is gone in milliseconds; what is still there after this is stuck in the kernel. */
const GROUP_GONE_MS = 5000;

/**
 * Starts a command at level 0: an ordinary child of the supervisor with a scrubbed environment, a process group of its own
 * and a wall clock; `node --permission` where the command is Node.
 *
 * This stops accidents in Node workers. It promises nothing against hostile code: the file system, the network and other
 * processes are within reach, no call is refused or reported, and a child that leaves the group survives `kill`.
 */
export async function startPlain(spec: SandboxSpec): Promise<Sandboxed> {
  const identity = identityOf(spec);
  const binds = checkBinds(spec);
  const home = mkdtempSync(join(realpathSync(tmpdir()), 'sandbox-'));
  try {
    if (identity.uid !== undefined && identity.gid !== undefined) chownSync(home, identity.uid, identity.gid);
    const [program, ...args] = commandOf(spec, binds, home);
    if (program === undefined) throw new SandboxSpecError('the command is empty');
    const child = spawn(program, args, {
      cwd: onHost(spec.cwd, binds),
      env: environmentOf(spec, home, isNode(spec), [...(spec.path ?? []).map((path) => onHost(path, binds)), dirname(process.execPath)]),
      detached: true,
      stdio: 'pipe',
      ...identity,
    });
    return await started(child, spec, home);
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}

const isNode = (spec: SandboxSpec): boolean => spec.command[0] === 'node' || spec.command[0] === process.execPath;

/** Nothing is mounted at level 0, so a path below a bind's target means the same path below its source. */
function onHost(path: string, binds: readonly CheckedBind[]): string {
  const bind = binds.findLast(({ target }) => isWithin(path, target));
  return bind === undefined ? path : bind.source + path.slice(bind.target.length);
}

function commandOf(spec: SandboxSpec, binds: readonly CheckedBind[], home: string): string[] {
  const [name = '', ...rest] = spec.command.map((part) => (part.startsWith('/') ? onHost(part, binds) : part));
  const program = name.includes('/') ? name : findProgram(name);
  if (program === undefined) throw new SandboxSpecError(`no program ${name} on this machine`);
  const permissions = isNode(spec) ? permissionFlags(spec, binds, home) : [];
  return [...limitedBy(spec), program, ...permissions, ...rest];
}

function permissionFlags(spec: SandboxSpec, binds: readonly CheckedBind[], home: string): string[] {
  const inside = ({ source, directory }: CheckedBind): string => (directory ? `${source}/*` : source);
  const writable = [...binds.filter((bind) => bind.writable).map(inside), `${home}/*`];
  return [
    '--permission',
    ...[...binds.map(inside), `${home}/*`].map((path) => `--allow-fs-read=${path}`),
    ...writable.map((path) => `--allow-fs-write=${path}`),
    ...(spec.profile === 'checks' ? ['--allow-child-process', '--allow-worker', '--allow-addons'] : []),
  ];
}

/** util-linux's helpers where they exist: limits, and an end together with the supervisor. They become the command by exec. */
function limitedBy({ limits }: SandboxSpec): string[] {
  const prlimit = findProgram('prlimit');
  const setpriv = findProgram('setpriv');
  return [
    ...(prlimit === undefined ? [] : [prlimit, '--core=0', `--cpu=${limits.cpuSeconds}`, `--fsize=${limits.fileBytes}`, `--nofile=${limits.openFiles}`, '--']),
    ...(setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL', '--']),
  ];
}

async function started(child: ChildProcessWithoutNullStreams, spec: SandboxSpec, home: string): Promise<Sandboxed> {
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new SandboxLaunchError('the command does not start', (cause as Error).message, { cause });
  }
  child.stdin.on('error', () => child.stdin.destroy());
  return supervise(child, spec.limits.wallMs, home);
}

function supervise(child: ChildProcessWithoutNullStreams, wallMs: number, home: string): Sandboxed {
  const group = child.pid as number;
  let reason: ExitReason | undefined;
  const exited = once(child, 'exit').then(async ([code, signal]): Promise<SandboxExit> => {
    clearTimeout(timer);
    await endGroup(group);
    removeHome(home);
    return { code, signal, ...(reason === undefined ? {} : { reason }) };
  });
  const end = async (why: ExitReason): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      reason ??= why;
      child.kill('SIGKILL');
    }
    await exited;
  };
  const timer = setTimeout(() => void end('wall'), wallMs);
  timer.unref();
  const { stdin, stdout, stderr } = child;
  return { pid: group, stdin, stdout, stderr, exited, kill: () => end('killed') };
}

/** A worker can make its directory unremovable; its end is reported all the same. */
function removeHome(home: string): void {
  try {
    rmSync(home, { recursive: true, force: true });
  } catch (error) {
    process.emitWarning(`cannot remove ${home}: ${(error as Error).message}`);
  }
}

/** Kills what is left of the group; its number cannot be given away while a member lives. */
async function endGroup(group: number): Promise<void> {
  const deadline = Date.now() + GROUP_GONE_MS;
  while (groupIsAlive(group) && Date.now() < deadline) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch (error) {
      // Gone; or what is left took another identity, which only a set-user-id program can.
      if (['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return;
      throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, GROUP_POLL_MS));
  }
}
