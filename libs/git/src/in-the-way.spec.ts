import { expect } from 'expect';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { inTheWay, writeTree, type TreeChange } from './index.js';

const BASE: readonly (readonly [path: string, mode: string])[] = [['LICENSE', '100644'], ['shared/s', '100644'], ['shared/deep/t', '100755'], ['docs', '120000'], ['module', '160000']];
const written = (path: string): TreeChange => ({ path, mode: '100644', content: Buffer.from('new') });
const deleted = (path: string): TreeChange => ({ path, mode: '100644', content: null });
const found = (...changes: TreeChange[]) => inTheWay(BASE.map(([path, mode]) => ({ path, mode, object: '' })), changes).map(({ path, stands }) => [path, stands]);

describe('what stands in the way of a written file', () => {
  for (const [what, changes, ways] of [
    ['a file where a folder must be', [written('LICENSE/x.test.js')], [['LICENSE/x.test.js', 'LICENSE']]],
    ['a folder where the file must be', [written('shared')], [['shared', 'shared/deep/t']]],
    ['a link on the way', [written('docs/readme.md')], [['docs/readme.md', 'docs']]],
    ['a link of its name', [written('docs')], [['docs', 'docs']]],
    ['a submodule, above or of its name', [written('module/x'), written('module')], [['module/x', 'module'], ['module', 'module']]],
    ['a link that is said to be deleted: it stays', [deleted('docs'), written('docs/readme.md')], [['docs/readme.md', 'docs']]],
    ['another written file', [written('a'), written('a/b/c')], [['a', 'a/b/c'], ['a/b/c', 'a']]],
    ['one of two files that the folder holds', [deleted('shared/s'), written('shared')], [['shared', 'shared/deep/t']]],
    ['nothing, when all of it is deleted by name', [written('shared'), deleted('shared/deep/t'), deleted('shared/s'), deleted('LICENSE'), written('LICENSE/x')], []],
    ['nothing, for a file replaced, added or deleted', [written('LICENSE'), written('shared/new'), deleted('shared/s'), written('sharedX'), written('LICENSE.md')], []],
  ] as [string, TreeChange[], string[][]][]) {
    it(what, () => expect(found(...changes)).toEqual(ways));
  }
});

describe('a tree with changes', () => {
  let bare: string;
  let base: string;
  const git = (args: readonly string[], input = ''): string => execFileSync('git', ['-C', bare, ...args], { encoding: 'utf8', input, env: { ...process.env, GIT_INDEX_FILE: join(bare, 'spec-index') } }).trim();

  before(() => {
    bare = mkdtempSync(join(tmpdir(), 'way-'));
    git(['init', '-q', '--bare']);
    const blob = git(['hash-object', '-w', '--stdin'], 'old');
    git(['update-index', '--index-info'], BASE.map(([path, mode]) => `${mode} ${blob}\t${path}\n`).join(''));
    base = git(['write-tree']);
  });
  after(() => rmSync(bare, { recursive: true }));

  it('is refused where it would lose what nobody named, and keeps the base as it was', async () => {
    await expect(writeTree(bare, base, [written('ok'), written('LICENSE/x')])).rejects.toMatchObject({ code: 'path_in_the_way', message: 'LICENSE/x cannot be written: LICENSE is there' });
  });

  it('differs from its base in the named paths alone, or is refused, whatever is written and deleted', async () => {
    const change = fc.record({ path: fc.constantFrom(...BASE.map(([path]) => path), 'LICENSE/x', 'shared', 'shared/deep', 'docs/a', 'module/x', 'a', 'a/b', 'a/b/c'), isDeleted: fc.boolean() });
    let made = 0;
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(change, { selector: ({ path }) => path, minLength: 1, maxLength: 6 }), async (changes) => {
        const tree = await writeTree(bare, base, changes.map(({ path, isDeleted }) => (isDeleted ? deleted(path) : written(path)))).catch((error: { code?: string }) => expect(error.code).toBe('path_in_the_way'));
        if (tree === undefined) return;
        made++;
        const named = new Set(changes.map(({ path }) => path));
        const differing = git(['diff-tree', '-r', '-z', '--name-only', base, tree]).split('\0').filter(Boolean);
        expect(differing.filter((path) => !named.has(path))).toEqual([]);
        const there = new Set(git(['ls-tree', '-r', '-z', '--name-only', tree]).split('\0'));
        expect(changes.filter(({ path, isDeleted }) => there.has(path) === isDeleted)).toEqual([]);
      }),
      { numRuns: 25, seed: 1 },
    );
    expect(made).toBeGreaterThan(5);
  });
});
