import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { checkBinds } from './binds.js';
import type { CheckedBind } from './binds.js';
import { environmentOf } from './environment.js';
import { SandboxLaunchError, SandboxSpecError } from './errors.js';
import { GroupProcess } from './group-process.js';
import { linkNested, namesOnHost, onHost, privateHome } from './host-view.js';
import { identityOf } from './identity.js';
import { findProgram } from './libraries.js';
import type { SandboxSpec, Sandboxed } from './types.js';

/**
 * Starts a command at level 0: an ordinary child of the supervisor with a scrubbed environment, a process group of its own
 * and a wall clock; `node --permission` where a worker is Node.
 *
 * This stops accidents in Node workers. It promises nothing against hostile code: the file system, the network and other
 * processes are within reach, no call is refused or reported, and a child that leaves the group survives `kill`.
 */
export async function startPlain(spec: SandboxSpec): Promise<Sandboxed> {
  const identity = identityOf(spec);
  const binds = checkBinds(spec);
  const home = privateHome(identity);
  try {
    linkNested(binds, identity);
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

function commandOf(spec: SandboxSpec, binds: readonly CheckedBind[], home: string): string[] {
  const [name = '', ...rest] = spec.command.map((part) => (part.startsWith('/') ? onHost(part, binds) : part));
  const program = name.includes('/') ? name : findProgram(name);
  if (program === undefined) throw new SandboxSpecError(`no program ${name} on this machine`);
  // A repository's own programs are not made for Node's permissions: a test runner's children fail under them.
  const permissions = isNode(spec) && spec.profile === 'worker' ? permissionFlags(binds, home) : [];
  return [...limitedBy(spec), program, ...permissions, ...rest];
}

/** Shorter paths first: Node 24 forgets one that is named after a longer path which begins with it. */
const byLength = (a: string, b: string): number => a.length - b.length;

function permissionFlags(binds: readonly CheckedBind[], home: string): string[] {
  const inside = (bind: CheckedBind): string[] => {
    const { names, links } = namesOnHost(bind);
    return [...names.map((path) => (bind.directory ? `${path}/*` : path)), ...links];
  };
  const writable = [...binds.filter((bind) => bind.writable).flatMap(inside), `${home}/*`];
  return [
    '--permission',
    ...[...binds.flatMap(inside), `${home}/*`].sort(byLength).map((path) => `--allow-fs-read=${path}`),
    ...writable.sort(byLength).map((path) => `--allow-fs-write=${path}`),
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

async function started(child: ChildProcess, spec: SandboxSpec, home: string): Promise<Sandboxed> {
  const group = new GroupProcess(child, home);
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new SandboxLaunchError('the command does not start', (cause as Error).message, { cause });
  }
  return group.running(child.pid as number, { wallMs: spec.limits.wallMs });
}
