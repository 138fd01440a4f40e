import { expect } from 'expect';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { PublishPerformer } from './publish-performer.js';

describe('the publishing folder', () => {
  let root: string;
  let performer: PublishPerformer;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'publish-'));
    performer = new PublishPerformer(root);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const look = async () => (await performer.target({ kind: 'file.publish', folder: 'goal-1', listing: 'x' }, undefined)).look();

  it('says that the place is taken, by a folder or by a file, and nothing of a place it cannot see', async () => {
    expect(await look()).toEqual({ kind: 'before' });
    writeFileSync(join(root, 'goal-1'), 'a file');
    expect(await look()).toEqual({ kind: 'foreign', code: 'target_exists' });
    rmSync(join(root, 'goal-1'));
    mkdirSync(join(root, 'goal-1'));
    expect(await look()).toEqual({ kind: 'foreign', code: 'target_exists' });
  });

  it('is freed of what a process that died left half written, and of nothing else', async () => {
    const [dead, young, foreign] = ['.staging-0123456789abcdef01', '.staging-0123456789abcdef02', '.staging-mine'].map((name) => join(root, name)) as [string, string, string];
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    writeFileSync(join(outside, 'kept'), 'x');
    const longAgo = new Date(Date.now() - 2 * 86_400_000);
    for (const folder of [dead, young, foreign, join(root, 'goal-1')]) mkdirSync(folder);
    symlinkSync(outside, join(dead, 'link'));
    for (const folder of [dead, foreign, join(root, 'goal-1')]) utimesSync(folder, longAgo, longAgo);
    await performer.tidy();
    expect(readdirSync(root).sort()).toEqual(['.staging-0123456789abcdef02', '.staging-mine', 'goal-1']);
    expect(existsSync(join(outside, 'kept'))).toBe(true);
    rmSync(outside, { recursive: true });
    rmSync(root, { recursive: true });
    await performer.tidy();
    await new PublishPerformer(undefined).tidy();
  });

  it('is looked through while others publish: what was just shown under its own name is nobody’s trouble', async () => {
    const names = Array.from({ length: 300 }, (_, n) => `.staging-${n.toString(16).padStart(18, '0')}`);
    for (const name of names) mkdirSync(join(root, name));
    const tidied = performer.tidy();
    await readdir(root); // asked for after it, so it has them all and has looked at few
    for (const [n, name] of names.entries()) renameSync(join(root, name), join(root, `goal-${n}`));
    await tidied;
    expect(readdirSync(root)).toHaveLength(names.length);
  });
});
