import { git } from '@countersign/git';
import { expect } from 'expect';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Workshop } from './workshop.js';

const BASE = 'b'.repeat(40);

describe('the executor’s own repositories', () => {
  let root: string;
  let mirrors: string;
  let workshop: Workshop;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'workshop-'));
    mirrors = join(root, 'mirrors');
    workshop = new Workshop(join(root, 'home'), mirrors);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const opened = async (customerId: string, mirror: string): Promise<string> => {
    const bare = join(mirrors, customerId, `${mirror}.git`);
    mkdirSync(bare, { recursive: true });
    await git(bare, ['init', '--quiet', '--bare', '--template=']);
    return workshop.repository({ customerId, mirror, base: BASE });
  };
  const letGo = (customerId: string, mirror: string): void => rmSync(join(mirrors, customerId, `${mirror}.git`), { recursive: true });

  it('go with their mirror, and with no other of that name', async () => {
    const [gone, same, other] = [await opened('chai', 'demo'), await opened('borealis', 'demo'), await opened('chai', 'other')];
    await workshop.tidy();
    expect([gone, same, other].map((path) => existsSync(path))).toEqual([true, true, true]);
    letGo('chai', 'demo');
    await workshop.tidy();
    expect([gone, same, other].map((path) => existsSync(path))).toEqual([false, true, true]);
  });

  it('stay where the mirrors cannot be seen: that says nothing about any of them', async () => {
    const kept = await opened('chai', 'demo');
    renameSync(mirrors, `${mirrors}-away`);
    await workshop.tidy();
    expect(existsSync(kept)).toBe(true);
  });

  it('go unfinished when nobody can be at work on them any more', async () => {
    const folder = join(root, 'home', 'git');
    for (const name of ['demo-1.git.dead', 'demo-1.git.young']) mkdirSync(join(folder, name), { recursive: true });
    mkdirSync(mirrors);
    const longAgo = new Date(Date.now() - 2 * 86_400_000);
    utimesSync(join(folder, 'demo-1.git.dead'), longAgo, longAgo);
    await workshop.tidy();
    expect(readdirSync(folder)).toEqual(['demo-1.git.young']);
  });

  it('take along nothing that a link in them leads to', async () => {
    const gone = await opened('chai', 'demo');
    const outside = join(root, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'file'), 'x');
    symlinkSync(outside, join(gone, 'linked'));
    letGo('chai', 'demo');
    await workshop.tidy();
    expect([existsSync(gone), existsSync(join(outside, 'file'))]).toEqual([false, true]);
  });
});
