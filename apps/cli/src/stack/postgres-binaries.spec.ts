import { expect } from 'expect';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { postgresBinaries } from './postgres-binaries.js';

describe('the Postgres that npm brought', () => {
  let folder: string;
  let native: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-binaries-'));
    native = join(folder, 'package', 'native');
    mkdirSync(join(native, 'bin'), { recursive: true });
    mkdirSync(join(native, 'lib'));
    writeFileSync(join(native, 'bin', 'postgres'), '');
    writeFileSync(join(native, 'lib', 'libicuuc.so.60.2'), '');
    writeFileSync(join(native, '..', 'package.json'), JSON.stringify({ version: '18.4.0-beta.17' }));
    writeFileSync(join(native, 'pg-symlinks.json'), JSON.stringify([{ source: 'native/lib/libicuuc.so.60.2', target: 'native/lib/libicuuc.so.60' }]));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const found = (): Record<string, string> => {
    const { libraryPath } = postgresBinaries(join(folder, 'ours'), false, native);
    return Object.fromEntries(readdirSync(libraryPath).map((name) => [name, basename(realpathSync(join(libraryPath, name)))]));
  };
  const everyName = { 'libicuuc.so.60': 'libicuuc.so.60.2', 'libicuuc.so.60.2': 'libicuuc.so.60.2' };

  it('finds its libraries under every name', () => expect(found()).toEqual(everyName));

  it('finds them where the package’s own script has made its links already', () => {
    symlinkSync('libicuuc.so.60.2', join(native, 'lib', 'libicuuc.so.60'));
    expect(found()).toEqual(everyName);
  });
});
