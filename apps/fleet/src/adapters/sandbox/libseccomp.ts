import { closeSync, fstatSync, readSync } from 'node:fs';
import koffi from 'koffi';
import type { KoffiFunc } from 'koffi';
import { SandboxUnavailableError } from './errors.js';
import { NativeMemory, errnoName, loadLibc } from './native.js';

/** One comparison of a rule: `op` applied to argument `arg`. A masked comparison is `(arg & mask) == value`. */
export interface Comparison {
  readonly arg: number;
  readonly op: 'eq' | 'masked';
  readonly value: bigint;
  readonly mask?: bigint;
}

/** `comparisons` all hold → `action`. No comparisons: always. */
export interface Rule {
  readonly syscall: string;
  readonly action: 'allow' | 'enosys';
  readonly comparisons: readonly Comparison[];
}

const ACT_KILL_PROCESS = 0x80000000;
const ACT_NOTIFY = 0x7fc00000;
const ACT_ALLOW = 0x7fff0000;
const ACT_ENOSYS = 0x00050000 | 38;
const ATTR_ACT_BADARCH = 2;
const ATTR_OPTIMIZE = 8;
const CMP_EQ = 4;
const CMP_MASKED_EQ = 7;
const COMPARISON_SIZE = 24;
/** libseccomp's "no such name"; other negative numbers are names this architecture lacks. */
const UNKNOWN = -1;

type Seccomp = ReturnType<typeof bindSeccomp>;
let bound: Seccomp | undefined;

function bindSeccomp() {
  let library;
  try {
    library = koffi.load('libseccomp.so.2');
  } catch (cause) {
    throw new SandboxUnavailableError('libseccomp.so.2 cannot be loaded', { cause });
  }
  const bind = <T extends (...args: never[]) => unknown>(prototype: string) => library.func(prototype) as KoffiFunc<T>;
  return {
    init: bind<(action: number) => bigint | null>('void *seccomp_init(uint32_t)'),
    release: bind<(filter: bigint) => void>('void seccomp_release(void *)'),
    attribute: bind<(filter: bigint, attribute: number, value: number) => number>('int seccomp_attr_set(void *, uint32_t, uint32_t)'),
    addRule: bind<(filter: bigint, action: number, nr: number, count: number, comparisons: bigint) => number>(
      'int seccomp_rule_add_array(void *, uint32_t, int, unsigned int, void *)',
    ),
    export: bind<(filter: bigint, fd: number) => number>('int seccomp_export_bpf(void *, int)'),
    byName: bind<(name: string) => number>('int seccomp_syscall_resolve_name(const char *)'),
    byNumber: bind<(arch: number, nr: number) => string | null>('str! seccomp_syscall_resolve_num_arch(uint32_t, int)'),
    nativeArch: bind<() => number>('uint32_t seccomp_arch_native(void)'),
  };
}

function seccomp(): Seccomp {
  bound ??= bindSeccomp();
  return bound;
}

/** True for a name of any architecture's table, whether or not this one has it. */
export function isSyscallName(name: string): boolean {
  return seccomp().byName(name) !== UNKNOWN;
}

/** The number on this machine; undefined where this architecture lacks the call. */
export function syscallNumber(name: string): number | undefined {
  const nr = seccomp().byName(name);
  return nr < 0 ? undefined : nr;
}

const names = new Map<number, string>();

/** The name of a number as the kernel reported it; `syscall_<n>` for one newer than the library. */
export function syscallName(nr: number): string {
  const known = names.get(nr) ?? seccomp().byNumber(seccomp().nativeArch(), nr) ?? `syscall_${nr}`;
  names.set(nr, known);
  return known;
}

/**
 * Compiles rules to classic BPF. What no rule matches is sent to the listener; a call through a foreign table
 * (32-bit entry, x32) kills the process.
 */
export function compileRules(rules: readonly Rule[]): Buffer {
  const lib = seccomp();
  const filter = lib.init(ACT_NOTIFY);
  if (filter === null) throw new SandboxUnavailableError('this libseccomp cannot notify (2.5 or newer is needed)');
  const memory = new NativeMemory(6 * COMPARISON_SIZE);
  try {
    check(lib.attribute(filter, ATTR_ACT_BADARCH, ACT_KILL_PROCESS), 'foreign-architecture action');
    check(lib.attribute(filter, ATTR_OPTIMIZE, 2), 'binary-tree order');
    for (const rule of rules) addRule(lib, filter, memory, rule);
    return exportBpf(lib, filter);
  } finally {
    koffi.free(memory.address);
    lib.release(filter);
  }
}

function addRule(lib: Seccomp, filter: bigint, memory: NativeMemory, rule: Rule): void {
  const nr = syscallNumber(rule.syscall);
  if (nr === undefined) return;
  rule.comparisons.forEach((comparison, index) => {
    const at = index * COMPARISON_SIZE;
    const masked = comparison.op === 'masked';
    memory.bytes.writeUInt32LE(comparison.arg, at);
    memory.bytes.writeUInt32LE(masked ? CMP_MASKED_EQ : CMP_EQ, at + 4);
    memory.bytes.writeBigUInt64LE(masked ? (comparison.mask ?? 0n) : comparison.value, at + 8);
    memory.bytes.writeBigUInt64LE(masked ? comparison.value : 0n, at + 16);
  });
  const action = rule.action === 'allow' ? ACT_ALLOW : ACT_ENOSYS;
  check(lib.addRule(filter, action, nr, rule.comparisons.length, memory.address), `rule for ${rule.syscall}`);
}

function exportBpf(lib: Seccomp, filter: bigint): Buffer {
  const fd = loadLibc().memfdCreate('filter', 1);
  if (fd < 0) throw new Error(`memfd_create: ${errnoName()}`);
  try {
    check(lib.export(filter, fd), 'export');
    const program = Buffer.alloc(fstatSync(fd).size);
    readSync(fd, program, 0, program.length, 0);
    return program;
  } finally {
    closeSync(fd);
  }
}

function check(result: number, what: string): void {
  if (result < 0) throw new Error(`libseccomp refused the ${what} (${result})`);
}
