import { spawn } from 'node:child_process';
import { SetupError } from './report.mjs';

const TAIL_LINES = 40;
const PARENT_POLL_MS = 500;

/** Runs a command quietly. Rejects with the last lines of its output when it fails. */
export function quietly(command, args, { cwd, env, hint, uid, gid, input } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: env ?? process.env, uid, gid, stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => undefined).end(input ?? ''); // a command that reads nothing may close its end first
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => reject(new SetupError(`${command} could not be started: ${error.message}`, { hint })));
    child.on('close', (code, signal) => {
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
