import { programOf } from '@countersign/testing';
import { expect } from 'expect';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { PinLock, PinsHeldError } from './pin-lock.js';

const HOLDER = programOf(new URL('../../testing/holding-pins.main.js', import.meta.url));

describe('a folder of pins', () => {
  const inFolder = async (work: (folder: string) => unknown): Promise<void> => {
    const folder = mkdtempSync(join(tmpdir(), 'pins-'));
    await Promise.resolve(work(folder)).finally(() => rmSync(folder, { recursive: true }));
  };

  it('is held by one, and by the next when that one lets it go', () =>
    inFolder((folder) => {
      const one = new PinLock(folder);
      for (let times = 0; times < 3; times++) expect(() => new PinLock(folder)).toThrow(PinsHeldError);
      one.release();
      new PinLock(folder).release();
    }));

  it('is held by another process until it is killed, and by nobody from then on', () =>
    inFolder(async (folder) => {
      const holder = spawn(process.execPath, [HOLDER, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
      try {
        await once(holder.stdout, 'data');
        expect(() => new PinLock(folder)).toThrow(/in the hands of another executor/);
      } finally {
        holder.kill('SIGKILL');
      }
      await once(holder, 'exit');
      new PinLock(folder).release();
    }));
});
