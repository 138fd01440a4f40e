import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { personGit } from '../repo/person-git.js';
import type { Home } from '../stack/home.js';

const FILES = join(import.meta.dirname, '../../demo-repo');
const AUTHOR = { name: 'Asha Rao', email: 'asha@chai.example', date: '2026-01-12T09:00:00Z' };

export interface DemoRepo {
  readonly folder: string;
  /** A bare repository beside it: what `git push` reaches. */
  readonly remote: string;
}

/** The demo's repository with a remote of its own, made at the first run and kept. Both belong to the person. */
export async function ensureDemoRepo(home: Home): Promise<DemoRepo> {
  const parent = join(home.shown, 'demo');
  const repo = { folder: join(parent, 'chai-till'), remote: join(parent, 'chai-till.git') };
  if (existsSync(repo.folder)) return repo;
  const making = join(parent, 'making');
  rmSync(making, { recursive: true, force: true });
  rmSync(repo.remote, { recursive: true, force: true });
  mkdirSync(making, { recursive: true });
  cpSync(FILES, making, { recursive: true });
  await git(making, ['init', '--quiet']);
  await git(making, ['symbolic-ref', 'HEAD', 'refs/heads/main']);
  await git(making, ['add', '--all']);
  await git(making, ['commit', '--quiet', '--message', 'Price, discount and print orders', '--date', AUTHOR.date]);
  await personGit(parent, ['init', '--quiet', '--bare', repo.remote]);
  await personGit(repo.remote, ['symbolic-ref', 'HEAD', 'refs/heads/main']);
  await git(making, ['remote', 'add', 'origin', repo.remote]);
  await git(making, ['push', '--quiet', 'origin', 'main']);
  renameSync(making, repo.folder);
  return repo;
}

/** A person who has not told git their name yet can still see the demo; nothing of their configuration is changed. */
const git = (folder: string, args: readonly string[]): Promise<string> => personGit(folder, ['-c', `user.name=${AUTHOR.name}`, '-c', `user.email=${AUTHOR.email}`, '-c', 'commit.gpgSign=false', ...args]);
