import type { GitPushEffect } from '@countersign/contracts';
import { git, GitError, isFixed, listFiles, PathInTheWayError, readBlobs, writeCommit, writeTree } from '@countersign/git';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { OrderedFile } from '../../domain/order.js';
import { refuse, type Refused } from '../../domain/refusal.js';

/** Making a repository takes a moment; one that is unfinished after a day is nobody's. */
const DRAFT_DEAD_MS = 86_400_000;

/** What names a mirror: it lies among those of one customer. */
export interface MirrorName {
  readonly customerId: string;
  readonly mirror: string;
}

export interface Commission {
  readonly customerId: string;
  readonly effect: GitPushEffect;
  readonly files: readonly OrderedFile[];
  readonly bytes: ReadonlyMap<string, Uint8Array>;
}

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
  async build({ customerId, effect, files, bytes }: Commission): Promise<{ readonly ok: true; readonly commit: string } | Refused> {
    const repository = await this.repository({ customerId, ...effect });
    if ((await typeOf(repository, effect.base)) !== 'commit') return refuse('base_missing');
    const strange = await strangeBase(repository, effect.base, files);
    if (strange) return strange;
    const changes = files.map(({ path, mode, deleted }) => ({ path, mode, content: deleted ? null : bytes.get(path)! }));
    const tree = await writeTree(repository, effect.base, changes).catch(unlistedLoss);
    if (tree !== effect.tree) return refuse('tree_mismatch');
    return { ok: true, commit: await writeCommit(repository, tree, [effect.base], effect.commit) };
  }

  /** The id of the approved commit without its files: its tree has been here since it was built first. Undefined where it is not. */
  async find({ customerId, effect }: Pick<Commission, 'customerId' | 'effect'>): Promise<string | undefined> {
    const repository = await this.repository({ customerId, ...effect });
    const here = (await typeOf(repository, effect.base)) === 'commit' && (await typeOf(repository, effect.tree)) === 'tree';
    return here ? writeCommit(repository, effect.tree, [effect.base], effect.commit) : undefined;
  }

  /** The repository for a mirror, made on first use: complete or not there, also for others who look at the same time. */
  async repository({ customerId, mirror, base }: MirrorName & Pick<GitPushEffect, 'base'>): Promise<string> {
    const objects = join(this.mirrors, customerId, `${mirror}.git`, 'objects');
    // another place for the mirrors makes another repository
    const place = createHash('sha256').update(objects).digest('hex').slice(0, 8);
    const gitDir = join(this.home, 'git', `${mirror}-${place}.git`);
    if (!existsSync(gitDir)) await this.create(gitDir, base.length === 64 ? 'sha256' : 'sha1', objects);
    return gitDir;
  }

  /**
   * Removes the repositories whose mirror its owner has let go, which no effect can need any more, and what a process that died while
   * it made one left behind. Where the folder of all mirrors cannot be seen, nothing is known and nothing is removed.
   */
  async tidy(now = Date.now()): Promise<void> {
    if (!(await isThere(this.mirrors))) return;
    const folder = join(this.home, 'git');
    const names = await readdir(folder).catch(absent<string[]>([]));
    for (const gitDir of names.map((name) => join(folder, name))) if (await this.isLeft(gitDir, now)) await rm(gitDir, { recursive: true, force: true });
  }

  private async isLeft(gitDir: string, now: number): Promise<boolean> {
    if (!gitDir.endsWith('.git')) return now - (await stat(gitDir)).mtimeMs > DRAFT_DEAD_MS;
    const objects = (await readFile(join(gitDir, 'objects/info/alternates'), 'utf8').catch(absent(''))).trim();
    return objects !== '' && !(await isThere(dirname(objects)));
  }

  private async create(gitDir: string, format: 'sha1' | 'sha256', objects: string): Promise<void> {
    const draft = `${gitDir}.${randomBytes(6).toString('hex')}`;
    await mkdir(draft, { recursive: true, mode: 0o700 });
    await git(draft, ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`]);
    await mkdir(join(draft, 'objects/info'), { recursive: true });
    await writeFile(join(draft, 'objects/info/alternates'), `${objects}\n`);
    await rename(draft, gitDir).catch(async (cause: unknown) => {
      await rm(draft, { recursive: true });
      if (!existsSync(gitDir)) throw cause; // else somebody else was faster, with the same result
    });
  }
}

/** Of files that would push others aside, which nobody was shown, there is no tree to approve. */
function unlistedLoss(error: unknown): undefined {
  if (!(error instanceof PathInTheWayError)) throw error;
}

/** A mirror that has lost a part is as one that has not the base; a git that was ended before it could say so says nothing of it. */
function unreadable(error: unknown): undefined {
  if (!(error instanceof GitError) || error.exitCode === null) throw error;
}

/** For what is simply not there; any other trouble is no answer. */
const absent = <T>(instead: T) => (error: NodeJS.ErrnoException): T => {
  if (error.code === 'ENOENT') return instead;
  throw error;
};
const isThere = (path: string): Promise<boolean> => stat(path).then(() => true).catch(absent(false));

/** The person compared a file with something else than stands there: with other bytes, or with nothing where a file, a link or a submodule is. */
async function strangeBase(repository: string, commit: string, files: readonly OrderedFile[]): Promise<Refused | undefined> {
  const standing = new Map((await listFiles(repository, commit)).map((entry) => [entry.path, entry]));
  const read = files.flatMap(({ path }) => standing.get(path) ?? []).filter((entry) => !isFixed(entry));
  const contents = await readBlobs(repository, read.map(({ object }) => object)).catch(unreadable);
  if (!contents) return refuse('base_missing');
  const hashes = new Map(read.map(({ path }, index) => [path, createHash('sha256').update(contents[index]!).digest('hex')]));
  for (const { path, baseSha256 } of files) {
    if (baseSha256 === undefined) return refuse('manifest_invalid'); // it says nothing of it: it has to be asked anew
    const found = standing.has(path) ? hashes.get(path) : null;
    if (found !== baseSha256) return refuse('digest_mismatch', found ?? undefined);
  }
  return undefined;
}

async function typeOf(repository: string, object: string): Promise<string | undefined> {
  const { exitCode, stdout } = await git(repository, ['cat-file', '-t', object], { accept: [1, 128] });
  return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
}
