import { describe, it } from 'node:test';
import { expect } from 'expect';
import fc from 'fast-check';
import { ForbiddenSyscallError, UnknownSyscallError } from './errors.js';
import { checkSyscalls, compileFilter, forbiddenSyscalls } from './filter.js';
import { syscallNumber } from './libseccomp.js';
import { FORBIDDEN, PRESETS, expandNames } from './presets.js';

const HANDOVER_FD = 256;
const ALLOW = 0x7fff0000;
const NOTIFY = 0x7fc00000;
const ENOSYS = 0x00050000 | 38;
const KILL = 0x80000000;
/** AUDIT_ARCH of this machine, as the kernel puts it into seccomp_data. */
const ARCH = process.arch === 'x64' ? 0xc000003e : 0xc00000b7;

/** What the kernel would answer: an interpreter for the part of classic BPF that seccomp filters use. */
function verdict(program: Buffer, nr: number, args: readonly (number | bigint)[] = [], arch = ARCH): number {
  const data = Buffer.alloc(64);
  data.writeInt32LE(nr, 0);
  data.writeUInt32LE(arch, 4);
  args.forEach((arg, index) => data.writeBigUInt64LE(BigInt.asUintN(64, BigInt(arg)), 16 + index * 8));
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const code = program.readUInt16LE(at * 8);
    const [jumpTrue, jumpFalse] = [program.readUInt8(at * 8 + 2), program.readUInt8(at * 8 + 3)];
    const k = program.readUInt32LE(at * 8 + 4);
    if (code === 0x20) accumulator = data.readUInt32LE(k);
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (code === 0x15) at += accumulator === k ? jumpTrue : jumpFalse;
    else if (code === 0x25) at += accumulator > k ? jumpTrue : jumpFalse;
    else if (code === 0x35) at += accumulator >= k ? jumpTrue : jumpFalse;
    else if (code === 0x05) at += k;
    else if (code === 0x06) return k;
    else throw new Error(`instruction ${code.toString(16)} is not known`);
  }
}

function number(name: string): number {
  const nr = syscallNumber(name);
  if (nr === undefined) throw new Error(`this architecture has no ${name}`);
  return nr;
}

const worker = compileFilter('worker', ['@runtime', '@fs-write'], HANDOVER_FD);
const checks = compileFilter('checks', ['@checks'], HANDOVER_FD);
const inWorker = (name: string, ...args: (number | bigint)[]): number => verdict(worker.program, number(name), args);
const inChecks = (name: string, ...args: (number | bigint)[]): number => verdict(checks.program, number(name), args);

describe('names of system calls in a spec', () => {
  it('are refused when nothing is called that, presets included', () => {
    expect(checkSyscalls(['read', 'reed', '@runtime', '@run-time', 'shell', 'constructor', '@constructor'])).toEqual(['reed', '@run-time', 'shell', 'constructor', '@constructor']);
    expect(() => compileFilter('worker', ['read', 'reed'], HANDOVER_FD)).toThrow(UnknownSyscallError);
    expect(() => compileFilter('worker', ['read', 'reed'], HANDOVER_FD)).toThrow('unknown system call: reed');
  });

  it('are refused when they would open the sandbox', () => {
    expect(forbiddenSyscalls(['read', 'ptrace', '@runtime', 'mount'])).toEqual(['ptrace', 'mount']);
    expect(() => compileFilter('worker', ['read', 'ptrace'], HANDOVER_FD)).toThrow(ForbiddenSyscallError);
  });

  it('that this product ships are all known, and none is forbidden', () => {
    expect(checkSyscalls([...Object.keys(PRESETS), ...Object.values(PRESETS).flat()])).toEqual([]);
    expect(forbiddenSyscalls(Object.keys(PRESETS))).toEqual([]);
    expect(expandNames(['@runtime']).length).toBe(89);
    expect(expandNames(['@fs-write']).length).toBe(20);
  });
});

describe('a compiled filter', () => {
  it('sends to the supervisor whatever is not listed', () => {
    fc.assert(fc.property(fc.integer({ min: 500, max: 100_000 }), fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 6 }), (nr, args) => {
      expect(verdict(worker.program, nr, args)).toBe(NOTIFY);
      expect(verdict(checks.program, nr, args)).toBe(NOTIFY);
    }));
    for (const name of FORBIDDEN) {
      const nr = syscallNumber(name);
      if (nr === undefined || name === 'clone3' || name === 'io_uring_setup') continue;
      expect({ name, worker: verdict(worker.program, nr), checks: verdict(checks.program, nr) }).toEqual({ name, worker: NOTIFY, checks: NOTIFY });
    }
  });

  it('kills what comes through another table', () => {
    expect(verdict(worker.program, 0, [], 0x40000003)).toBe(KILL);
    if (process.arch === 'x64') expect(verdict(worker.program, 0x40000000 + 39)).toBe(KILL);
  });

  it('never allows execve by itself: the supervisor sees each', () => {
    expect([inWorker('execve'), inChecks('execve'), inChecks('execveat')]).toEqual([NOTIFY, NOTIFY, NOTIFY]);
    expect([worker.children, checks.children]).toEqual([false, true]);
  });

  it('answers probes of runtimes with "no such call"', () => {
    expect([inWorker('clone3'), inWorker('io_uring_setup'), inChecks('clone3')]).toEqual([ENOSYS, ENOSYS, ENOSYS]);
  });

  it('allows threads everywhere, children only where asked, namespaces never', () => {
    const thread = 0x3d0f00;
    const child = 0x1200011;
    expect([inWorker('clone', thread), inWorker('clone', child), inChecks('clone', thread), inChecks('clone', child)]).toEqual([ALLOW, NOTIFY, ALLOW, ALLOW]);
    for (const namespace of [0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]) {
      expect([inWorker('clone', thread | namespace), inChecks('clone', child | namespace)]).toEqual([NOTIFY, NOTIFY]);
    }
  });

  it('allows no socket to a worker and only internet families to checks', () => {
    expect([inWorker('socket', 1, 1), inWorker('socket', 2, 1)]).toEqual([NOTIFY, NOTIFY]);
    fc.assert(fc.property(fc.nat(50), fc.nat(10), fc.nat(300), (family, kind, protocol) => {
      const ordinary = [2, 10].includes(family) && [1, 2].includes(kind) && [0, 6, 17].includes(protocol);
      expect(inChecks('socket', family, kind | 0o2004000, protocol)).toBe(ordinary ? ALLOW : NOTIFY);
    }));
    expect([inChecks('socketpair', 1, 1), inChecks('socketpair', 1, 2), inChecks('socketpair', 1, 5)]).toEqual([ALLOW, NOTIFY, NOTIFY]);
  });

  it('ignores the upper half of an int, as the kernel does', () => {
    const high = 0xabcd00000000n;
    expect([inWorker('ioctl', 0, high | 0x5401n), inWorker('ioctl', 0, high | 0x5412n)]).toEqual([ALLOW, NOTIFY]);
    expect([inChecks('socket', high | 2n, 1), inChecks('socket', high | 1n, 1)]).toEqual([ALLOW, NOTIFY]);
  });

  it('allows no set-user-id file, however it is made', () => {
    const create = 0o102;
    fc.assert(fc.property(fc.nat(0o7777), (mode) => {
      const expected = (mode & 0o6000) === 0 ? ALLOW : NOTIFY;
      expect(inWorker('fchmod', 3, mode)).toBe(expected);
      expect(inWorker('fchmodat', 0, 0, mode)).toBe(expected);
      expect(inWorker('openat', 0, 0, create, mode)).toBe(expected);
      expect(inWorker('openat', 0, 0, 0o20200002, mode)).toBe(expected);
      expect(inWorker('mkdirat', 0, 0, mode)).toBe(expected);
    }));
    // Without creating, the mode is whatever was in the register.
    expect(inWorker('openat', 0, 0, 0, 0o4777)).toBe(ALLOW);
  });

  it('leaves limits, signals and files of other processes alone', () => {
    expect([inWorker('prlimit64', 0, 7, 0, 4096), inWorker('prlimit64', 0, 7, 4096), inWorker('prlimit64', 77, 7, 0)]).toEqual([ALLOW, NOTIFY, NOTIFY]);
    expect([inWorker('tgkill', 1, 5, 6), inWorker('tgkill', 77, 77, 9), inWorker('kill', 1)]).toEqual([ALLOW, NOTIFY, NOTIFY]);
    expect([inWorker('fcntl', 3, 1), inWorker('fcntl', 3, 8), inWorker('fcntl', 3, 10), inWorker('fcntl', 3, 15)]).toEqual([ALLOW, NOTIFY, NOTIFY, NOTIFY]);
    expect([inWorker('prctl', 15), inWorker('prctl', 1), inWorker('prctl', 4), inWorker('prctl', 22)]).toEqual([ALLOW, NOTIFY, NOTIFY, NOTIFY]);
  });

  it('allows memory that limits count, and none that they do not', () => {
    expect([inWorker('mmap', 0, 1, 3, 0x22), inWorker('mmap', 0, 1, 3, 0x2), inWorker('mmap', 0, 1, 3, 0x1)]).toEqual([ALLOW, ALLOW, ALLOW]);
    expect([inWorker('mmap', 0, 1, 3, 0x21), inChecks('mmap', 0, 1, 3, 0x23)]).toEqual([NOTIFY, NOTIFY]);
  });

  it('lets the launcher hand its listener over on one descriptor no worker can hold', () => {
    expect([inWorker('sendmsg', HANDOVER_FD), inWorker('sendmsg', 1), inWorker('sendmsg', HANDOVER_FD - 1)]).toEqual([ALLOW, NOTIFY, NOTIFY]);
  });
});
