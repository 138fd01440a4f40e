import { expect } from 'expect';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { LocalRemotes } from './local-remotes.js';

describe('remotes on this machine', () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'remotes-'));
    for (const folder of ['stack/executor', 'stack/fleet/mirrors/asha/till', 'stack/demo/till.git', 'mirrors/asha', 'srv/till.git']) mkdirSync(join(root, folder), { recursive: true });
    symlinkSync(join(root, 'stack/fleet'), join(root, 'srv/link'));
    symlinkSync(join(root, 'mirrors/asha'), join(root, 'srv/hidden.git'));
    symlinkSync(join(root, 'stack/pg'), join(root, 'stack/demo/leads-out'));
    mkdirSync(join(root, 'stack/pg'));
    const mirror = join(root, 'stack/fleet/mirrors/asha/till');
    const pointing = (name: string, file: string, text: string): void => {
      mkdirSync(join(root, 'srv', name, file, '..'), { recursive: true });
      writeFileSync(join(root, 'srv', name, file), text);
    };
    pointing('pointer', '.git', `gitdir: ${mirror}\n`);
    pointing('relative', '.git', 'gitdir: ../../stack/fleet/mirrors/asha/till\r\n');
    pointing('.', 'bare-pointer.git', `gitdir: ${mirror}`);
    pointing('suffixed.git', '.git', `gitdir: ${mirror}\n`);
    pointing('worktree', '.git', `gitdir: ${root}/srv/main/.git/worktrees/one\n`);
    pointing('main', '.git/worktrees/one/commondir', `${mirror}\n`);
    pointing('common', '.git/commondir', '../../../mirrors/asha\n');
    pointing('harmless', '.git', `gitdir: ${root}/srv/till.git\n`);
    pointing('nonsense', '.git', `${mirror}\n`);
    pointing('parts', '.git/HEAD', 'ref: refs/heads/main\n');
    symlinkSync(join(mirror, 'refs'), join(root, 'srv/parts/.git/refs'));
    mkdirSync(join(mirror, 'refs'));
    mkdirSync(join(root, 'srv/inner'));
    symlinkSync(mirror, join(root, 'srv/inner/.git'));
    mkdirSync(join(root, 'srv/pipe'));
    execFileSync('mkfifo', [join(root, 'srv/pipe/.git')]);
  });
  after(() => rmSync(root, { recursive: true, force: true }));
  const bars = (path: string, production = false): Promise<boolean> => new LocalRemotes(join(root, 'stack/executor'), join(root, 'mirrors'), production).bars(path.startsWith('/') ? `${root}${path}` : path);

  for (const path of ['/stack', '/stack/executor/work', '/stack/fleet/mirrors/asha/till', '/stack/secrets.json', '/mirrors/asha', '/mirrors/new.git', '/srv/link/mirrors', '/srv/hidden', '/srv/till.git/../link/x', '/stack/demo/leads-out', '/stack/demo/../pg']) {
    it(`${path} is the stack’s own`, async () => expect(await bars(path)).toBe(true));
  }
  for (const path of ['/srv/pointer', '/srv/pointer/.git', '/srv/relative', '/srv/bare-pointer', '/srv/bare-pointer.git', '/srv/suffixed', '/srv/worktree', '/srv/common', '/srv/inner', '/srv/parts']) {
    it(`${path} leads git into the stack’s own`, async () => expect(await bars(path)).toBe(true));
  }
  it('are followed as git itself follows them', () => {
    const mirror = join(root, 'stack/fleet/mirrors/asha/till');
    const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: root, GIT_CONFIG_NOSYSTEM: '1' } });
    git('init', '-q', '--bare', mirror);
    git('init', '-q', join(root, 'work'));
    git('-C', join(root, 'work'), '-c', 'user.name=x', '-c', 'user.email=x@x', 'commit', '-q', '--allow-empty', '-m', 'x');
    for (const path of ['pointer', 'relative', 'bare-pointer', 'suffixed', 'inner']) {
      git('-C', join(root, 'work'), 'push', '-q', join(root, 'srv', path), `HEAD:refs/heads/${path}`);
      expect(git('-C', mirror, 'branch', '--list', path)).toContain(path);
    }
  });
  for (const path of ['/srv/harmless', '/srv/nonsense', '/srv/pipe', '/srv/till.git', '/srv/new.git', '/stack/demo/till.git', 'https://git.example/x.git', 'git@git.example:x.git']) {
    it(`${path} may be pushed to`, async () => expect(await bars(path)).toBe(false));
  }
  it('are not taken for harmless when they cannot be asked about', async () => {
    await expect(bars('/srv/till\0.git')).rejects.toThrow();
  });
  it('are none in production, where a remote is a host', async () => {
    expect([await bars('/srv/till.git', true), await bars(`file://${root}/srv/till.git`, true), await bars('ssh://git.example/x.git', true)]).toEqual([true, true, false]);
  });
});
