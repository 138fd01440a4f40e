import type { CapabilityDenyCode, Capabilities, GateApprovalState, GitArgs, GitResult } from '@countersign/contracts';
import { git, GitError, moveRef, resolveRef, writeTree } from '@countersign/git';
import { judgeGit, revisionsOf, type GitView } from '../../domain/capability/git-command.js';
import { outermost, refuseReal } from '../../domain/capability/paths.js';
import { refuse } from '../../domain/capability/refusal.js';
import { BaseFiles } from '../git/base-files.js';
import type { CommitQueue, DraftedFile } from '../git/commit-queue.js';
import type { Draft } from '../worker/draft.js';
import { check, DeniedError, granted, ToolProblem } from './outcomes.js';

const MAX_OUTPUT = 256 * 1024;
const GIT_MS = 20_000;
/** Whatever attributes or configuration say: no program of a repository, no colour, names as they are. */
const SAFE = ['--no-ext-diff', '--no-textconv', '--no-color'];

/** What a person is asked before a tool call goes on. */
export interface ToolQuestion {
  readonly tool: string;
  /** The call in plain values: what the yes is for. */
  readonly args: Record<string, unknown>;
  readonly code: CapabilityDenyCode;
  readonly reason: string;
}
export interface ToolAnswer {
  readonly approvalId: string;
  readonly outcome: GateApprovalState;
  readonly reason: string;
}

export interface GitMeans {
  readonly repository: string;
  readonly runId: string;
  readonly base: string;
  readonly commits: CommitQueue;
  readonly author: { readonly name: string; readonly email: string };
  now(): Date;
  ask(question: ToolQuestion): Promise<ToolAnswer>;
}

/**
 * git for a worker: the words are parsed and judged, and git is started with words of ours. History is what leads to the run's own
 * head; a commit goes through the commit queue to a ref of the run, which no goal builds on; a push moves a branch of the mirror
 * after a person said yes, and nothing else: what leaves the house is an effect that is countersigned.
 */
export class GitTool {
  constructor(
    private readonly capabilities: Capabilities,
    private readonly draft: Draft,
    private readonly means: GitMeans,
  ) {}

  async git({ args }: GitArgs): Promise<GitResult> {
    const command = granted(judgeGit(this.capabilities, args));
    try {
      switch (command.verb) {
        case 'status':
          return { output: await this.status() };
        case 'commit':
          return await this.commit(command.message);
        case 'push':
          return await this.push(command.branch);
        default:
          return await this.view(command);
      }
    } catch (error) {
      if (error instanceof GitError) throw new ToolProblem('git_failed', `git says: ${error.stderr.slice(0, 500)}`);
      throw error;
    }
  }

  private get ref(): string {
    return `refs/countersign/runs/${this.means.runId}`;
  }

  private async head(): Promise<string> {
    return (await resolveRef(this.means.repository, this.ref)) ?? this.means.base;
  }

  private async view({ verb, options, revisions, file, paths }: GitView): Promise<GitResult> {
    const head = await this.head();
    const known = await Promise.all(revisions.map((revision) => this.known(revision, head)));
    if (verb === 'blame') return this.run(['blame', ...options, known[0] ?? head, '--', file!]);
    if (verb === 'show' && file !== undefined) return { output: await this.fileAt(known[0]!, file) };
    const within = ['--', ...this.pathspecs(paths)];
    if (verb === 'log') return this.run(['log', ...SAFE, '--no-decorate', ...options, ...(known.length > 0 ? known : [head]), ...within]);
    if (verb === 'show') return this.run(['show', ...SAFE, '--no-decorate', ...options, ...(known.length > 0 ? known : [head]), ...within]);
    const against = known.length > 0 ? known : [head];
    const compared = against.length > 1 || against[0]!.includes('..') ? against : [against[0]!, await writeTree(this.means.repository, head, await this.changes(head))];
    return this.run(['diff', ...SAFE, ...options.filter((option) => option !== '--cached' && option !== '--staged'), ...compared, ...within]);
  }

  /** Object names for a revision of this run's own history; others of the mirror are not shown. */
  private async known(word: string, head: string): Promise<string> {
    const objects: string[] = [];
    for (const revision of revisionsOf(word) ?? []) {
      const commit = await resolveRef(this.means.repository, revision.replace(/^HEAD/, head));
      if (commit === undefined || !(await this.isAncestor(commit, head))) throw new DeniedError(refuse('git_revision_refused', `${revision} is no commit of this run's history`));
      objects.push(commit);
    }
    return objects.length === 1 ? objects[0]! : objects.join(word.includes('...') ? '...' : '..');
  }

  /** Nothing named: as much as the grant may read. */
  private pathspecs(paths: readonly string[]): string[] {
    const wanted = paths.length > 0 ? paths : outermost(this.capabilities.fs_scopes.read);
    if (wanted.includes('.')) return [];
    return wanted.length > 0 ? wanted.map((path) => `:(top,literal)${path}`) : [':(top,exclude)*'];
  }

  private async fileAt(commit: string, file: string): Promise<string> {
    const found = await git(this.means.repository, ['ls-tree', '-z', '--full-tree', commit, '--', `:(literal)${file}`]);
    const [mode, , object] = found.stdout.toString('utf8').split('\t')[0]!.split(' ');
    check(refuseReal(this.capabilities, 'read', file, mode === '120000' ? '/link' : file));
    if (object === undefined || !mode?.startsWith('100')) throw new ToolProblem('file_not_found', `there is no file ${file} at ${commit.slice(0, 12)}`);
    return (await this.run(['cat-file', 'blob', object])).output;
  }

  private async run(args: readonly string[]): Promise<GitResult> {
    const { stdout, truncated } = await git(this.means.repository, args, { timeoutMs: GIT_MS, maxBytes: MAX_OUTPUT });
    return { output: stdout.toString('utf8'), ...(truncated ? { truncated: true } : {}) };
  }

  /** What is drafted and not yet committed, in the short form of git. */
  private async status(): Promise<string> {
    const changes = await this.changes(await this.head());
    return changes.map(({ path, content, baseContent }) => `${content === null ? ' D' : baseContent === null ? '??' : ' M'} ${path}\n`).sort().join('');
  }

  private async commit(message: string): Promise<GitResult> {
    const head = await this.head();
    const changes = await this.changes(head);
    if (changes.length === 0) throw new ToolProblem('nothing_to_commit', 'the draft is what the head already holds');
    const { repository, commits, author, now } = this.means;
    const outcome = await commits.commit({ repository, ref: this.ref, base: this.means.base, files: changes, text: { author, date: new Date(Math.floor(now().getTime() / 1000) * 1000).toISOString(), message } });
    if (outcome.conflict) throw new ToolProblem('commit_conflict', `moved meanwhile: ${outcome.paths.join(', ')}`);
    return { output: `${outcome.commit}\n`, commit: outcome.commit };
  }

  private async push(name = this.means.runId): Promise<GitResult> {
    const { repository, ask } = this.means;
    const [head, ref] = [await this.head(), `refs/heads/countersign/push-${name}`];
    const current = await resolveRef(repository, ref);
    if (current !== undefined && !(await this.isAncestor(current, head))) throw new ToolProblem('push_rejected', 'the branch holds commits that are not part of this run');
    const { outcome, approvalId, reason } = await ask({ tool: 'git', args: { verb: 'push', ref, commit: head }, code: 'git_push_requires_approval', reason: `push ${head.slice(0, 12)} to ${ref}` });
    if (outcome === 'pending') return { output: '', outcome: 'approval_required', approvalId };
    if (outcome !== 'approved') return { output: reason, outcome: 'denied', approvalId };
    await moveRef(repository, ref, head, current ?? null);
    return { output: `${head}\n`, outcome: 'done', approvalId };
  }

  private async changes(head: string): Promise<DraftedFile[]> {
    const differences = await new BaseFiles(this.means.repository, head).differences(this.draft.files.values());
    return differences.map(({ file, mode, baseContent }) => ({ path: file.path, mode, content: file.content, baseContent }));
  }

  private async isAncestor(commit: string, head: string): Promise<boolean> {
    return (await git(this.means.repository, ['merge-base', '--is-ancestor', commit, head], { accept: [1], timeoutMs: GIT_MS })).exitCode === 0;
  }
}
