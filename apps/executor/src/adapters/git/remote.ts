import { existsSync } from 'node:fs';
import { localPath } from '../../domain/names.js';
import type { RemoteFacts } from '../../domain/resolve-push.js';
import { GitError, GitStoppedError, PushRejectedError } from './errors.js';
import { git, gitEnv } from './git.js';

export interface PushOrder {
  readonly gitDir: string;
  readonly remote: string;
  readonly branch: string;
  readonly commit: string;
  readonly expectedHead: string | null;
}

const PUSH_MS = 120_000;
const LOOK_MS = 30_000;

/** The other side of a push, reached with the person's own credentials (`globalConfig`). */
export class Remote {
  constructor(
    private readonly globalConfig: string,
    private readonly signal?: AbortSignal,
  ) {}

  /** What the branch shows there now, or why the remote gave no answer. */
  async look(order: PushOrder): Promise<RemoteFacts | { readonly silent: string }> {
    const ref = `refs/heads/${order.branch}`;
    try {
      const listed = (await this.run(['ls-remote', '--refs', order.remote, ref])).split('\n').find((line) => line.endsWith(`\t${ref}`));
      const head = listed?.split('\t')[0] ?? null;
      const checkedOut = await this.checkedOut(order.remote, ref);
      const moved = head !== null && head !== order.commit && head !== order.expectedHead;
      return { head, checkedOut, containsOurs: moved && (await this.contains(order, ref, head)) };
    } catch (cause) {
      if (cause instanceof GitError || cause instanceof GitStoppedError) return { silent: cause.message };
      throw cause;
    }
  }

  /**
   * Pushes the commit to the branch if the branch still shows what was approved. Throws `PushRejectedError` when the remote
   * answered no, `GitError` or `GitStoppedError` when it cannot be known what happened: then look.
   */
  async push({ gitDir, remote, branch, commit, expectedHead }: PushOrder): Promise<void> {
    const ref = `refs/heads/${branch}`;
    const args = ['--git-dir', gitDir, 'push', '--porcelain', '--no-verify', '--no-follow-tags', '--recurse-submodules=no', `--force-with-lease=${ref}:${expectedHead ?? ''}`, remote, `${commit}:${ref}`];
    try {
      await this.run(args, PUSH_MS);
    } catch (cause) {
      // git-push(1), --porcelain: a line that begins with "!" is the remote's answer about a ref; without one nobody answered
      const answer = cause instanceof GitError ? cause.stdout.split('\n').find((line) => line.startsWith('!')) : undefined;
      if (answer !== undefined) throw new PushRejectedError(answer);
      throw cause;
    }
  }

  /** A branch that a working tree shows must not be moved under it: git's own list, whatever the repository's configuration allows. */
  private async checkedOut(remote: string, ref: string): Promise<boolean> {
    const path = localPath(remote);
    // git itself tries both names
    const found = path === undefined ? undefined : [path, `${path}.git`].find((candidate) => existsSync(candidate));
    if (found === undefined) return false;
    const listed = await this.run(['-C', found, 'worktree', 'list', '--porcelain', '-z']);
    return listed.split('\0').includes(`branch ${ref}`);
  }

  /** Somebody may have built on our commit already: then the push did happen. */
  private async contains({ gitDir, remote, commit }: PushOrder, ref: string, head: string): Promise<boolean> {
    await this.run(['--git-dir', gitDir, 'fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--recurse-submodules=no', remote, ref], PUSH_MS);
    try {
      await this.run(['--git-dir', gitDir, 'merge-base', '--is-ancestor', commit, head]);
      return true;
    } catch (cause) {
      if (cause instanceof GitError) return false;
      throw cause;
    }
  }

  private async run(args: readonly string[], timeoutMs = LOOK_MS): Promise<string> {
    return (await git(args, { cwd: '/', env: gitEnv(this.globalConfig), timeoutMs, ...(this.signal ? { signal: this.signal } : {}) })).toString('utf8');
  }
}
