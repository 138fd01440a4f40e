import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { explain, say, SetupError } from '../../../../scripts/lib/report.mjs';
import { watchParent } from '../../../../scripts/lib/run.mjs';
import { homeOf, makeHome, type Home } from '../stack/home.js';
import { enterNamespace } from '../stack/namespace.js';
import { runningStack, type StackRecord } from '../stack/record.js';
import { summaryOf } from '../stack/summary.js';
import { header, startedFace } from '../ui/start-face.js';
import { EXIT, integerFlag, type Call, type Command } from './command.js';
import { readSandbox, SANDBOX_OPTION, SANDBOX_USAGE, warnOfSandbox } from './sandbox-flag.js';

const BASE_PORT = 4400;
const POLL_MS = 50;

export const up: Command = {
  usage: `[--detach] [--port N] ${SANDBOX_USAGE}`,
  summary: 'start the local stack',
  options: { detach: { type: 'boolean' }, port: { type: 'string' }, ...SANDBOX_OPTION },
  async run(call) {
    const home = homeOf(call.global.home);
    return call.flags.detach === true ? detach(home, call) : inForeground(home, call);
  },
};

async function inForeground(home: Home, call: Call): Promise<number> {
  const sandbox = readSandbox(call);
  const entered = await enterNamespace(home, call.args);
  if (entered.done) return entered.exitCode;
  header();
  warnOfSandbox(sandbox);
  // Loaded here: the process that only enters the namespace does without.
  const { Stack } = await import('../stack/stack.js');
  const stack = await Stack.start({ home, mode: entered.mode, port: integerFlag(call, 'port', { min: 0, max: 65535 }) ?? BASE_PORT, env: process.env, sandbox });
  startedFace(stack.record());
  if (call.global.json) console.log(JSON.stringify(summaryOf(stack.record())));
  await untilAskedToEnd();
  say('\n  ending …');
  await stack.stop();
  return EXIT.done;
}

/** Resolves on Ctrl-C, on a signal, and when the program that this one was handed over by is gone. A second Ctrl-C ends at once. */
export function untilAskedToEnd(): Promise<void> {
  return new Promise((resolve) => {
    const once = (): void => {
      process.once('SIGINT', () => process.exit(130));
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, once);
    watchParent(once);
  });
}

/** Starts the stack as a process of its own and resolves when it says that it is ready. */
async function detach(home: Home, call: Call): Promise<number> {
  readSandbox(call); // a wrong word is said here, not in a log
  const running = runningStack(home);
  if (running) throw new SetupError(`a stack is already running on ${home.shown} (${running.url})`, { hint: 'use it, or end it with `countersign down`' });
  makeHome(home);
  const launch = randomUUID();
  const logPath = join(home.logs, 'stack.log');
  const log = openSync(logPath, 'w', 0o600);
  const { COUNTERSIGN_PARENT: _parent, npm_lifecycle_event: _npm, ...env } = process.env;
  const args = call.args.filter((arg) => arg !== '--detach' && arg !== '--json');
  const child = spawn(process.execPath, [process.argv[1] ?? '', ...args], { detached: true, stdio: ['ignore', log, log], env: { ...env, COUNTERSIGN_LAUNCH: launch } });
  closeSync(log);
  const record = await untilReady(home, launch, () => child.exitCode === null && child.signalCode === null);
  child.unref();
  if (record === undefined) {
    explain(new SetupError('the stack did not come up', { log: readFileSync(logPath, 'utf8') }));
    return EXIT.failed;
  }
  if (call.global.json) console.log(JSON.stringify(summaryOf(record)));
  else startedFace(record);
  return EXIT.done;
}

/** The record of the stack with this launch once it is ready; undefined when it ended before. */
async function untilReady(home: Home, launch: string, isAlive: () => boolean): Promise<StackRecord | undefined> {
  while (isAlive()) {
    const record = runningStack(home);
    if (record?.launch === launch && record.state === 'ready') return record;
    await sleep(POLL_MS);
  }
  return undefined;
}
