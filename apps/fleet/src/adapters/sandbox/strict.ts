import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { findBubblewrap, namespaceArgs } from './bubblewrap.js';
import { environmentOf } from './environment.js';
import { SandboxLaunchError } from './errors.js';
import { compileFilter } from './filter.js';
import type { CompiledFilter } from './filter.js';
import { identityOf } from './identity.js';
import type { Identity } from './identity.js';
import { landlockOrders } from './landlock.js';
import { launched, requireMainThread, seccompNumber, sendOrders } from './launch.js';
import type { LaunchOrders } from './launch-orders.js';
import { LAUNCHER_COMMAND, closePlan, planMounts } from './mounts.js';
import type { MountPlan } from './mounts.js';
import { socketPair } from './native.js';
import { rlimitOrders } from './rlimits.js';
import { SandboxProcess } from './sandbox-process.js';
import type { SandboxSpec, Sandboxed } from './types.js';

/** Descriptor 3 is the launcher's control socket: launcher.mts. */
const ARGS_FD = 4;
const INFO_FD = 5;
const FIRST_EXTRA_FD = 6;

/**
 * Starts a command at level 3: bubblewrap's namespaces, Landlock, a system call filter that reports, kernel limits.
 * Resolves once the command itself runs. Throws {@link SandboxSpecError}s for what the spec asks, and
 * {@link SandboxLaunchError} with the launcher's words where the sandbox could not be built.
 */
export async function startStrict(spec: SandboxSpec): Promise<Sandboxed> {
  requireMainThread();
  const bubblewrap = findBubblewrap();
  const identity = identityOf(spec);
  const filter = compileFilter(spec.profile, spec.syscalls, spec.limits.openFiles);
  const plan = await planMounts(spec, filter.children, FIRST_EXTRA_FD);
  try {
    const orders = ordersFor(spec, plan, filter);
    const { child, controlFd } = spawnBubblewrap(bubblewrap, plan, orders, identity);
    return await launched(spec, child, controlFd, filter.children, (reported) => new SandboxProcess(child, extraStream(child, INFO_FD) as Readable, reported));
  } finally {
    closePlan(plan);
  }
}

function ordersFor(spec: SandboxSpec, plan: MountPlan, filter: CompiledFilter): LaunchOrders {
  const node = plan.command.includes('/usr/bin/node') || spec.profile === 'checks';
  return {
    filter: filter.program.toString('base64'),
    seccompNumber: seccompNumber(),
    diesWithParent: false, // bubblewrap sees to it
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
    sendOrders(controlFd, orders);
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
