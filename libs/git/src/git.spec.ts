import { expect } from 'expect';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { exportTree, git, gitText, isPlainPath, listFiles, moveRef, readBlobs, readFileAt, resolveRef, writeCommit, writeTree, type GitError } from './index.js';

const TEXT = { author: { name: 'Code care', email: 'team@example.test' }, date: '2026-01-02T03:04:05Z', message: 'Add docs\n' };

describe('git without surprises', () => {
  let directory: string;
  let bare: string;
  let base: string;
  const sh = (...args: string[]): string => execFileSync('git', args, { cwd: join(directory, 'work'), encoding: 'utf8' }).trim();

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'git-spec-'));
    bare = join(directory, 'bare.git');
    execFileSync('git', ['init', '-q', '-b', 'main', join(directory, 'work')]);
    writeFileSync(join(directory, 'work', 'a.txt'), 'one\r\ntwo\n');
    writeFileSync(join(directory, 'work', '.gitattributes'), '*.txt text eol=lf export-ignore\n');
    writeFileSync(join(directory, 'work', 'ünïcode "name".md'), 'x');
    execFileSync('ln', ['-s', '/etc/passwd', join(directory, 'work', 'escape')]);
    execFileSync('ln', ['-s', 'a.txt', join(directory, 'work', 'inside')]);
    sh('-c', 'core.autocrlf=false', 'add', '-A');
    sh('-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '-qm', 'base');
    execFileSync('git', ['clone', '-q', '--bare', join(directory, 'work'), bare]);
    base = sh('rev-parse', 'HEAD');
  });
  after(() => rmSync(directory, { recursive: true }));

  it('reads many blobs at once, byte for byte and in the order they were asked for', async () => {
    const objects = new Map((await listFiles(bare, base)).map(({ path, object }) => [path, object]));
    const [name, text] = [objects.get('ünïcode "name".md')!, objects.get('a.txt')!];
    expect((await readBlobs(bare, [text, name, text])).map(String)).toEqual(['one\ntwo\n', 'x', 'one\ntwo\n']);
    expect(await readBlobs(bare, [])).toEqual([]);
    await expect(readBlobs(bare, [base])).rejects.toMatchObject({ code: 'git_failed' });
  });

  it('exports nothing of a commit whose objects are not all there: no file has the bytes of another', async () => {
    const torn = join(directory, 'torn.git');
    execFileSync('git', ['clone', '-q', '--bare', '--no-hardlinks', bare, torn]);
    execFileSync('git', ['-C', torn, 'unpack-objects', '-q'], { input: execFileSync('git', ['-C', torn, 'pack-objects', '--all', '--stdout', '-q'], { input: '' }) });
    const { object } = (await listFiles(torn, base)).find(({ path }) => path === 'a.txt')!;
    rmSync(join(torn, 'objects', object.slice(0, 2), object.slice(2)));
    const target = join(directory, 'torn');
    await expect(exportTree(torn, base, target)).rejects.toMatchObject({ code: 'git_failed' });
    expect(existsSync(target)).toBe(false);
  });

  it('refuses to export a commit that is too large, before it reads or writes a file, and says how large it is', async () => {
    const target = join(directory, 'large');
    const refusal = { code: 'base_too_large', message: expect.stringMatching(/^the repository has 5 files of \d+ bytes at this commit/) };
    await expect(exportTree(bare, base, target, undefined, { files: 4, bytes: 1024 })).rejects.toMatchObject(refusal);
    await expect(exportTree(bare, base, target, undefined, { files: 5, bytes: 50 })).rejects.toMatchObject(refusal);
    expect(existsSync(target)).toBe(false);
    expect(await exportTree(bare, base, target, undefined, { files: 5, bytes: 1024 })).toHaveLength(4);
  });

  it('builds the same tree and commit from the same files in two repositories', async () => {
    const other = join(directory, 'other.git');
    execFileSync('git', ['clone', '-q', '--bare', bare, other]);
    const changes = [
      { path: 'src/new.ts', mode: '100644' as const, content: Buffer.from('export {};\n') },
      { path: 'ünïcode "name".md', mode: '100644' as const, content: null },
    ];
    const [one, two] = [await writeTree(bare, base, changes), await writeTree(other, base, changes)];
    expect(one).toBe(two);
    expect(await writeCommit(bare, one, [base], TEXT)).toBe(await writeCommit(other, two, [base], TEXT));
    expect(await readFileAt(bare, one, 'src/new.ts')).toEqual(Buffer.from('export {};\n'));
    expect(await readFileAt(bare, one, 'ünïcode "name".md')).toBeUndefined();
  });

  it('writes files byte for byte, whatever the attributes say, and no link that leads out', async () => {
    const target = join(directory, 'export');
    const paths = await exportTree(bare, base, target);
    const stored = execFileSync('git', ['cat-file', 'blob', 'HEAD:a.txt'], { cwd: join(directory, 'work') });
    expect(readFileSync(join(target, 'a.txt'))).toEqual(stored);
    expect(paths.sort()).toEqual(['.gitattributes', 'a.txt', 'inside', 'ünïcode "name".md'].sort());
    expect(existsSync(join(target, 'escape'))).toBe(false);
    expect(readFileSync(join(target, 'inside'))).toEqual(stored);
  });

  it('never runs a hook of the repository', async () => {
    const marker = join(directory, 'ran');
    const hook = join(bare, 'hooks', 'reference-transaction');
    writeFileSync(hook, `#!/bin/sh\ntouch ${marker}\n`);
    chmodSync(hook, 0o755);
    await moveRef(bare, 'refs/heads/x', base, null);
    expect(existsSync(marker)).toBe(false);
  });

  it('moves a ref only from the value that was expected', async () => {
    const commit = await writeCommit(bare, await writeTree(bare, base, []), [base], TEXT);
    await moveRef(bare, 'refs/heads/moved', base, null);
    await expect(moveRef(bare, 'refs/heads/moved', commit, commit)).rejects.toMatchObject({ code: 'git_failed' });
    await expect(moveRef(bare, 'refs/heads/moved', commit, null)).rejects.toMatchObject({ code: 'git_failed' });
    await moveRef(bare, 'refs/heads/moved', commit, base);
    expect(await resolveRef(bare, 'refs/heads/moved')).toBe(commit);
    expect(await resolveRef(bare, 'refs/heads/absent')).toBeUndefined();
  });

  it('ends at its time limit and says what git said', async () => {
    await expect(git(bare, ['cat-file', '--batch', '--buffer'], { timeoutMs: 1, input: `${base}\n`.repeat(200_000) })).rejects.toMatchObject({ exitCode: null });
    const failure = await gitText(bare, ['rev-parse', '--verify', 'nothing']).then(() => undefined, (error: GitError) => error);
    expect(failure?.stderr).toContain('fatal');
  });

  it('knows which paths are plain', () => {
    expect(['a', 'a/b.c', '..a', 'a/.github/x'].every(isPlainPath)).toBe(true);
    expect(['', '/a', 'a//b', '../a', 'a/../b', './a', '.git/config', 'a/.GIT/x', 'a\0b'].some(isPlainPath)).toBe(false);
  });
});
