import { expect } from 'expect';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { BaseFiles } from './base-files.js';
import { CommitQueue, type DraftedFile } from './commit-queue.js';
import { goalRef } from './mirrors.js';

const TEXT = { author: { name: 'Fleet', email: 'fleet@example.test' }, date: '2026-01-02T03:04:05Z', message: 'Draft\n' };
const file = (path: string, content: string | null, baseContent: string | null = null): DraftedFile => ({ path, mode: '100644', content: content === null ? null : Buffer.from(content), baseContent: baseContent === null ? null : Buffer.from(baseContent) });

describe('the commit queue', () => {
  let work: string;
  let base: string;
  const git = (...args: string[]): string => execFileSync('git', ['-C', work, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { encoding: 'utf8' }).trim();
  const commit = (goalId: string, ...files: DraftedFile[]) => new CommitQueue().commit({ repository: join(work, '.git'), ref: goalRef(goalId), base, files, text: TEXT });

  before(() => {
    work = mkdtempSync(join(tmpdir(), 'queue-'));
    git('init', '-q');
    writeFileSync(join(work, 'a'), 'one\n');
    writeFileSync(join(work, 'b'), 'two\n');
    symlinkSync('a', join(work, 'link'));
    git('add', '-A');
    git('commit', '-qm', 'base');
    base = git('rev-parse', 'HEAD');
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  it('changes, adds and removes files on the branch of the goal; doing it again changes nothing', async () => {
    const files = [file('a', 'ONE\n', 'one\n'), file('c/d', 'new\n'), file('b', null, 'two\n')];
    const first = await commit('g1', ...files);
    expect(first).toMatchObject({ conflict: false });
    expect(await commit('g1', ...files)).toEqual(first);
    expect(git('ls-tree', '-r', '--name-only', 'countersign/goal-g1').split('\n')).toEqual(['a', 'c/d', 'link']);
    expect(git('rev-list', '--count', `${base}..countersign/goal-g1`)).toBe('1');
  });

  it('commits nothing of a draft when one of its files is no longer what it was made from', async () => {
    expect(await commit('g2', file('a', 'x\n', 'one\n'))).toMatchObject({ conflict: false });
    const head = git('rev-parse', 'countersign/goal-g2');
    expect(await commit('g2', file('a', 'y\n', 'one\n'), file('z', 'z\n'))).toEqual({ conflict: true, paths: ['a'] });
    expect(await commit('g2', file('b', 'y\n'))).toEqual({ conflict: true, paths: ['b'] });
    expect(git('rev-parse', 'countersign/goal-g2')).toBe(head);
  });

  it('commits nothing of a draft that would push aside what it does not name', async () => {
    expect(await commit('g4', file('z', 'z\n'), file('a/x', 'x\n'))).toEqual({ conflict: true, paths: ['a/x'] });
    expect(await commit('g4', file('link/x', 'x\n'), file('link', 'x\n'))).toEqual({ conflict: true, paths: ['link/x', 'link'] });
    expect(git('for-each-ref', 'refs/heads/countersign/goal-g4')).toBe('');
    expect(await commit('g4', file('a', null, 'one\n'), file('a/x', 'x\n'))).toMatchObject({ conflict: false });
  });

  it('takes drafts for one mirror one after the other', async () => {
    const queue = new CommitQueue();
    const order = (name: string) => ({ repository: join(work, '.git'), ref: goalRef('g3'), base, files: [file(name, `${name}\n`)], text: TEXT });
    const outcomes = await Promise.all(['p', 'q', 'r'].map((name) => queue.commit(order(name))));
    expect(outcomes.map(({ conflict }) => conflict)).toEqual([false, false, false]);
    expect(git('rev-list', '--count', `${base}..countersign/goal-g3`)).toBe('3');
  });

  it('knows bytes by their name, and a link as no file', async () => {
    const files = new BaseFiles(join(work, '.git'), base);
    expect(await Promise.all([files.holds('a', Buffer.from('one\n')), files.holds('a', Buffer.from('one')), files.holds('a', null), files.holds('nothing', null), files.holds('link', null)])).toEqual([true, false, false, true, true]);
    const around = await files.around();
    expect(['a/x/y', 'link', 'b', 'c'].map((at) => around(at).map(({ path }) => path))).toEqual([['a'], ['link'], ['b'], []]);
    expect([(await files.read('a'))?.toString(), await files.read('link'), await files.mode('link')]).toEqual(['one\n', undefined, undefined]);
  });

  it('keeps a program one where earlier work of the goal took it away and a draft puts it back; what is new is none', async () => {
    const repository = join(work, '.git');
    const tool = git('hash-object', '-w', 'a');
    const tree = (...lines: string[]): string => execFileSync('git', ['-C', work, 'mktree'], { encoding: 'utf8', input: `${lines.join('\n')}\n` }).trim();
    const commitOf = (of: string): string => git('commit-tree', of, '-m', 'x');
    const [began, now] = [commitOf(tree(`100755 blob ${tool}\ttool.sh`, `100644 blob ${tool}\tread.me`)), commitOf(tree(`100644 blob ${tool}\tother`))];
    const files = new BaseFiles(repository, now, new BaseFiles(repository, began));
    expect(await Promise.all(['tool.sh', 'read.me', 'other', 'new'].map((path) => files.modeOfDraft(path)))).toEqual(['100755', '100644', '100644', '100644']);
    const put = (path: string) => ({ path, content: Buffer.from('again\n'), sha256: '', mediaType: 'text/plain' });
    expect((await files.differences([put('tool.sh')])).map(({ mode, baseContent }) => [mode, baseContent])).toEqual([['100755', null]]);
  });
});
