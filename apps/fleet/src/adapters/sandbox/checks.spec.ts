import { once } from 'node:events';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { expect } from 'expect';
import { aWorker, finish, testDirectory, testLimits } from './testing.js';
import type { Finished, TestDirectory } from './testing.js';
import type { SandboxSpec } from './types.js';

/** The dependencies of this repository stand in for those of any other. */
const packages = dirname(dirname(realpathSync(createRequire(import.meta.url).resolve('vitest/package.json'))));

/** Runs a command in a repository the way the fleet does: its tree writable, its dependencies not. */
function check(repository: TestDirectory, command: readonly string[], changes: Partial<SandboxSpec> = {}): Promise<Finished> {
  return finish(aWorker('', {
    command,
    profile: 'checks',
    syscalls: ['@checks'],
    readOnly: [{ source: packages, target: '/repo/node_modules', scratch: true }],
    readWrite: [{ source: repository.path, target: '/repo' }],
    tmpfsBytes: 64 << 20,
    cwd: '/repo',
    limits: { ...testLimits, memoryBytes: 1 << 30, processes: 128, wallMs: 240_000 },
    ...changes,
  }));
}

describe('a repository\'s own tests in the profile checks', () => {
  it('run with node:test: servers on localhost, shells, child processes, threads', async () => {
    using repository = testDirectory();
    repository.write('package.json', '{"type":"module"}');
    repository.write('a.test.js', `
      import { test } from 'node:test';
      import assert from 'node:assert';
      import { createServer } from 'node:http';
      import { createSocket } from 'node:dgram';
      import { once } from 'node:events';
      import { execSync, fork, spawn } from 'node:child_process';
      import { lstatSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
      import { userInfo } from 'node:os';
      import { Worker } from 'node:worker_threads';
      test('serves on localhost', async () => {
        const server = createServer((request, response) => response.end('ok')).listen(0);
        await once(server, 'listening');
        assert.equal(await (await fetch('http://localhost:' + server.address().port)).text(), 'ok');
        server.close();
      });
      test('sends datagrams to itself', async () => {
        const socket = createSocket('udp4').bind(0, '127.0.0.1');
        await once(socket, 'listening');
        socket.send('ping', socket.address().port, '127.0.0.1');
        assert.equal(String((await once(socket, 'message'))[0]), 'ping');
        socket.close();
      });
      test('runs a shell', () => assert.equal(execSync('echo "$HOME" | node -e "process.stdin.pipe(process.stdout)"').toString(), '/tmp\\n'));
      test('forks with a channel', async () => {
        const child = fork('./child.js');
        assert.deepEqual((await once(child, 'message'))[0], { hello: true });
      });
      test('ends a child', async () => {
        const child = spawn('node', ['-e', 'setInterval(() => {}, 1000)']);
        await once(child, 'spawn');
        child.kill('SIGKILL');
        assert.equal((await once(child, 'exit'))[1], 'SIGKILL');
      });
      test('starts a thread', async () => {
        assert.equal((await once(new Worker('require("node:worker_threads").parentPort.postMessage(1)', { eval: true }), 'message'))[0], 1);
      });
      test('links in a temporary directory', () => {
        const directory = mkdtempSync('/tmp/test-');
        writeFileSync(directory + '/a', 'x');
        symlinkSync('a', directory + '/b');
        assert.ok(lstatSync(directory + '/b').isSymbolicLink());
      });
      test('has a name', () => assert.equal(userInfo().username, 'agent'));
      test('writes into its own tree', () => writeFileSync('written', readFileSync('package.json')));
    `);
    repository.write('child.js', 'process.send({ hello: true }); process.disconnect();');
    const { exit, stdout, stderr } = await check(repository, ['node', '--test', '--test-reporter=tap']);
    expect({ stdout, stderr, exit }).toMatchObject({ stdout: expect.stringContaining('# pass 9'), exit: { code: 0 } });
    expect(readdirSync(repository.path)).toContain('written');
  });

  it('run with jest and two workers', async () => {
    using repository = testDirectory();
    repository.write('package.json', '{"jest":{"testRegex":"\\\\.spec\\\\.js$"}}');
    for (const name of ['one', 'two']) {
      repository.write(`${name}.spec.js`, `
        test('${name}', () => {
          // Meets the other: both run only if there are two workers.
          const fs = require('node:fs');
          fs.writeFileSync(__dirname + '/${name}.met', String(process.pid));
          const other = __dirname + '/${name === 'one' ? 'two' : 'one'}.met';
          const deadline = Date.now() + 90000;
          while (!fs.existsSync(other) && Date.now() < deadline) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
          expect(Number(fs.readFileSync(other))).not.toBe(process.pid);
        }, 120000);`);
    }
    const { exit, stderr } = await check(repository, ['node_modules/.bin/jest', '--maxWorkers=2']);
    expect({ stderr, exit }).toMatchObject({ stderr: expect.stringContaining('Tests:       2 passed, 2 total'), exit: { code: 0 } });
  });

  it('run with vitest, its settings in TypeScript', async () => {
    using repository = testDirectory();
    repository.write('package.json', '{"type":"module"}');
    repository.write('vitest.config.ts', `import { defineConfig } from 'vitest/config';\nexport default defineConfig({ test: { name: 'configured' as string } });`);
    repository.write('src/add.ts', 'export const add = (a: number, b: number): number => a + b;');
    repository.write('src/add.test.ts', `import { expect, test } from 'vitest';\nimport { add } from './add';\ntest('adds', () => expect(add(1, 2)).toBe(3));`);
    const { exit, stdout, stderr } = await check(repository, ['node_modules/.bin/vitest', 'run'], { env: { NO_COLOR: '1' } });
    expect({ stdout, stderr, exit }).toMatchObject({ stdout: expect.stringMatching(/configured[^]*Tests {2}1 passed/), exit: { code: 0 } });
  });

  it('reach neither the network nor the host, and leave nothing outside their tree', async (test) => {
    using repository = testDirectory();
    using elsewhere = testDirectory();
    const server = createServer().listen(0, '127.0.0.1');
    test.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    repository.write('hostile.cjs', `
      const fs = require('node:fs');
      const { connect } = require('node:net');
      const { execSync } = require('node:child_process');
      const fail = (attempt) => { try { attempt(); return 'open'; } catch (error) { return error.code ?? String(error.status); } };
      const met = (port, host) => new Promise((resolve) => connect(port, host, () => resolve('open')).on('error', ({ code }) => resolve(code)));
      (async () => console.log(JSON.stringify({
        outside: await met(443, '1.1.1.1'),
        host: await met(${port}, '127.0.0.1'),
        name: await met(443, 'example.com'),
        write: fail(() => fs.writeFileSync('${elsewhere.path}/new', 'x')),
        dependency: fail(() => fs.writeFileSync('/repo/node_modules/vitest/package.json', 'x')),
        newInDependency: fail(() => fs.writeFileSync('/repo/node_modules/vitest/new', 'x')),
        replace: fail(() => fs.unlinkSync('/repo/node_modules/.bin/vitest')),
        mode: fail(() => fs.chmodSync('/repo/node_modules/vitest/package.json', 0o777)),
        fromAShell: fail(() => execSync('echo x > ${elsewhere.path}/new', { stdio: 'ignore' })),
      })))();`);
    const { stdout, stderr } = await check(repository, ['node', 'hostile.cjs']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      outside: 'ENETUNREACH', host: 'ECONNREFUSED', name: expect.stringMatching(/^E(AI_AGAIN|NOTFOUND)$/), write: 'ENOENT',
      dependency: 'EROFS', newInDependency: 'EROFS', replace: 'EROFS', mode: 'EROFS', fromAShell: '2',
    });
    expect(readdirSync(elsewhere.path)).toEqual([]);
    expect(existsSync(join(packages, 'vitest', 'new'))).toBe(false);
  });

  it('may keep caches beside their dependencies, which are gone afterwards', async () => {
    using repository = testDirectory();
    repository.write('cache.cjs', `
      const fs = require('node:fs');
      fs.mkdirSync('/repo/node_modules/.cache/tool', { recursive: true });
      fs.writeFileSync('/repo/node_modules/.cache/tool/a', 'x');
      console.log(fs.existsSync('/repo/node_modules/@types/node/package.json'), require.resolve('vitest/package.json').includes('node_modules/vitest'));`);
    const { stdout, stderr } = await check(repository, ['node', 'cache.cjs']);
    expect({ stdout, stderr }).toEqual({ stdout: 'true true\n', stderr: '' });
    expect(readdirSync(join(repository.path, 'node_modules'))).toEqual([]);
    expect(existsSync(join(packages, '.cache', 'tool'))).toBe(false);
  });

  it('are held to their memory all together, not one by one', async () => {
    using repository = testDirectory();
    repository.write('eat.cjs', `
      const { fork } = require('node:child_process');
      if (process.argv[2] !== 'child') for (let n = 0; n < 4; n++) fork(__filename, ['child']);
      else globalThis.kept = Buffer.alloc(96 << 20, 1);
      setInterval(() => {}, 1000);`);
    const { exit } = await check(repository, ['node', 'eat.cjs'], { limits: { ...testLimits, memoryBytes: 256 << 20 } });
    expect(exit).toEqual({ code: 137, signal: 'SIGKILL', reason: 'memory' });
  });
});
