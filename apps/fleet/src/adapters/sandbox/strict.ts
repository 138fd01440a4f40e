import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import type { Readable, Writable } from 'node:stream';
import { findBubblewrap, namespaceArgs } from './bubblewrap.js';
import { environmentOf } from './environment.js';
import { SandboxLaunchError, SandboxSpecError } from './errors.js';
import { compileFilter } from './filter.js';
import type { CompiledFilter } from './filter.js';
import { identityOf } from './identity.js';
import type { Identity } from './identity.js';
import { landlockOrders } from './landlock.js';
import type { LaunchOrders } from './launch-orders.js';
import { syscallNumber } from './libseccomp.js';
import { theMonitor } from './monitor.js';
import { LAUNCHER_COMMAND, closePlan, planMounts } from './mounts.js';
import type { MountPlan } from './mounts.js';
import { socketPair } from './native.js';
import { rlimitOrders } from './rlimits.js';
import { SandboxProcess } from './sandbox-process.js';
import { DEFAULT_MAX_DENIALS } from './types.js';
import type { SandboxSpec, Sandboxed } from './types.js';

/** Descriptor 3 is the launcher's control socket: launcher.mts. */
const ARGS_FD = 4;
const INFO_FD = 5;
const FIRST_EXTRA_FD = 6;
/** Within the socket's buffer, so that writing cannot block: the launcher reads it later. */
const LONGEST_ORDERS = 128 * 1024;
/** From spawn to the command's first instruction; a launch takes about 60 ms. */
const LAUNCH_MS = 20_000;

/**
 * Starts a command at level 3: bubblewrap's namespaces, Landlock, a system call filter that reports, kernel limits.
 * Resolves once the command itself runs. Throws {@link SandboxSpecError}s for what the spec asks, and
 * {@link SandboxLaunchError} with the launcher's words where the sandbox could not be built.
 */
export async function startStrict(spec: SandboxSpec): Promise<Sandboxed> {
  // die-with-parent follows the thread that spawned: a worker thread's end would take the sandbox along.
  if (!isMainThread) throw new SandboxSpecError('sandboxes are started from the main thread');
  const bubblewrap = findBubblewrap();
  const identity = identityOf(spec);
  const filter = compileFilter(spec.profile, spec.syscalls, spec.limits.openFiles);
  const plan = await planMounts(spec, filter.children, FIRST_EXTRA_FD);
  try {
    const orders = ordersFor(spec, plan, filter);
    const { child, controlFd } = spawnBubblewrap(bubblewrap, plan, orders, identity);
    return await launched(spec, child, controlFd, filter.children);
  } finally {
    closePlan(plan);
  }
}

function ordersFor(spec: SandboxSpec, plan: MountPlan, filter: CompiledFilter): LaunchOrders {
  const node = plan.command.includes('/usr/bin/node') || spec.profile === 'checks';
  const seccompNumber = syscallNumber('seccomp');
  if (seccompNumber === undefined) throw new SandboxSpecError('this architecture has no seccomp');
  return {
    filter: filter.program.toString('base64'),
    seccompNumber,
    landlock: landlockOrders(plan.rules, spec.profile),
    scratch: plan.scratch,
    rlimits: rlimitOrders(spec.limits, spec.profile, node),
    handoverFd: spec.limits.openFiles,
    cwd: spec.cwd,
    command: plan.command,
    env: Object.entries(environmentOf(spec, spec.tmpfsBytes > 0 ? '/tmp' : '/', node)).map(([name, value]) => `${name}=${value}`),
  };
}

/** Every path and limit goes through descriptors: command lines can be read by every user of the machine. */
function spawnBubblewrap(bubblewrap: string, plan: MountPlan, orders: LaunchOrders, identity: Identity): { child: ChildProcess; controlFd: number } {
  const [controlFd, theirs] = socketPair();
  try {
    const message = `${JSON.stringify(orders)}\n`;
    if (message.length > LONGEST_ORDERS) throw new SandboxSpecError('the command, its environment and its binds are too long');
    writeSync(controlFd, message);
    const extras = plan.extras.map((extra) => ('path' in extra ? extra.path : 'pipe'));
    const child = spawn(bubblewrap, ['--args', String(ARGS_FD), ...LAUNCHER_COMMAND], {
      stdio: ['pipe', 'pipe', 'pipe', theirs, 'pipe', 'pipe', ...extras],
      env: {},
      cwd: '/',
      ...identity,
    });
    feed(child, ARGS_FD, [...namespaceArgs(INFO_FD), ...plan.args].map((arg) => `${arg}\0`).join(''));
    plan.extras.forEach((extra, index) => {
      if ('text' in extra) feed(child, FIRST_EXTRA_FD + index, extra.text);
    });
    return { child, controlFd };
  } catch (error) {
    closeSync(controlFd);
    throw error;
  } finally {
    closeSync(theirs);
  }
}

/** Node types only the first five streams of a child. */
function extraStream(child: ChildProcess, fd: number): Readable | Writable {
  const streams: readonly (Readable | Writable | null | undefined)[] | undefined = child.stdio;
  const stream = streams?.[fd];
  if (stream === null || stream === undefined) throw new SandboxLaunchError(`descriptor ${fd} was not opened`);
  return stream;
}

function feed(child: ChildProcess, fd: number, text: string): void {
  const stream = extraStream(child, fd) as Writable;
  // A bubblewrap that dies early closes its end; its exit is reported, the broken pipe says nothing new.
  stream.on('error', () => stream.destroy());
  stream.end(text);
}

/** Resolves at the command's first instruction; whatever happens before that is a failed launch, with the launcher's words. */
async function launched(spec: SandboxSpec, child: ChildProcess, controlFd: number, children: boolean): Promise<Sandboxed> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const reports = Promise.withResolvers<void>();
  const sandbox = new SandboxProcess(child, extraStream(child, INFO_FD) as Readable, reports.promise);
  const timer = setTimeout(() => reject(new Error(`no command after ${LAUNCH_MS} ms`)), LAUNCH_MS);
  try {
    child.once('error', reject);
    theMonitor().watch(controlFd, children, spec.maxDenials ?? DEFAULT_MAX_DENIALS, {
      onLaunched: resolve,
      onDenied: (denied) => spec.onDenied?.(denied),
      onFlood: () => void sandbox.end('denied-flood'),
      onLost: () => {
        reports.resolve();
        void sandbox.end('monitor-lost');
      },
      onEnd: () => {
        reports.resolve();
        reject(new Error('the sandbox ended before its command began'));
      },
    });
    return sandbox.running(await promise, spec.limits);
  } catch (cause) {
    await sandbox.kill();
    throw new SandboxLaunchError((cause as Error).message, await sandbox.lastWords(), { cause });
  } finally {
    clearTimeout(timer);
  }
}
