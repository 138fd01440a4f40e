import { expect } from 'expect';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { exportTree } from './index.js';
import { linksInside } from './links.js';

const inside = (links: Record<string, string>): string[] => [...linksInside(new Map(Object.entries(links)))].sort();

describe('the links of a tree', () => {
  for (const [what, links, kept] of [
    ['to a file beside it', { l: 'a' }, ['l']],
    ['up and down again', { 'd/l': '../e/x' }, ['d/l']],
    ['to the root itself', { 'd/l': '..' }, ['d/l']],
    ['to nothing', { l: 'missing/x' }, ['l']],
    ['absolute', { l: '/etc/passwd' }, []],
    ['past the root', { 'd/l': '../../x' }, []],
    ['past the root and back, by the name of the folder', { 'd/l': '../../work/x' }, []],
    ['along a chain', { a: 'b', b: 'c/d', 'c/d': '../e' }, ['a', 'b', 'c/d']],
    ['to a link that leads out', { a: 'b', b: '/etc' }, []],
    ['to a link that leads out, from below it', { a: 'b/c/../x', b: '../..' }, []],
    ['up from where another link leads', { 'd1/d2/up': '../..', l: 'd1/d2/up/../../x' }, ['d1/d2/up']],
    ['up from where another link leads, still inside', { 'd1/d2/deep': 'e/f', l: 'd1/d2/deep/../../x' }, ['d1/d2/deep', 'l']],
    ['whose letters leave and whose way does not', { a: 'x/y/z', l: 'a/../../x' }, ['a', 'l']],
    ['to itself', { l: 'l' }, []],
    ['to itself, longer each time', { l: 'l/x' }, []],
    ['to one another', { a: 'b', b: 'a' }, []],
    ['to a loop', { a: 'b', b: 'c', c: 'b', d: 'x' }, ['d']],
    ['to nowhere at all', { l: '' }, []],
    ['that no file system takes', { l: 'x'.repeat(4096), m: 'a\0b' }, []],
    ['with dots and slashes to spare', { 'd/l': './/..//d/./x/' }, ['d/l']],
  ] as [string, Record<string, string>, string[]][]) {
    it(what, () => expect(inside(links)).toEqual(kept));
  }

  it('are followed as often as the kernel follows them, and no more', () => {
    const chain = (length: number): Record<string, string> => Object.fromEntries(Array.from({ length }, (_, index) => [`l${index}`, index === length - 1 ? 'end' : `l${index + 1}`]));
    expect(inside(chain(40))).toContain('l0');
    expect(inside(chain(41))).not.toContain('l0');
  });
});

describe('an exported tree', () => {
  let root: string;
  let bare: string;
  let count = 0;
  const git = (args: readonly string[], input = '', env = {}): string => execFileSync('git', ['-C', bare, ...args], { encoding: 'utf8', input, env: { ...process.env, ...env } }).trim();
  /** A tree with these links and files, and whatever else is not for plain git to write. */
  const treeOf = (links: Record<string, string>, files: Record<string, string> = {}): string => {
    const lines = [...Object.entries(links).map(([path, target]) => ['120000', path, target]), ...Object.entries(files).map(([path, text]) => ['100644', path, text])];
    const index = { GIT_INDEX_FILE: join(root, `index-${++count}`) };
    git(['update-index', '-z', '--index-info'], lines.map(([mode, path, text]) => `${mode} ${git(['hash-object', '-w', '--stdin'], text)}\t${path}\0`).join(''), index);
    return git(['write-tree'], '', index);
  };
  const exported = async (tree: string): Promise<{ target: string; paths: string[] }> => {
    const target = join(root, `out-${++count}`, 'deep', 'tree');
    mkdirSync(target, { recursive: true });
    return { target, paths: (await exportTree(bare, tree, target)).sort() };
  };

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'links-'));
    bare = join(root, 'bare.git');
    execFileSync('git', ['init', '-q', '--bare', bare]);
  });
  after(() => rmSync(root, { recursive: true }));

  it('holds a link whose target comes later, and none that leads out through another', async () => {
    const { target, paths } = await exported(treeOf({ a: 'z/x', 'd1/d2/up': '../..', l: 'd1/d2/up/../../x' }, { 'z/x': 'later' }));
    expect(paths).toEqual(['a', 'd1/d2/up', 'z/x']);
    expect([readFileSync(join(target, 'a'), 'utf8'), readlinkSync(join(target, 'd1/d2/up'))]).toEqual(['later', '../..']);
  });

  it('is never written through a link, although the tree holds a name both as link and as folder', async () => {
    const blob = git(['hash-object', '-w', '--stdin'], 'evil');
    const to = git(['hash-object', '-w', '--stdin'], 'other');
    const folder = git(['mktree'], `100644 blob ${blob}\tx\n`);
    const raw = Buffer.concat([entry('40000', 'l', folder), entry('120000', 'l', to), entry('40000', 'other', git(['mktree']))]);
    writeFileSync(join(root, 'raw'), raw);
    const { target, paths } = await exported(git(['hash-object', '-t', 'tree', '-w', '--literally', join(root, 'raw')]));
    expect(paths).toEqual(['l/x']);
    expect(lstatSync(join(target, 'l')).isDirectory()).toBe(true);
  });

  it('can be walked along every link that was made without leaving it', async () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    const target = fc.array(fc.constantFrom('a', 'b', 'c', '..', '.'), { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'));
    await fc.assert(fc.asyncProperty(fc.dictionary(path, target, { minKeys: 1, maxKeys: 6 }), async (wanted) => {
      const links = Object.fromEntries(Object.entries(wanted).filter(([link]) => !Object.keys(wanted).some((other) => link.startsWith(`${other}/`))));
      const { target: folder, paths } = await exported(treeOf(links, { 'x/y': '' }));
      for (const link of paths) expect(`${resolved(join(folder, link), folder)}${sep}`).toContain(`${folder}${sep}`);
    }), { numRuns: 60 });
  });
});

/** Where the kernel ends; a link to nothing ends where it stands. */
function resolved(path: string, otherwise: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}

const entry = (mode: string, name: string, object: string): Buffer => Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(object, 'hex')]);
