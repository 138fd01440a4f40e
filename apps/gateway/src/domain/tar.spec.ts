import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { expect } from 'expect';
import { safePath, TAR_END, tarEntry, type TarFile } from './tar.js';

describe('an archive', () => {
  it('is unpacked by anybody’s tar to the same bytes, whatever the names and sizes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tar-'));
    try {
      const files: TarFile[] = [
        { path: 'a.txt', content: Buffer.from('a') },
        { path: 'empty', content: Buffer.alloc(0) },
        { path: 'deep/block', content: Buffer.alloc(512, 7), executable: true },
        { path: `${'long/'.repeat(40)}name.md`, content: Buffer.from('far down') },
        { path: 'größe/日本.txt', content: Buffer.from('ü') },
        ...[90, 91, 92, 93, 99, 100, 101, 980, 990].map((n) => ({ path: `n${'x/'.repeat(Math.floor(n / 2))}${n}`, content: Buffer.from(String(n)) })),
      ];
      writeFileSync(join(folder, 'all.tar'), Buffer.concat([...files.map(tarEntry), TAR_END]));
      execFileSync('tar', ['-xf', 'all.tar'], { cwd: folder });
      for (const { path, content } of files) expect([path, readFileSync(join(folder, path)).equals(content)]).toEqual([path, true]);
      expect(statSync(join(folder, 'deep/block')).mode & 0o111).not.toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('never names a place outside of where it is unpacked', () => {
    expect(['/etc/passwd', '../../x', 'a/./../b', '..\\..\\x', '..', ''].map(safePath)).toEqual(['etc/passwd', 'x', 'a/b', 'x', 'file', 'file']);
  });
});
