import { serviceEnv, untilReady, type TestDatabase, type TestNats } from '@countersign/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const MAIN = path.join(import.meta.dirname, '../../../../dist/notary.js');

/** The notary as the launcher starts it, which can be ended and started again on its own key and heads. */
export interface NotaryProcess {
  /** Resolves at once where it runs already. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startNotary(stand: { readonly database: TestDatabase; readonly nats: TestNats }): Promise<NotaryProcess> {
  const env = { PATH: process.env['PATH'], ...serviceEnv('notary', stand), LOG_LEVEL: 'info', COUNTERSIGN_PARENT_PIPE: '1' };
  let child: ChildProcess | undefined;
  const notary: NotaryProcess = {
    async start() {
      if (child) return;
      const started = spawn(process.execPath, [MAIN], { env, stdio: ['pipe', 'pipe', 'inherit'] });
      child = started;
      await untilReady(started, 'the notary');
    },
    async stop() {
      if (!child) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      child = undefined;
      await gone;
    },
  };
  await notary.start();
  return notary;
}
