import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RefusedError, type GitCommitText } from '@countersign/contracts';
import { inTheWay, type InTheWay } from './in-the-way.js';
import { listFiles } from './read.js';
import { git, gitText } from './run.js';

/** A file's final state on top of a base commit. */
export interface TreeChange {
  readonly path: string;
  readonly mode: '100644' | '100755';
  /** null: the path is removed. */
  readonly content: Uint8Array | null;
}

/** What is written would push aside what nobody named. */
export class PathInTheWayError extends RefusedError {
  constructor(readonly standing: readonly InTheWay[]) {
    super('path_in_the_way', standing.map(({ path, stands }) => `${path} cannot be written: ${stands} is there`).join('; '));
  }
}

/** Stores the bytes as a blob, without filters: what is hashed is what was given. */
const writeBlob = (repository: string, content: Uint8Array): Promise<string> =>
  gitText(repository, ['hash-object', '-w', '--no-filters', '--stdin'], { input: content });

/**
 * The tree of `base` with the changes applied; nothing but objects is written to the repository.
 * Equal inputs give an equal tree id in every repository (git's tree format). The tree differs from the base's in the named paths alone:
 * throws `PathInTheWayError` for changes in whose place git would push something else aside.
 */
export async function writeTree(repository: string, base: string, changes: readonly TreeChange[]): Promise<string> {
  const standing = inTheWay(await listFiles(repository, base), changes);
  if (standing.length > 0) throw new PathInTheWayError(standing);
  const index = join(tmpdir(), `countersign-index-${randomBytes(8).toString('hex')}`);
  const env = { GIT_INDEX_FILE: index };
  try {
    await git(repository, ['read-tree', base], { env });
    const lines: string[] = [];
    for (const change of changes) lines.push(await indexLine(repository, change));
    // -z: paths may hold any byte but NUL
    if (lines.length > 0) await git(repository, ['update-index', '-z', '--index-info'], { env, input: lines.map((line) => `${line}\0`).join('') });
    return await gitText(repository, ['write-tree'], { env });
  } finally {
    await rm(index, { force: true });
  }
}

async function indexLine(repository: string, { path, mode, content }: TreeChange): Promise<string> {
  if (content === null) return `0 ${'0'.repeat(40)}\t${path}`;
  return `${mode} ${await writeBlob(repository, content)}\t${path}`;
}

/** A commit whose id depends only on its arguments: author and committer, date and message are given, nothing is read from the machine. */
export async function writeCommit(repository: string, tree: string, parents: readonly string[], text: GitCommitText): Promise<string> {
  const env = {
    GIT_AUTHOR_NAME: text.author.name, GIT_AUTHOR_EMAIL: text.author.email, GIT_AUTHOR_DATE: text.date,
    GIT_COMMITTER_NAME: text.author.name, GIT_COMMITTER_EMAIL: text.author.email, GIT_COMMITTER_DATE: text.date,
  };
  return gitText(repository, ['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent])], { env, input: text.message });
}
