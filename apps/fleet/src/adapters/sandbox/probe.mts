/**
 * The worker of the self-test: tries to leave its sandbox and prints what happened as one line of JSON.
 * Arguments: the canary (a readable file outside, in a directory that anybody may write to), the native module for calls Node
 * itself cannot make, and the supervisor's process number.
 */
import { openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ProbeOutcome } from './probe-outcome.js';

type Koffi = typeof import('koffi');
type Call = (...args: (number | null)[]) => number;

const [canary = '', nativePath = '', supervisor = ''] = process.argv.slice(2);
const own = process.env['TMPDIR'] ?? '/tmp';
const koffi = createRequire(import.meta.url)(nativePath) as Koffi;
const libc = koffi.load(null);

function codeOf(attempt: () => unknown): string {
  try {
    attempt();
    return 'open';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

function errnoOf(result: number): string {
  if (result >= 0) return 'open';
  const value = koffi.errno();
  return Object.entries(koffi.os.errno).find(([, number]) => number === value)?.[0] ?? String(value);
}

function fork(): string {
  const child = (libc.func('int fork()') as Call)();
  // Only a hole gets here: the copy must not go on as a second Node.
  if (child === 0) (libc.func('void _exit(int)') as Call)(0);
  return errnoOf(child);
}

/** Every pointer null: a filter that lets the call through answers EFAULT. */
const exec = (): string => errnoOf((libc.func('int execve(void *, void *, void *)') as Call)(null, null, null));

function connectTo(port: number, host: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host }, () => {
      socket.destroy();
      resolve('open');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

function loopback(): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.end());
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(0, '127.0.0.1', () => {
      void connectTo((server.address() as AddressInfo).port, '127.0.0.1').then((outcome) => {
        server.close();
        resolve(outcome);
      });
    });
  });
}

function statusLine(name: string): string {
  return new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 'missing';
}

const outcome: ProbeOutcome = {
  canary: codeOf(() => readFileSync(canary)),
  firstMemory: codeOf(() => openSync('/proc/1/mem', 'r+')),
  supervisorMemory: codeOf(() => openSync(`/proc/${supervisor}/mem`, 'r')),
  signal: codeOf(() => process.kill(Number(supervisor), 0)),
  writeOutside: codeOf(() => writeFileSync(`${canary}-escaped`, 'x')),
  writeInside: codeOf(() => writeFileSync(join(own, 'inside'), 'x')),
  listedOut: codeOf(() => symlinkSync('/', join(own, 'link'))),
  fork: fork(),
  exec: exec(),
  outside: await connectTo(53, '1.1.1.1'),
  loopback: await loopback(),
  capabilities: statusLine('CapEff'),
  seccomp: statusLine('Seccomp'),
  uid: process.getuid?.() ?? 0,
  taskLimit: /Max processes\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 'missing',
};
process.stdout.write(`${JSON.stringify(outcome)}\n`);
