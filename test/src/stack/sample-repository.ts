import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A person's checkout with a bare remote beside it; the remote counts its pushes. */
export interface SampleRepository {
  readonly folder: string;
  readonly remote: string;
  readonly base: string;
  /** Refs the remote received, one line per update. */
  pushes(): string[];
  /** Commit of a branch in the remote, or undefined. */
  remoteHead(branch: string): string | undefined;
  remoteTree(branch: string): string;
  /** From now on a push waits inside the remote, before anything is changed there. */
  holdPushes(): void;
  /** Whether one waits there. */
  holdsPush(): boolean;
  letPushes(): void;
}

export const SAMPLE_FILES: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "sample", "type": "module", "scripts": { "test": "node --test" } }\n',
  'src/slug.js': `export function toSlug(text, separator = '-') {
  if (typeof text !== 'string') throw new TypeError('text must be a string');
  return text.trim().toLowerCase().replace(/[^a-z0-9]+/g, separator);
}
`,
  'src/clamp.js': 'export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);\n',
  'test/slug.test.js': `import assert from 'node:assert';
import { test } from 'node:test';
import { toSlug } from '../src/slug.js';
test('makes a slug', () => assert.equal(toSlug(' A b '), 'a-b'));
`,
};

export const sampleRepository = (): SampleRepository => repositoryOf(SAMPLE_FILES);

/** One commit with these files on `main`, and a bare remote as `origin`. */
export function repositoryOf(files: Readonly<Record<string, string>>): SampleRepository {
  const root = mkdtempSync(join(tmpdir(), 'countersign-repo-'));
  chmodSync(root, 0o755);
  const folder = join(root, 'work');
  const remote = join(root, 'remote.git');
  const log = join(root, 'pushes.log');
  const [closed, waiting] = [join(root, 'closed'), join(root, 'waiting')];
  const git = (...args: string[]): string => execFileSync('git', ['-c', 'safe.directory=*', '-C', folder, ...args], { encoding: 'utf8' }).trim();
  mkdirSync(folder);
  git('init', '-q', '-b', 'main');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  git('add', '-A');
  git('-c', 'user.name=Asha', '-c', 'user.email=asha@example.test', 'commit', '-qm', 'Start');
  execFileSync('git', ['clone', '-q', '--bare', folder, remote]);
  git('remote', 'add', 'origin', remote);
  const hook = (name: string, script: string): void => writeFileSync(join(remote, 'hooks', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  hook('pre-receive', `if [ -e '${closed}' ]; then : > '${waiting}'; fi; while [ -e '${closed}' ]; do sleep 0.05; done`);
  hook('post-receive', `cat >> '${log}'`);
  const inRemote = (...args: string[]): string => execFileSync('git', ['-c', 'safe.directory=*', '-C', remote, ...args], { encoding: 'utf8' }).trim();
  return {
    folder,
    remote,
    base: git('rev-parse', 'HEAD'),
    pushes: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : []),
    remoteHead: (branch) => inRemote('for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`) || undefined,
    remoteTree: (branch) => inRemote('rev-parse', `refs/heads/${branch}^{tree}`),
    holdPushes: () => writeFileSync(closed, ''),
    holdsPush: () => existsSync(waiting),
    letPushes: () => rmSync(closed, { force: true }),
  };
}
