/**
 * Runs inside the namespaces as the last trusted program: puts up Landlock, the system call filter and the limits on its own
 * thread, hands the filter's listener out, and becomes the worker. Imports nothing but koffi's native part, Node itself and one file that is shown beside it.
 *
 * Order matters. Landlock before the filter (which would refuse it); the listener out before the limits (which close the way);
 * the limits last, because a small one would kill Node before it is gone.
 */
import { constants, accessSync, closeSync, openSync, readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fillScratch } from './fill-scratch.mjs';
import type { LaunchOrders, LandlockOrders } from './launch-orders.js';

type Koffi = typeof import('koffi');
/** Beside this file inside the namespaces; elsewhere its path is the one argument. */
const koffi = createRequire(import.meta.url)(process.argv[2] ?? './koffi.node') as Koffi;
const libc = koffi.load(null);
type Call = (...args: (number | bigint)[]) => number;
const bind = (prototype: string): Call => libc.func(prototype) as Call;

const dup3 = bind('int dup3(int, int, int)');
const fcntl = bind('int fcntl(int, int, uintptr_t)');
const prctl = bind('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)');
const syscall = bind('long syscall(long, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t)');
const sendmsg = bind('long sendmsg(int, void *, int)');
const setrlimit = bind('int setrlimit(int, void *)');
const sigaction = bind('intptr_t signal(int, intptr_t)');
const execve = bind('int execve(void *, void *, void *)');

const CONTROL_FD = 3;
const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;
const CLOSE_RANGE = 436;
const CLOSE_RANGE_CLOEXEC = 4;
const LANDLOCK_CREATE_RULESET = 444;
const LANDLOCK_ADD_RULE = 445;
const LANDLOCK_RESTRICT_SELF = 446;
const F_SETFD = 2;
const PATH_BENEATH = 1;
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;
const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_SET_MODE_FILTER = 1;
const NEW_LISTENER = 1 << 3;
const WAIT_KILLABLE = 1 << 5;
const EINVAL = 22;
const SIGPIPE = 13;
const SIGXFSZ = 25;

/** Memory that does not move, handed out piece by piece and never given back: the process ends in execve. */
const ARENA_SIZE = 1 << 20;
const arenaAddress = koffi.alloc('uint8', ARENA_SIZE) as bigint;
const arena = Buffer.from(koffi.view(arenaAddress, ARENA_SIZE)).fill(0);
let arenaUsed = 0;

function take(size: number): { address: bigint; bytes: Buffer } {
  const start = arenaUsed;
  arenaUsed += Math.ceil(size / 16) * 16;
  if (arenaUsed > ARENA_SIZE) fail('the command and its environment are too long');
  return { address: arenaAddress + BigInt(start), bytes: arena.subarray(start, start + size) };
}

function fail(what: string): never {
  writeSync(2, `launcher: ${what}\n`);
  process.exit(125);
}

function must(result: number, what: string): number {
  if (result < 0) fail(`${what}: errno ${koffi.errno()}`);
  return result;
}

function readOrders(): LaunchOrders {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.alloc(65536);
    const size = readSync(CONTROL_FD, chunk);
    if (size === 0) fail('the supervisor went away');
    chunks.push(chunk.subarray(0, size));
    if (chunk[size - 1] === 0x0a) return JSON.parse(Buffer.concat(chunks).toString('utf8')) as LaunchOrders;
  }
}

function enterLandlock(orders: LandlockOrders): void {
  const attributes = take(24);
  attributes.bytes.writeBigUInt64LE(BigInt(orders.handledFs), 0);
  attributes.bytes.writeBigUInt64LE(BigInt(orders.handledNet), 8);
  attributes.bytes.writeBigUInt64LE(BigInt(orders.scoped), 16);
  // A kernel that does not know the later fields accepts a longer structure only where they are zero.
  const ruleset = must(syscall(LANDLOCK_CREATE_RULESET, attributes.address, 24, 0, 0, 0), 'landlock ruleset');
  const rule = take(12);
  for (const { path, access } of orders.rules) {
    const parent = openSync(path, O_PATH | O_CLOEXEC);
    rule.bytes.writeBigUInt64LE(BigInt(access), 0);
    rule.bytes.writeInt32LE(parent, 8);
    must(syscall(LANDLOCK_ADD_RULE, ruleset, PATH_BENEATH, rule.address, 0, 0), `landlock rule for ${path}`);
    closeSync(parent);
  }
  must(syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0, 0, 0, 0), 'landlock');
  closeSync(ruleset);
}

/** The filter binds this thread only; the others of this process die in execve. Returns the listener. */
function enterFilter(program: Buffer, seccomp: number): number {
  const code = take(program.length);
  program.copy(code.bytes);
  const prog = take(16);
  prog.bytes.writeUInt16LE(program.length / 8, 0);
  prog.bytes.writeBigUInt64LE(code.address, 8);
  const listener = syscall(seccomp, SECCOMP_SET_MODE_FILTER, NEW_LISTENER | WAIT_KILLABLE, prog.address, 0, 0);
  if (listener >= 0 || koffi.errno() !== EINVAL) return must(listener, 'seccomp');
  // Kernels before 5.19 lack the killable wait.
  return must(syscall(seccomp, SECCOMP_SET_MODE_FILTER, NEW_LISTENER, prog.address, 0, 0), 'seccomp');
}

/** A message of one byte that carries `fd`: struct msghdr, its iovec, its control message (SCM_RIGHTS). */
function handOver(message: bigint, fdSlot: Buffer, socket: number, fd: number): void {
  fdSlot.writeInt32LE(fd, 0);
  must(sendmsg(socket, message, 0), 'handing the listener over');
}

function prepareHandover(): { message: bigint; fdSlot: Buffer } {
  const data = take(1);
  const iovec = take(16);
  iovec.bytes.writeBigUInt64LE(data.address, 0);
  iovec.bytes.writeBigUInt64LE(1n, 8);
  const control = take(24);
  control.bytes.writeBigUInt64LE(20n, 0);
  control.bytes.writeInt32LE(1, 8);
  control.bytes.writeInt32LE(1, 12);
  const header = take(56);
  header.bytes.writeBigUInt64LE(iovec.address, 16);
  header.bytes.writeBigUInt64LE(1n, 24);
  header.bytes.writeBigUInt64LE(control.address, 32);
  header.bytes.writeBigUInt64LE(24n, 40);
  return { message: header.address, fdSlot: control.bytes.subarray(16, 20) };
}

/** A null-terminated array of C strings. */
function cStrings(texts: readonly string[]): bigint {
  const table = take((texts.length + 1) * 8);
  texts.forEach((text, index) => {
    const encoded = Buffer.from(`${text}\0`, 'utf8');
    const string = take(encoded.length);
    encoded.copy(string.bytes);
    table.bytes.writeBigUInt64LE(string.address, index * 8);
  });
  return table.address;
}

function prepareLimits(orders: LaunchOrders): { resource: number; address: bigint }[] {
  return orders.rlimits.map(({ resource, value }) => {
    const limit = take(16);
    limit.bytes.writeBigUInt64LE(BigInt(value), 0);
    limit.bytes.writeBigUInt64LE(BigInt(value), 8);
    return { resource, address: limit.address };
  });
}

function launch(): never {
  const orders = readOrders();
  for (const { from, to } of orders.scratch) fillScratch(from, to);
  process.chdir(orders.cwd);
  const program = orders.command[0] ?? fail('no command');
  accessSync(program, constants.X_OK);
  const argv = cStrings(orders.command);
  const path = koffi.decode(argv, 'uint64') as number | bigint;
  const envp = cStrings(orders.env);
  const limits = prepareLimits(orders);
  const { message, fdSlot } = prepareHandover();
  const filter = Buffer.from(orders.filter, 'base64');
  // Node ignores these two, and an ignored signal stays ignored across execve.
  sigaction(SIGPIPE, 0);
  sigaction(SIGXFSZ, 0);
  if (orders.diesWithParent) must(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), 'parent-death signal');
  must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'no_new_privs');
  must(dup3(CONTROL_FD, orders.handoverFd, O_CLOEXEC), 'moving the control socket');
  must(syscall(CLOSE_RANGE, 3, 0xffffffff, CLOSE_RANGE_CLOEXEC, 0, 0), 'close_range');
  // Node marks every descriptor it inherits, its standard streams included.
  for (const fd of [0, 1, 2]) must(fcntl(fd, F_SETFD, 0), `keeping descriptor ${fd}`);
  enterLandlock(orders.landlock);
  const listener = enterFilter(filter, orders.seccompNumber);
  handOver(message, fdSlot, orders.handoverFd, listener);
  for (const { resource, address } of limits) must(setrlimit(resource, address), `limit ${resource}`);
  execve(BigInt(path), argv, envp);
  return fail(`cannot run ${program}: errno ${koffi.errno()}`);
}

try {
  launch();
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
