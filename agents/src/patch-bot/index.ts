/** The patch-bot: tries candidate patches one by one until the check of its repair spec passes. It executes nothing itself: the host runs the check. */
import type { ChecksRunResult, FileChange } from '@countersign/contracts/worker';
import { ModelHelp } from '../model-help.js';
import { HostError, type Task, type TaskOutcome, type WorkerContext } from '../plugin.js';
import { readSource, UnreadableFileError } from '../source/files.js';
import { changesOf, repairSpecOf, RepairSpecError, type BaseFile, type Candidate, type RepairSpec } from './candidates.js';
import { inLikelyOrder, proposedCandidates } from './model.js';
import { PatchError } from './unified-diff.js';
import { whatFailed } from './what-failed.js';

const DEFAULT_MAX_CANDIDATES = 10;
const HIGHEST_MAX_CANDIDATES = 50;
const MODEL_ROUNDS = 3;

let context: WorkerContext;

export function init(ctx: WorkerContext): void {
  context = ctx;
}

export async function onTask(task: Task): Promise<TaskOutcome> {
  let spec: RepairSpec;
  try {
    spec = repairSpecOf(task.options ?? {});
  } catch (error) {
    if (error instanceof RepairSpecError) return { status: 'failed', summary: error.message };
    throw error;
  }
  try {
    return await new Repair(task, spec).run();
  } catch (error) {
    // A refused call is an outcome that the reviewer can act on, not a crash.
    if (error instanceof HostError && !task.signal.aborted) return { status: 'failed', summary: `The host refused: ${error.message}` };
    throw error;
  }
}

class Repair {
  private readonly attempts: string[] = [];
  private readonly tried = new Set<string>();
  private readonly most: number;
  private readonly help: ModelHelp;

  constructor(
    private readonly task: Task,
    private readonly spec: RepairSpec,
  ) {
    const wanted = task.options?.['maxCandidates'] ?? (task.options?.['repair'] as Record<string, unknown> | undefined)?.['maxCandidates'];
    this.help = new ModelHelp(context, task, this.attempts);
    this.most = Math.min(typeof wanted === 'number' && wanted > 0 ? Math.floor(wanted) : DEFAULT_MAX_CANDIDATES, HIGHEST_MAX_CANDIDATES);
  }

  async run(): Promise<TaskOutcome> {
    const before = await this.check([]);
    if (before.exitCode === 0) return { status: 'done', summary: `\`${this.spec.check}\` passes already; nothing was changed.` };
    const found = (await this.tryAll(await inLikelyOrder(this.help, this.task, this.spec, before))) ?? (await this.askModel(before));
    if (found) {
      for (const change of found.changes) await this.task.put(change);
      return { status: 'done', summary: `${found.name} makes \`${this.spec.check}\` pass; it changes ${found.changes.map(({ path }) => path).join(', ')}.`, notes: this.attempts };
    }
    const why = this.tried.size === 0 ? 'there is no candidate, and no model proposed one' : `none of ${this.tried.size} candidates made it pass`;
    return { status: 'failed', summary: `\`${this.spec.check}\` still fails: ${why}.`, notes: [...this.attempts, `Before any change: ${whatFailed(before.outputTail)}`] };
  }

  private async askModel(before: ChecksRunResult): Promise<Found | undefined> {
    let failure = before;
    for (let round = 0; round < MODEL_ROUNDS && this.tried.size < this.most; round++) {
      const candidates = await proposedCandidates(this.help, this.task, this.spec, failure, (path) => this.read(path), this.attempts);
      const found = await this.tryAll(candidates, (result) => (failure = result));
      if (found || candidates.length === 0) return found;
    }
    return undefined;
  }

  private async tryAll(candidates: readonly Candidate[], onFailure: (result: ChecksRunResult) => void = () => undefined): Promise<Found | undefined> {
    for (const candidate of candidates) {
      if (this.tried.size >= this.most) {
        this.note(`Stopped at the limit of ${this.most} candidates.`);
        return undefined;
      }
      const changes = await this.changes(candidate);
      if (!changes) continue;
      const result = await this.check(changes);
      if (result.exitCode === 0) {
        this.note(`${candidate.name}: the check passes.`);
        return { name: candidate.name, changes };
      }
      onFailure(result);
      this.note(`${candidate.name}: ${result.timedOut ? 'the check did not end in time' : `the check fails (exit ${result.exitCode ?? 'by signal'})`}: ${whatFailed(result.outputTail)}`);
    }
    return undefined;
  }

  /** The candidate's changes; undefined when it does not fit, or was tried under another name. */
  private async changes(candidate: Candidate): Promise<FileChange[] | undefined> {
    try {
      const changes = await changesOf(candidate, (path) => this.read(path));
      const key = JSON.stringify(changes);
      if (this.tried.has(key)) throw new PatchError('the same as one before');
      this.tried.add(key);
      return changes;
    } catch (error) {
      if (!(error instanceof PatchError)) throw error;
      this.tried.add(`${candidate.name} ${this.tried.size}`);
      this.note(`${candidate.name}: not tried, ${error.message}.`);
      return undefined;
    }
  }

  private async check(changes: FileChange[]): Promise<ChecksRunResult> {
    this.task.signal.throwIfAborted();
    const { check, cwd } = this.spec;
    return (await context.host.call('tool/call', { taskId: this.task.taskId, tool: 'checks.run', args: { changes, command: check, ...(cwd !== undefined && { cwd }) } })) as unknown as ChecksRunResult;
  }

  private async read(path: string): Promise<BaseFile | undefined> {
    try {
      return await readSource(this.task.inputDir, path);
    } catch (error) {
      if (error instanceof UnreadableFileError) return undefined;
      throw error;
    }
  }

  private note(text: string): void {
    this.attempts.push(text.slice(0, 1000));
    this.task.progress(text, { fraction: Math.min(this.tried.size / this.most, 1) });
  }
}

interface Found {
  name: string;
  changes: FileChange[];
}
