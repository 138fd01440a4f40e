import { spawn } from 'node:child_process';
import { SetupError } from './report.mjs';

const TAIL_LINES = 40;
const PARENT_POLL_MS = 500;

/** Runs a command quietly. Rejects with the last lines of its output when it fails. */
export function quietly(command, args, { cwd, env, hint } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] });
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

/** Only a parent that is known to live as long as its child is watched: npm, or this set-up under an older Node. */
function watchParent(onOrphaned) {
  if (!process.env.npm_lifecycle_event && !process.env.COUNTERSIGN_PARENT) return undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) onOrphaned();
  }, PARENT_POLL_MS);
  timer.unref();
  return timer;
}
