import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, markIn, markOf } from './process-lock.mjs';
import { SetupError } from './report.mjs';

const TAIL_LINES = 40;
const PARENT_POLL_MS = 500;
const END_POLL_MS = 50;

let track;

/**
 * From now on every quiet command runs in a group of its own, is ended with us, and is written down at `path`: an `npm ci`
 * that outlived a killed set-up would tear down what the next one builds. Resolves, after ending such a left-over, with
 * the function that stops the tracking.
 */
export async function trackCommands(path) {
  const left = existsSync(path) ? markIn(readFileSync(path, 'utf8')) : undefined;
  if (isRunning(left)) {
    endGroup(left.pid);
    while (isRunning(left)) await sleep(END_POLL_MS);
  }
  track = { path, pid: undefined };
  const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
  const handlers = Object.entries(signals).map(([signal, code]) => [signal, () => { endGroup(track?.pid); process.exit(code); }]);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
    rmSync(path, { force: true });
    track = undefined;
  };
}

function noteStart(child) {
  if (!track || child.pid === undefined) return;
  track.pid = child.pid;
  const next = `${track.path}.next`;
  writeFileSync(next, JSON.stringify(markOf(child.pid)));
  renameSync(next, track.path);
}

function endGroup(pid) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Runs a command quietly. Rejects with the last lines of its output when it fails. */
export function quietly(command, args, { cwd, env, hint, uid, gid, input } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: env ?? process.env, uid, gid, detached: track !== undefined, stdio: ['pipe', 'pipe', 'pipe'] });
    noteStart(child);
    child.stdin.on('error', () => undefined).end(input ?? ''); // a command that reads nothing may close its end first
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => reject(new SetupError(`${command} could not be started: ${error.message}`, { hint })));
    child.on('close', (code, signal) => {
      if (track?.pid === child.pid) track.pid = undefined;
      const output = Buffer.concat(chunks).toString('utf8');
      if (code === 0) return resolve(output);
      const log = output.split('\n').slice(-TAIL_LINES).join('\n');
      reject(new SetupError(`\`${[command.split('/').pop(), ...args].join(' ')}\` ended with ${signal ?? `exit code ${code}`}`, { hint, log }));
    });
  });
}

/**
 * Hands the terminal to a program and resolves with the exit code to pass on.
 * Ctrl-C reaches the program from the terminal itself, other signals are passed on; and when whoever started us is
 * killed, the program is asked to end, so that `kill -9` of the launcher leaves nothing behind.
 */
export function handOver(command, args, { env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env: { ...env, COUNTERSIGN_PARENT: String(process.pid) } });
    const passOn = (signal) => child.kill(signal);
    const stay = () => undefined;
    process.on('SIGINT', stay).on('SIGTERM', passOn).on('SIGHUP', passOn);
    const watch = watchParent(() => child.kill('SIGTERM'));
    child.on('error', (error) => reject(new SetupError(`${command} could not be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      clearInterval(watch);
      process.off('SIGINT', stay).off('SIGTERM', passOn).off('SIGHUP', passOn);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}

/**
 * Calls back once when the parent is gone. Only a parent that is known to outlive its child is watched: npm, or a program
 * that handed over to this one.
 */
export function watchParent(onOrphaned) {
  const parent = process.ppid;
  const { npm_lifecycle_event: underNpm, COUNTERSIGN_PARENT: handedOverBy } = process.env;
  if (handedOverBy ? handedOverBy !== String(parent) : !underNpm) return undefined;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onOrphaned();
  }, PARENT_POLL_MS);
  timer.unref();
  return timer;
}
