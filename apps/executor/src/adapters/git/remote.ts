import { localPath } from '@countersign/contracts';
import { git, GitError } from '@countersign/git';
import { existsSync } from 'node:fs';
import type { RemoteFacts } from '../../domain/resolve-push.js';
import { PushRejectedError } from './errors.js';

export interface PushOrder {
  /** The bare repository that holds the commit. */
  readonly gitDir: string;
  readonly remote: string;
  readonly branch: string;
  readonly commit: string;
  readonly expectedHead: string | null;
}

export const PUSH_MS = 120_000;
const LOOK_MS = 30_000;

/** The other side of a push, reached as the person (`env`). */
export class Remote {
  constructor(private readonly env: Readonly<Record<string, string>>) {}

  /** What the branch shows there now, or why the remote gave no answer. */
  async look(order: PushOrder): Promise<RemoteFacts | { readonly silent: string }> {
    const ref = `refs/heads/${order.branch}`;
    try {
      const listed = (await this.ask(order.gitDir, ['ls-remote', '--refs', '--', order.remote, ref])).split('\n').find((line) => line.endsWith(`\t${ref}`));
      const head = listed?.split('\t')[0] ?? null;
      const moved = head !== null && head !== order.commit && head !== order.expectedHead;
      return { head, checkedOut: await this.checkedOut(order.remote, ref), containsOurs: moved && (await this.contains(order, ref, head)) };
    } catch (cause) {
      if (cause instanceof GitError) return { silent: withoutCredentials(cause.message) };
      throw cause;
    }
  }

  /**
   * Pushes the commit to the branch if the branch still shows what was approved. Throws `PushRejectedError` when the remote
   * answered no, `GitError` when it cannot be known what happened: then look.
   */
  async push({ gitDir, remote, branch, commit, expectedHead }: PushOrder, signal: AbortSignal): Promise<void> {
    const ref = `refs/heads/${branch}`;
    const args = ['push', '--porcelain', '--no-verify', '--no-signed', '--no-follow-tags', '--recurse-submodules=no', `--force-with-lease=${ref}:${expectedHead ?? ''}`, '--', remote, `${commit}:${ref}`];
    const { exitCode, stdout } = await git(gitDir, args, { env: this.env, timeoutMs: PUSH_MS, accept: [1], signal });
    if (exitCode === 0) return;
    // git-push(1), --porcelain: a line that begins with "!" is the remote's answer about a ref; without one nobody answered
    const answer = stdout.toString('utf8').split('\n').find((line) => line.startsWith('!'));
    if (answer !== undefined) throw new PushRejectedError(answer);
    throw new GitError('push', exitCode, 'no answer about the branch');
  }

  /** A branch that a working tree shows must not be moved under it: git's own list, whatever the repository's configuration allows. */
  private async checkedOut(remote: string, ref: string): Promise<boolean> {
    const path = localPath(remote);
    // git itself tries both names
    const found = path === undefined ? undefined : [path, `${path}.git`].find((candidate) => existsSync(candidate));
    if (found === undefined) return false;
    return (await this.ask(found, ['worktree', 'list', '--porcelain', '-z'])).split('\0').includes(`branch ${ref}`);
  }

  /** Somebody may have built on our commit already: then the push did happen. */
  private async contains({ gitDir, remote, commit }: PushOrder, ref: string, head: string): Promise<boolean> {
    await git(gitDir, ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--recurse-submodules=no', '--', remote, ref], { env: this.env, timeoutMs: PUSH_MS });
    const { exitCode } = await git(gitDir, ['merge-base', '--is-ancestor', commit, head], { accept: [1, 128] });
    return exitCode === 0;
  }

  private async ask(directory: string, args: readonly string[]): Promise<string> {
    return (await git(directory, args, { env: this.env, timeoutMs: LOOK_MS })).stdout.toString('utf8');
  }
}

const withoutCredentials = (text: string): string => text.replaceAll(/(\w+:\/\/)[^\s/@]+@/g, '$1');
