import { once } from 'node:events';
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '@countersign/contracts';
import { SandboxLaunchError } from './errors.js';
import { nativeModule } from './mounts.js';
import type { ProbeOutcome } from './probe-outcome.js';
import { startStrict } from './strict.js';
import type { SandboxGuarantees, SandboxProduct, SandboxProfile, SandboxReport } from './types.js';

export interface EstablishOptions {
  /** Identity of the workers; needed where the supervisor is root. */
  readonly uid?: number;
  readonly gid?: number;
  /** `none` switches the self-test off and reports level 0; anything else looks for the best there is. */
  readonly product?: SandboxProduct;
}

const NO_GUARANTEES: SandboxGuarantees = {
  fs: false, syscalls: false, noExec: false, noFork: false, netOff: false, observe: false, mem: 'none', pids: 'none',
};
const PROBE_LIMITS = { cpuSeconds: 20, memoryBytes: 256 << 20, processes: 64, openFiles: 256, fileBytes: 1 << 20, wallMs: 20_000 };

interface Probed {
  readonly outcome: ProbeOutcome;
  readonly denied: ReadonlySet<string>;
}

/**
 * Finds out which level this machine really gives, by running a hostile worker in both profiles: versions prove nothing.
 * Every expectation must hold for level 3; otherwise the answer is level 0 with the reason, and nothing in between is claimed.
 */
export async function establishLevel(options: EstablishOptions = {}): Promise<SandboxReport> {
  if (options.product === 'none') return levelZero('switched off by configuration', []);
  if (process.platform !== 'linux') return levelZero(`level 3 needs Linux, this is ${process.platform}`, []);
  try {
    const [worker, checks] = await Promise.all([probe('worker', options), probe('checks', options)]);
    const found = [...judge('worker', worker), ...judge('checks', checks)];
    const evidence = found.map(({ line }) => line);
    const failed = found.filter(({ holds }) => !holds);
    if (failed.length > 0) return levelZero(`self-test failed: ${failed.map(({ line }) => line).join('; ')}`, evidence);
    return { level: 3, product: 'strict', guarantees: strictGuarantees, evidence };
  } catch (error) {
    if (error instanceof AppError) return levelZero(error.message, []);
    throw error;
  }
}

const strictGuarantees: SandboxGuarantees = {
  fs: true, syscalls: true, noExec: true, noFork: true, netOff: true, observe: true, mem: 'rlimit', pids: 'rlimit',
};

function levelZero(reason: string, evidence: readonly string[]): SandboxReport {
  return { level: 0, product: 'none', guarantees: NO_GUARANTEES, evidence, reason };
}

async function probe(profile: SandboxProfile, { uid, gid }: EstablishOptions): Promise<Probed> {
  const outside = mkdtempSync(join(realpathSync(tmpdir()), 'canary-'));
  try {
    // Readable by everyone: what keeps the worker out must be the sandbox, not the file's mode.
    chmodSync(outside, 0o755);
    const canary = join(outside, 'canary');
    writeFileSync(canary, 'canary', { mode: 0o644 });
    return await runProbe(profile, canary, { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) });
  } finally {
    rmSync(outside, { recursive: true, force: true });
  }
}

async function runProbe(profile: SandboxProfile, canary: string, identity: { uid?: number; gid?: number }): Promise<Probed> {
  const denied = new Set<string>();
  const program = realpathSync(fileURLToPath(new URL('./probe.mjs', import.meta.url)));
  const native = nativeModule();
  const args = ['/probe/probe.mjs', canary, '/probe/koffi.node'];
  const sandbox = await startStrict({
    command: profile === 'checks' ? ['sh', '-c', `node ${args.join(' ')}`] : ['node', ...args],
    profile,
    syscalls: profile === 'checks' ? ['@checks'] : ['@runtime', '@fs-write'],
    readOnly: [{ source: program, target: '/probe/probe.mjs' }, { source: native, target: '/probe/koffi.node' }],
    readWrite: [],
    tmpfsBytes: 1 << 20,
    env: {},
    cwd: '/tmp',
    limits: PROBE_LIMITS,
    level: 3,
    ...identity,
    onDenied: ({ syscall }) => denied.add(syscall),
  });
  const said = { stdout: '', stderr: '' };
  sandbox.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString('utf8')));
  sandbox.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString('utf8')));
  const [exit] = await Promise.all([sandbox.exited, once(sandbox.stdout, 'close')]);
  if (exit.code !== 0) throw new SandboxLaunchError(`the ${profile} probe ended with ${exit.code}`, said.stderr.trim());
  return { outcome: JSON.parse(said.stdout) as ProbeOutcome, denied };
}

interface Finding {
  readonly line: string;
  readonly holds: boolean;
}

function judge(profile: SandboxProfile, { outcome, denied }: Probed): Finding[] {
  const finding = (what: string, seen: string, holds: boolean): Finding => ({ line: `${profile}: ${what}: ${seen}`, holds });
  const expect = (what: string, seen: string, ...allowed: string[]): Finding => finding(what, seen, allowed.includes(seen));
  const common = [
    expect('read a canary outside', outcome.canary, 'ENOENT', 'EACCES'),
    expect('write the first process\'s memory', outcome.firstMemory, 'EACCES'),
    expect('write outside', outcome.writeOutside, 'EROFS', 'EACCES', 'ENOENT'),
    expect('write to the private /tmp', outcome.writeInside, 'open'),
    expect('effective capabilities', outcome.capabilities, '0000000000000000'),
    expect('seccomp mode', outcome.seccomp, '2'),
    expect('limit of tasks', outcome.taskLimit, String(PROBE_LIMITS.processes)),
    finding('uid', String(outcome.uid), outcome.uid !== 0),
  ];
  if (profile === 'checks') {
    return [...common, expect('connect outside', outcome.outside, 'ENETUNREACH'), expect('serve on loopback', outcome.loopback, 'open'), expect('start a child', outcome.fork, 'open')];
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
