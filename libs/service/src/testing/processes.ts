import { programOf } from '@countersign/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface TestProcess {
  readonly child: ChildProcess;
  /** Everything it wrote to stdout and stderr so far. */
  output(): string;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Starts one of the stand-ins of this folder; it ends with the test. */
export function start(script: `./${string}.main.js`, env: Readonly<Record<string, string>>): TestProcess {
  const child = spawn(process.execPath, ['--enable-source-maps', programOf(new URL(script, import.meta.url))], { env: { PATH: process.env['PATH'], ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const kill = (): void => void child.kill('SIGKILL');
  process.on('exit', kill);
  // all that it has written is here by then
  const exited = once(child, 'close').then(([code, signal]) => {
    process.off('exit', kill);
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });
  return { child, output: () => said, exited };
}
