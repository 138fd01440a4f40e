import { expect } from 'expect';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { snapshotOf } from '../demo/verify.js';
import { homeOf, makeHome } from '../stack/home.js';
import { clearDrafts, makeMirror } from './mirror.js';
import { personGit } from './person-git.js';
import { readSource } from './source.js';

const CUSTOMER = '01a1faa8-85f2-786b-9b67-420704a3cc01';

describe("a person's repository", () => {
  let parent = '';
  let folder = '';
  before(() => void (parent = mkdtempSync(join(tmpdir(), 'countersign-repo-'))));
  after(() => rmSync(parent, { recursive: true }));
  beforeEach(async () => {
    folder = mkdtempSync(join(parent, 'repo-'));
    await personGit(folder, ['init', '--quiet']);
    await personGit(folder, ['symbolic-ref', 'HEAD', 'refs/heads/main']);
    writeFileSync(join(folder, 'a.js'), 'export const a = 1;\n');
    await commit('one');
  });

  const commit = async (message: string): Promise<string> => {
    await personGit(folder, ['add', '--all']);
    await personGit(folder, ['-c', 'user.name=Asha', '-c', 'user.email=asha@chai.example', '-c', 'commit.gpgSign=false', 'commit', '--quiet', '--message', message]);
    return personGit(folder, ['rev-parse', 'HEAD']);
  };

  it('is where the branch goes when it has no remote', async () => {
    expect(await readSource(folder)).toMatchObject({ folder, remote: folder, branch: 'main', dirty: false });
  });

  it('names its remote, also when that is a path beside it', async () => {
    await personGit(folder, ['remote', 'add', 'origin', '../shared.git']);
    expect(await readSource(folder)).toMatchObject({ remote: join(parent, 'shared.git') });
    await personGit(folder, ['remote', 'set-url', 'origin', 'git@git.example:chai/till.git']);
    expect(await readSource(folder)).toMatchObject({ remote: 'git@git.example:chai/till.git' });
  });

  it('is refused when its remote holds a password, which would be shown and stored', async () => {
    await personGit(folder, ['remote', 'add', 'origin', 'https://asha:secret@git.example/till.git']);
    await expect(readSource(folder)).rejects.toMatchObject({ message: expect.not.stringContaining('secret') });
  });

  it('may have changes that are not committed: they are named and left out', async () => {
    writeFileSync(join(folder, 'a.js'), 'export const a = 2;\n');
    expect(await readSource(folder)).toMatchObject({ dirty: true });
  });

  it('is refused without a commit, and where there is none', async () => {
    const empty = mkdtempSync(join(parent, 'empty-'));
    await expect(readSource(empty)).rejects.toThrow(/no git repository/);
    await personGit(empty, ['init', '--quiet']);
    await expect(readSource(empty)).rejects.toThrow(/no commit/);
  });

  it('is copied into a mirror of its own and left exactly as it was', async () => {
    writeFileSync(join(folder, '.gitignore'), 'node_modules\n');
    const base = await commit('two');
    await personGit(folder, ['branch', 'secret-plans']);
    mkdirSync(join(folder, 'node_modules', 'dep'), { recursive: true });
    writeFileSync(join(folder, 'node_modules', 'dep', 'index.js'), '');
    const home = homeOf(join(parent, 'home'), {});
    makeHome(home);
    mkdirSync(home.stateOf('fleet'), { recursive: true });
    const source = await readSource(folder);
    const before = await snapshotOf(source);

    const name = await makeMirror(home, CUSTOMER, source, 'a key');

    const mirror = join(home.stateOf('fleet'), 'mirrors', CUSTOMER, `${name}.git`);
    expect(await personGit(mirror, ['rev-parse', 'HEAD'])).toBe(base);
    expect(await personGit(mirror, ['for-each-ref', '--format=%(refname)'])).toBe('refs/heads/main');
    expect(existsSync(join(mirror, 'hooks'))).toBe(false);
    expect(existsSync(join(home.stateOf('fleet'), 'mirrors', CUSTOMER, `${name}.deps`, 'node_modules', 'dep', 'index.js'))).toBe(true);
    expect(await snapshotOf(source)).toBe(before);
    expect(linksOf(join(mirror, 'objects'))).toEqual(new Set([1]));
    expect(readdirSync(join(home.root, 'run'))).toEqual([]);
    expect(await makeMirror(home, CUSTOMER, source, 'a key')).toBe(name);
    expect(await makeMirror(home, CUSTOMER, source, 'another')).not.toBe(name);
  });

  it('has nothing left of a copy that was being made when somebody was killed, once a stack starts', () => {
    const home = homeOf(mkdtempSync(join(parent, 'home-')), {});
    makeHome(home);
    for (const folder of ['till-1.git', 'till-1.deps', 'pg']) mkdirSync(join(home.root, 'run', folder));
    clearDrafts(home);
    expect(readdirSync(join(home.root, 'run'))).toEqual(['pg']);
  });

  it('works from a detached head too', async () => {
    writeFileSync(join(folder, 'a.js'), 'export const a = 2;\n');
    await commit('two');
    await personGit(folder, ['checkout', '--quiet', '--detach', 'HEAD~1']);
    const home = homeOf(join(parent, 'home'), {});
    makeHome(home);
    mkdirSync(home.stateOf('fleet'), { recursive: true });
    const source = await readSource(folder);
    const name = await makeMirror(home, CUSTOMER, source, 'a key');
    expect(await personGit(join(home.stateOf('fleet'), 'mirrors', CUSTOMER, `${name}.git`), ['cat-file', '-t', source.base])).toBe('commit');
  });
});

/** How many names each file has: more than one would mean that the mirror shares files with the person's repository. */
function linksOf(folder: string): Set<number> {
  return new Set(readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => statSync(join(entry.parentPath, entry.name)).nlink));
}
