import { isRemote } from '@countersign/contracts/git-names';
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { SetupError } from '../../../../scripts/lib/report.mjs';
import { askGit, personGit } from './person-git.js';

/** What a goal starts from: one commit of the person's repository, and where the result will go. */
export interface Source {
  /** The work tree's top, or the bare repository itself. */
  readonly folder: string;
  readonly name: string;
  /** The commit that HEAD names; what is not committed is not part of the work. */
  readonly base: string;
  /** The branch HEAD is on, for words only. */
  readonly branch: string;
  readonly remote: string;
  /** Changes that are not committed and therefore left out. */
  readonly dirty: boolean;
}

/** Reads the repository at a path without writing to it. Rejects when there is nothing to start from. */
export async function readSource(path: string): Promise<Source> {
  const given = resolve(path);
  if (!existsSync(given)) throw new SetupError(`there is nothing at ${given}`);
  const isBare = (await askGit(given, ['rev-parse', '--is-bare-repository'])) === 'true';
  const folder = isBare ? given : await askGit(given, ['rev-parse', '--show-toplevel']);
  if (!folder) throw new SetupError(`${given} is no git repository (or git does not trust its owner)`, { hint: `try: git -C ${given} status` });
  const base = await askGit(folder, ['rev-parse', '--verify', 'HEAD^{commit}']);
  if (!base) throw new SetupError(`${folder} has no commit yet`);
  return {
    folder,
    name: basename(folder).replace(/\.git$/, '') || 'repository',
    base,
    branch: (await askGit(folder, ['symbolic-ref', '--short', 'HEAD'])) ?? 'a detached HEAD',
    remote: await remoteOf(folder),
    dirty: !isBare && (await personGit(folder, ['status', '--porcelain', '--untracked-files=no'])) !== '',
  };
}

/** Where `git push` would go; a repository without a remote gets the branch itself. */
async function remoteOf(folder: string): Promise<string> {
  const names = (await personGit(folder, ['remote'])).split('\n').filter(Boolean);
  const name = names.includes('origin') ? 'origin' : names[0];
  if (!name) return folder;
  const url = await personGit(folder, ['remote', 'get-url', '--push', name]);
  const full = /^(\.{0,2}\/|[^:/@]+(\/|$))/.test(url) && !url.includes('://') ? resolve(folder, url) : url;
  if (!isRemote(full)) {
    throw new SetupError(`the remote "${name}" cannot be pushed to from here: ${URL.canParse(full) && new URL(full).password ? 'its address holds a password' : full}`, {
      hint: 'use an absolute path, https or ssh, and a credential helper instead of a password in the address',
    });
  }
  return full;
}
