import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { expect } from 'expect';
import { SandboxLaunchError, SandboxSpecError, UnsafePathError } from './errors.js';
import { startSandboxed } from './start.js';
import { aWorker, finish, testDirectory, testLimits, textOf, workerIdentity } from './testing.js';

describe('a worker in the strict sandbox', () => {
  it('does ordinary work: reads its input, writes its output, answers on stdout', async () => {
    using input = testDirectory();
    using output = testDirectory();
    const program = input.write('work.mjs', `
      import { readFileSync, writeFileSync, mkdirSync, renameSync, rmSync } from 'node:fs';
      import { createHash } from 'node:crypto';
      import { gunzipSync, gzipSync } from 'node:zlib';
      const text = readFileSync('data.txt', 'utf8');
      mkdirSync('/out/deep/er', { recursive: true });
      writeFileSync('/out/deep/er/a', gunzipSync(gzipSync(text)));
      renameSync('/out/deep/er/a', '/out/result');
      rmSync('/out/deep', { recursive: true });
      const wasm = await WebAssembly.instantiate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 5, 3, 1, 0, 1]));
      process.stdin.on('data', (line) => {
        console.log(JSON.stringify({ line: line.toString().trim(), wasm: typeof wasm, hash: createHash('sha256').update(text).digest('hex').length }));
        process.stdin.destroy();
      });
    `);
    input.write('data.txt', 'some data');
    const sandbox = await startSandboxed(aWorker('', {
      command: ['node', program],
      readOnly: [{ source: input.path }],
      readWrite: [{ source: output.path, target: '/out' }],
      cwd: input.path,
    }));
    sandbox.stdin.write('ping\n');
    const [said, exit] = await Promise.all([textOf(sandbox.stdout), sandbox.exited]);
    expect(JSON.parse(said)).toEqual({ line: 'ping', wasm: 'object', hash: 64 });
    expect(exit).toEqual({ code: 0, signal: null });
    expect(readFileSync(join(output.path, 'result'), 'utf8')).toBe('some data');
  });

  it('may use one thread beside its own', async () => {
    const { stdout } = await finish(aWorker(`new (require('node:worker_threads').Worker)('console.log("from a thread")', { eval: true })`));
    expect(stdout).toBe('from a thread\n');
  });

  it('sees its own environment and nothing of the supervisor\'s', async () => {
    process.env['CANARY_OF_THE_SUPERVISOR'] = 'secret';
    const { stdout } = await finish(aWorker('console.log(JSON.stringify(process.env))', { env: { TASK: '7' } }));
    delete process.env['CANARY_OF_THE_SUPERVISOR'];
    expect(JSON.parse(stdout)).toEqual({ PATH: '/usr/bin:/bin', HOME: '/tmp', TMPDIR: '/tmp', LANG: 'C.UTF-8', TASK: '7', NODE_OPTIONS: '--max-old-space-size=192' });
  });

  it('passes on exit codes and names the signal that ended it', async () => {
    expect((await finish(aWorker('process.exit(7)'))).exit).toEqual({ code: 7, signal: null });
    expect((await finish(aWorker('process.abort()'))).exit).toMatchObject({ code: expect.any(Number), signal: expect.stringMatching(/^SIG/) });
  });

  it('runs a program that is not Node', async () => {
    const { stdout, exit } = await finish(aWorker('', { command: ['/bin/sh', '-c', 'echo "$0 is $$"', 'shell'] }));
    expect({ stdout, exit }).toEqual({ stdout: 'shell is 1\n', exit: { code: 0, signal: null } });
  });

  it('does not hang the supervisor when it floods stdout', async () => {
    const sandbox = await startSandboxed(aWorker(`const chunk = Buffer.alloc(1 << 20, 'x'); for (;;) require('node:fs').writeSync(1, chunk)`));
    let bytes = 0;
    const flooded = new Promise<void>((resolve) => sandbox.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > 100 << 20) resolve();
    }));
    await flooded;
    sandbox.stdout.pause();
    await sandbox.kill();
    expect(await sandbox.exited).toEqual({ code: 137, signal: 'SIGKILL', reason: 'killed' });
  });

  it('is ended when nobody reads what it writes and its time is over', async () => {
    const sandbox = await startSandboxed(aWorker(`for (;;) require('node:fs').writeSync(1, Buffer.alloc(1 << 20))`, { limits: { ...testLimits, wallMs: 300 } }));
    expect(await sandbox.exited).toEqual({ code: 137, signal: 'SIGKILL', reason: 'wall' });
  });
});

describe('the limits of a worker', () => {
  it('end it when its wall time is over', async () => {
    const { exit } = await finish(aWorker('setInterval(() => {}, 1000)', { limits: { ...testLimits, wallMs: 300 } }));
    expect(exit).toEqual({ code: 137, signal: 'SIGKILL', reason: 'wall' });
  });

  it('end it when its processor time is over', async () => {
    const { exit } = await finish(aWorker('for (;;);', { limits: { ...testLimits, cpuSeconds: 1 } }));
    expect(exit).toEqual({ code: 137, signal: 'SIGKILL' });
  });

  it('end it when it takes more memory than it has', async () => {
    const script = 'const kept = []; setInterval(() => kept.push(Buffer.alloc(16 << 20, 1)), 1)';
    const { exit } = await finish(aWorker(script, { limits: { ...testLimits, memoryBytes: 128 << 20 } }));
    expect(exit).toEqual({ code: 137, signal: 'SIGKILL', reason: 'memory' });
  });

  it('stop it from filling the disk, its descriptors and its private memory disk', async () => {
    const script = `
      const fs = require('node:fs');
      const fail = (attempt) => { try { attempt(); return 'open'; } catch (error) { return error.code; } };
      const bigFile = fail(() => { for (;;) fs.appendFileSync('/out/big', Buffer.alloc(1 << 20)); });
      const tmp = fail(() => { for (let n = 0; ; n++) fs.writeFileSync('/tmp/' + n, Buffer.alloc(1 << 20)); });
      const files = fail(() => { for (;;) fs.openSync('/dev/null'); });
      require('node:fs').writeSync(1, JSON.stringify({ bigFile, tmp, files }));`;
    using output = testDirectory();
    const { stdout } = await finish(aWorker(script, { readWrite: [{ source: output.path, target: '/out' }], limits: { ...testLimits, fileBytes: 4 << 20 } }));
    expect(JSON.parse(stdout)).toEqual({ bigFile: 'EFBIG', tmp: 'ENOSPC', files: 'EMFILE' });
  });

  it('end it when all that it has written together is more than it may, in many files or in very many empty ones', async () => {
    for (const [level, bytes] of [[3, 1 << 20], [3, 0], [0, 1 << 20]] as const) {
      using output = testDirectory();
      const script = `let n = 0; setInterval(() => { for (let i = 0; i < 200; i++) require('node:fs').writeFileSync(String(n++ % 20_000), Buffer.alloc(${bytes === 0 ? '0' : `i % 100 ? 0 : ${bytes}`})); }, 1);`;
      const { exit } = await finish(aWorker(script, { level, readWrite: [{ source: output.path, target: '/out' }], cwd: '/out', limits: { ...testLimits, diskBytes: 8 << 20 } }));
      expect([level, bytes, exit.reason]).toEqual([level, bytes, 'disk']);
    }
  });

  it('end it when it goes deeper than anybody can look, and disturb nobody by it', async () => {
    using output = testDirectory();
    const { exit } = await finish(aWorker(`const name = 'd'.repeat(200); for (let n = 0; n < 30; n++) { require('node:fs').mkdirSync(name); process.chdir(name); } setInterval(() => undefined, 1_000);`, { readWrite: [{ source: output.path, target: '/out' }], cwd: '/out' }));
    expect(exit.reason).toBe('disk');
  });

  it('stop it from starting processes without end', async () => {
    const script = 'exec 3<&0; while :; do (read line <&3) & echo started; done';
    const { stdout, stderr, exit } = await finish(aWorker('', {
      command: ['sh', '-c', script],
      syscalls: ['@runtime', '@processes'],
      limits: { ...testLimits, processes: 16 },
    }));
    expect(stdout.split('started').length).toBeLessThan(16);
    expect(stderr).toContain('fork');
    expect(exit).toEqual({ code: 2, signal: null });
  });
});

describe('a sandbox that cannot be built', () => {
  const refused = (changes: Parameters<typeof aWorker>[1]) => startSandboxed(aWorker('', changes));

  it('is refused with the reason: bad paths, limits, commands', async () => {
    await expect(refused({ readOnly: [{ source: '/no/such/place' }] })).rejects.toThrow(UnsafePathError);
    await expect(refused({ limits: { ...testLimits, processes: 2 } })).rejects.toThrow('processes');
    await expect(refused({ limits: { ...testLimits, wallMs: 0 } })).rejects.toThrow('wallMs');
    await expect(refused({ limits: { ...testLimits, wallMs: 2 ** 40 } })).rejects.toThrow('wallMs');
    await expect(refused({ command: ['no-such-program'] })).rejects.toThrow('no program no-such-program');
    await expect(refused({ command: [] })).rejects.toThrow(SandboxSpecError);
    await expect(refused({ cwd: 'relative' })).rejects.toThrow('absolute');
    await expect(refused({ env: { HUGE: 'x'.repeat(200_000) } })).rejects.toThrow('too long');
  });

  it('says what the launcher met', async () => {
    await expect(refused({ cwd: '/not/inside' })).rejects.toThrow(SandboxLaunchError);
    await expect(refused({ cwd: '/not/inside' })).rejects.toThrow(/ENOENT.*not\/inside/);
  });

  it('is never run as root, nor as somebody a plain user cannot become', async () => {
    const another = process.getuid?.() === 0 ? { uid: 0, gid: 0 } : { uid: 1, gid: 1 };
    await expect(refused(another)).rejects.toThrow(/never root|only root/);
    if (workerIdentity.uid === undefined) return;
    const { uid: _uid, gid: _gid, ...nobody } = aWorker('');
    await expect(startSandboxed(nobody)).rejects.toThrow('must name the uid');
  });
});
