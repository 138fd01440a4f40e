import type { Capabilities } from '@countersign/contracts';
import type { PutFile } from '../../domain/artifacts.js';
import { outermost } from '../../domain/capability/paths.js';
import { Turns } from '../../turns.js';
import { CheckDirectory, type CheckBase, type CommandResult, type SandboxUse } from '../checks/check-sandbox.js';
import { BaseFiles } from '../git/base-files.js';
import { findProgram, type DeniedCall } from '../sandbox/index.js';
import type { Draft } from '../worker/draft.js';
import { Tree, type FoundFile, type WalkLimits } from './tree.js';

/** Files a work folder may hold, for walks over all of it. */
export const WALK: WalkLimits = { entries: 100_000, depth: 64 };

/** Programs of the host that a shell command finds, where they exist. None of them reaches a network, and none is set-user-id. */
const PROGRAMS = [
  'bash', 'awk', 'basename', 'cat', 'chmod', 'cmp', 'comm', 'cp', 'cut', 'date', 'diff', 'dirname', 'echo', 'expr', 'false', 'find', 'fold', 'grep', 'gzip', 'head', 'join', 'ln', 'ls', 'mkdir', 'mktemp',
  'mv', 'nl', 'od', 'paste', 'patch', 'printf', 'pwd', 'readlink', 'realpath', 'rm', 'rmdir', 'sed', 'seq', 'sha256sum', 'sleep', 'sort', 'split', 'stat', 'tac', 'tail', 'tar', 'tee', 'test', 'touch',
  'tr', 'true', 'uniq', 'wc', 'xargs',
];

/** A file below the write scopes that is not as it was. */
export interface ChangedFile {
  readonly path: string;
  readonly gone: boolean;
}

export interface ShellOrder {
  readonly command: string;
  /** Relative to the workspace. */
  readonly cwd: string;
  readonly wallMs: number;
  readonly onDenied: (denied: DeniedCall) => void;
}

/**
 * A run's own copy of the workspace, made when the first tool needs it: what the read scopes cover, with the draft on top.
 * One piece of work at a time; before each the folder is brought up to the draft. What a shell command leaves in it is hostile:
 * everything is read through {@link Tree}.
 */
export class Workbench implements AsyncDisposable {
  private readonly turns = new Turns(1);
  private opened: Promise<{ directory: CheckDirectory; tree: Tree }> | undefined;
  private readonly files: BaseFiles;
  private placed: ReadonlyMap<string, PutFile> = new Map();
  private closed = false;

  constructor(
    private readonly use: SandboxUse,
    private readonly base: CheckBase,
    private readonly capabilities: Capabilities,
    private readonly draft: Draft,
    /** Aborted when the run is stopped: ends a command that runs, and starts none. */
    private readonly signal: AbortSignal,
  ) {
    this.files = new BaseFiles(base.repository, base.commit);
  }

  /** Works on the folder while nothing else does. */
  take<T>(work: (tree: Tree) => Promise<T>): Promise<T> {
    return this.turns.take(async () => work((await this.current()).tree));
  }

  /**
   * Runs a shell command on the folder: what the read scopes cover can be seen, what the write scopes cover can be changed, and
   * nothing else exists. `after` sees what it left, before anything else happens.
   */
  shell<T>({ command, ...options }: ShellOrder, after: (result: CommandResult, changed: readonly ChangedFile[], tree: Tree) => Promise<T>): Promise<T> {
    return this.turns.take(async () => {
      const { directory, tree } = await this.current();
      const writable = await made(tree, outermost(this.capabilities.fs_scopes.write));
      const before = await stamps(tree, writable);
      const result = await directory.run([findProgram('bash') ? 'bash' : '/bin/sh', '-c', command], { ...options, signal: this.signal, writable, programs: PROGRAMS.filter(findProgram) });
      const now = await stamps(tree, writable);
      const changed = [...now].filter(([path, stamp]) => before.get(path) !== stamp).map(([path]) => ({ path, gone: false }));
      const gone = [...before.keys()].filter((path) => !now.has(path)).map((path) => ({ path, gone: true }));
      return after(result, [...changed, ...gone], tree);
    });
  }

  /** After the run: nothing may be asked of it any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    await this.turns.take(async () => {
      const opened = this.opened;
      this.opened = undefined;
      if (!opened) return;
      const { directory, tree } = await opened;
      tree[Symbol.dispose]();
      await directory.close();
    });
  }

  private async current(): Promise<{ directory: CheckDirectory; tree: Tree }> {
    if (this.closed) throw new Error('the run of this work folder is over');
    this.opened ??= this.open();
    this.opened.catch(() => { this.opened = undefined; }); // the next call tries again
    const opened = await this.opened;
    const files = this.draft.files;
    for (const [path, file] of files) if (this.placed.get(path) !== file) await opened.tree.place(path, file.content, (await this.files.modeOfDraft(path)) === '100755' ? 0o755 : 0o644);
    this.placed = files;
    return opened;
  }

  private async open(): Promise<{ directory: CheckDirectory; tree: Tree }> {
    const directory = await CheckDirectory.make(this.use, this.base, []);
    try {
      return { directory, tree: new Tree(directory.root) };
    } catch (error) {
      await directory.close();
      throw error;
    }
  }
}

/** The scopes that can be mounted. One that is not there is made a directory, unless it is named like a file: that one only the tools for files can make. */
async function made(tree: Tree, scopes: readonly string[]): Promise<string[]> {
  const there: string[] = [];
  for (const scope of scopes) {
    if (/\.[^./]+$/.test(scope) && !tree.has(scope)) continue;
    await tree.ensure(scope);
    there.push(scope);
  }
  return there;
}

/** Every ordinary file below the scopes, by what changes when it is written. A command that hides a change from this hides it from its own draft. */
async function stamps(tree: Tree, scopes: readonly string[]): Promise<Map<string, string>> {
  const found: FoundFile[] = [];
  for (const scope of scopes) {
    using place = tree.find(scope, false);
    if (place) found.push(...(await tree.walk(place, WALK)).files);
  }
  return new Map(found.map(({ path, stat }) => [path, `${stat.ino} ${stat.size} ${stat.mtimeMs}`]));
}
