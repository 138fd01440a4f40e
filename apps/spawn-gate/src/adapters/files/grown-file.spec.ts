import { expect } from 'expect';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { GrownFile } from './grown-file.js';

describe('a file that grows', () => {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-grown-'));
  after(() => rmSync(dir, { recursive: true }));
  const path = join(dir, 'log');
  const file = new GrownFile(path);
  const lines = async () => (await file.lines()).lines;

  it('is read line by line, each once, and a line when it is whole', async () => {
    expect(await file.lines()).toEqual({ lines: [], more: false });
    writeFileSync(path, 'one\ntw');
    expect(await lines()).toEqual(['one']);
    expect(await lines()).toEqual([]);
    appendFileSync(path, 'o\nthree\n');
    expect(await lines()).toEqual(['two', 'three']);
  });

  it('is read from its beginning where it was cut, and where another has its name', async () => {
    writeFileSync(path, 'x\n');
    expect(await lines()).toEqual(['x']);
    renameSync(path, join(dir, 'log.1'));
    writeFileSync(path, 'a file that is as long\n');
    expect(await lines()).toEqual(['a file that is as long']);
  });

  it('is read in parts where it grew by much, and no line is lost between them', async () => {
    const many = Array.from({ length: 30_000 }, (_, n) => `line ${n} ${'.'.repeat(60)}`);
    appendFileSync(path, `${many.join('\n')}\n`);
    const read: string[] = [];
    for (let more = true; more; ) {
      const part = await file.lines();
      read.push(...part.lines);
      more = part.more;
    }
    expect(read).toEqual(many);
  });
});
