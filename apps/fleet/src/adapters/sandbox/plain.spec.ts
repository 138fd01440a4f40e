import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { expect } from 'expect';
import { startSandboxed } from './start.js';
import { aWorker, finish, ordinaryWork, testDirectory, testLimits } from './testing.js';

describe('a worker at level 0', () => {
  it('works as in the strict sandbox, paths included, with a scrubbed environment', async () => {
    process.env['CANARY_OF_THE_SUPERVISOR'] = 'secret';
    const work = await ordinaryWork(0);
    delete process.env['CANARY_OF_THE_SUPERVISOR'];
    expect(work).toEqual({ stderr: '', exit: { code: 0, signal: null }, environment: ['HOME', 'LANG', 'NODE_OPTIONS', 'PATH', 'TMPDIR'], result: 'some data' });
  });

  it('is kept by Node itself from reading, writing and starting what it was not given', async () => {
    using elsewhere = testDirectory();
    const secret = elsewhere.write('secret', 'secret');
    const script = `
      const fail = (attempt) => { try { attempt(); return 'open'; } catch (error) { return error.code; } };
      const fs = require('node:fs');
      console.log([fail(() => fs.readFileSync('${secret}')), fail(() => fs.writeFileSync('${elsewhere.path}/new', 'x')), fail(() => require('node:child_process').spawnSync('true'))].join());`;
    const { stdout } = await finish(aWorker(script, { level: 0, cwd: elsewhere.path }));
    expect(stdout).toBe('ERR_ACCESS_DENIED,ERR_ACCESS_DENIED,ERR_ACCESS_DENIED\n');
    expect(existsSync(join(elsewhere.path, 'new'))).toBe(false);
  });

  it('is ended with its group by the wall clock, and says so', async () => {
    const { exit } = await finish(aWorker('', { level: 0, profile: 'checks', command: ['sh', '-c', 'sleep 100 & sleep 100'], limits: { ...testLimits, wallMs: 300 } }));
    expect(exit).toEqual({ code: null, signal: 'SIGKILL', reason: 'wall' });
  });

  it('reports a program that does not start', async () => {
    await expect(startSandboxed(aWorker('', { level: 0, command: ['no-such-program'] }))).rejects.toThrow('no program no-such-program');
    await expect(startSandboxed(aWorker('', { level: 0, cwd: '/no/such/place' }))).rejects.toThrow('does not start');
  });
});
