/**
 * The one thread that answers every sandbox's listener. It sits in poll(2); the main thread wakes it through an eventfd,
 * also at exit: a thread inside a native call would otherwise keep the process from ending.
 */
import { closeSync, readSync } from 'node:fs';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { MonitorEvent, MonitorSetup, WatchOrder } from './monitor-messages.js';
import { NativeMemory, loadLibc } from './native.js';

const POLLIN = 1;
const POLLFD_SIZE = 8;
/** A lost wake-up costs at most this. */
const POLL_MS = 1000;
const MSG_CMSG_CLOEXEC = 0x40000000;
const EPERM = 1;
const CONTINUE = 1;

/** struct seccomp_notif: id u64, pid u32, flags u32, then nr s32, arch u32, ip u64, args u64 × 6. */
const NOTIF_SIZE = 80;
const NOTIF_PID = 8;
const NOTIF_NR = 16;
const NOTIF_ARGS = 32;
const ARG_COUNT = 6;
/** struct seccomp_notif_resp: id u64, val s64, error s32, flags u32. */
const RESP_SIZE = 24;

interface Watched {
  readonly order: WatchOrder;
  /** The control socket first, then the listener it delivered. */
  fd: number;
  listening: boolean;
  launching: boolean;
  execs: number;
  denials: number;
  readonly perCall: Map<number, number>;
}

const port = parentPort as MessagePort;
const setup = workerData as MonitorSetup;
const libc = loadLibc();
const watched = new Map<number, Watched>();
const notif = new NativeMemory(NOTIF_SIZE);
const resp = new NativeMemory(RESP_SIZE);
const single = new NativeMemory(POLLFD_SIZE);
const receipt = new NativeMemory(256);
let pollMemory = new NativeMemory(64 * POLLFD_SIZE);
let stopped = false;

const tell = (event: MonitorEvent): void => port.postMessage(event);

function takeOrders(): void {
  readSync(setup.wakeFd, Buffer.alloc(8));
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    const order = next.message as WatchOrder | { readonly kind: 'stop' };
    if (order.kind === 'stop') stopped = true;
    else watched.set(order.id, { order, fd: order.controlFd, listening: false, launching: true, execs: 0, denials: 0, perCall: new Map() });
  }
}

function readyOnes(): Watched[] {
  const all = [...watched.values()];
  const size = (all.length + 1) * POLLFD_SIZE;
  if (size > pollMemory.size) pollMemory = new NativeMemory(size * 2);
  [setup.wakeFd, ...all.map(({ fd }) => fd)].forEach((fd, index) => {
    pollMemory.bytes.writeInt32LE(fd, index * POLLFD_SIZE);
    pollMemory.bytes.writeUInt32LE(POLLIN, index * POLLFD_SIZE + 4);
  });
  if (libc.poll(pollMemory.address, all.length + 1, POLL_MS) <= 0) return [];
  const revents = (index: number): number => pollMemory.bytes.readUInt16LE(index * POLLFD_SIZE + 6);
  const ready = all.filter((_, index) => revents(index + 1) !== 0);
  if (revents(0) !== 0) takeOrders();
  return ready;
}

/** Receives the listener: one byte of data with SCM_RIGHTS. Anything else means the launcher died first. */
function receiveListener(sandbox: Watched): void {
  const { bytes, address } = receipt;
  bytes.fill(0);
  bytes.writeBigUInt64LE(address + 128n, 64);
  bytes.writeBigUInt64LE(1n, 72);
  bytes.writeBigUInt64LE(address + 64n, 16);
  bytes.writeBigUInt64LE(1n, 24);
  bytes.writeBigUInt64LE(address + 160n, 32);
  bytes.writeBigUInt64LE(24n, 40);
  const received = libc.recvmsg(sandbox.fd, address, MSG_CMSG_CLOEXEC);
  const carriesFd = received === 1 && bytes.readBigUInt64LE(160) === 20n && bytes.readInt32LE(172) === 1;
  if (!carriesFd) return forget(sandbox);
  closeSync(sandbox.fd);
  sandbox.fd = bytes.readInt32LE(176);
  sandbox.listening = true;
}

function forget(sandbox: Watched): void {
  closeSync(sandbox.fd);
  watched.delete(sandbox.order.id);
  tell({ kind: 'end', id: sandbox.order.id });
}

/** What is true of a descriptor now; 0 where nothing is. */
function eventsOf(fd: number): number {
  single.bytes.writeInt32LE(fd, 0);
  single.bytes.writeUInt32LE(POLLIN, 4);
  return libc.poll(single.address, 1, 0) > 0 ? single.bytes.readUInt16LE(6) : 0;
}

/** Answers one call; one per turn, so that a flood in one sandbox does not starve the others. */
function answer(sandbox: Watched): void {
  const events = eventsOf(sandbox.fd);
  // Asking a listener on which nothing waits would block the thread.
  if ((events & POLLIN) === 0) return events === 0 ? undefined : forget(sandbox);
  notif.bytes.fill(0);
  // The caller may be gone by now: nothing to answer then.
  if (libc.ioctl(sandbox.fd, setup.recvNumber, notif.address) !== 0) return;
  const nr = notif.bytes.readInt32LE(NOTIF_NR);
  const passes = sandbox.launching ? duringLaunch(sandbox, nr) : sandbox.order.children && nr === sandbox.order.execveNumber;
  // Told before answered: no report is lost because the caller ended at once.
  if (!passes) noteDenial(sandbox, nr);
  else if (nr === sandbox.order.execveNumber) noteExec(sandbox);
  reply(sandbox.fd, passes);
}

/** The launcher's own few calls pass; its execve ends the phase for good. */
function duringLaunch(sandbox: Watched, nr: number): boolean {
  if (nr === sandbox.order.execveNumber) {
    sandbox.launching = false;
    return true;
  }
  return sandbox.order.launchNumbers.includes(nr);
}

function reply(fd: number, passes: boolean): void {
  resp.bytes.fill(0);
  notif.bytes.copy(resp.bytes, 0, 0, 8);
  resp.bytes.writeInt32LE(passes ? 0 : -EPERM, 16);
  resp.bytes.writeUInt32LE(passes ? CONTINUE : 0, 20);
  libc.ioctl(fd, setup.sendNumber, resp.address);
}

const callerPid = (): number => notif.bytes.readUInt32LE(NOTIF_PID);

function noteExec(sandbox: Watched): void {
  sandbox.execs += 1;
  if (isWorthTelling(sandbox.execs)) tell({ kind: 'exec', id: sandbox.order.id, pid: callerPid(), count: sandbox.execs });
}

function noteDenial(sandbox: Watched, nr: number): void {
  const { id, maxDenials } = sandbox.order;
  const count = (sandbox.perCall.get(nr) ?? 0) + 1;
  sandbox.perCall.set(nr, count);
  sandbox.denials += 1;
  if (isWorthTelling(count)) {
    const args = Array.from({ length: ARG_COUNT }, (_, index) => `0x${notif.bytes.readBigUInt64LE(NOTIF_ARGS + index * 8).toString(16)}`);
    tell({ kind: 'denied', id, nr, pid: callerPid(), args, count });
  }
  if (sandbox.denials === maxDenials) tell({ kind: 'flood', id });
}

/** The first three, then powers of two: 5000 refusals make 14 events. */
function isWorthTelling(count: number): boolean {
  return count <= 3 || (count & (count - 1)) === 0;
}

while (!stopped) {
  for (const sandbox of readyOnes()) {
    if (sandbox.listening) answer(sandbox);
    else receiveListener(sandbox);
  }
}
