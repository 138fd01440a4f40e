import { SandboxSpecError } from './errors.js';
import type { RlimitOrder } from './launch-orders.js';
import type { SandboxLimits, SandboxProfile } from './types.js';

/** Resource numbers of Linux (asm-generic/resource.h). */
const CPU = 0;
const FSIZE = 1;
const DATA = 2;
const CORE = 4;
const NPROC = 6;
const NOFILE = 7;

const MiB = 1024 * 1024;
/** What one JavaScript engine reserves before it runs anything (measured 561 MiB for a process, 526 for each further worker thread). */
const ENGINE_DATA_BYTES = 600 * MiB;
/** Engines in one process: a worker and one thread of it; a test runner and a thread for each core of an ordinary machine. */
const ENGINES = { worker: 2, checks: 9 } as const;
/** A longer timer would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Below these a Node process hangs silently at start. */
const LEAST_PROCESSES = 8;
const LEAST_FILES = 24;

/**
 * The kernel limits for a sandbox, each process for itself. Memory is private writable data, coarse for Node, whose engines
 * reserve far more than they use: {@link watchMemory} holds the real figure. Shared anonymous mappings, which this limit does
 * not see, are refused by the filter. Address space is not limited: one WebAssembly memory reserves 10 GiB of it.
 */
export function rlimitOrders(limits: SandboxLimits, profile: SandboxProfile, node: boolean, namespaces = true): RlimitOrder[] {
  for (const [name, value] of Object.entries(limits) as [string, number][]) {
    if (!Number.isSafeInteger(value) || value <= 0) throw new SandboxSpecError(`limit ${name} must be a positive whole number`);
  }
  if (limits.wallMs > LONGEST_TIMER_MS) throw new SandboxSpecError(`limit wallMs must be at most ${LONGEST_TIMER_MS}`);
  if (limits.processes < LEAST_PROCESSES) throw new SandboxSpecError(`limit processes must be at least ${LEAST_PROCESSES}`);
  if (limits.openFiles < LEAST_FILES) throw new SandboxSpecError(`limit openFiles must be at least ${LEAST_FILES}`);
  return [
    { resource: CPU, value: limits.cpuSeconds },
    { resource: FSIZE, value: limits.fileBytes },
    { resource: CORE, value: 0 },
    // Without a user namespace it would count every process of that user on the machine.
    ...(namespaces ? [{ resource: NPROC, value: limits.processes }] : []),
    { resource: NOFILE, value: limits.openFiles },
    { resource: DATA, value: limits.memoryBytes + (node ? ENGINES[profile] * ENGINE_DATA_BYTES : 0) },
  ];
}
