import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { programOf } from '@countersign/testing';

import { append, leafHash, rootOf, type Frontier } from '@countersign/audit';
import { expect } from 'expect';

import type { Head } from '../../domain/decide-checkpoint.js';
import { HeadStoreDamagedError, NotaryRunningError } from '../../errors.js';
import { HeadStore } from './head-store.js';

const directory = mkdtempSync(join(tmpdir(), 'heads-'));
after(() => rmSync(directory, { recursive: true }));
let files = 0;
const newFile = (): string => join(directory, String((files += 1)), 'heads.sqlite');

const EMPTY: Frontier = { size: 0, hashes: [] };
const headOf = (size: number): Head => {
  const frontier = append(EMPTY, Array.from({ length: size }, (_, index) => leafHash(Buffer.from(`${index}`))));
  return { size, root: rootOf(frontier), frontier, lastHash: leafHash(Buffer.from(`${size - 1}`)), lastAtMs: 1_000 + size, claimedAtMs: 2_000 + size };
};

describe('the head store', () => {
  it('gives back what was claimed, after closing and opening', () => {
    const file = newFile();
    const store = HeadStore.open(file);
    store.swap([{ teamId: 'a', from: undefined, to: headOf(3) }, { teamId: 'b', from: undefined, to: headOf(8) }]);
    store.swap([{ teamId: 'a', from: headOf(3), to: headOf(13) }]);
    store.close();
    const again = HeadStore.open(file);
    expect(again.get('a')).toEqual(headOf(13));
    expect(again.all()).toEqual(new Map([['a', headOf(13)], ['b', headOf(8)]]));
    expect(again.get('c')).toBeUndefined();
    again.close();
    expect(statSync(join(file, '..')).mode & 0o077).toBe(0);
  });

  it('changes nothing when one of the heads is not the one to go on from', () => {
    const store = HeadStore.open(newFile());
    store.swap([{ teamId: 'a', from: undefined, to: headOf(3) }]);
    const good = { teamId: 'b', from: undefined, to: headOf(2) };
    for (const stale of [{ from: undefined, to: headOf(4) }, { from: headOf(2), to: headOf(4) }, { from: { ...headOf(3), root: Buffer.alloc(32) }, to: headOf(4) }, { from: headOf(3), to: headOf(3) }])
      expect(() => store.swap([good, { teamId: 'a', ...stale }])).toThrow(HeadStoreDamagedError);
    expect(store.all()).toEqual(new Map([['a', headOf(3)]]));
    store.close();
  });

  it('refuses a head that does not fit its own tree', () => {
    for (const damage of ['size = 7', "root = x'00'", 'frontier = substr(frontier, 2)', 'root = last_hash']) {
      const file = newFile();
      const store = HeadStore.open(file);
      store.swap([{ teamId: 'a', from: undefined, to: headOf(3) }]);
      store.close();
      const raw = new DatabaseSync(file);
      raw.exec(`update head set ${damage}`);
      raw.close();
      const again = HeadStore.open(file);
      expect(() => again.all()).toThrow(HeadStoreDamagedError);
      again.close();
    }
  });

  it('has one holder: whoever is second is refused, also in another process, until the first is gone', async () => {
    const file = newFile();
    const child = fork(programOf(new URL('../../spec-support/hold-heads.main.js', import.meta.url)), [file], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    expect((await once(child, 'message'))[0]).toBe('held');
    expect(() => HeadStore.open(file, 0)).toThrow(NotaryRunningError);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const mine = HeadStore.open(file);
    expect(mine.get('held')).toEqual(headOf(1));
    mine.close();
  });

  it('lets exactly one of several starters win', async () => {
    const file = newFile();
    const script = programOf(new URL('../../spec-support/hold-heads.main.js', import.meta.url));
    const starters = Array.from({ length: 4 }, () => fork(script, [file], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
    try {
      const said = await Promise.all(starters.map(async (starter) => (await once(starter, 'message'))[0] as string));
      expect(said.sort()).toEqual(['held', 'notary_already_running', 'notary_already_running', 'notary_already_running']);
    } finally {
      // Each holds the channel to this process, which would otherwise never end.
      for (const starter of starters) starter.kill('SIGKILL');
    }
  });
});
