import type { GitPushEffect } from '@countersign/contracts';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OrderedFile } from '../../domain/order.js';
import { refuse, type Refused } from '../../domain/refusal.js';
import { GitError } from './errors.js';
import { git, gitEnv } from './git.js';

export interface Commission {
  readonly effect: GitPushEffect;
  readonly files: readonly OrderedFile[];
  readonly bytes: ReadonlyMap<string, Uint8Array>;
}
export type Built = { readonly ok: true; readonly commit: string; readonly gitDir: string } | Refused;

const AT_ONCE = 4;

/**
 * The executor's own bare repositories, one per mirror. They read the mirror's objects and never write there; no
 * configuration, hook or attribute of the customer's repository is in effect in them.
 */
export class Workshop {
  constructor(
    private readonly home: string,
    private readonly mirrors: string,
  ) {}

  /** Makes the approved commit from the approved bytes. The same order gives the same commit id, on any machine, any number of times. */
  async build({ effect, files, bytes }: Commission): Promise<Built> {
    const gitDir = await this.repository(effect);
    if (!(await isCommit(gitDir, effect.base))) return refuse('base_missing');
    const kept = files.filter(({ deleted }) => !deleted);
    const blobs = await inTurns(kept, async ({ path }) => (await git(['--git-dir', gitDir, 'hash-object', '-w', '--stdin'], { cwd: '/', stdin: bytes.get(path)! })).toString('utf8').trim());
    const names = new Map(kept.map(({ path }, index) => [path, blobs[index]!]));
    const tree = await this.tree(gitDir, effect.base, files, names);
    if (tree !== effect.tree) return refuse('tree_mismatch');
    return { ok: true, commit: await commit(gitDir, effect), gitDir };
  }

  /** The repository for a mirror, made on first use; a crash leaves nothing half made. */
  async repository({ mirror, base }: Pick<GitPushEffect, 'mirror' | 'base'>): Promise<string> {
    const gitDir = join(this.home, 'git', `${mirror}.git`);
    if (!existsSync(gitDir)) await this.create(gitDir, base.length === 64 ? 'sha256' : 'sha1');
    await writeFile(join(gitDir, 'objects/info/alternates'), `${join(this.mirrors, `${mirror}.git`, 'objects')}\n`);
    return gitDir;
  }

  private async create(gitDir: string, format: 'sha1' | 'sha256'): Promise<void> {
    const draft = `${gitDir}.${randomBytes(6).toString('hex')}`;
    await mkdir(draft, { recursive: true, mode: 0o700 });
    await git(['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, draft], { cwd: '/' });
    await mkdir(join(draft, 'objects/info'), { recursive: true });
    await rename(draft, gitDir).catch(async (cause: NodeJS.ErrnoException) => {
      await rm(draft, { recursive: true });
      if (!existsSync(gitDir)) throw cause; // else somebody else was faster, with the same result
    });
  }

  /** The base's tree with the files put in or taken out, through an index of its own. */
  private async tree(gitDir: string, base: string, files: readonly OrderedFile[], names: ReadonlyMap<string, string>): Promise<string> {
    const folder = await mkdtemp(join(this.home, 'index-'));
    const env = { ...gitEnv(), GIT_INDEX_FILE: join(folder, 'index') };
    const run = async (args: readonly string[], stdin = ''): Promise<string> => (await git(['--git-dir', gitDir, ...args], { cwd: '/', env, stdin })).toString('utf8').trim();
    try {
      await run(['read-tree', base]);
      const lines = files.map(({ path, mode, deleted }) => (deleted ? `0 ${'0'.repeat(base.length)}\t${path}\0` : `${mode} ${names.get(path)!}\t${path}\0`));
      await run(['update-index', '-z', '--index-info'], lines.join(''));
      return await run(['write-tree']);
    } finally {
      await rm(folder, { recursive: true });
    }
  }
}

async function isCommit(gitDir: string, name: string): Promise<boolean> {
  try {
    return (await git(['--git-dir', gitDir, 'cat-file', '-t', name], { cwd: '/' })).toString('utf8').trim() === 'commit';
  } catch (cause) {
    if (cause instanceof GitError) return false;
    throw cause;
  }
}

/** Author, committer, date and message come from the order, so nothing of this machine or moment is in the commit. */
async function commit(gitDir: string, { base, tree, commit: { author, date, message } }: GitPushEffect): Promise<string> {
  const when = `@${Math.floor(Date.parse(date) / 1000)} +0000`;
  const who = { GIT_AUTHOR_NAME: author.name, GIT_AUTHOR_EMAIL: author.email, GIT_COMMITTER_NAME: author.name, GIT_COMMITTER_EMAIL: author.email };
  const env = { ...gitEnv(), ...who, GIT_AUTHOR_DATE: when, GIT_COMMITTER_DATE: when };
  const args = ['--git-dir', gitDir, '-c', 'i18n.commitEncoding=UTF-8', 'commit-tree', tree, '-p', base, '-F', '-'];
  return (await git(args, { cwd: '/', env, stdin: message })).toString('utf8').trim();
}

/** Maps with a few at once, results in the order of the items. */
async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))));
  return results;
}
