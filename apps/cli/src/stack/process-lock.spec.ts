import { expect } from 'expect';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isRunning, markOf, tryLock } from '../../../../scripts/lib/process-lock.mjs';

describe('the lock of a home', () => {
  let folder = '';
  before(() => void (folder = mkdtempSync(join(tmpdir(), 'countersign-lock-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('keeps a second one out and says who has it', () => {
    const path = join(folder, 'held');
    const first = tryLock(path);
    expect(first.taken).toBe(true);
    expect(tryLock(path)).toMatchObject({ taken: false, holder: { pid: process.pid } });
    if (first.taken) first.release();
    expect(tryLock(path).taken).toBe(true);
  });

  it('is stepped over when its holder was killed', async () => {
    const path = join(folder, 'stale');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    writeFileSync(path, JSON.stringify(markOf(child.pid ?? 0)));
    expect(tryLock(path).taken).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(tryLock(path).taken).toBe(true);
  });

  it('does not mistake a process that was given the same number for the holder', () => {
    const path = join(folder, 'reused');
    writeFileSync(path, JSON.stringify({ pid: process.pid, start: '1' }));
    expect(isRunning({ pid: process.pid, start: '1' })).toBe(false);
    expect(tryLock(path).taken).toBe(true);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(markOf(process.pid));
  });

  it('is free when the file holds something else', () => {
    const path = join(folder, 'odd');
    writeFileSync(path, 'not a lock');
    expect(tryLock(path).taken).toBe(true);
  });
});
