import { once } from 'node:events';
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '@countersign/contracts';
import { SandboxLaunchError } from './errors.js';
import { placeInside } from './host-view.js';
import { nativeModule } from './mounts.js';
import type { ProbeOutcome } from './probe-outcome.js';
import { startSandboxed } from './start.js';
import type { SandboxGuarantees, SandboxLevel, SandboxProduct, SandboxProfile, SandboxReport } from './types.js';

export interface EstablishOptions {
  /** Identity of the workers; needed where the supervisor is root. */
  readonly uid?: number;
  readonly gid?: number;
  /** What workers are to have: `strict` (the default) tries level 3, then 2; `process` only 2; `none` tries nothing. */
  readonly product?: SandboxProduct;
}

type WalledLevel = Exclude<SandboxLevel, 0>;
const RUNGS: Readonly<Record<SandboxProduct, readonly WalledLevel[]>> = { strict: [3, 2], process: [2], none: [] };
const NO_GUARANTEES: SandboxGuarantees = {
  fs: false, syscalls: false, noExec: false, noFork: false, netOff: false, observe: false, mem: 'none', pids: 'none',
};
const WALLS: SandboxGuarantees = { ...NO_GUARANTEES, fs: true, syscalls: true, noExec: true, noFork: true, netOff: true, observe: true, mem: 'rlimit' };
const REACHED: Readonly<Record<WalledLevel, Pick<SandboxReport, 'level' | 'product' | 'guarantees'>>> = {
  3: { level: 3, product: 'strict', guarantees: { ...WALLS, pids: 'rlimit' } },
  2: { level: 2, product: 'process', guarantees: WALLS },
};
const PROBE_LIMITS = { cpuSeconds: 20, memoryBytes: 256 << 20, processes: 64, openFiles: 256, fileBytes: 1 << 20, diskBytes: 16 << 20, wallMs: 20_000 };

interface Probed {
  readonly outcome: ProbeOutcome;
  readonly denied: ReadonlySet<string>;
}

/**
 * Finds out which level this machine really gives, by running a hostile worker in both profiles: versions prove nothing.
 * Every expectation of a level must hold; below the first that does not, the next one is tried, and nothing in between is
 * claimed. The reason tells what was wrong with each level above the one that was reached.
 */
export async function establishLevel(options: EstablishOptions = {}): Promise<SandboxReport> {
  const rungs = RUNGS[options.product ?? 'strict'];
  if (rungs.length === 0) return levelZero(['switched off by configuration']);
  if (process.platform !== 'linux') return levelZero([`a sandbox needs Linux, this is ${process.platform}`]);
  const reasons: string[] = [];
  for (const level of rungs) {
    const found = await tryLevel(level, options);
    if ('evidence' in found) return { ...REACHED[level], evidence: found.evidence, ...(reasons.length > 0 ? { reason: reasons.join('; ') } : {}) };
    reasons.push(found.reason);
  }
  return levelZero(reasons);
}

const levelZero = (reasons: readonly string[]): SandboxReport => ({ level: 0, product: 'none', guarantees: NO_GUARANTEES, evidence: [], reason: reasons.join('; ') });

async function tryLevel(level: WalledLevel, options: EstablishOptions): Promise<{ readonly evidence: string[] } | { readonly reason: string }> {
  try {
    const [worker, checks] = await Promise.all([probe(level, 'worker', options), probe(level, 'checks', options)]);
    const found = [...judge(level, 'worker', worker), ...judge(level, 'checks', checks)];
    const failed = found.filter(({ holds }) => !holds);
    return failed.length > 0 ? { reason: `self-test failed: ${failed.map(({ line }) => line).join('; ')}` } : { evidence: found.map(({ line }) => line) };
  } catch (error) {
    if (error instanceof AppError) return { reason: error.message };
    throw error;
  }
}

async function probe(level: WalledLevel, profile: SandboxProfile, { uid, gid }: EstablishOptions): Promise<Probed> {
  const outside = mkdtempSync(join(realpathSync(tmpdir()), 'canary-'));
  try {
    // Open to everyone: what keeps the worker out must be the sandbox, not a file's mode.
    chmodSync(outside, 0o777);
    const canary = join(outside, 'canary');
    writeFileSync(canary, 'canary', { mode: 0o644 });
    return await runProbe(level, profile, canary, { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) });
  } finally {
    rmSync(outside, { recursive: true, force: true });
  }
}

async function runProbe(level: WalledLevel, profile: SandboxProfile, canary: string, identity: { uid?: number; gid?: number }): Promise<Probed> {
  const denied = new Set<string>();
  const program = { source: realpathSync(fileURLToPath(new URL('./probe.mjs', import.meta.url))), target: '/probe/probe.mjs' };
  const native = { source: nativeModule(), target: '/probe/koffi.node' };
  const args = [placeInside(level, program), canary, placeInside(level, native), String(process.pid)];
  const sandbox = await startSandboxed({
    command: profile === 'checks' ? ['sh', '-c', 'node "$@"', 'sh', ...args] : ['node', ...args],
    profile,
    syscalls: profile === 'checks' ? ['@checks'] : ['@runtime', '@fs-write'],
    readOnly: [program, native],
    readWrite: [],
    tmpfsBytes: 1 << 20,
    env: {},
    cwd: '/tmp',
    limits: PROBE_LIMITS,
    level,
    ...identity,
    onDenied: ({ syscall }) => denied.add(syscall),
  });
  const said = { stdout: '', stderr: '' };
  sandbox.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString('utf8')));
  sandbox.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString('utf8')));
  // A probe that ends at once has closed its output before anybody could listen for that.
  const [exit] = await Promise.all([sandbox.exited, sandbox.stdout.closed || once(sandbox.stdout, 'close')]);
  if (exit.code !== 0) throw new SandboxLaunchError(`the ${profile} probe ended with ${exit.code}`, said.stderr.trim());
  return { outcome: JSON.parse(said.stdout) as ProbeOutcome, denied };
}

interface Finding {
  readonly line: string;
  readonly holds: boolean;
}

function judge(level: WalledLevel, profile: SandboxProfile, { outcome, denied }: Probed): Finding[] {
  const finding = (what: string, seen: string, holds: boolean): Finding => ({ line: `${profile}: ${what}: ${seen}`, holds });
  const expect = (what: string, seen: string, ...allowed: string[]): Finding => finding(what, seen, allowed.includes(seen));
  const common = [
    expect('read a canary outside', outcome.canary, 'ENOENT', 'EACCES'),
    expect('write the first process\'s memory', outcome.firstMemory, 'EACCES'),
    expect('read the supervisor\'s memory', outcome.supervisorMemory, 'ENOENT', 'EACCES'),
    expect('send the supervisor a signal', outcome.signal, 'EPERM', 'ESRCH'),
    expect('write outside', outcome.writeOutside, 'EROFS', 'EACCES', 'ENOENT'),
    expect('write to the private /tmp', outcome.writeInside, 'open'),
    expect('effective capabilities', outcome.capabilities, '0000000000000000'),
    expect('seccomp mode', outcome.seccomp, '2'),
    ...(level === 3 ? [expect('limit of tasks', outcome.taskLimit, String(PROBE_LIMITS.processes))] : []),
    finding('uid', String(outcome.uid), outcome.uid !== 0),
  ];
  if (profile === 'checks') {
    const network = level === 3 ? [expect('connect outside', outcome.outside, 'ENETUNREACH'), expect('serve on loopback', outcome.loopback, 'open')] : [expect('connect outside', outcome.outside, 'EPERM'), expect('serve on loopback', outcome.loopback, 'EPERM')];
    return [...common, ...network, expect('start a child', outcome.fork, 'open')];
  }
  const reported = ['symlink', 'execve', 'socket'].filter((name) => !denied.has(name));
  return [
    ...common,
    expect('make a call not listed', outcome.listedOut, 'EPERM'),
    expect('fork', outcome.fork, 'EPERM'),
    expect('exec', outcome.exec, 'EPERM'),
    expect('connect outside', outcome.outside, 'EPERM'),
    expect('listen', outcome.loopback, 'EPERM'),
    finding('refusals reported', reported.length === 0 ? 'all' : `not ${reported.join(', ')}`, reported.length === 0),
  ];
}
