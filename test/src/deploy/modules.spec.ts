import { expect } from 'expect';
import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';

const ROOT = resolve(import.meta.dirname, '../../..');

describe('the services as they are compiled', () => {
  // What runs everywhere else is a bundle, which knows names of CommonJS packages that Node does not find.
  it('load file by file, as `npm run dev` runs them', () => {
    const modules = globSync('apps/*/dist/*.module.js', { cwd: ROOT });
    expect(modules.length).toBe(7);
    const text = `for (const file of ${JSON.stringify(modules.map((file) => pathToFileURL(join(ROOT, file)).href))}) await import(file);`;
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })).toBe('');
  });
});
