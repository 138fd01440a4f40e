import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startSandboxed } from './start.js';
import type { DeniedCall, SandboxExit, SandboxSpec, Sandboxed } from './types.js';

/** Whom test workers run as where the tests run as root: any number that is not root's will do. */
export const workerIdentity = process.getuid?.() === 0 ? { uid: 1500, gid: 1500 } : {};

export const testLimits = { cpuSeconds: 30, memoryBytes: 256 << 20, processes: 64, openFiles: 256, fileBytes: 64 << 20, wallMs: 30_000 };

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

/** Waits until `holds`; fails with `what` after ten seconds. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`not within ten seconds: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
