import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startSandboxed } from './start.js';
import type { DeniedCall, SandboxExit, SandboxLevel, SandboxSpec, Sandboxed } from './types.js';

/** Whom test workers run as where the tests run as root: any number that is not root's will do. */
export const workerIdentity = process.getuid?.() === 0 ? { uid: 1500, gid: 1500 } : {};

export const testLimits = { cpuSeconds: 30, memoryBytes: 256 << 20, processes: 64, openFiles: 256, fileBytes: 64 << 20, diskBytes: 256 << 20, wallMs: 120_000 };

/** A temporary directory the worker may own; `dispose` removes it. */
export interface TestDirectory {
  readonly path: string;
  write(name: string, text: string): string;
  [Symbol.dispose](): void;
}

export function testDirectory(): TestDirectory {
  const path = mkdtempSync(join(realpathSync(tmpdir()), 'sandbox-test-'));
  const give = (file: string): void => {
    if (workerIdentity.uid !== undefined) chownSync(file, workerIdentity.uid, workerIdentity.gid);
  };
  chmodSync(path, 0o755);
  give(path);
  return {
    path,
    write(name, text) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      if (dirname(file) !== path) give(dirname(file));
      writeFileSync(file, text);
      give(file);
      return file;
    },
    [Symbol.dispose]() {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** A worker that runs one line of JavaScript; override what the test is about. */
export function aWorker(script: string, changes: Partial<SandboxSpec> = {}): SandboxSpec {
  return {
    command: ['node', '-e', script],
    profile: 'worker',
    syscalls: ['@runtime', '@fs-write'],
    readOnly: [],
    readWrite: [],
    tmpfsBytes: 8 << 20,
    env: {},
    cwd: '/tmp',
    limits: testLimits,
    level: 3,
    ...workerIdentity,
    ...changes,
  };
}

export interface Finished {
  readonly exit: SandboxExit;
  readonly stdout: string;
  readonly stderr: string;
  readonly denied: readonly DeniedCall[];
}

/** Collects a stream's text from now on. */
export function textOf(stream: Sandboxed['stdout']): Promise<string> {
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  return once(stream, 'close').then(() => text);
}

/** Runs a sandbox to its end. */
export async function finish(spec: SandboxSpec): Promise<Finished> {
  const denied: DeniedCall[] = [];
  const sandbox = await startSandboxed({ ...spec, onDenied: (call) => denied.push(call) });
  const [stdout, stderr, exit] = await Promise.all([textOf(sandbox.stdout), textOf(sandbox.stderr), sandbox.exited]);
  return { exit, stdout, stderr, denied };
}

/** Waits until `holds`; fails with `what` after a minute. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`not within a minute: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What a worker at this level says that does ordinary work on its own paths: the names of its environment, and the file it wrote. */
export async function ordinaryWork(level: SandboxLevel): Promise<{ readonly stderr: string; readonly exit: SandboxExit; readonly environment: readonly string[]; readonly result: string }> {
  using input = testDirectory();
  using output = testDirectory();
  input.write('work.mjs', `
    import { readFileSync, writeFileSync } from 'node:fs';
    writeFileSync('result', readFileSync(process.argv[2], 'utf8'));
    writeFileSync(process.env.TMPDIR + '/scratch', 'x');
    console.log(JSON.stringify(Object.keys(process.env).sort()));`);
  input.write('data.txt', 'some data');
  const { stdout, stderr, exit } = await finish(aWorker('', {
    level,
    command: ['node', '/in/work.mjs', '/in/data.txt'],
    readOnly: [{ source: input.path, target: '/in' }],
    readWrite: [{ source: output.path, target: '/out' }],
    cwd: '/out',
  }));
  return { stderr, exit, environment: stdout === '' ? [] : (JSON.parse(stdout) as string[]), result: existsSync(join(output.path, 'result')) ? readFileSync(join(output.path, 'result'), 'utf8') : '' };
}
