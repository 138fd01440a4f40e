import type { BashArgs, BashResult, Capabilities } from '@countersign/contracts';
import { ARTIFACT_LIMITS, isArtifactPath } from '../../domain/artifacts.js';
import { refuseScope, plainPath } from '../../domain/capability/paths.js';
import { refuse } from '../../domain/capability/refusal.js';
import { explain } from '../../domain/explain-output.js';
import { UnsafePathError, type DeniedCall } from '../sandbox/index.js';
import type { Draft } from '../worker/draft.js';
import { drafted } from './file-tools.js';
import { DeniedError, granted, ToolProblem } from './outcomes.js';
import { matchingPaths } from './search-tools.js';
import type { Tree } from './tree.js';
import type { ChangedFile, Workbench } from './workbench.js';

const DEFAULT_MS = 30_000;
const MAX_LEFT = 100;

export interface ShellMeans {
  readonly sandboxed: boolean;
  readonly onDenied: (denied: DeniedCall) => void;
  /** Whether the run's base has a file at this path. */
  inBase(path: string): Promise<boolean>;
}

/** bash: the sandbox decides what a command can do; nothing here looks at its words. What it changed becomes part of the draft by the same rules as any file. */
export class ShellTool {
  constructor(
    private readonly capabilities: Capabilities,
    private readonly bench: Workbench,
    private readonly draft: Draft,
    private readonly means: ShellMeans,
  ) {}

  async bash({ command, cwd = '.', timeout_ms = DEFAULT_MS, keep = [] }: BashArgs): Promise<BashResult> {
    if (!this.means.sandboxed) throw new DeniedError(refuse('sandbox_insufficient', 'a shell command needs the strict sandbox, which this supervisor has not got'));
    const order = { command, cwd: granted(plainPath(cwd)), wallMs: timeout_ms, onDenied: (denied: DeniedCall) => { if (!isNameService(denied)) this.means.onDenied(denied); } };
    try {
      return await this.bench.shell(order, async (result, changed, tree) => ({
        exitCode: result.exitCode, outputTail: explain([], result.output), ...(result.timedOut ? { timedOut: true } : {}), ...(await this.takeOver(tree, changed, keep)),
      }));
    } catch (error) {
      if (error instanceof UnsafePathError) throw new ToolProblem('workspace_spoiled', 'a link stands where a write scope is mounted');
      throw error;
    }
  }

  private async takeOver(tree: Tree, changed: readonly ChangedFile[], keep: readonly string[]): Promise<Pick<BashResult, 'drafted' | 'left'>> {
    const kept = new Set(await matchingPaths(keep, changed.map(({ path }) => path), changed.length));
    const taken: string[] = [];
    const left: BashResult['left'] = [];
    // what is gone first: in its place there may be something else now
    for (const file of changed.toSorted((one, other) => Number(other.gone) - Number(one.gone))) {
      const reason = await this.takeFile(tree, file, kept.has(file.path));
      if (reason === undefined) taken.push(file.path);
      else if (left.length < MAX_LEFT) left.push({ path: file.path.slice(0, 400), reason });
    }
    return { drafted: taken, left };
  }

  /** Undefined when the file is part of the draft now, else why not. */
  private async takeFile(tree: Tree, { path, gone }: ChangedFile, isKept: boolean): Promise<string | undefined> {
    if (!isArtifactPath(path)) return 'path_malformed';
    if (refuseScope(this.capabilities, 'write', path)) return 'path_not_allowed';
    if (!isKept && !this.draft.files.has(path) && !(await this.means.inBase(path))) return 'new_file';
    try {
      if (gone) drafted(this.draft, path, null);
      else {
        using place = tree.open(path, false);
        if (place.path !== path) return 'path_link_escape';
        drafted(this.draft, path, await tree.read(place, ARTIFACT_LIMITS.maxFileBytes));
      }
      return undefined;
    } catch (error) {
      if (error instanceof ToolProblem) return error.code;
      if (error instanceof DeniedError) return error.refusal.code;
      throw error;
    }
  }
}

/** The C library asks a name service who the user is, over a unix socket that is not there: every shell does, and none means harm. */
const isNameService = ({ syscall, args: [family] }: DeniedCall): boolean => syscall === 'socket' && Number(family) === AF_UNIX;
const AF_UNIX = 1;
