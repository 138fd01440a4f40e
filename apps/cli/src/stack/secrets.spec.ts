import { expect } from 'expect';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { homeOf, makeHome, type Home } from './home.js';
import { ensureSecrets } from './secrets.js';

describe('the secrets of a home', () => {
  let home: Home;
  beforeEach(() => {
    home = homeOf(mkdtempSync(join(tmpdir(), 'countersign-secrets-')), {});
    makeHome(home);
  });
  afterEach(() => rmSync(home.root, { recursive: true }));

  const ids = (): number[] => [home.secrets, home.cliSecret].map((file) => statSync(file).ino);
  const without = (name: string): string => {
    const { [name]: gone, ...rest } = JSON.parse(readFileSync(home.secrets, 'utf8')) as Record<string, unknown>;
    expect(gone).toBeDefined();
    return JSON.stringify(rest);
  };

  it('are made once; a later start touches no file', () => {
    const first = ensureSecrets(home);
    const [inodes, written] = [ids(), statSync(home.secrets).mtimeMs];
    expect(ensureSecrets(home)).toEqual(first);
    expect([ids(), statSync(home.secrets).mtimeMs]).toEqual([inodes, written]);
    expect(statSync(home.secrets).mode & 0o777).toBe(0o600);
  });

  it('get what is missing, and keep the rest', () => {
    const { audit, ...first } = ensureSecrets(home);
    writeFileSync(home.secrets, without('audit'));
    const later = ensureSecrets(home);
    expect(later).toMatchObject(first);
    expect(later.audit).not.toBe(audit);
    expect(readdirSync(home.root).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('are as they were when the disk is full at the moment something is added', () => {
    ensureSecrets(home);
    const before = without('cli');
    writeFileSync(home.secrets, before);
    // A file of more than one block cannot be written: what a full disk does, in one process only.
    const script = `const [{ homeOf }, { ensureSecrets }] = await Promise.all(['home', 'secrets'].map((name) => import(\`${pathToFileURL(import.meta.dirname).href}/\${name}.js\`))); ensureSecrets(homeOf(process.argv[1], {}));`;
    const { NODE_COMPILE_CACHE: _, ...env } = process.env;
    const starved = spawnSync('sh', ['-c', 'ulimit -f 1; exec "$0" --input-type=module -e "$1" "$2"', process.execPath, script, home.root], { encoding: 'utf8', env });
    expect(starved.stderr).toMatch(/EFBIG|ENOSPC/);
    expect(readFileSync(home.secrets, 'utf8')).toBe(before);
    expect(ensureSecrets(home).superuser).toBe((JSON.parse(before) as { superuser: string }).superuser);
  });
});
