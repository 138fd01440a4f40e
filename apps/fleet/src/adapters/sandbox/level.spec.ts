import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { expect } from 'expect';
import { establishLevel } from './level.js';
import { workerIdentity } from './testing.js';
import type { SandboxReport } from './types.js';

const run = promisify(execFile);

/** The self-test in a process whose surroundings differ. */
async function establishWith(env: Record<string, string>): Promise<SandboxReport> {
  const module = new URL('./level.js', import.meta.url).href;
  const script = `import { establishLevel } from ${JSON.stringify(module)}; console.log(JSON.stringify(await establishLevel(${JSON.stringify(workerIdentity)})))`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { env });
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

  it('claims nothing where bubblewrap is missing', async () => {
    const report = await establishWith({ PATH: '/nonexistent' });
    expect(report).toEqual({
      level: 0,
      product: 'none',
      guarantees: { fs: false, syscalls: false, noExec: false, noFork: false, netOff: false, observe: false, mem: 'none', pids: 'none' },
      evidence: [],
      reason: 'bubblewrap (bwrap) is not installed',
    });
  });

  it('claims nothing when it is switched off', async () => {
    expect(await establishLevel({ product: 'none' })).toMatchObject({ level: 0, product: 'none', reason: 'switched off by configuration' });
  });

  it('claims nothing when a worker would be root', async () => {
    expect(await establishLevel({ uid: 0, gid: 0 })).toMatchObject({ level: 0, reason: expect.stringMatching(/never root|only root/) });
  });
});
