/** A supervisor of its own process, to be killed: starts one worker and one family of checks, prints their host pids, waits. */
import { readFileSync, readdirSync } from 'node:fs';
import { startSandboxed } from './start.js';
import { aWorker } from './testing.js';

/** Every process below this one, by parent: /proc/pid/stat, fourth field. */
function descendants(): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch (error) {
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  const below = (pid: number): boolean => pid === process.pid || (parents.has(pid) && below(parents.get(pid) as number));
  return [...parents.keys()].filter((pid) => pid !== process.pid && below(pid));
}

const level = process.argv[2] === '0' ? 0 : 3;
const idle = 'process.stdout.write("up\\n"); process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)';
// Children that left their group and their parent, deaf to signals: only the end of the namespace reaches them.
const family = `
  const { spawn } = require('node:child_process');
  for (let n = 0; n < 3; n++) spawn('node', ['-e', ${JSON.stringify(idle.replace('process.stdout.write("up\\n"); ', ''))}], { detached: true, stdio: 'ignore' }).unref();
  ${idle}`;

const sandboxes = await Promise.all([
  startSandboxed(aWorker(idle, { level })),
  ...(level === 3 ? [startSandboxed(aWorker(family, { profile: 'checks', syscalls: ['@checks'] }))] : []),
]);
await Promise.all(sandboxes.map((sandbox) => new Promise((resolve) => sandbox.stdout.once('data', resolve))));
process.stdout.write(`${JSON.stringify({ pids: descendants() })}\n`);
process.stdin.once('data', () => {
  void Promise.all(sandboxes.map((sandbox) => sandbox.kill())).then(() => process.stdout.write('{"killed":true}\n'));
});
