import { expect } from 'expect';
import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, openSync, readFileSync, readlinkSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { O_PATH, openBeneath, openByKernel, openByWalking, type OpenBeneath } from './beneath.js';
import { DeniedError, ToolProblem } from './outcomes.js';
import { Tree } from './tree.js';

/** What an unwary program does: it trusts the name. */
const openByName: OpenBeneath = (root, path) => openSync(join(readlinkSync(`/proc/self/fd/${root}`), path), O_PATH);

const WAYS: readonly (readonly [string, OpenBeneath])[] = [['by the kernel', openByKernel], ['part by part', openByWalking]];

describe('a tree that untrusted code has written to', () => {
  let root: string;
  let folder: string;
  let outside: string;

  before(() => { root = realpathSync(mkdtempSync(join(tmpdir(), 'tree-'))); });
  after(() => rmSync(root, { recursive: true, force: true }));
  beforeEach(() => {
    rmSync(root, { recursive: true, force: true });
    [folder, outside] = [join(root, 'work'), join(root, 'outside')];
    for (const [path, text] of [['work/a', 'a'], ['work/d/e/f', 'f'], ['outside/secret', 'SECRET']] as const) { mkdirSync(dirname(join(root, path)), { recursive: true }); writeFileSync(join(root, path), text); }
  });

  const outcome = async (work: () => Promise<unknown>): Promise<unknown> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DeniedError) return error.refusal.code;
      if (error instanceof ToolProblem) return error.code;
      throw error;
    }
  };
  const readAs = (opener: OpenBeneath) => (path: string): Promise<unknown> => outcome(async () => {
    using tree = new Tree(folder, opener);
    using place = tree.open(path);
    return [place.path, (await tree.read(place, 1000)).toString()];
  });

  it('is opened by the kernel where it can', () => {
    expect(openBeneath()).toBe(openByKernel);
  });

  for (const [way, opener] of WAYS) {
    describe(`opened ${way}`, () => {
      const read = readAs(opener);

      it('gives the file a path leads to, and where it really is', async () => {
        symlinkSync('d/e', join(folder, 'l'));
        symlinkSync('../../a', join(folder, 'd/e/up'));
        symlinkSync('l/up', join(folder, 'm'));
        expect(await Promise.all(['a', 'd/e/f', 'l/f', 'd/e/up', 'm', 'd/../a', './/d/./e/f'].map(read))).toEqual([['a', 'a'], ['d/e/f', 'f'], ['d/e/f', 'f'], ['a', 'a'], ['a', 'a'], ['a', 'a'], ['d/e/f', 'f']]);
      });

      it('follows no link out of it, nor into the kernel, nor in circles', async () => {
        for (const [name, to] of Object.entries({ absolute: join(outside, 'secret'), own: join(folder, 'a'), up: '../outside/secret', dir: '..', magic: '/proc/self/root', fd: '/proc/self/fd/0', loop: 'loop', one: 'two', two: 'one' })) symlinkSync(to, join(folder, name));
        const escapes = ['absolute', 'own', 'up', 'dir/outside/secret', 'magic/etc/passwd', 'fd', 'loop', 'one', '../outside/secret', 'd/../../outside/secret', '..'];
        expect(await Promise.all(escapes.map(read))).toEqual(escapes.map(() => 'path_link_escape'));
      });

      it('says what is not there, or no directory, as such', async () => {
        symlinkSync('nothing', join(folder, 'dangling'));
        expect(await Promise.all(['x', 'd/x/y', 'a/b', 'dangling', 'a\0', 'x'.repeat(300), 'y/'.repeat(3000)].map(read))).toEqual(Array(7).fill('file_not_found'));
        expect(await read('d')).toBe('is_a_directory');
      });

      it('reads no FIFO, no device, no file with a second name, and no more than was asked for', async () => {
        execFileSync('mkfifo', [join(folder, 'fifo')]);
        linkSync(join(outside, 'secret'), join(folder, 'hard'));
        writeFileSync(join(folder, 'huge'), '');
        truncateSync(join(folder, 'huge'), 64 * 1024 ** 3);
        expect(await Promise.all(['fifo', 'hard', 'huge'].map(read))).toEqual(['path_special_file', 'path_hard_link', 'file_too_large']);
        using devices = new Tree('/dev', opener);
        using zero = devices.open('zero');
        expect(await outcome(() => devices.read(zero, 10))).toBe('path_special_file');
      });

      it('opens a link itself where it is not to be followed', () => {
        symlinkSync('/etc/passwd', join(folder, 'l'));
        using tree = new Tree(folder, opener);
        using place = tree.open('l', false);
        expect([place.path, place.stat.isSymbolicLink()]).toEqual(['l', true]);
      });

      it('never shows the other file while names are swapped under it', async () => {
        mkdirSync(join(folder, 'swap/in'), { recursive: true });
        writeFileSync(join(folder, 'swap/in/secret'), 'mine');
        writeFileSync(join(folder, 'swap/plain'), 'mine');
        const swapper = swapping(folder, outside);
        try {
          await once(swapper.stdout!, 'data');
          const seen = new Set<string>();
          const both = (): boolean => ['"mine"', '"path_link_escape"'].every((each) => seen.has(each));
          const [ends, latest] = [Date.now() + 1_500, Date.now() + 60_000];
          using tree = new Tree(folder, opener);
          for (let round = 0; (Date.now() < ends && round < 20_000) || (!both() && Date.now() < latest); round++) {
            seen.add(JSON.stringify(await outcome(async () => {
              using place = tree.open(round % 2 ? 'swap/link/secret' : 'swap/file');
              return (await tree.read(place, 1000)).toString();
            })));
          }
          expect([...seen].filter((each) => !['"mine"', '"path_link_escape"', '"file_not_found"'].includes(each))).toEqual([]);
          expect([...seen]).toEqual(expect.arrayContaining(['"mine"', '"path_link_escape"'])); // both were met: it did race
        } finally {
          await ended(swapper);
        }
      });
    });
  }

  it('shows everything of these where names are trusted: the attempts are real', async () => {
    const read = readAs(openByName);
    symlinkSync(join(outside, 'secret'), join(folder, 'absolute'));
    expect(await Promise.all(['absolute', '../outside/secret'].map(async (path) => outcome(async () => {
      using tree = new Tree(folder, openByName);
      const fd = openByName((tree as unknown as { fd: number }).fd, path, true);
      try { return readFileSync(`/proc/self/fd/${fd}`, 'utf8'); } finally { closeSync(fd); }
    })))).toEqual(['SECRET', 'SECRET']);
    expect(await read('absolute')).toBe('path_link_escape'); // the second wall: where the opened file really is
  });

  it('is walked without following a link, in order, within limits', async () => {
    symlinkSync('..', join(folder, 'd/up'));
    symlinkSync(outside, join(folder, 'o'));
    execFileSync('mkfifo', [join(folder, 'd/fifo')]);
    using tree = new Tree(folder);
    using start = tree.open('.');
    const paths = async (limits: { entries: number; depth: number }) => { const { files, truncated } = await tree.walk(start, limits); return [files.map(({ path }) => path), truncated]; };
    expect(await paths({ entries: 100, depth: 10 })).toEqual([['a', 'd/e/f'], false]);
    expect(await paths({ entries: 2, depth: 10 })).toEqual([expect.any(Array), true]);
    expect(await paths({ entries: 100, depth: 1 })).toEqual([['a'], false]);
  });

  it('takes a file at exactly its place: what stands in the way is replaced, never written into', async () => {
    symlinkSync(outside, join(folder, 'o'));
    symlinkSync(join(outside, 'secret'), join(folder, 'l'));
    linkSync(join(outside, 'secret'), join(folder, 'hard'));
    using tree = new Tree(folder);
    for (const path of ['o/new', 'l', 'hard', 'a/b', 'd/e', 'n/m/o']) await tree.place(path, Buffer.from('x'));
    expect(['o/new', 'l', 'hard', 'a/b', 'd/e', 'n/m/o'].map((path) => readFileSync(join(folder, path), 'utf8'))).toEqual(Array(6).fill('x'));
    expect([existsSync(join(outside, 'new')), readFileSync(join(outside, 'secret'), 'utf8'), lstatSync(join(folder, 'l')).isFile()]).toEqual([false, 'SECRET', true]);
    symlinkSync(outside, join(folder, 'p'));
    await tree.place('p', null);
    await tree.place('p/secret', null);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('SECRET');
  });

  it('never writes out of it while a directory is swapped for a link', async () => {
    const swapper = swapping(folder, outside);
    try {
      await once(swapper.stdout!, 'data');
      using tree = new Tree(folder);
      const ends = Date.now() + 1_000;
      for (let round = 0; Date.now() < ends && round < 20_000; round++) await outcome(() => tree.place('swap/door/evil', Buffer.from('x')));
      expect(existsSync(join(outside, 'evil'))).toBe(false);
    } finally {
      await ended(swapper);
    }
  });
});

/** A process that swaps names below `swap` as fast as it can: `link` leads in and out, `file` likewise, and `door` is a directory or a link out. */
function swapping(folder: string, outside: string): ChildProcess {
  const program = `
    const fs = require('node:fs'); const { join } = require('node:path');
    const [at, out] = process.argv.slice(1);
    const stay = () => { const until = performance.now() + 0.1; while (performance.now() < until); };
    const quiet = (work) => { try { work(); } catch {} };
    quiet(() => fs.mkdirSync(join(at, 'swap/in'), { recursive: true })); quiet(() => fs.writeFileSync(join(at, 'swap/in/secret'), 'mine')); quiet(() => fs.writeFileSync(join(at, 'swap/plain'), 'mine'));
    let n = 0;
    const door = join(at, 'swap/door'); const kept = join(at, 'swap/kept'); const lure = join(at, 'swap/lure');
    quiet(() => fs.mkdirSync(door));
    for (;;) {
      for (const [name, inside, outward] of [['link', 'in', out], ['file', 'plain', join(out, 'secret')]]) {
        const fresh = join(at, 'swap/fresh' + n++);
        quiet(() => { fs.symlinkSync(n % 4 < 2 ? inside : outward, fresh); fs.renameSync(fresh, join(at, 'swap', name)); });
      }
      quiet(() => fs.rmSync(kept, { recursive: true, force: true }));
      quiet(() => fs.symlinkSync(out, lure));
      quiet(() => fs.renameSync(door, kept));
      quiet(() => fs.renameSync(lure, door));
      stay();
      quiet(() => fs.unlinkSync(door));
      quiet(() => fs.renameSync(kept, door));
      stay();
      if (n === 40) process.stdout.write('swapping');
    }`;
  return spawn(process.execPath, ['-e', program, folder, outside], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function ended(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
