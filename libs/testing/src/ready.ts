import type { ChildProcess } from 'node:child_process';

const READY = '"msg":"ready"';

/** Resolves when a service says in its log that it is ready, which may come in two pieces; its output is read on, so that it never waits for a reader. */
export function untilReady(child: ChildProcess, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let last = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      const said = last + chunk.toString('latin1');
      if (said.includes(READY)) resolve();
      last = said.slice(1 - READY.length);
    });
    child.once('exit', () => reject(new Error(`${name} ended before it was ready`)));
  });
}
