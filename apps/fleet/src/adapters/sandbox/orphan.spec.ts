import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { expect } from 'expect';
import { processIsAlive } from './process-group.js';
import { testDirectory, until } from './testing.js';

const alive = (pids: readonly number[]): number[] => pids.filter(processIsAlive);

interface Supervisor {
  readonly child: ChildProcessWithoutNullStreams;
  readonly pids: readonly number[];
  next(): Promise<unknown>;
}

/** A supervisor in a process of its own, and the host pids of everything below it. */
async function startSupervisor(level: number, tmp: string): Promise<Supervisor> {
  const fixture = fileURLToPath(new URL('./orphan.fixture.js', import.meta.url));
  const child = spawn(process.execPath, [fixture, String(level)], { stdio: 'pipe', env: { ...process.env, TMPDIR: tmp } });
  child.stderr.pipe(process.stderr);
  const lines = createInterface({ input: child.stdout });
  const left = once(lines, 'close').then(() => Promise.reject(new Error('the supervisor ended without a word')));
  // Whoever waits for a word hears of it; at the ordinary end nobody waits.
  left.catch(() => undefined);
  const next = async (): Promise<unknown> => JSON.parse(String((await Promise.race([once(lines, 'line'), left]))[0]));
  const { pids } = (await next()) as { pids: number[] };
  return { child, pids, next };
}

describe('no process outlives its supervisor', () => {
  it('kill -9 of the supervisor takes every worker along, also children that left their group', async () => {
    using tmp = testDirectory();
    const { child, pids } = await startSupervisor(3, tmp.path);
    // Two bubblewraps, one worker; and init, the command and three children.
    expect(pids.length).toBe(8);
    expect(alive(pids)).toEqual(pids);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until('every process of the sandboxes is gone', () => alive(pids).length === 0);
  });

  it('kill() resolves when the whole tree is gone', async () => {
    using tmp = testDirectory();
    const { child, pids, next } = await startSupervisor(3, tmp.path);
    child.stdin.write('kill\n');
    expect(await next()).toEqual({ killed: true });
    expect(alive(pids)).toEqual([]);
    child.stdin.end();
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  it('level 0 gives as much for the worker itself', async () => {
    using tmp = testDirectory();
    const first = await startSupervisor(0, tmp.path);
    expect(first.pids.length).toBe(1);
    first.child.kill('SIGKILL');
    await until('the worker is gone', () => alive(first.pids).length === 0);
    const second = await startSupervisor(0, tmp.path);
    second.child.stdin.write('kill\n');
    expect(await second.next()).toEqual({ killed: true });
    expect(alive(second.pids)).toEqual([]);
    second.child.stdin.end();
    await once(second.child, 'exit');
  });
});
