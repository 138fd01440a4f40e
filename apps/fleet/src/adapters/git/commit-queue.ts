import type { GitCommitText } from '@countersign/contracts';
import { moveRef, PathInTheWayError, resolveRef, treeOf, writeCommit, writeTree, type TreeChange } from '@countersign/git';
import { Queues } from '../../queues.js';
import { BaseFiles } from './base-files.js';

/** One drafted file with the bytes it was made from (null: there was none). */
export interface DraftedFile extends TreeChange {
  readonly baseContent: Uint8Array | null;
}

export type CommitOutcome =
  | { readonly conflict: false; readonly commit: string; readonly tree: string }
  /** These paths are no longer what the draft was made from, or cannot be written beside what is there. Nothing was committed. */
  | { readonly conflict: true; readonly paths: readonly string[] };

/** Who commits: a draft's author is known by its row, not by a name in a commit. */
export const FLEET_AUTHOR = { name: 'Countersign fleet', email: 'fleet@countersign.invalid' };

export interface CommitOrder {
  readonly repository: string;
  /** The branch that grows: a goal's, or a run's own ref. */
  readonly ref: string;
  /** Where the branch begins when there is none yet. */
  readonly base: string;
  readonly files: readonly DraftedFile[];
  readonly text: GitCommitText;
}

/**
 * Drafts become commits here, approved ones on their goal's branch, one at a time per mirror, so that two members never race for a branch.
 *
 * Committing the same draft again finds its files in place and changes nothing: the tree is equal, the head is the answer.
 */
export class CommitQueue {
  private readonly queues = new Queues();

  commit(order: CommitOrder): Promise<CommitOutcome> {
    return this.queues.inTurn(order.repository, () => commitDraft(order));
  }
}

async function commitDraft({ repository, ref, base, files, text }: CommitOrder): Promise<CommitOutcome> {
  const branch = await resolveRef(repository, ref);
  const head = branch ?? base;
  const tree = await writeTree(repository, head, files).catch(pathsInTheWay);
  if (typeof tree !== 'string') return { conflict: true, paths: tree };
  if (branch !== undefined && tree === (await treeOf(repository, head))) return { conflict: false, commit: head, tree };
  const moved = await movedPaths(repository, head, files);
  if (moved.length > 0) return { conflict: true, paths: moved };
  const commit = await writeCommit(repository, tree, [head], text);
  await moveRef(repository, ref, commit, branch ?? null);
  return { conflict: false, commit, tree };
}

function pathsInTheWay(error: unknown): string[] {
  if (error instanceof PathInTheWayError) return error.standing.map(({ path }) => path);
  throw error;
}

/** Paths whose content at `head` is neither what the draft was made from nor what it makes of them. */
async function movedPaths(repository: string, head: string, files: readonly DraftedFile[]): Promise<string[]> {
  const base = new BaseFiles(repository, head);
  const moved: string[] = [];
  for (const { path, content, baseContent } of files) {
    if (!(await base.holds(path, baseContent)) && !(await base.holds(path, content))) moved.push(path);
  }
  return moved;
}
