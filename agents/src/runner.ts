/**
 * The worker process: `node runner.js <plugin.js>`. It speaks the worker protocol on stdin and stdout and logs JSON lines to stderr.
 *
 * Made for a sandbox: it opens no socket, starts no process, and reads nothing but its own code and what a task names.
 */
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import type { LogParams } from '@countersign/contracts/worker';
import type { WorkerPlugin } from './plugin.js';
import { Peer } from './runner/peer.js';
import { Session } from './runner/session.js';

const EXIT_USAGE = 2;
const EXIT_CRASHED = 70;

const writeOut = process.stdout.write.bind(process.stdout);
// A stray print of a plugin must not look like a message.
process.stdout.write = process.stderr.write.bind(process.stderr);

function log(level: LogParams['level'], message: string, fields: Record<string, unknown> = {}): void {
  process.stderr.write(`${JSON.stringify({ level, time: new Date().toISOString(), msg: message, ...fields })}\n`);
}

async function loadPlugin(path: string): Promise<WorkerPlugin> {
  const module = (await import(pathToFileURL(resolve(path)).href)) as Partial<WorkerPlugin> & { default?: Partial<WorkerPlugin> };
  const plugin = module.default ?? module;
  if (typeof plugin.onTask !== 'function') throw new Error('the plugin exports no onTask');
  return plugin as WorkerPlugin;
}

/** Exits after everything written so far has left the process. */
function exitSoon(code: number): void {
  setImmediate(() => writeOut('', () => process.exit(code)));
}

function main(pluginPath: string): void {
  const peer: Peer = new Peer(
    (line) => void writeOut(line),
    (method, params) => session.handle(method, params),
    (message) => log('warn', message),
  );
  const session: Session = new Session({
    loadPlugin: () => loadPlugin(pluginPath),
    calls: peer,
    notify: (method, params) => peer.notify(method, params),
    log,
    exit: exitSoon,
  });
  const crash = (error: unknown): void => {
    log('error', `crashed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    process.exit(EXIT_CRASHED);
  };
  const leave = (): void => {
    log('info', 'the host closed the connection');
    peer.close();
    session.end().then(() => exitSoon(0), crash);
  };
  process.stdin.on('data', (chunk: Buffer) => peer.receive(chunk));
  process.stdin.on('end', leave);
  process.stdout.on('error', crash);
  // A crash is no answer: the host learns it from the exit code, never from a task that looks cancelled.
  process.on('uncaughtException', crash);
}

const pluginPath = process.argv[2];
if (pluginPath === undefined) {
  log('error', 'usage: node runner.js <plugin.js>');
  process.exit(EXIT_USAGE);
} else {
  main(pluginPath);
}
