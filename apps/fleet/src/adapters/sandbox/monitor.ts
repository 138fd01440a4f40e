import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { syscallName, syscallNumber } from './libseccomp.js';
import type { MonitorEvent, MonitorSetup, WatchOrder } from './monitor-messages.js';
import { errnoName, loadLibc } from './native.js';
import { expandNames } from './presets.js';
import type { DeniedCall } from './types.js';

/** _IOWR('!', 0, struct seccomp_notif) and _IOWR('!', 1, struct seccomp_notif_resp): linux/seccomp.h. */
const NOTIF_RECV = 0xc0502100;
const NOTIF_SEND = 0xc0182101;
const EFD_CLOEXEC = 0o2000000;

export interface WatchListener {
  onLaunched(pid: number): void;
  onDenied(denied: DeniedCall): void;
  onFlood(): void;
  /** Nobody is left under the filter. */
  onEnd(): void;
  /** The thread died: refused calls of this sandbox would hang from now on. */
  onLost(): void;
}

/** Answers and reports the refused calls of every sandbox of this process, on one thread started with the first. */
class Monitor {
  private readonly listeners = new Map<number, WatchListener>();
  private readonly wakeFd: number;
  private readonly thread: Worker;
  private nextId = 1;

  constructor() {
    this.wakeFd = loadLibc().eventfd(0, EFD_CLOEXEC);
    if (this.wakeFd < 0) throw new Error(`eventfd: ${errnoName()}`);
    const workerData: MonitorSetup = { wakeFd: this.wakeFd, recvNumber: NOTIF_RECV, sendNumber: NOTIF_SEND };
    this.thread = new Worker(new URL('./monitor-thread.js', import.meta.url), { workerData, execArgv: [], env: {} });
    this.thread.on('message', (event: MonitorEvent) => this.dispatch(event));
    this.thread.on('error', () => this.lose());
    this.thread.unref(); // after the listeners: the first of them takes a reference again
    process.once('exit', () => this.send({ kind: 'stop' }));
  }

  /** Watches a sandbox from its control socket on; the descriptor belongs to the monitor from now. */
  watch(controlFd: number, children: boolean, maxDenials: number, listener: WatchListener): void {
    const id = this.nextId++;
    this.listeners.set(id, listener);
    const { execve, launch } = launchCalls();
    this.send({ kind: 'watch', id, controlFd, execveNumber: execve, launchNumbers: launch, children, maxDenials });
  }

  private send(order: WatchOrder | { readonly kind: 'stop' }): void {
    this.thread.postMessage(order);
    const increment = Buffer.alloc(8);
    increment.writeBigUInt64LE(1n);
    writeSync(this.wakeFd, increment);
  }

  private dispatch(event: MonitorEvent): void {
    const listener = this.listeners.get(event.id);
    if (listener === undefined) return;
    if (event.kind === 'denied') {
      listener.onDenied({ syscall: syscallName(event.nr), pid: event.pid, args: event.args, count: event.count });
    } else if (event.kind === 'flood') listener.onFlood();
    else if (event.kind === 'end') this.end(event.id, listener);
    else if (event.count === 1) listener.onLaunched(event.pid);
  }

  private lose(): void {
    if (monitor === this) monitor = undefined;
    for (const listener of this.listeners.values()) listener.onLost();
    this.listeners.clear();
  }

  private end(id: number, listener: WatchListener): void {
    this.listeners.delete(id);
    listener.onEnd();
  }
}

function launchCalls(): { execve: number; launch: number[] } {
  const number = (name: string): number[] => {
    const nr = syscallNumber(name);
    return nr === undefined ? [] : [nr];
  };
  const [execve] = number('execve');
  if (execve === undefined) throw new Error('this architecture has no execve');
  return { execve, launch: expandNames(['@runtime', 'setrlimit']).flatMap(number) };
}

let monitor: Monitor | undefined;

/** The monitor of this process. */
export function theMonitor(): Monitor {
  monitor ??= new Monitor();
  return monitor;
}
