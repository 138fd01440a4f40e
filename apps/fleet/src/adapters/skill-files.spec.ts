import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { expect } from 'expect';
import { layOut, SkillFiles } from './skill-files.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('the content of skills', () => {
  let folder: string;
  let files: SkillFiles;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'skills-'));
    mkdirSync(join(folder, 'policies', 'skills'), { recursive: true });
    writeFileSync(join(folder, 'policies', 'skills', 'x.md'), 'x');
    writeFileSync(join(folder, 'secret'), 'secret');
    files = new SkillFiles(join(folder, 'policies'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = (file: string, text: string) => files.read([{ file, sha256: sha256(text) }]);

  it('is handed out where it is what the gate has judged, as the bytes that were compared', async () => {
    expect(await read('skills/x.md', 'x')).toEqual([{ file: 'skills/x.md', bytes: Buffer.from('x') }]);
    expect(await files.read([])).toEqual([]);
  });

  it('is refused when one byte is another, when it is gone, and when one of several is', async () => {
    writeFileSync(join(folder, 'policies', 'skills', 'x.md'), 'x ');
    expect(await read('skills/x.md', 'x')).toMatchObject({ code: 'spawn_skill_hash_mismatch', detail: expect.stringContaining('skills/x.md') });
    expect(await read('skills/gone.md', 'x')).toMatchObject({ code: 'spawn_required_skill_missing' });
    expect(await read('skills', 'x')).toMatchObject({ code: 'spawn_required_skill_missing' });
    writeFileSync(join(folder, 'policies', 'skills', 'y.md'), 'y');
    expect(await files.read([{ file: 'skills/y.md', sha256: sha256('y') }, { file: 'skills/x.md', sha256: sha256('x') }])).toMatchObject({ code: 'spawn_skill_hash_mismatch' });
  });

  it('never comes from outside the folder, by dots or by a link, whatever its hash', async () => {
    symlinkSync(join(folder, 'secret'), join(folder, 'policies', 'skills', 'link.md'));
    for (const file of ['../secret', 'skills/../../secret', 'skills/link.md', join(folder, 'secret')]) expect(await read(file, 'secret')).toMatchObject({ code: 'spawn_required_skill_missing' });
  });

  it('is laid out under its own name, read-only, and nowhere else', async () => {
    await layOut(join(folder, 'out'), [{ file: 'skills/x.md', bytes: Buffer.from('x') }]);
    expect(readFileSync(join(folder, 'out', 'skills', 'x.md'), 'utf8')).toBe('x');
    expect(statSync(join(folder, 'out', 'skills', 'x.md')).mode & 0o222).toBe(0);
    await expect(layOut(join(folder, 'out'), [{ file: '../x.md', bytes: Buffer.from('x') }])).rejects.toBeInstanceOf(TypeError);
  });
});
