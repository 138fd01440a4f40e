import type { Service } from '@countersign/contracts';
import { serviceEnv, type TestDatabase, type TestNats } from '@countersign/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Services as processes of their own, on a database and a broker of a test's. */
export class OwnServices implements AsyncDisposable {
  private readonly running = new Map<Service, ChildProcess>();
  private closing = false;

  constructor(private readonly house: { readonly database: TestDatabase; readonly nats: TestNats }) {}

  /** A service that gives up (its database did not take it in time, on a machine that is busy) is started again, as the product's supervisor does. */
  start(service: Service, more: Readonly<Record<string, string>> = {}): void {
    const env = { PATH: process.env['PATH'], ...serviceEnv(service, this.house), ...more, COUNTERSIGN_PARENT_PIPE: '1' };
    const child = spawn(process.execPath, [`dist/${service}.js`], { cwd: ROOT, env, stdio: ['pipe', 'ignore', 'inherit'] });
    this.running.set(service, child);
    child.once('exit', () => {
      if (!this.closing) this.start(service, more);
    });
  }

  signal(service: Service, signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.running.get(service)!.kill(signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end('SIGKILL');
  }

  /** Holds on return: all of them are gone; with SIGTERM what they started as well. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.closing = true;
    await Promise.all([...this.running.values()].map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    }));
  }
}
