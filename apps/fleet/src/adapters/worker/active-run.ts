import { memberProgress, WORKER_ERROR, type Amounts, type ChecksRunArgs, type ModelCompleteParams, type TeamId } from '@countersign/contracts';
import { DatabaseError, GuardError } from '@countersign/database';
import { readFileAt } from '@countersign/git';
import { createHash } from 'node:crypto';
import { afterRun, type RunEnd } from '../../domain/run-ended.js';
import { mustStop } from '../../domain/must-stop.js';
import { putFile } from '../../domain/artifacts.js';
import { goalHead } from '../git/mirrors.js';
import type { FleetParts } from '../../fleet-parts.js';
import type { Admission } from '../nats/gate.js';
import type { FinishedRun } from '../postgres/draft-store.js';
import type { RunOrder } from '../postgres/rows.js';
import { RunLog } from './run-log.js';
import { WorkerRun, type WorkerOutcome } from './worker-run.js';
import { WorkerRefusal } from './session.js';

type Stop = Exclude<RunEnd, { kind: 'submitted' }>;
type Admitted = Extract<Admission, { admitted: true }>;

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** One claimed run: admission, worker, draft, end. Everything that can be lost is in rows; this object can die at any line. */
export class ActiveRun {
  readonly done: Promise<void>;
  private worker: WorkerRun | undefined;
  private stopping: Stop | undefined;
  private progress = '';
  private readonly log = new RunLog();
  private spent: Amounts = {};

  constructor(
    private readonly parts: FleetParts,
    private readonly order: RunOrder,
  ) {
    this.done = this.live();
  }

  get pid(): number | undefined {
    return this.worker?.pid;
  }

  belongsTo(teamId: TeamId): boolean {
    return this.order.teamId === teamId;
  }

  stop(end: Stop): void {
    this.stopping ??= end;
    void this.worker?.stop(end);
  }

  /** Renews the lease, writes what is known, and stops the worker when the world around it has changed. */
  async beat(): Promise<void> {
    const lines = this.log.take();
    if (lines.length > 0) await this.parts.runs.log(this.order.teamId, this.order.runId, lines);
    const beat = await this.parts.runs.beat(this.order, { ...this.worker?.drawn, ...this.spent }, this.progress);
    const end = mustStop(this.order, beat);
    if (end) this.stop(end);
  }

  private async live(): Promise<void> {
    const { gate, sandbox, agents, runs } = this.parts;
    const agent = agents.get(this.order.agent);
    if (!agent) return runs.end(this.order, { kind: 'failed', code: 'agent_unknown', detail: `there is no usable agent spec ${this.order.agent}` }, {});
    const admission = await gate.admit(this.order, sandbox.level, () => this.stopping !== undefined);
    if (!admission.admitted) return runs.end(this.order, this.stopping ?? admission.end, {});
    await runs.bindInstance(this.order, admission.instanceId, sandbox.level);
    const outcome = await this.work(admission);
    const end = await this.finish(outcome);
    const used = { ...this.worker?.drawn, ...this.spent };
    if (end.kind !== 'submitted') await runs.end(this.order, end, used);
    await this.beat().catch((error: unknown) => this.parts.log.warn({ err: error }, 'the last lines of a run were not written'));
    await gate.ended(this.order.teamId, admission.instanceId, afterRun(end, this.order.attempt).instanceStatus, end.kind === 'submitted' ? 'submitted' : end.code, this.worker?.drawn ?? {});
  }

  private async work(admission: Admitted): Promise<WorkerOutcome | Stop> {
    if (this.stopping) return this.stopping;
    const { order, parts } = this;
    const repository = await parts.mirrors.path(order.repository.mirror);
    const baseCommit = await goalHead(repository, order.goalId, order.repository.base);
    if (!baseCommit) return { kind: 'failed', code: 'base_missing', detail: `the mirror has no commit ${order.repository.base}` };
    const agent = parts.agents.get(order.agent)!;
    this.worker = new WorkerRun(parts.sandbox, {
      order, agent, model: parts.models.modelOf(agent.spec), capabilities: admission.capabilities, slice: admission.slice, repository, baseCommit,
      onDenied: ({ syscall, count }) => { if (count === 1) parts.gate.denied(order.teamId, admission.instanceId, 'syscall_denied', syscall); },
      ports: {
        complete: (params) => this.complete(params, admission),
        runCheck: (args) => this.check(args, repository, baseCommit),
        baseSha256: async (path) => { const bytes = await readFileAt(repository, baseCommit, path); return bytes && sha256(bytes); },
        denied: ({ code }, what) => parts.gate.denied(order.teamId, admission.instanceId, code, what),
        progress: (text) => this.report(text),
        log: (stream, line) => this.log.add(stream, line),
        spentAtGate: () => this.spent,
      },
    });
    return this.worker.run();
  }

  /** Turns what the worker put into a draft; a fence or a lost lease turns it into a stop. */
  private async finish(outcome: WorkerOutcome | Stop): Promise<RunEnd> {
    if (!('host' in outcome)) return outcome;
    if (outcome.end.kind !== 'submitted') return outcome.end;
    const { order, parts } = this;
    const repository = await parts.mirrors.path(order.repository.mirror);
    const baseCommit = (await goalHead(repository, order.goalId, order.repository.base))!;
    const files: FinishedRun['files'][number][] = [];
    for (const file of outcome.host.files.values()) {
      const baseContent = (await readFileAt(repository, baseCommit, file.path)) ?? null;
      if (file.content === null ? baseContent === null : baseContent?.equals(file.content)) continue; // nothing changed
      files.push({ file, mode: '100644', baseContent });
    }
    try {
      await parts.drafts.submit(order, { summary: outcome.result!.summary.slice(0, 2000), baseCommit, detail: { check: outcome.result!.check, notes: outcome.result!.notes }, used: { ...this.worker?.drawn, ...this.spent }, files });
      return outcome.end;
    } catch (error) {
      if (error instanceof GuardError) return { kind: 'stopped', code: error.code === 'lease_lost' ? 'lease_lost' : 'team_suspended', detail: `the draft was refused: ${error.code}` };
      if (error instanceof DatabaseError && error.retryable) return { kind: 'failed', code: 'supervisor_lost', detail: error.message };
      throw error;
    }
  }

  private async complete(params: ModelCompleteParams, admission: Admitted): ReturnType<FleetParts['models']['complete']> {
    const { teamId } = this.order;
    const result = await this.parts.models.complete(this.parts.agents.get(this.order.agent)!.spec, params, {
      reserve: (callId, amounts) => this.parts.gate.reserve(teamId, admission.instanceId, callId, amounts),
      settle: (callId, usage) => this.parts.gate.settle(teamId, admission.instanceId, callId, usage),
    });
    this.spent = { tokens: (this.spent.tokens ?? 0) + result.usage.inputTokens + result.usage.outputTokens, usd_micros: (this.spent.usd_micros ?? 0) + result.usage.usdMicros };
    return result;
  }

  private async check({ changes, command, cwd }: ChecksRunArgs, repository: string, commit: string): Promise<{ exitCode: number | null; outputTail: string; timedOut?: boolean }> {
    const files: { path: string; mode: '100644'; content: Buffer | null; baseContent: null }[] = [];
    for (const change of changes) {
      const put = putFile(new Map(), change);
      if (!put.ok) throw new WorkerRefusal({ code: WORKER_ERROR.invalidParams, message: put.message });
      files.push({ path: put.file.path, mode: '100644', content: put.file.content, baseContent: null });
    }
    const dependencies = await this.parts.mirrors.dependencies(this.order.repository.mirror);
    const result = await this.parts.checker.command({ repository, commit, dependencies }, files, command, cwd);
    return { exitCode: result.exitCode, outputTail: result.output.slice(-4000), ...(result.timedOut ? { timedOut: true } : {}) };
  }

  private report(text: string): void {
    this.progress = text;
    this.parts.announce(memberProgress, { teamId: this.order.teamId, memberId: this.order.memberId }, { epoch: this.order.epoch, taskId: this.order.taskId, runId: this.order.runId, text });
  }
}
