import { expect } from 'expect';
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { CHUNK_BYTES, PinFile, PinsTamperedError } from './pin-file.js';

describe('the file of pins', () => {
  let folder: string;
  const path = (): string => join(folder, 'pins.ndjson');
  const lines = (): string[] => readFileSync(path(), 'utf8').split('\n').slice(0, -1);
  const write = (all: readonly string[]): void => writeFileSync(path(), all.map((line) => `${line}\n`).join(''));
  /** Whether each of a, b, c was used, as a new process finds it. */
  const found = (): boolean[] => {
    const file = new PinFile(folder);
    file.close();
    return ['a', 'b', 'c'].map(file.pinned.isUsed);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pins-'));
    const file = new PinFile(folder);
    for (const approvalId of ['a', 'b', 'c']) file.append({ pin: 'used', approvalId }, 1);
    file.close();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is found again as it was left', () => expect(found()).toEqual([true, true, true]));

  it('is read in parts, however long it is, and refused where a line in a later one is edited', () => {
    const file = new PinFile(folder);
    const long = 'x'.repeat(CHUNK_BYTES / 10);
    for (let n = 0; n < 25; n++) file.append({ pin: 'waits', approvalId: `w${n}`, yeses: long }, n);
    file.close();
    const again = new PinFile(folder);
    again.close();
    expect([again.pinned.isUsed('c'), again.pinned.waitsSince('w24', long)]).toEqual([true, 24]);
    write(lines().with(20, lines()[20]!.replace('"at":17', '"at":18')));
    expect(found).toThrow(PinsTamperedError);
  });

  it('takes a line away that was being written when the process died, and goes on after it', () => {
    appendFileSync(path(), '{"before":"');
    expect(found()).toEqual([true, true, true]);
    const file = new PinFile(folder);
    file.append({ pin: 'done', approvalId: 'a' }, 2);
    file.close();
    expect(lines()).toHaveLength(4);
  });

  it('goes on from a line that was written when the process died, and not yet noted', () => {
    const head = readFileSync(join(folder, 'pins.head'));
    const file = new PinFile(folder);
    file.append({ pin: 'used', approvalId: 'd' }, 2);
    file.close();
    writeFileSync(join(folder, 'pins.head'), head);
    const again = new PinFile(folder);
    again.close();
    expect(again.pinned.isUsed('d')).toBe(true);
  });

  for (const [what, change] of [
    ['a line is cut from its end', () => write(lines().slice(0, -1))],
    ['all lines are cut', () => write([])],
    ['the file is gone', () => rmSync(path())],
    ['its last line is half gone', () => writeFileSync(path(), readFileSync(path()).subarray(0, -10))],
    ['a line is taken out of its middle', () => write(lines().toSpliced(1, 1))],
    ['its first line is taken away', () => write(lines().slice(1))],
    ['a line is edited', () => write(lines().with(1, lines()[1]!.replace('"b"', '"x"')))],
    ['its last line is edited', () => write(lines().with(2, lines()[2]!.replace('"c"', '"x"')))],
    ['two lines change places', () => write([lines()[0]!, lines()[2]!, lines()[1]!])],
    ['a line stands in it twice', () => write([...lines(), lines()[2]!])],
    ['a line is put in that follows none', () => appendFileSync(path(), '{"before":"0","at":1,"pin":"used","approvalId":"z"}\n')],
  ] as [string, () => void][]) {
    it(`is refused when ${what}`, () => {
      change();
      expect(found).toThrow(PinsTamperedError);
    });
  }

  it('is refused when it is cut while it is open', () => {
    const file = new PinFile(folder);
    write(lines().slice(0, 1));
    expect(() => file.append({ pin: 'used', approvalId: 'd' }, 2)).toThrow(PinsTamperedError);
    file.close();
  });

  it('is refused when another history stands in its place', () => {
    const other = mkdtempSync(join(tmpdir(), 'pins-'));
    const file = new PinFile(other);
    for (const approvalId of ['x', 'y', 'z']) file.append({ pin: 'used', approvalId }, 1);
    file.close();
    copyFileSync(join(other, 'pins.ndjson'), path());
    rmSync(other, { recursive: true });
    expect(found).toThrow(PinsTamperedError);
  });

  it('is followed by another process of the same folder', () => {
    const [one, two] = [new PinFile(folder), new PinFile(folder)];
    one.append({ pin: 'used', approvalId: 'd' }, 2);
    two.append({ pin: 'used', approvalId: 'e' }, 3);
    one.follow();
    expect([one.pinned.isUsed('e'), two.pinned.isUsed('d')]).toEqual([true, true]);
    one.close();
    two.close();
    expect(found()).toEqual([true, true, true]);
  });
});
