import { memberProgress, RefusedError, WORKER_ERROR, type Amounts, type ChecksRunArgs, type TeamId } from '@countersign/contracts';
import { DatabaseError, GuardError } from '@countersign/database';
import { createHash } from 'node:crypto';
import { afterRun, type RunEnd } from '../../domain/run-ended.js';
import { LEASE_LOST, mustStop } from '../../domain/must-stop.js';
import { explain } from '../../domain/explain-output.js';
import { putFile, type PutFile } from '../../domain/artifacts.js';
import { BaseFiles } from '../git/base-files.js';
import { goalHead } from '../git/mirrors.js';
import type { LoadedAgent } from '../agents/specs.js';
import type { FleetParts } from '../../fleet-parts.js';
import type { Admission } from '../nats/gate.js';
import type { FinishedRun } from '../postgres/draft-store.js';
import type { RunOrder } from '../postgres/rows.js';
import { CallMeter } from './call-meter.js';
import { RunLog } from './run-log.js';
import { WorkerRun, type WorkerOutcome } from './worker-run.js';
import { WorkerRefusal } from './session.js';

type Stop = Exclude<RunEnd, { kind: 'submitted' }>;
type Admitted = Extract<Admission, { admitted: true }>;

/** What a worker worked on: the draft is compared with exactly this, whatever was committed meanwhile. */
interface Ground {
  readonly repository: string;
  readonly commit: string;
  readonly files: BaseFiles;
}

/** Refused calls of one run that the gate is told of; a worker that goes on trying says nothing new. */
const REPORTED_DENIALS = 100;

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** One claimed run: admission, worker, draft, end. Everything that can be lost is in rows; this object can die at any line. */
export class ActiveRun {
  readonly done: Promise<void>;
  private worker: WorkerRun | undefined;
  private stopping: Stop | undefined;
  private progress = '';
  private readonly log = new RunLog();
  private meter: CallMeter | undefined;
  private denials = 0;
  private beating: Promise<void> | undefined;

  constructor(
    private readonly parts: FleetParts,
    private readonly order: RunOrder,
  ) {
    this.done = this.live();
  }

  get pid(): number | undefined {
    return this.worker?.pid;
  }

  /** What the run has used so far, of every unit. */
  private get used(): Amounts {
    return { ...this.worker?.drawn, ...this.meter?.spent };
  }

  belongsTo(teamId: TeamId): boolean {
    return this.order.teamId === teamId;
  }

  stop(end: Stop): void {
    this.stopping ??= end;
    void this.worker?.stop(end);
  }

  /** Renews the lease, writes what is known, and stops the worker when the world around it has changed. */
  beat(): Promise<void> {
    this.beating ??= this.beatOnce().finally(() => { this.beating = undefined; });
    return this.beating;
  }

  private async beatOnce(): Promise<void> {
    const lines = this.log.take();
    if (lines.length > 0) await this.parts.runs.log(this.order.teamId, this.order.runId, lines);
    const beat = await this.parts.runs.beat(this.order, this.used, this.progress);
    const end = mustStop(this.order, beat);
    if (end) this.stop(end);
  }

  private async live(): Promise<void> {
    const { gate, sandbox, agents, runs } = this.parts;
    if (!agents.has(this.order.agent)) return runs.end(this.order, this.agentUnknown(), {});
    const admission = await gate.admit(this.order, sandbox.level, () => this.stopping !== undefined);
    if (!admission.admitted) return runs.end(this.order, this.stopping ?? admission.end, {});
    await runs.bindInstance(this.order, admission.instanceId, sandbox.level);
    const end = await this.work(admission);
    if (end.kind !== 'submitted') await runs.end(this.order, end, this.used);
    await this.beat().catch((error: unknown) => this.parts.log.warn({ err: error }, 'the last lines of a run were not written'));
    await gate.ended(this.order.teamId, admission.instanceId, afterRun(end, this.order.attempt).instanceStatus, end.kind === 'submitted' ? 'submitted' : end.code, this.worker?.drawn ?? {});
  }

  private async work(admission: Admitted): Promise<RunEnd> {
    if (this.stopping) return this.stopping;
    const ground = await this.ground();
    if ('kind' in ground) return ground;
    const agent = this.parts.agents.get(this.order.agent);
    if (!agent) return this.agentUnknown();
    this.worker = this.workerOn(ground, agent, admission);
    const outcome = await this.worker.run();
    return outcome.end.kind === 'submitted' ? this.handIn(outcome, ground) : outcome.end;
  }

  /** The head of the goal's branch now, or why there is nothing to work on. */
  private async ground(): Promise<Ground | Stop> {
    const { base } = this.order.repository;
    try {
      const repository = await this.parts.mirrors.adopted(this.order.repository);
      const commit = await goalHead(repository, this.order.goalId, base);
      return commit ? { repository, commit, files: new BaseFiles(repository, commit) } : { kind: 'failed', code: 'base_missing', detail: `the mirror has no commit ${base}` };
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      return { kind: 'failed', code: error.code, detail: error.message };
    }
  }

  private workerOn({ repository, commit, files }: Ground, agent: LoadedAgent, admission: Admitted): WorkerRun {
    const { order, parts } = this;
    const meter = (this.meter = new CallMeter(parts.gate, order.teamId, admission.instanceId, admission.slice));
    return new WorkerRun(parts.sandbox, {
      order, agent, model: parts.models.modelOf(agent.spec), capabilities: admission.capabilities, slice: admission.slice, repository, baseCommit: commit,
      onDenied: ({ syscall, count }) => { if (count === 1) this.denied(admission, 'syscall_denied', syscall); },
      ports: {
        complete: (params) => parts.models.complete(agent.spec, params, meter.purse(params.optional ?? false)),
        runCheck: (args) => this.check(args, repository, commit),
        baseSha256: async (path) => { const bytes = await files.read(path); return bytes && sha256(bytes); },
        denied: ({ code }, what) => this.denied(admission, code, what),
        progress: (text) => this.report(text),
        log: (stream, line) => this.log.add(stream, line),
        spentAtGate: () => meter.spent,
      },
    });
  }

  /** Turns what the worker put into a draft; a fence or a lost lease turns it into a stop. */
  private async handIn({ end, host, result }: WorkerOutcome, { commit, files: base }: Ground): Promise<RunEnd> {
    const { order, parts } = this;
    try {
      const files = await changedFiles(base, host.files.values());
      await parts.drafts.submit(order, { summary: result!.summary.slice(0, 2000), baseCommit: commit, detail: { check: result!.check, notes: result!.notes }, used: this.used, files });
      return end;
    } catch (error) {
      if (error instanceof GuardError) return error.code === 'lease_lost' ? LEASE_LOST : { kind: 'stopped', code: 'team_suspended', detail: `the draft was refused: ${error.code}` };
      if (error instanceof DatabaseError && error.retryable) return { kind: 'failed', code: 'supervisor_lost', detail: error.message };
      throw error;
    }
  }

  private denied({ instanceId }: Admitted, code: string, what: string): void {
    if (++this.denials <= REPORTED_DENIALS) this.parts.gate.denied(this.order.teamId, instanceId, code, what);
  }

  private agentUnknown(): Stop {
    return { kind: 'failed', code: 'agent_unknown', detail: `there is no usable agent spec ${this.order.agent}` };
  }

  private async check({ changes, command, cwd }: ChecksRunArgs, repository: string, commit: string): Promise<{ exitCode: number | null; outputTail: string; timedOut?: boolean }> {
    const files: { path: string; mode: '100644'; content: Buffer | null; baseContent: null }[] = [];
    for (const change of changes) {
      const put = putFile(new Map(), change);
      if (!put.ok) throw new WorkerRefusal({ code: WORKER_ERROR.invalidParams, message: put.message });
      files.push({ path: put.file.path, mode: '100644', content: put.file.content, baseContent: null });
    }
    const dependencies = await this.parts.mirrors.dependencies(this.order.repository);
    const result = await this.parts.checker.command({ repository, commit, dependencies }, files, command, cwd);
    return { exitCode: result.exitCode, outputTail: explain([], result.output), ...(result.timedOut ? { timedOut: true } : {}) };
  }

  private report(text: string): void {
    this.progress = text;
    this.parts.announce(memberProgress, { teamId: this.order.teamId, memberId: this.order.memberId }, { epoch: this.order.epoch, taskId: this.order.taskId, runId: this.order.runId, text });
  }
}

/** The files that differ from the base, each with the base's bytes and mode; a new file is an ordinary one. */
async function changedFiles(base: BaseFiles, put: Iterable<PutFile>): Promise<FinishedRun['files']> {
  const files: FinishedRun['files'][number][] = [];
  for (const file of put) {
    if (await base.holds(file.path, file.content)) continue; // nothing changed
    files.push({ file, mode: (await base.mode(file.path)) === '100755' ? '100755' : '100644', baseContent: (await base.read(file.path)) ?? null });
  }
  return files;
}
