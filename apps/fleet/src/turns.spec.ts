import { expect } from 'expect';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inOrder } from './adapters/checks/in-order.js';
import { openWorkFolder } from './adapters/work-folder.js';
import { Turns } from './turns.js';

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('work that waits its turn', () => {
  it('runs a few at the same time, the others in the order they came, whatever fails', async () => {
    const turns = new Turns(2);
    const began: number[] = [];
    let [running, most] = [0, 0];
    const work = (n: number) => turns.take(async () => {
      began.push(n);
      most = Math.max(most, ++running);
      await soon();
      running--;
      if (n === 1) throw new Error('one');
    });
    const ended = await Promise.allSettled([0, 1, 2, 3, 4].map(work));
    expect([began, most, ended.map(({ status }) => status)]).toEqual([[0, 1, 2, 3, 4], 2, ['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']]);
  });

  it('keeps results in the order of the items, and fails only when nothing runs any more', async () => {
    expect(await inOrder([3, 1, 2], 2, async (n) => { for (let i = 0; i < n; i++) await soon(); return n * 10; })).toEqual([30, 10, 20]);
    let finished = 0;
    await expect(inOrder(['bad', 'good'], 2, async (word) => { if (word === 'bad') throw new Error('bad'); await soon(); finished++; })).rejects.toThrow('bad');
    expect(finished).toBe(1);
  });
});

describe('the work folder', () => {
  it('is empty at the start, and clears what a process left that is no more, nothing else', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'work-'));
    for (const name of [String(process.pid), String(process.ppid), '4194305', 'notes']) mkdirSync(join(parent, name, 'run-x'), { recursive: true });
    const folder = await openWorkFolder(parent);
    expect([folder, readdirSync(folder), readdirSync(parent).sort()]).toEqual([join(parent, String(process.pid)), [], [String(process.pid), String(process.ppid), 'notes'].sort()]);
    rmSync(parent, { recursive: true });
  });
});
