import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { expect } from 'expect';
import { processIsAlive } from './process-group.js';
import { startSandboxed } from './start.js';
import { aWorker, finish, ordinaryWork, testDirectory, testLimits } from './testing.js';

describe('a worker at level 2', () => {
  it('works as in the strict sandbox, on the paths of the machine, with a scrubbed environment', async () => {
    process.env['CANARY_OF_THE_SUPERVISOR'] = 'secret';
    const work = await ordinaryWork(2);
    delete process.env['CANARY_OF_THE_SUPERVISOR'];
    expect(work).toEqual({ stderr: '', exit: { code: 0, signal: null }, environment: ['HOME', 'LANG', 'NODE_OPTIONS', 'OPENSSL_CONF', 'PATH', 'TMPDIR'], result: 'some data' });
  });

  it('finds the packages that are laid into its directory, and may make new ones beside them', async () => {
    using packages = testDirectory();
    using work = testDirectory();
    packages.write('one/index.js', 'module.exports = 1;');
    packages.write('@some/two/index.js', 'module.exports = 2;');
    const script = `const { mkdirSync, writeFileSync } = require('node:fs');
      mkdirSync('node_modules/.cache'); mkdirSync('node_modules/@some/three'); writeFileSync('node_modules/@some/three/index.js', 'module.exports = 3');
      let changed = 'open'; try { writeFileSync('node_modules/one/index.js', 'x'); } catch (error) { changed = error.code; }
      console.log(require('one'), require('@some/two'), require('@some/three'), changed);`;
    work.write('main.cjs', script);
    const { stdout, stderr } = await finish(aWorker('', {
      level: 2, profile: 'checks', syscalls: ['@checks'], command: ['node', 'main.cjs'], cwd: '/repository',
      readOnly: [{ source: packages.path, target: '/repository/node_modules', scratch: true }], readWrite: [{ source: work.path, target: '/repository' }],
    }));
    expect([stdout, stderr]).toEqual(['1 2 3 EACCES\n', '']);
    expect(readdirSync(join(packages.path, '@some'))).toEqual(['two']);
  });

  it('takes along whatever it started: no child can leave the group that is ended', async () => {
    const idle = 'setInterval(() => {}, 1000)';
    // Node asks for a session of its own for the second one, and goes on when it is refused.
    const script = `const { spawn } = require('node:child_process');
      const pids = [false, true].map((detached) => spawn('node', ['-e', ${JSON.stringify(idle)}], { detached, stdio: 'ignore' }).pid);
      console.log(JSON.stringify(pids)); ${idle}`;
    const sandbox = await startSandboxed(aWorker(script, { level: 2, profile: 'checks', syscalls: ['@checks'] }));
    const [said] = (await once(sandbox.stdout, 'data')) as [Buffer];
    const pids = JSON.parse(said.toString()) as number[];
    expect(pids.map(processIsAlive)).toEqual([true, true]);
    await sandbox.kill();
    expect(pids.map(processIsAlive)).toEqual([false, false]);
  });

  it('is ended by the wall clock and by its memory, and leaves nothing behind', async (t) => {
    using own = testDirectory(); // other files' sandboxes come and go in the common one
    const common = process.env['TMPDIR'];
    process.env['TMPDIR'] = own.path;
    t.after(() => {
      if (common === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = common;
    });
    expect((await finish(aWorker('setInterval(() => {}, 1000)', { level: 2, limits: { ...testLimits, wallMs: 300 } }))).exit).toEqual({ code: null, signal: 'SIGKILL', reason: 'wall' });
    const eats = `const kept = []; for (;;) kept.push(Buffer.alloc(16 << 20, 1));`;
    expect((await finish(aWorker(eats, { level: 2 }))).exit).toMatchObject({ signal: expect.stringMatching(/SIGKILL|SIGABRT|SIGTRAP/) });
    expect(readdirSync(own.path).filter((name) => !name.startsWith('sandbox-test'))).toEqual([]);
  });

  it('reports a program that does not start', async () => {
    await expect(startSandboxed(aWorker('', { level: 2, command: ['no-such-program'] }))).rejects.toThrow('no program no-such-program');
    await expect(startSandboxed(aWorker('', { level: 2, cwd: '/no/such/place' }))).rejects.toThrow('the sandbox ended before its command began');
  });
});
