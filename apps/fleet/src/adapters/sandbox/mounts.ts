import { closeSync, constants, openSync, readFileSync, realpathSync } from 'node:fs';
import { basename, isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SHELF, checkBinds, isWithin } from './binds.js';
import type { CheckedBind } from './binds.js';
import { SandboxSpecError, SandboxUnavailableError } from './errors.js';
import { landlockRule } from './landlock.js';
import type { Use } from './landlock.js';
import type { LandlockRule, ScratchOrder } from './launch-orders.js';
import { familyOf, findProgram, librariesOf } from './libraries.js';
import type { HostFile } from './libraries.js';
import { loadLibc } from './native.js';
import type { SandboxProfile, SandboxSpec } from './types.js';

/** Where the launcher and what it needs are shown. Landlock hides it from the worker. */
const LAUNCHER_DIR = '/.sbx';
export const LAUNCHER_COMMAND = [`${LAUNCHER_DIR}/node`, `${LAUNCHER_DIR}/launcher.mjs`] as const;

const SHELL = '/bin/sh';
/**
 * The first process where there are children: a shell collects every process that ends, so the namespace does not fill with
 * dead ones, and unlike bubblewrap's own init it runs behind the same walls. It waits for the command and passes its code on.
 */
const INIT = [SHELL, '-c', '"$@"; exit $?', 'init'] as const;

/** A descriptor bubblewrap reads from: the text of a small file, or an opened path to bind. */
export type ExtraFd = { readonly text: string } | { readonly path: number };

/** What the sandbox shows: arguments for bubblewrap, the descriptors they name, and the same walls for Landlock. */
export interface MountPlan {
  readonly args: readonly string[];
  readonly extras: readonly ExtraFd[];
  readonly rules: readonly LandlockRule[];
  readonly scratch: readonly ScratchOrder[];
  /** The command with its program where the sandbox shows it. */
  readonly command: readonly string[];
}

/** Collects mounts and, beside each, its Landlock rule, so that the two walls cannot drift apart. */
class MountPlanner {
  readonly args: string[] = [];
  readonly extras: ExtraFd[] = [];
  readonly rules: LandlockRule[] = [];

  readonly scratch: ScratchOrder[] = [];

  constructor(private readonly spec: SandboxSpec, private readonly firstFd: number) {}

  allow(path: string, use: Use, directory = false): void {
    this.rules.push(landlockRule(path, use, directory, this.spec.profile));
  }

  readOnlyFile(file: HostFile, use: Use): void {
    this.args.push('--ro-bind', file.source, file.target);
    this.allow(file.target, use);
  }

  device(path: string): void {
    this.args.push('--dev-bind', path, path);
    this.allow(path, 'device');
  }

  text(target: string, text: string): void {
    this.args.push('--ro-bind-data', String(this.fd({ text })), target);
    this.allow(target, 'read');
  }

  /** Binds through an opened path: bubblewrap then checks that what it mounted is what was opened. */
  bind(bind: CheckedBind): void {
    const path = openSync(bind.source, O_PATH | constants.O_NOFOLLOW);
    const target = bind.scratch ? `${SHELF}/${this.scratch.length}/${basename(bind.target)}` : bind.target;
    this.args.push(bind.writable ? '--bind-fd' : '--ro-bind-fd', String(this.fd({ path })), target);
    this.allow(target, bind.writable ? 'write' : 'read', bind.directory);
    if (!bind.scratch) return;
    this.memory(bind.target);
    this.scratch.push({ from: target, to: bind.target });
  }

  /** A private directory in memory. */
  memory(target: string): void {
    this.args.push('--size', String(this.spec.tmpfsBytes), '--perms', '0700', '--tmpfs', target);
    this.allow(target, 'write', true);
  }

  private fd(extra: ExtraFd): number {
    return this.firstFd + this.extras.push(extra) - 1;
  }
}

const O_PATH = 0o10000000;

/**
 * Plans the file system of a sandbox: the program and its libraries instead of /usr, a private /tmp, /proc, two devices,
 * the spec's binds. Opens the bound paths; {@link closePlan} gives them back.
 */
export async function planMounts(spec: SandboxSpec, children: boolean, firstFd: number): Promise<MountPlan> {
  const binds = checkBinds(spec);
  const { programs, command } = findPrograms(spec, binds, children);
  const launcherNode = { source: realpathSync(process.execPath), target: LAUNCHER_COMMAND[0] };
  const libraries = await allLibraries([launcherNode, ...programs], spec.profile);
  const planner = new MountPlanner(spec, firstFd);
  try {
    for (const library of libraries) planner.readOnlyFile(library, isLoader(library.target) ? 'execute' : 'read');
    for (const program of programs) planner.readOnlyFile(program, 'execute');
    showKernel(planner, spec);
    for (const bind of binds) planner.bind(bind);
    if (spec.profile === 'checks') showNames(planner, spec);
    showLauncher(planner, launcherNode);
  } catch (error) {
    closePlan(planner);
    throw error;
  }
  return { args: [...planner.args, '--remount-ro', '/'], extras: planner.extras, rules: planner.rules, scratch: planner.scratch, command };
}

/** Closes the paths a plan has opened. */
export function closePlan(plan: Pick<MountPlan, 'extras'>): void {
  for (const extra of plan.extras) if ('path' in extra) closeSync(extra.path);
}

export const isLoader = (path: string): boolean => /\/ld-[^/]+$/.test(path);
/** The shell is asked for by this one path; every other program is shown in /usr/bin. */
const placeOf = (name: string): string => (basename(name) === 'sh' ? SHELL : `/usr/bin/${basename(name)}`);

function findPrograms(spec: SandboxSpec, binds: readonly CheckedBind[], children: boolean): { programs: HostFile[]; command: string[] } {
  const [name, ...rest] = spec.command;
  if (name === undefined) throw new SandboxSpecError('the command is empty');
  const ownFile = name.includes('/') && (!isAbsolute(name) || binds.some((bind) => isWithin(name, bind.target)));
  const wanted = [
    ...(ownFile ? [] : [name]),
    ...(children ? [SHELL] : []),
    ...(spec.profile === 'checks' ? ['node', 'env'] : []),
    ...(spec.programs ?? []),
  ];
  const shown = new Map<string, string>();
  for (const program of wanted) {
    const [place, source] = [placeOf(program), hostProgram(program)];
    if ((shown.get(place) ?? source) !== source) throw new SandboxSpecError(`two programs would be shown as ${place}`);
    shown.set(place, source);
  }
  return {
    programs: [...shown].map(([target, source]) => ({ source, target })),
    command: [...(children ? INIT : []), ownFile ? name : placeOf(name), ...rest],
  };
}

export function hostProgram(name: string): string {
  const source = findProgram(name);
  if (source === undefined) throw new SandboxSpecError(`no program ${name} on this machine`);
  return source;
}

export async function allLibraries(programs: readonly HostFile[], profile: SandboxProfile): Promise<HostFile[]> {
  const linked = (await Promise.all(programs.map(({ source }) => librariesOf(source)))).flat();
  // A repository's dependencies bring native modules of their own (bundlers, resolvers).
  const libraries = profile === 'checks' ? [...linked, ...familyOf(linked)] : linked;
  return [...new Map(libraries.map((library) => [library.target, library])).values()];
}

function showKernel(planner: MountPlanner, spec: SandboxSpec): void {
  planner.args.push('--proc', '/proc');
  planner.allow('/proc', 'read', true);
  for (const device of ['/dev/null', '/dev/urandom']) planner.device(device);
  if (spec.tmpfsBytes > 0) planner.memory('/tmp');
}

/** Names a test suite looks up: itself, its host. Without nsswitch.conf the C library would ask DNS for `localhost` first. */
function showNames(planner: MountPlanner, spec: SandboxSpec): void {
  const uid = spec.uid ?? process.getuid?.() ?? 0;
  const gid = spec.gid ?? process.getgid?.() ?? 0;
  planner.text('/etc/hosts', '127.0.0.1 localhost\n::1 localhost\n');
  planner.text('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files\n');
  planner.text('/etc/passwd', `agent:x:${uid}:${gid}:agent:/tmp:/bin/sh\n`);
  planner.text('/etc/group', `agent:x:${gid}:\n`);
}

/** Not planned through {@link MountPlanner.allow}: the worker gets no right on these. */
function showLauncher(planner: MountPlanner, node: HostFile): void {
  planner.args.push('--ro-bind', node.source, node.target);
  for (const file of ['launcher.mjs', 'fill-scratch.mjs']) planner.args.push('--ro-bind', realpathSync(fileURLToPath(new URL(`./${file}`, import.meta.url))), `${LAUNCHER_DIR}/${file}`);
  planner.args.push('--ro-bind', nativeModule(), `${LAUNCHER_DIR}/koffi.node`);
}

let nativeModulePath: string | undefined;

/** The very file this process has loaded, so that the launcher's copy cannot be of another C library or version. */
export function nativeModule(): string {
  if (nativeModulePath === undefined) {
    loadLibc();
    nativeModulePath = /\/\S[^\n]*\/koffi\.node$/m.exec(readFileSync('/proc/self/maps', 'utf8'))?.[0];
    if (nativeModulePath === undefined) throw new SandboxUnavailableError('the native module koffi.node is not loaded');
  }
  return nativeModulePath;
}
