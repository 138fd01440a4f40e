import { git, gitText, writeCommit, writeTree } from '@countersign/git';
import { expect } from 'expect';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Workshop } from './workshop.js';

const BASE = 'b'.repeat(40);

describe('the executor’s own repositories', () => {
  let root: string;
  let mirrors: string;
  let workshop: Workshop;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'workshop-'));
    mirrors = join(root, 'mirrors');
    workshop = new Workshop(join(root, 'home'), mirrors);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const opened = async (customerId: string, mirror: string): Promise<string> => {
    const bare = join(mirrors, customerId, `${mirror}.git`);
    mkdirSync(bare, { recursive: true });
    await git(bare, ['init', '--quiet', '--bare', '--template=']);
    return workshop.repository({ customerId, mirror, base: BASE });
  };
  const letGo = (customerId: string, mirror: string): void => rmSync(join(mirrors, customerId, `${mirror}.git`), { recursive: true });

  it('go with their mirror, and with no other of that name', async () => {
    const [gone, same, other] = [await opened('chai', 'demo'), await opened('borealis', 'demo'), await opened('chai', 'other')];
    await workshop.tidy();
    expect([gone, same, other].map((path) => existsSync(path))).toEqual([true, true, true]);
    letGo('chai', 'demo');
    await workshop.tidy();
    expect([gone, same, other].map((path) => existsSync(path))).toEqual([false, true, true]);
  });

  it('stay where the mirrors cannot be seen: that says nothing about any of them', async () => {
    const kept = await opened('chai', 'demo');
    renameSync(mirrors, `${mirrors}-away`);
    await workshop.tidy();
    expect(existsSync(kept)).toBe(true);
  });

  it('go unfinished when nobody can be at work on them any more', async () => {
    const folder = join(root, 'home', 'git');
    for (const name of ['demo-1.git.dead', 'demo-1.git.young']) mkdirSync(join(folder, name), { recursive: true });
    mkdirSync(mirrors);
    const longAgo = new Date(Date.now() - 2 * 86_400_000);
    utimesSync(join(folder, 'demo-1.git.dead'), longAgo, longAgo);
    await workshop.tidy();
    expect(readdirSync(folder)).toEqual(['demo-1.git.young']);
  });

  it('take along nothing that a link in them leads to', async () => {
    const gone = await opened('chai', 'demo');
    const outside = join(root, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'file'), 'x');
    symlinkSync(outside, join(gone, 'linked'));
    letGo('chai', 'demo');
    await workshop.tidy();
    expect([existsSync(gone), existsSync(join(outside, 'file'))]).toEqual([false, true]);
  });

  it('builds a commit only on what each file was shown beside: the bytes that stand there, or nothing where nothing stands', async () => {
    const { base, build, hash } = await anOrder();
    const tree = /^[0-9a-f]{40}$/;
    const beside: readonly (readonly [path: string, base: string | null | undefined, outcome: unknown])[] = [
      ['a.js', hash('one\n'), { ok: true, commit: expect.stringMatching(tree) }],
      ['new.js', null, { ok: true, commit: expect.stringMatching(tree) }],
      ['a.js', null, { ok: false, code: 'digest_mismatch', found: hash('one\n') }],
      ['a.js', hash('two\n'), { ok: false, code: 'digest_mismatch', found: hash('one\n') }],
      ['new.js', hash(''), { ok: false, code: 'digest_mismatch' }],
      ['link.js', null, { ok: false, code: 'digest_mismatch' }],
      ['link.js', hash('a.js'), { ok: false, code: 'digest_mismatch' }],
      ['module', null, { ok: false, code: 'digest_mismatch' }],
      ['a.js', undefined, { ok: false, code: 'manifest_invalid' }],
    ];
    for (const [path, baseSha256, outcome] of beside) {
      const found = await build([{ path, baseSha256 }]);
      expect([path, baseSha256, found]).toEqual([path, baseSha256, outcome]);
    }
    expect(await build([{ path: 'a.js', baseSha256: hash('one\n') }, { path: 'new.js', baseSha256: hash('one\n') }])).toMatchObject({ code: 'digest_mismatch' });
    expect(base).toMatch(tree);
  });

  it('refuses what it would compare with a part that the mirror has lost', async () => {
    const { build, hash } = await anOrder();
    const object = await gitText(join(mirrors, 'chai', 'demo.git'), ['hash-object', '--stdin'], { input: 'one\n' });
    rmSync(join(mirrors, 'chai', 'demo.git', 'objects', object.slice(0, 2), object.slice(2)));
    expect(await build([{ path: 'a.js', baseSha256: hash('one\n') }])).toMatchObject({ ok: false, code: 'base_missing' });
  });

  it('says nothing of the mirror where git was ended before it had read it', async () => {
    const { build, hash } = await anOrder();
    const { PATH } = process.env;
    const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    mkdirSync(join(root, 'bin'));
    writeFileSync(join(root, 'bin', 'git'), `#!/bin/sh\ncase "$*" in *--batch*) kill -9 $$ ;; esac\nexec ${real} "$@"\n`, { mode: 0o755 });
    process.env['PATH'] = `${join(root, 'bin')}:${PATH}`;
    try {
      await expect(build([{ path: 'a.js', baseSha256: hash('one\n') }])).rejects.toMatchObject({ code: 'git_failed', exitCode: null });
    } finally {
      process.env['PATH'] = PATH;
    }
    expect(await build([{ path: 'a.js', baseSha256: hash('one\n') }])).toMatchObject({ ok: true });
  });

  it('lets a file be shown as new where a folder was whose files are all shown as deleted', async () => {
    const { build, hash } = await anOrder();
    expect(await build([{ path: 'docs/old.md', baseSha256: hash('old\n'), deleted: true }, { path: 'docs', baseSha256: null }])).toMatchObject({ ok: true });
    expect(await build([{ path: 'docs/old.md', baseSha256: null, deleted: true }, { path: 'docs', baseSha256: null }])).toMatchObject({ code: 'digest_mismatch' });
  });

  /** A mirror with a file, a link, a submodule and a folder, and how a change of it is built: each file as `written`, the tree by git alone. */
  async function anOrder() {
    const bare = join(mirrors, 'chai', 'demo.git');
    mkdirSync(bare, { recursive: true });
    await git(bare, ['init', '--quiet', '--bare', '--template=']);
    const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
    const blob = (text: string): Promise<string> => gitText(bare, ['hash-object', '-w', '--stdin'], { input: text });
    const [one, old, target] = [await blob('one\n'), await blob('old\n'), await blob('a.js')];
    const docs = await gitText(bare, ['mktree'], { input: `100644 blob ${old}\told.md\n` });
    const root = await gitText(bare, ['mktree', '--missing'], { input: `100644 blob ${one}\ta.js\n120000 blob ${target}\tlink.js\n160000 commit ${'c'.repeat(40)}\tmodule\n040000 tree ${docs}\tdocs\n` });
    const text = { author: { name: 'Countersign', email: 'countersign@localhost' }, date: '2026-01-02T03:04:05Z', message: 'Change\n' };
    const base = await writeCommit(bare, root, [], text);
    const content = Buffer.from('written\n');
    const build = async (files: readonly { path: string; baseSha256: string | null | undefined; deleted?: boolean }[]): Promise<unknown> => {
      const ordered = files.map(({ path, baseSha256, deleted = false }) => ({ id: path, path, mode: '100644' as const, sha256: hash('written\n'), size: content.length, deleted, ...(baseSha256 === undefined ? {} : { baseSha256 }) }));
      const tree = await writeTree(bare, base, ordered.map(({ path, mode, deleted }) => ({ path, mode, content: deleted ? null : content }))).catch(() => root);
      return workshop.build({ customerId: 'chai', effect: { kind: 'git.push', mirror: 'demo', remote: '/srv/demo.git', branch: 'countersign/goal-1', base, tree, commit: text, expectedHead: null }, files: ordered, bytes: new Map(ordered.map(({ path }) => [path, content])) });
    };
    return { base, build, hash };
  }
});
