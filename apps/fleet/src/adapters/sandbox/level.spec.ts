import { execFile } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { expect } from 'expect';
import { establishLevel } from './level.js';
import { findProgram } from './libraries.js';
import { testDirectory, workerIdentity } from './testing.js';
import type { SandboxReport } from './types.js';

const run = promisify(execFile);
const WALLS_ALONE = { fs: true, syscalls: true, noExec: true, noFork: true, netOff: true, observe: true, mem: 'rlimit', pids: 'none' };


/** The self-test in a process whose surroundings differ. */
async function establishWith(env: Record<string, string>): Promise<SandboxReport> {
  const module = new URL('./level.js', import.meta.url).href;
  // what watches a sandbox keeps no process alive: a fleet lives by itself, and so does this one until it knows
  const script = `import { establishLevel } from ${JSON.stringify(module)}; const alive = setInterval(() => undefined, 1000); console.log(JSON.stringify(await establishLevel(${JSON.stringify(workerIdentity)}))); clearInterval(alive)`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { env, timeout: 60_000 });
  return JSON.parse(stdout) as SandboxReport;
}

describe('the self-test of the sandbox', () => {
  it('establishes level 3 by trying to get out, and says what it saw', async () => {
    const report = await establishLevel(workerIdentity);
    expect(report.reason).toBeUndefined();
    expect(report).toMatchObject({
      level: 3,
      product: 'strict',
      guarantees: { fs: true, syscalls: true, noExec: true, noFork: true, netOff: true, observe: true, mem: 'rlimit', pids: 'rlimit' },
    });
    expect(report.evidence).toEqual(expect.arrayContaining([
      'worker: read a canary outside: ENOENT',
      'worker: exec: EPERM',
      'worker: refusals reported: all',
      'checks: read a canary outside: ENOENT',
      'checks: connect outside: ENETUNREACH',
    ]));
  });

  it('claims the level without namespaces where bubblewrap is missing, and says why no more', async () => {
    using programs = testDirectory();
    for (const name of ['sh', 'env']) symlinkSync(findProgram(name)!, join(programs.path, name));
    const report = await establishWith({ PATH: programs.path });
    expect(report).toMatchObject({ level: 2, product: 'process', guarantees: WALLS_ALONE, reason: 'bubblewrap (bwrap) is not installed' });
  });

  it('tries no more than was asked for, and trusts it no more', async () => {
    const report = await establishLevel({ ...workerIdentity, product: 'process' });
    expect(report.reason).toBeUndefined();
    expect(report).toMatchObject({ level: 2, product: 'process', guarantees: WALLS_ALONE });
    expect(report.evidence).toEqual(expect.arrayContaining([
      'worker: read a canary outside: EACCES',
      'worker: read the supervisor\'s memory: EACCES',
      'checks: send the supervisor a signal: EPERM',
      'checks: connect outside: EPERM',
    ]));
  });

  it('claims nothing when it is switched off, or where nothing at all can be had', async () => {
    const nothing = { level: 0, product: 'none', guarantees: { fs: false, syscalls: false, noExec: false, noFork: false, netOff: false, observe: false, mem: 'none', pids: 'none' }, evidence: [] };
    expect(await establishLevel({ product: 'none' })).toEqual({ ...nothing, reason: 'switched off by configuration' });
    expect(await establishWith({ PATH: '/nonexistent' })).toEqual({ ...nothing, reason: expect.stringMatching(/^bubblewrap .* is not installed; no program .* on this machine$/) });
  });

  it('claims nothing when a worker would be root', async () => {
    expect(await establishLevel({ uid: 0, gid: 0 })).toMatchObject({ level: 0, reason: expect.stringMatching(/never root|only root/) });
  });
});
