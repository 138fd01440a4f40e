import { expect } from 'expect';
import { describe, it } from 'node:test';
import { isBranch, isFolder, isMirror, isPath, isPushPlace, isRemote, isRemoteWithin, localPath } from './git-names.js';

const table = (rule: (text: string) => boolean, good: readonly string[], bad: readonly string[]): void => {
  it(`takes ${good.slice(0, 3).join(', ')} …`, () => expect(good.filter((text) => !rule(text))).toEqual([]));
  it(`refuses ${bad.slice(0, 3).map((text) => JSON.stringify(text)).join(', ')} …`, () => expect(bad.filter(rule)).toEqual([]));
};

describe('a branch', () =>
  table(isBranch, ['main', 'countersign/goal-018f', 'feature/a_b.c', 'v1.2', 'a@b', 'release+1'], [
    '', '-d', '/a', 'a/', 'a//b', '.a', 'a/.b', 'a.', 'a..b', 'a.lock', 'a.lock/b', 'a b', 'a~1', 'a^', 'a:b', 'a?', 'a*', 'a[', 'a\\b', 'a@{1}', '@', 'HEAD', 'a\nb', 'a\0', 'ä', 'x'.repeat(300),
  ]));

describe('a remote', () =>
  table(isRemote, ['/srv/git/demo.git', '/home/asha/My Work/demo', 'file:///srv/demo.git', 'https://git.example/x.git', 'https://user@git.example/x', 'ssh://git@host:22/x.git', 'git@github.com:me/repo.git'], [
    '', 'relative/path', '-oProxyCommand=x', '--upload-pack=x', 'ext::sh -c id', 'fd::7', 'http://plain.example/x', 'git://host/x', 'ftp://host/x', 'https://user:secret@host/x', 'https://', 'ssh://-oProxyCommand=x/y', 'ssh://-u@host/y',
    'file://host/share', 'git@-host:x', 'git@host:-x', '-git@host:x', 'git@host:with space', '/srv/a\nb', 'C:\\repo', 'transport::address',
  ]));

describe('a remote that the operator lets a customer push to', () => {
  const places = ['https://git.example/chai/', 'git@git.example:chai/', 'ssh://git@git.example/tools.git', '/srv/git/'];
  table((remote) => isRemoteWithin(remote, places), ['https://git.example/chai/x.git', 'https://git.example/chai/a/b', 'git@git.example:chai/x.git', 'ssh://git@git.example/tools.git', '/srv/git/demo.git'], [
    'https://git.example/borealis/x.git', 'https://git.example/chai', 'https://git.example/chai/../borealis/x.git', 'https://git.example/chai/%2e%2e/borealis/x.git', 'https://git.example/chai/..%2fborealis', 'https://git.example.evil/chai/x',
    'https://me@git.example/chai/x.git', 'git@git.example:chai/../borealis/x.git', 'git@git.example:chai-other/x', 'ssh://git@git.example/tools.git/x', '/srv/git/../x', '/srv/git/a b',
  ]);
  table(isPushPlace, [...places, 'git@git.example:', 'https://git.example/'], ['', 'git.example', 'http://git.example/', 'ext::', 'https://a:b@git.example/', '-x/']);
});

describe('a path in a tree', () =>
  table(isPath, ['a', 'src/a.ts', '.github/workflows/ci.yml', 'ünï/ç.md', 'a/.gitignore', 'a b/c', '...'], [
    '', '/a', 'a/', 'a//b', '.', '..', 'a/../b', './a', '.git', '.git/config', 'a/.GIT/hooks/x', '.git ', '.git.', 'git~1', 'GIT~1/x', '.g\u200cit/config', '.git::$INDEX_ALLOCATION/x', 'a\\b', 'a\nb', 'a\0b', '\ud800', 'x'.repeat(1001),
  ]));

describe('a folder and a mirror', () => {
  table(isFolder, ['goal-1', 'a.b_c'], ['', '.', '..', 'a/b', '.hidden', 'a..b', '-a', 'a\\b']);
  it('a mirror is named without its ending', () => expect([isMirror('demo'), isMirror('demo.git'), isMirror('../demo')]).toEqual([true, false, false]));
});

describe('a remote on this machine', () => {
  it('is known by its path', () => {
    expect(['/srv/x', 'file:///srv/a%20b', 'https://h/x', 'git@h:x'].map(localPath)).toEqual(['/srv/x', '/srv/a b', undefined, undefined]);
  });
});
