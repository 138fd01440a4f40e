import { once } from 'node:events';
import { realpathSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { expect } from 'expect';
import type { AttemptOrders } from './attempts.fixture.mjs';
import { rawAttempts } from './attempts.js';
import type { RawAttempt } from './attempts.js';
import { syscallNumber } from './libseccomp.js';
import { nativeModule } from './mounts.js';
import { aWorker, finish, testDirectory, testLimits } from './testing.js';
import type { Finished, TestDirectory } from './testing.js';
import { placeInside } from './host-view.js';
import type { Bind, SandboxProfile } from './types.js';

/** What each attempt through Node may come to (alternatives with |); anything else is a hole. Two profiles, where they differ. */
const EXPECTED: Readonly<Record<string, string | Readonly<Record<SandboxProfile, string>>>> = {
  'read a secret by its absolute path': 'ENOENT',
  'read a secret by ../..': 'ENOENT',
  'read a secret through a link the host left': 'ENOENT',
  'make a link to a secret and follow it': { worker: 'EPERM', checks: 'ENOENT' },
  'make a hard link to a secret': { worker: 'EPERM', checks: 'ENOENT' },
  'read a secret through /proc/self/root': 'ENOENT',
  'read a secret through /proc/1/root': 'ENOENT',
  'read the supervisor\'s environment': 'ENOENT',
  'walk into the supervisor\'s directory': 'ENOENT',
  'read /etc/shadow': 'ENOENT',
  'read the launcher': 'EACCES',
  'list the root directory': 'EACCES',
  'list /usr/lib': { worker: 'ENOENT', checks: 'ENOENT' },
  'write beside the read-only input': 'EROFS',
  'change the read-only input': 'EROFS',
  'overwrite the interpreter': 'EROFS',
  'make a file in /': 'EROFS',
  'make a file in /dev': 'EROFS',
  'open the disk': 'ENOENT',
  'open /dev/mem': 'ENOENT',
  'open /dev/tty': 'ENOENT',
  'list /sys': 'ENOENT',
  'set the core pattern': 'EACCES',
  'press the sysrq key': 'EACCES|ENOENT',
  'escape the out-of-memory killer': 'EACCES',
  'write its own memory through /proc': 'EACCES',
  'write the memory of the first process': 'EACCES',
  'kill the supervisor': { worker: 'EPERM', checks: 'ESRCH' },
  'become root': 'EPERM',
  'start a shell': { worker: 'EPERM', checks: 'open' },
  'watch a directory': 'EPERM',
  'which capabilities': '0000000000000000',
  'which host name': 'agent',
  'which descriptors': '0,1,2',
  'connect to the host\'s loopback': { worker: 'EPERM', checks: 'ECONNREFUSED' },
  'connect to the internet': { worker: 'EPERM', checks: 'ENETUNREACH' },
  'connect to the cloud\'s metadata': { worker: 'EPERM', checks: 'ENETUNREACH' },
  'connect to a host socket in its own directory': 'EPERM',
  'connect to a host socket in the abstract namespace': 'EPERM',
  'listen on a socket file': 'EPERM',
  'listen on TCP': { worker: 'EPERM', checks: 'open' },
  'send a datagram to the internet': { worker: 'EPERM', checks: 'ENETUNREACH' },
};

/** What differs at level 2: walls that refuse instead of hiding, no network at all, and what it does not claim to hide. */
const WITHOUT_NAMESPACES: typeof EXPECTED = {
  ...Object.fromEntries(
    [
      'read a secret by its absolute path', 'read a secret by ../..', 'read a secret through a link the host left', 'read a secret through /proc/self/root', 'read a secret through /proc/1/root',
      'read the supervisor\'s environment', 'walk into the supervisor\'s directory', 'read /etc/shadow', 'list /usr/lib', 'list /sys', 'open /dev/tty',
      'write beside the read-only input', 'change the read-only input', 'overwrite the interpreter', 'make a file in /', 'make a file in /dev',
    ].map((title) => [title, 'EACCES']),
  ),
  'open the disk': 'EACCES|ENOENT', // not every machine calls it so
  'read the launcher': 'ENOENT',
  'make a link to a secret and follow it': { worker: 'EPERM', checks: 'EACCES' },
  'make a hard link to a secret': { worker: 'EPERM', checks: 'EXDEV' },
  'kill the supervisor': 'EPERM',
  'which host name': hostname(),
  'connect to the host\'s loopback': 'EPERM',
  'connect to the internet': 'EPERM',
  'connect to the cloud\'s metadata': 'EPERM',
  'listen on TCP': 'EPERM',
  'send a datagram to the internet': 'EPERM',
};

/** Runtimes, and in `checks` the programs of a shell, probe these; they are told the call does not exist, silently. */
const ABSENT: Readonly<Record<SandboxProfile, readonly string[]>> = { worker: ['clone3', 'io_uring_setup'], checks: ['clone3', 'io_uring_setup', 'setxattr', 'fsetxattr', 'lsetxattr'] };

function rawOrders(attempts: readonly RawAttempt[]): AttemptOrders['raw'] {
  return attempts.flatMap(({ title, syscall, args }) => {
    const nr = syscallNumber(syscall);
    return nr === undefined ? [] : [{ title, nr, args: (args ?? []).map(String) }];
  });
}

const profiles: readonly SandboxProfile[] = ['worker', 'checks'];
const levels = [3, 2] as const;
for (const [level, profile] of levels.flatMap((each) => profiles.map((other) => [each, other] as const))) {
  describe(`a hostile process at level ${level} in the profile ${profile}`, () => {
    const absent = ABSENT[profile].map((syscall): RawAttempt => ({ title: syscall, syscall }));
    const raw = rawAttempts(process.pid).filter(({ syscall, checksMay }) => profile === 'worker' || (checksMay !== true && !ABSENT.checks.includes(syscall)));
    const reached: string[] = [];
    let listeners: Server[];
    let host: TestDirectory;
    let result: Finished;
    let outcomes: Readonly<Record<string, string>>;

    before(async () => {
      host = testDirectory();
      const secret = host.write('secret/canary', 'secret');
      const rw = join(host.path, 'rw');
      host.write('rw/.keep', '');
      symlinkSync(secret, join(rw, 'planted'));
      const abstract = `countersign-test-${process.pid}-${level}-${profile}`;
      listeners = await Promise.all([listenOn({ port: 0, host: '127.0.0.1' }, reached), listenOn({ path: join(rw, 'host.sock') }, reached), listenOn({ path: `\0${abstract}` }, reached)]);
      const orders: AttemptOrders = {
        raw: rawOrders([...raw, ...absent]),
        secret,
        supervisor: process.pid,
        hostPort: (listeners[0]!.address() as AddressInfo).port,
        hostSocket: abstract,
      };
      host.write('orders/orders.json', JSON.stringify(orders));
      const binds = {
        orders: { source: join(host.path, 'orders'), target: '/attack' },
        native: { source: nativeModule(), target: '/native/koffi.node' },
        attempts: { source: realpathSync(fileURLToPath(new URL('./attempts.fixture.mjs', import.meta.url))), target: '/program/attempts.mjs' },
        own: { source: rw, target: '/rw' },
      };
      const seen = (bind: Required<Pick<Bind, 'source' | 'target'>>): string => placeInside(level, bind);
      result = await finish(aWorker('', {
        level,
        command: ['node', seen(binds.attempts), join(seen(binds.orders), 'orders.json'), seen(binds.native), seen(binds.own)],
        profile,
        syscalls: profile === 'worker' ? ['@runtime', '@fs-write'] : ['@checks'],
        readOnly: [binds.orders, binds.native, binds.attempts],
        readWrite: [binds.own],
        cwd: seen(binds.own),
        limits: { ...testLimits, openFiles: 256 },
      }));
      expect(result).toMatchObject({ stderr: '', exit: { code: 0 } });
      outcomes = JSON.parse(result.stdout) as Record<string, string>;
    });

    after(() => {
      for (const listener of listeners) listener.close();
      host[Symbol.dispose]();
    });

    it('makes at least forty attempts', () => {
      expect(Object.keys(outcomes).length).toBeGreaterThanOrEqual(profile === 'worker' ? 130 : 120);
    });

    for (const [title, outcome] of Object.entries({ ...EXPECTED, ...(level === 2 ? WITHOUT_NAMESPACES : {}) })) {
      const expected = typeof outcome === 'string' ? outcome : outcome[profile];
      it(`tries: ${title}; gets: ${expected}`, () => {
        expect(expected.split('|')).toContain(outcomes[title]);
      });
    }

    it('is refused every raw call of the table, and the supervisor hears each by name', () => {
      const made = raw.filter(({ title }) => title in outcomes);
      expect(made.filter(({ title }) => outcomes[title] !== 'EPERM').map(({ title }) => `${title}: ${outcomes[title]}`)).toEqual([]);
      const heard = new Set(result.denied.map(({ syscall }) => syscall));
      // Its signals are kept in by Landlock where it has no process numbers of its own: nobody hears of those.
      expect(made.filter(({ syscall }) => !heard.has(syscall) && !(level === 2 && syscall === 'tgkill')).map(({ syscall }) => syscall)).toEqual([]);
    });

    it('is told silently that calls runtimes probe do not exist', () => {
      expect(absent.map(({ title }) => [title, outcomes[title]])).toEqual(absent.map(({ title }) => [title, 'ENOSYS']));
      expect(result.denied.filter(({ syscall }) => absent.some((attempt) => attempt.syscall === syscall))).toEqual([]);
    });

    it(`is nobody in particular${level === 3 ? ' and sees no process but its own' : ''}`, () => {
      const uid = process.getuid?.() === 0 ? 1500 : process.getuid?.();
      expect(outcomes['which user']).toMatch(new RegExp(`^${uid}:(${uid}|65534|)`));
      if (level === 3) expect(Number(outcomes['which processes'])).toBeLessThanOrEqual(profile === 'worker' ? 1 : 2);
    });

    it('reaches no listener of the host', () => {
      expect(reached).toEqual([]);
    });
  });
}

async function listenOn(where: { port: number; host: string } | { path: string }, reached: string[]): Promise<Server> {
  const server = createServer((socket) => {
    reached.push(JSON.stringify(where));
    socket.destroy();
  });
  server.listen(where);
  await once(server, 'listening');
  return server;
}

// The x32 table exists on x86_64 only.
if (process.arch === 'x64') describe('a call through a foreign table', () => {
  it('kills the process', async () => {
    const script = `require('node:process'); const koffi = require('/koffi.node'); koffi.load(null).func('long syscall(long)')(0x40000027); console.log('alive')`;
    const { exit, stdout } = await finish(aWorker(script, { readOnly: [{ source: nativeModule(), target: '/koffi.node' }] }));
    expect({ exit, stdout }).toEqual({ exit: { code: 159, signal: 'SIGSYS' }, stdout: '' });
  });
});

describe('reports of refused calls', () => {
  const flood = `const fs = require('node:fs'); for (let n = 0; n < 5000; n++) { try { fs.symlinkSync('a', '/tmp/b'); } catch {} } console.log('done')`;

  it('are throttled: the first three, then powers of two', async () => {
    const { denied, stdout } = await finish(aWorker(flood));
    expect(stdout).toBe('done\n');
    expect(denied.map(({ count }) => count)).toEqual([1, 2, 3, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096]);
    expect(denied[0]).toMatchObject({ syscall: 'symlink', pid: expect.any(Number), args: expect.arrayContaining([expect.stringMatching(/^0x/)]) });
  });

  it('end a sandbox that makes too many', async () => {
    const { exit, stdout } = await finish(aWorker(flood, { maxDenials: 1000 }));
    expect({ exit, stdout }).toEqual({ exit: { code: 137, signal: 'SIGKILL', reason: 'denied-flood' }, stdout: '' });
  });

  it('go to the sandbox they belong to, many at once', async () => {
    const kinds = ['symlinkSync("a", "/tmp/b")', 'linkSync("/tmp/a", "/tmp/b")', 'watch("/tmp")'];
    const runs = await Promise.all([...kinds, ...kinds].map((kind) => finish(aWorker(`try { require('node:fs').${kind} } catch {}`))));
    const heard = runs.map(({ denied }) => [...new Set(denied.map(({ syscall }) => syscall))].join());
    expect(heard).toEqual(['symlink', 'link', 'inotify_init1', 'symlink', 'link', 'inotify_init1']);
  });
});
