import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, realpathSync, rmSync } from 'node:fs';
import { dirname, isAbsolute, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkBinds, isWithin, type CheckedBind } from './binds.js';
import { environmentOf } from './environment.js';
import { SandboxSpecError } from './errors.js';
import { compileFilter, type CompiledFilter } from './filter.js';
import { GroupProcess } from './group-process.js';
import { linkNested, onHost, privateHome } from './host-view.js';
import { identityOf, type Identity } from './identity.js';
import { landlockOrders, landlockRule, type Use } from './landlock.js';
import { launched, requireMainThread, seccompNumber, sendOrders } from './launch.js';
import type { LandlockRule, LaunchOrders } from './launch-orders.js';
import { allLibraries, hostProgram, isLoader, nativeModule } from './mounts.js';
import { socketPair } from './native.js';
import { rlimitOrders } from './rlimits.js';
import type { SandboxSpec, Sandboxed } from './types.js';

/** What an idle Node holds of its own, as at level 3. */
const IDLE_MEMORY_BYTES = 64 << 20;
/** Names a test suite looks up, as far as the machine shows them to everybody; and what the loader reads. */
const PUBLIC_FILES = { worker: ['/etc/ld.so.cache'], checks: ['/etc/ld.so.cache', '/etc/hosts', '/etc/nsswitch.conf', '/etc/passwd', '/etc/group'] } as const;

/**
 * Starts a command at level 2, where no namespaces can be had: Landlock, the reporting filter and kernel limits around a
 * process group of its own.
 *
 * Files, calls, exec, fork, network and signals are walled as at level 3; `checks` has no network at all. It does not hide
 * that a path exists, the list of processes, the host's name, or a package.json above what is bound, and bounds no number
 * of processes.
 */
export async function startConfined(spec: SandboxSpec): Promise<Sandboxed> {
  requireMainThread();
  const identity = identityOf(spec);
  const binds = checkBinds(spec);
  const filter = compileFilter(spec.profile, spec.syscalls, spec.limits.openFiles, false);
  const home = privateHome(identity);
  try {
    linkNested(binds, identity);
    const { child, controlFd } = spawnLauncher(await ordersFor(spec, binds, home, filter), identity);
    const limits = { ...spec.limits, memoryBytes: spec.limits.memoryBytes + IDLE_MEMORY_BYTES };
    return await launched({ ...spec, limits }, child, controlFd, filter.children, (reported) => new GroupProcess(child, home, reported));
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}

async function ordersFor(spec: SandboxSpec, binds: readonly CheckedBind[], home: string, filter: CompiledFilter): Promise<LaunchOrders> {
  const { command, programs } = programsOf(spec, binds);
  const node = programs.includes(realpathSync(process.execPath));
  const env = environmentOf(spec, home, node, [...(spec.path ?? []).map((path) => onHost(path, binds)), dirname(process.execPath)]);
  return {
    filter: filter.program.toString('base64'),
    seccompNumber: seccompNumber(),
    diesWithParent: true,
    landlock: landlockOrders(await rulesFor(spec, binds, home, programs), spec.profile, false),
    scratch: [],
    rlimits: rlimitOrders(spec.limits, spec.profile, node, false),
    handoverFd: spec.limits.openFiles,
    cwd: onHost(spec.cwd === '/tmp' ? home : spec.cwd, binds),
    command,
    // A configuration that exists but may not be read stops Node; one that is not there would not.
    env: Object.entries({ OPENSSL_CONF: '/dev/null', ...env }).map(([name, value]) => `${name}=${value}`),
  };
}

/** The command as it is called on this machine, and every program that may run. */
function programsOf(spec: SandboxSpec, binds: readonly CheckedBind[]): { command: string[]; programs: string[] } {
  const [name, ...rest] = spec.command.map((part) => (part.startsWith('/') ? onHost(part, binds) : part));
  if (name === undefined) throw new SandboxSpecError('the command is empty');
  const ownFile = name.includes('/') && (!isAbsolute(name) || binds.some(({ source }) => isWithin(name, source)));
  const called = ownFile ? name : hostProgram(name);
  const others = [...(spec.profile === 'checks' ? ['/bin/sh', 'node', 'env'] : []), ...(spec.programs ?? [])].map(hostProgram);
  return { command: [called, ...rest], programs: [...new Set([...(ownFile ? [] : [called]), ...others])] };
}

/** The same walls as at level 3, on the machine's own paths. */
async function rulesFor(spec: SandboxSpec, binds: readonly CheckedBind[], home: string, programs: readonly string[]): Promise<LandlockRule[]> {
  const libraries = await allLibraries(programs.map((path) => ({ source: path, target: path })), spec.profile);
  const rule = (path: string, use: Use, directory = false): LandlockRule => landlockRule(path, use, directory, spec.profile);
  return [
    ...libraries.map(({ target }) => rule(target, isLoader(target) ? 'execute' : 'read')),
    ...programs.map((path) => rule(path, 'execute')),
    rule('/proc', 'read', true),
    ...['/dev/null', '/dev/urandom'].map((path) => rule(path, 'device')),
    ...PUBLIC_FILES[spec.profile].filter((path) => existsSync(path)).map((path) => rule(path, 'read')),
    rule(home, 'write', true),
    ...binds.map(({ source, writable, directory }) => rule(source, writable ? 'write' : 'read', directory)),
    ...packageFilesAbove([home, ...binds.map(({ source }) => source)]).map((path) => rule(path, 'read')),
  ];
}

/** Node asks every folder above a module for its package.json, and ends when one is there that it may not read. */
function packageFilesAbove(paths: readonly string[]): string[] {
  const folders = paths.flatMap((path) => path.split(sep).map((_, index, parts) => parts.slice(0, index).join(sep) || sep));
  return [...new Set(folders)].map((folder) => join(folder, 'package.json')).filter((path) => existsSync(path));
}

function spawnLauncher(orders: LaunchOrders, identity: Identity): { child: ChildProcess; controlFd: number } {
  const [controlFd, theirs] = socketPair();
  try {
    sendOrders(controlFd, orders);
    const launcher = realpathSync(fileURLToPath(new URL('./launcher.mjs', import.meta.url)));
    return { controlFd, child: spawn(process.execPath, [launcher, nativeModule()], { stdio: ['pipe', 'pipe', 'pipe', theirs], env: {}, cwd: '/', detached: true, ...identity }) };
  } catch (error) {
    closeSync(controlFd);
    throw error;
  } finally {
    closeSync(theirs);
  }
}
