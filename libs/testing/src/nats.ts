import { Bus, createOperator, createStream, natsConfig, PROVISIONER, type Operator, type User } from '@countersign/bus';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { appendFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from './until.js';

/** A nats-server of its own for one test file: real, on a free port, with fresh keys and the stream in place. */
export interface TestNats extends AsyncDisposable {
  readonly url: string;
  /** Holds everything of this server; removed when it is closed. */
  readonly dir: string;
  /** What it has logged since its first start. */
  readonly logFile: string;
  /** The credentials file of a service (or of the provisioner). */
  credsFor(user: User): string;
  /** A connection as that user; closed with the test server. */
  as(user: User): Promise<Bus>;
  /** Ends the server in good order and starts it again on the same port. */
  restart(): Promise<void>;
  /** SIGKILL, then a start on the same port. */
  kill9(): Promise<void>;
  /** SIGKILL, store removed, start: the broker has forgotten everything. The stream comes back with the keeper's relay or `provision()`. */
  deleteStore(): Promise<void>;
  /** Keeps a copy of the store; the server restarts for it. */
  snapshot(): Promise<void>;
  /** SIGKILL, the store replaced by the copy, start: what a machine that lost its power may remember. */
  restore(): Promise<void>;
  /** Leaves the server down until `start()`. */
  stop(): Promise<void>;
  start(): Promise<void>;
  provision(): Promise<void>;
  close(): Promise<void>;
}

/** Finds what does not come up; a disk that stands still for seconds is not to be mistaken for it. */
const START_WITHIN_MS = 60_000;

export async function testNats(): Promise<TestNats> {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-nats-'));
  const server = new RealNats(dir, await createOperator(join(dir, 'operator')));
  await server.start();
  await server.provision();
  return server;
}

class RealNats implements TestNats {
  private child: ChildProcess | undefined;
  private port = -1;
  private readonly opened: Bus[] = [];
  private readonly endWithTest = (): void => void this.child?.kill('SIGKILL');

  constructor(
    readonly dir: string,
    private readonly operator: Operator,
  ) {
    process.on('exit', this.endWithTest);
  }

  get logFile(): string {
    return join(this.dir, 'server.log');
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  credsFor(user: User): string {
    return this.operator.credsFile(user);
  }

  async as(user: User): Promise<Bus> {
    const bus = await Bus.connect({ url: this.url, credsFile: this.credsFor(user), user });
    this.opened.push(bus);
    return bus;
  }

  async start(): Promise<void> {
    const config = join(this.dir, 'server.conf');
    writeFileSync(config, natsConfig({ operator: this.operator, port: this.port, storeDir: join(this.dir, 'js'), portsDir: this.dir }));
    const child = spawn(process.env['TEST_NATS_BIN'] ?? 'nats-server', ['-c', config], { env: { ...process.env, TZ: 'UTC' }, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000);
      if (existsSync(this.dir)) appendFileSync(this.logFile, chunk);
    });
    const failed = once(child, 'error').then(([error]) => Promise.reject(new Error('nats-server could not be started', { cause: error })));
    this.child = child;
    await Promise.race([failed, this.listening(child, () => said)]);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async kill9(): Promise<void> {
    await this.stop('SIGKILL');
    await this.start();
  }

  async deleteStore(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(join(this.dir, 'js'), { recursive: true, force: true });
    await this.start();
  }

  async snapshot(): Promise<void> {
    await this.stop();
    cpSync(join(this.dir, 'js'), join(this.dir, 'copy'), { recursive: true });
    await this.start();
  }

  async restore(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(join(this.dir, 'js'), { recursive: true, force: true });
    cpSync(join(this.dir, 'copy'), join(this.dir, 'js'), { recursive: true });
    await this.start();
  }

  async provision(): Promise<void> {
    const bus = await Bus.connect({ url: this.url, credsFile: this.credsFor(PROVISIONER), user: PROVISIONER });
    await until('the stream is there', () => createStream(bus.manager)); // its file is written first, and a disk may stand still for seconds
    await bus.close();
  }

  async close(): Promise<void> {
    await Promise.all(this.opened.map((bus) => bus.close()));
    await this.stop('SIGKILL');
    process.off('exit', this.endWithTest);
    rmSync(this.dir, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The first start takes any free port and reads from the ports file which; later ones ask for the same. */
  private async listening(child: ChildProcess, said: () => string): Promise<void> {
    const deadline = performance.now() + START_WITHIN_MS;
    while (performance.now() < deadline) {
      if (child.exitCode !== null) break;
      if (this.port === -1) this.port = this.portIn(`_${child.pid}.ports`) ?? -1;
      if (this.port !== -1 && (await accepts(this.port))) return;
      await sleep(10);
    }
    throw new Error(`nats-server does not listen: ${said()}`);
  }

  private portIn(suffix: string): number | undefined {
    const file = readdirSync(this.dir).find((name) => name.endsWith(suffix));
    const text = file === undefined ? '' : readFileSync(join(this.dir, file), 'utf8');
    const port = /nats:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1];
    return port === undefined ? undefined : Number(port);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (open: boolean) => (): void => {
      resolve(open);
      socket.destroy();
    };
    socket.once('data', answer(true)).once('error', answer(false)).once('close', answer(false));
  });
}
