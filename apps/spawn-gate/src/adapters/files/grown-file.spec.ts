import { expect } from 'expect';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { GrownFile } from './grown-file.js';

describe('a file that grows', () => {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-grown-'));
    const path = join(dir, 'log');
  const file = new GrownFile(path);
  after(async () => {
    await file.close();
    rmSync(dir, { recursive: true });
  });
  /** All there is. */
  const lines = async (): Promise<string[]> => {
    const read: string[] = [];
    for (let more = true; more; ) {
      const part = await file.lines();
      read.push(...(part?.lines ?? []));
      more = part?.more ?? false;
    }
    return read;
  };

  it('is read line by line, each once, and a line when it is whole', async () => {
    expect(await file.lines()).toBeUndefined();
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

  it('is read to its end before another with its name is, however long whoever writes needs to take that', async () => {
    appendFileSync(path, 'last\n');
    renameSync(path, join(dir, 'log.2'));
    expect(await lines()).toEqual(['last']);
    appendFileSync(join(dir, 'log.2'), 'after it was renamed\n');
    expect(await lines()).toEqual(['after it was renamed']);
    writeFileSync(path, '');
    appendFileSync(join(dir, 'log.2'), 'the very last\n');
    expect(await lines()).toEqual(['the very last']);
    appendFileSync(join(dir, 'log.2'), 'and one more\n');
    writeFileSync(path, 'first of the new\n');
    expect(await lines()).toEqual(['and one more', 'first of the new']);
  });

  it('is read in parts where it grew by much, and no line is lost between them', async () => {
    const many = Array.from({ length: 30_000 }, (_, n) => `line ${n} ${'.'.repeat(60)}`);
    appendFileSync(path, `${many.join('\n')}\n`);
    const first = (await file.lines())!;
    expect(first.more).toBe(true);
    expect([...first.lines, ...(await lines())]).toEqual(many);
  });
});
