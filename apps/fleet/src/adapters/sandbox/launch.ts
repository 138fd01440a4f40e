import type { ChildProcess } from 'node:child_process';
import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { SandboxLaunchError, SandboxSpecError } from './errors.js';
import type { LaunchOrders } from './launch-orders.js';
import { syscallNumber } from './libseccomp.js';
import { theMonitor } from './monitor.js';
import { DEFAULT_MAX_DENIALS } from './types.js';
import type { ExitReason, SandboxLimits, SandboxSpec, Sandboxed } from './types.js';

/** Bytes within the socket's buffer, so that writing cannot block: the launcher reads it later. */
const LONGEST_ORDERS = 128 * 1024;
/** From spawn to the command's first instruction; a launch takes about 60 ms. */
const LAUNCH_MS = 20_000;

/** A started launcher, and how its sandbox ends. */
export interface Launching {
  running(pid: number, limits: SandboxLimits): Sandboxed;
  end(reason: ExitReason): Promise<void>;
  kill(): Promise<void>;
  lastWords(): Promise<string>;
}

/** The parent-death signal follows the thread that spawned: a worker thread's end would take the sandbox along. */
export function requireMainThread(): void {
  if (!isMainThread) throw new SandboxSpecError('sandboxes are started from the main thread');
}

export function seccompNumber(): number {
  const number = syscallNumber('seccomp');
  if (number === undefined) throw new SandboxSpecError('this architecture has no seccomp');
  return number;
}

/** Orders go through the control socket: command lines can be read by every user of the machine. */
export function sendOrders(controlFd: number, orders: LaunchOrders): void {
  const message = Buffer.from(`${JSON.stringify(orders)}\n`, 'utf8');
  if (message.length > LONGEST_ORDERS) throw new SandboxSpecError('the command, its environment and its binds are too long');
  writeSync(controlFd, message);
}

/**
 * Resolves at the command's first instruction; whatever happens before that is a failed launch, with the launcher's words.
 * `sandboxOf` is given a promise that settles when no refused call is left to report.
 */
export async function launched(spec: SandboxSpec, child: ChildProcess, controlFd: number, children: boolean, sandboxOf: (reported: Promise<void>) => Launching): Promise<Sandboxed> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const reports = Promise.withResolvers<void>();
  const sandbox = sandboxOf(reports.promise);
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
