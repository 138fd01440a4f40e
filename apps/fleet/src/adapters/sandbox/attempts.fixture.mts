/**
 * A hostile worker: makes the raw system calls it is told and tries what Node can try, and prints what each came to, as one
 * line of JSON: `open`, or the error's name. Every argument of a raw call is a number; pointers are null, so a call that
 * passes the filter answers EFAULT or EINVAL rather than doing harm, which counts as open.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, linkSync, openSync, readFileSync, readdirSync, symlinkSync, watch, writeFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { createSocket } from 'node:dgram';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';

type Koffi = typeof import('koffi');

export interface AttemptOrders {
  readonly raw: readonly { readonly title: string; readonly nr: number; readonly args: readonly string[] }[];
  /** A readable file outside, its directory, the supervisor's pid, listeners of the host. */
  readonly secret: string;
  readonly supervisor: number;
  readonly hostPort: number;
  readonly hostSocket: string;
}

/** Where its orders, the native module and its own directory are seen. */
const [ordersPath = '', nativePath = '', own = ''] = process.argv.slice(2);
const orders = JSON.parse(readFileSync(ordersPath, 'utf8')) as AttemptOrders;
const koffi = createRequire(import.meta.url)(nativePath) as Koffi;
const call = koffi.load(null).func('long syscall(long, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t)') as (
  ...args: (number | bigint)[]
) => number;
const results: Record<string, string> = {};

function errnoName(): string {
  const value = koffi.errno();
  return Object.entries(koffi.os.errno).find(([, number]) => number === value)?.[0] ?? String(value);
}

for (const { title, nr, args } of orders.raw) {
  const six = Array.from({ length: 6 }, (_, index) => BigInt(args[index] ?? '0'));
  results[title] = call(nr, ...six) >= 0 ? 'open' : errnoName();
}

function attempt(title: string, action: () => unknown): void {
  try {
    const got = action();
    results[title] = got === undefined ? 'open' : String(got);
  } catch (error) {
    results[title] = (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

const secretName = orders.secret.slice(1);
attempt('read a secret by its absolute path', () => void readFileSync(orders.secret));
attempt('read a secret by ../..', () => void readFileSync(`${own}/../../../../${secretName}`));
attempt('read a secret through a link the host left', () => void readFileSync(`${own}/planted`));
attempt('make a link to a secret and follow it', () => {
  symlinkSync(orders.secret, `${own}/own-link`);
  readFileSync(`${own}/own-link`);
});
attempt('make a hard link to a secret', () => linkSync(orders.secret, `${own}/hard`));
attempt('read a secret through /proc/self/root', () => void readFileSync(`/proc/self/root${orders.secret}`));
attempt('read a secret through /proc/1/root', () => void readFileSync(`/proc/1/root${orders.secret}`));
attempt('read the supervisor\'s environment', () => void readFileSync(`/proc/${orders.supervisor}/environ`));
attempt('walk into the supervisor\'s directory', () => void readdirSync(`/proc/${orders.supervisor}/cwd`));
attempt('read /etc/shadow', () => void readFileSync('/etc/shadow'));
attempt('read the launcher', () => void readFileSync('/.sbx/launcher.mjs'));
attempt('list the root directory', () => void readdirSync('/'));
attempt('list /usr/lib', () => void readdirSync('/usr/lib'));
attempt('write beside the read-only input', () => writeFileSync(join(dirname(ordersPath), 'new'), 'x'));
attempt('change the read-only input', () => writeFileSync(ordersPath, 'x'));
attempt('overwrite the interpreter', () => writeFileSync('/usr/bin/node', 'x'));
attempt('make a file in /', () => writeFileSync('/new', 'x'));
attempt('make a file in /dev', () => writeFileSync('/dev/new', 'x'));
attempt('open the disk', () => void openSync('/dev/vda', 'r'));
attempt('open /dev/mem', () => void openSync('/dev/mem', 'r'));
attempt('open /dev/tty', () => void openSync('/dev/tty', 'r+'));
attempt('list /sys', () => void readdirSync('/sys'));
attempt('set the core pattern', () => writeFileSync('/proc/sys/kernel/core_pattern', `|${own}/x`));
attempt('press the sysrq key', () => writeFileSync('/proc/sysrq-trigger', 'b'));
attempt('escape the out-of-memory killer', () => writeFileSync('/proc/self/oom_score_adj', '-1000'));
attempt('write its own memory through /proc', () => void openSync('/proc/self/mem', 'r+'));
attempt('write the memory of the first process', () => void openSync('/proc/1/mem', 'r+'));
attempt('kill the supervisor', () => process.kill(orders.supervisor, 'SIGKILL'));
attempt('become root', () => process.setuid?.(0));
attempt('start a shell', () => {
  const { error } = spawnSync('/bin/sh', ['-c', 'true']);
  if (error !== undefined) throw error;
});
attempt('watch a directory', () => watch(own).close());

attempt('which user', () => `${process.getuid?.()}:${process.getgroups?.().join()}`);
attempt('which capabilities', () => /^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
attempt('which host name', () => hostname());
attempt('which processes', () => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length);
attempt('which descriptors', () => {
  // Those Node opened itself are anonymous or files; an inherited one would be a socket or pipe above 2.
  const isSocket = (fd: number): boolean => {
    try {
      return fstatSync(fd).isSocket();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EBADF') return false;
      throw error;
    }
  };
  return Array.from({ length: 256 }, (_, fd) => fd).filter(isSocket).join();
});

function met(target: NodeJS.EventEmitter, opened: string): Promise<string> {
  return new Promise((resolve) => {
    target.once(opened, () => resolve('open'));
    target.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

results['connect to the host\'s loopback'] = await met(connect(orders.hostPort, '127.0.0.1'), 'connect');
results['connect to the internet'] = await met(connect(53, '1.1.1.1'), 'connect');
results['connect to the cloud\'s metadata'] = await met(connect(80, '169.254.169.254'), 'connect');
results['connect to a host socket in its own directory'] = await met(connect(`${own}/host.sock`), 'connect');
results['connect to a host socket in the abstract namespace'] = await met(connect(`\0${orders.hostSocket}`), 'connect');
results['listen on a socket file'] = await met(createServer().listen(`${own}/own.sock`), 'listening');
results['listen on TCP'] = await met(createServer().listen(0, '127.0.0.1'), 'listening');
results['send a datagram to the internet'] = await new Promise((resolve) => {
  const socket = createSocket('udp4');
  socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  socket.send('x', 53, '1.1.1.1', (error) => resolve((error as NodeJS.ErrnoException | null)?.code ?? 'open'));
});

closeSync(openSync(`${own}/end`, 'w'));
writeSync(1, `${JSON.stringify(results)}\n`);
process.exit(0);
