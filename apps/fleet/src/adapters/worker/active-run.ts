import { firstOf, memberLogged, memberProgress, RefusedError, type Amounts, type SpawnOutcome, type TeamId } from '@countersign/contracts';
import { DatabaseError, GuardError } from '@countersign/database';
import { createHash } from 'node:crypto';
import { INSTANCE_AFTER, type RunEnd } from '../../domain/run-ended.js';
import { LEASE_LOST, MEMBER_LEFT, mustStop } from '../../domain/must-stop.js';
import { sumOf } from '../../domain/slice.js';
import type { AgentWish } from '../../domain/spawn-args.js';
import { printable } from '../../domain/capability/describe-call.js';
import { refuse, type Refusal } from '../../domain/capability/refusal.js';
import { BaseFiles } from '../git/base-files.js';
import { goalHead } from '../git/mirrors.js';
import type { LoadedAgent } from '../agents/specs.js';
import type { FleetParts } from '../../fleet-parts.js';
import type { Admission } from '../nats/gate.js';
import type { RunOrder } from '../postgres/rows.js';
import type { SkillContent } from '../skill-files.js';
import { usageOfTree, type DeniedCall } from '../sandbox/index.js';
import type { ClarifyPort } from './agent-host.js';
import { CallMeter } from './call-meter.js';
import { Draft } from './draft.js';
import type { Carried, Mail } from './host-mail.js';
import { openDesk, type Ground } from './run-desk.js';
import { RunLog } from './run-log.js';
import { Spawner } from './spawner.js';
import { WorkerRun, type WorkerOutcome } from './worker-run.js';

type Stop = Exclude<RunEnd, { kind: 'submitted' }>;
type Admitted = Extract<Admission, { admitted: true }>;

/** Refused calls of one run that the gate is told of; a worker that goes on trying says nothing new. */
const REPORTED_DENIALS = 100;

/** Characters of why another agent is wanted that the gate takes. */
const MOST_REASON = 4000;

/** Between two looks at what a worker's processes use. */
const SAMPLE_MS = 2_000;

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
  private sampledAt = -Infinity;
  private left = false;
  private readonly stopped = new AbortController();
  private beating: Promise<void> | undefined;
  /** What the worker was given last. */
  private saying: Promise<void> | undefined;
  /** What was refused, until the gate has heard of it. */
  private reporting: Promise<unknown> = Promise.resolve();

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

  /** For an answer of a person: nothing of it works meanwhile. */
  get waits(): boolean {
    return this.worker?.waits ?? false;
  }

  belongsTo(teamId: TeamId): boolean {
    return this.order.teamId === teamId;
  }

  stop(end: Stop): void {
    this.stopping ??= end;
    this.stopped.abort();
    void this.worker?.stop(end);
  }

  /** Renews the lease, writes what is known, and stops the worker when the world around it has changed. */
  beat(): Promise<void> {
    this.beating ??= this.beatOnce().finally(() => { this.beating = undefined; });
    return this.beating;
  }

  /** Now and then what the worker's processes use. */
  private async sample(): Promise<void> {
    const pid = this.worker?.pid;
    if (pid === undefined || process.platform !== 'linux' || performance.now() - this.sampledAt < SAMPLE_MS) return;
    this.sampledAt = performance.now();
    await this.parts.runs.sample(this.order, usageOfTree(pid));
  }

  private async beatOnce(): Promise<void> {
    const beat = await this.parts.runs.beat(this.order, this.used, this.progress);
    this.worker?.give(sumOf(beat.given));
    if (beat.mail > 0) this.worker?.mailWaits();
    if (beat.leftMs !== null) await this.leave();
    const end = mustStop(this.order, beat);
    if (end) this.stop(end);
    await this.sample();
    const lines = this.log.unwritten;
    if (lines.length === 0) return;
    await this.parts.runs.log(this.order.teamId, this.order.runId, lines);
    this.log.written(lines.length);
    const { teamId, memberId, epoch, taskId, runId } = this.order;
    this.parts.announce(memberLogged, { teamId, memberId }, { epoch, taskId, runId });
  }

  /** The member has agreed to end: nothing of it begins any more, either. */
  private async leave(): Promise<void> {
    if (this.left) return;
    this.left = true;
    await this.parts.runs.endWaiting(this.order.teamId, this.order.memberId, MEMBER_LEFT);
  }

  /** A beat that has begun before may have looked at the lines already. */
  private async lastBeat(): Promise<void> {
    await Promise.allSettled([this.beating]);
    await this.beat();
  }

  private async live(): Promise<void> {
    const { gate, sandbox, agents, runs } = this.parts;
    if (!agents.has(this.order.agent)) return void (await runs.end(this.order, this.agentUnknown(), {}));
    const admission = await gate.admit(this.order, sandbox.level, () => this.stopping !== undefined);
    if (!admission.admitted) return void (await runs.end(this.order, this.stopping ?? admission.end, {}));
    await runs.bindInstance(this.order, admission.instanceId, sandbox.level);
    const found = this.shown(await this.work(admission));
    const end = found.kind === 'submitted' ? found : await runs.end(this.order, found, this.used);
    await this.lastBeat().catch((error: unknown) => this.parts.log.warn({ err: error }, 'the last lines of a run were not written'));
    await Promise.all([this.saying, this.reporting]);
    await gate.ended(this.order.teamId, admission.instanceId, INSTANCE_AFTER[end.kind], end.kind === 'submitted' ? 'submitted' : end.code, this.worker?.drawn ?? {});
  }

  /** The end as it may be kept: a worker's last words may quote what it was given. */
  private shown(end: RunEnd): RunEnd {
    return end.kind === 'submitted' ? end : { ...end, detail: this.log.clean(end.detail) };
  }

  private async work(admission: Admitted): Promise<RunEnd> {
    if (this.stopping) return this.stopping;
    const ground = await this.ground();
    if ('kind' in ground) return ground;
    const agent = this.parts.agents.get(this.order.agent);
    if (!agent) return this.agentUnknown();
    const skills = await this.parts.skills.read(admission.skills);
    if ('code' in skills) return { kind: 'failed', ...skills };
    const outcome = await this.runOn(ground, agent, admission, skills);
    return outcome.end.kind === 'submitted' ? this.handIn(outcome, ground) : outcome.end;
  }

  /** The head of the goal's branch now, or why there is nothing to work on. */
  private async ground(): Promise<Ground | Stop> {
    const { base } = this.order.repository;
    try {
      const repository = await this.parts.mirrors.adopted(this.order.repository);
      const commit = await goalHead(repository, this.order.goalId, base);
      return commit ? { repository, commit, files: new BaseFiles(repository, commit, new BaseFiles(repository, base)) } : { kind: 'failed', code: 'base_missing', detail: `the mirror has no commit ${base}` };
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      return { kind: 'failed', code: error.code, detail: error.message };
    }
  }

  private async runOn(ground: Ground, agent: LoadedAgent, admission: Admitted, skills: readonly SkillContent[]): Promise<WorkerOutcome> {
    const { order, parts } = this;
    const meter = (this.meter = new CallMeter(parts.gate, order.teamId, admission.instanceId, () => this.worker?.granted ?? admission.slice));
    const spawner = new Spawner({ instanceId: admission.instanceId, goalId: order.goalId }, agent.spec.capabilities.spawn.max, (wish) => this.spawn(admission, wish));
    const draft = new Draft(await ground.files.around());
    const syscallDenied = ({ syscall, count }: DeniedCall, tool: string): void => {
      if (count === 1) this.denied(admission, refuse('syscall_denied', 'the sandbox refuses this system call'), tool, syscall);
    };
    await using tools = await openDesk(parts, { order, agent, admission, ground, draft, spawner, signal: this.stopped.signal, onDenied: (denied) => syscallDenied(denied, 'bash'), onSecret: (value) => this.log.hide(value), clean: (text) => this.log.clean(text) });
    this.worker = new WorkerRun(parts.sandbox, {
      order, agent, model: parts.models.modelOf(agent.spec), draft, tools, skills, slice: admission.slice, repository: ground.repository, baseCommit: ground.commit, onDenied: (denied) => syscallDenied(denied, 'worker'),
      ports: {
        complete: (params) => parts.models.complete(agent.spec, params, meter.purse(params.optional ?? false), this.stopped.signal),
        baseSha256: async (path) => { const bytes = await ground.files.read(path); return bytes && sha256(bytes); },
        denied: (refusal, tool, what) => this.denied(admission, refusal, tool, what),
        progress: (text) => this.report(text),
        log: (stream, line) => this.log.add(stream, line),
        clean: (text) => this.log.clean(text),
        spentAtGate: () => meter.spent,
        spawner, clarify: this.clarifier(admission),
        answerShutdown: async ({ message_id: messageId, ...answer }) => void (await parts.team.of(order.teamId, admission.instanceId).answerShutdown({ messageId, ...answer })),
        mail: (carried) => this.mail(admission, carried),
        file: (sha256) => parts.runs.attachment(order.teamId, sha256),
        mailTrouble: (error) => parts.log.warn({ err: error, runId: order.runId }, 'a member was not given its mail, or a file of it; it is tried again'),
      },
    });
    if (this.stopping) void this.worker.stop(this.stopping); // while the desk was made
    const outcome = await this.worker.run();
    this.stopped.abort(); // a command or a model's answer that still runs for a worker that is gone
    this.saying = outcome.host.mail.say();
    await meter.settled(); // before the instance gives back what it holds
    return outcome;
  }

  /** What the child was given is known here before the worker goes on: its slice is smaller by that. Why it is wanted is read by people. */
  private async spawn({ instanceId }: Admitted, wish: AgentWish): Promise<SpawnOutcome> {
    const justification = firstOf(this.log.clean(wish.justification), MOST_REASON);
    const outcome = await this.parts.gate.spawnAgent(this.order.teamId, instanceId, { ...wish, justification }, this.worker?.drawn ?? {});
    if (outcome.ok) {
      await this.beating;
      await this.beat();
    }
    return outcome;
  }

  /** Turns what the worker put into a draft; a fence or a lost lease turns it into a stop. */
  private async handIn({ end, host, result }: WorkerOutcome, { commit, files: base }: Ground): Promise<RunEnd> {
    const { order, parts } = this;
    try {
      const files = await base.differences(host.draft.files.values());
      await parts.drafts.submit(order, { summary: firstOf(this.log.clean(result!.summary), 2000), baseCommit: commit, detail: { check: result!.check, notes: result!.notes?.map((note) => this.log.clean(note)) }, used: this.used, files });
      return end;
    } catch (error) {
      if (error instanceof GuardError) return error.code === 'lease_lost' ? LEASE_LOST : { kind: 'stopped', code: 'team_suspended', detail: `the draft was refused: ${error.code}` };
      if (error instanceof DatabaseError && error.retryable) return { kind: 'failed', code: 'supervisor_lost', detail: error.message };
      throw error;
    }
  }

  private async mail({ instanceId }: Admitted, carried: Carried): Promise<Mail> {
    const { messages = [], interrupts = [] } = await this.parts.team.of(this.order.teamId, instanceId).mail({ delivered: [...carried.delivered], read: [...carried.read] });
    return { messages, interrupts: interrupts.map(({ id }) => id) };
  }

  private clarifier({ instanceId }: Admitted): ClarifyPort {
    const team = this.parts.team.of(this.order.teamId, instanceId);
    return {
      ask: async (question) => {
        const { questionId = '', waitMs = 0 } = await team.clarify(question);
        return { questionId, waitMs };
      },
      giveUp: async (questionId, outcome) => {
        const { answered, erased } = await team.giveUp({ questionId, outcome });
        return erased ? 'erased' : answered ? 'answered' : undefined;
      },
    };
  }

  private denied({ instanceId }: Admitted, { code, message }: Refusal, tool: string, what: string): void {
    if (++this.denials > REPORTED_DENIALS) return;
    const denial = { code, tool: printable(tool, 100), reason: printable(message, 500), what: printable(this.log.clean(what), 200) || tool };
    this.reporting = Promise.all([this.reporting, this.parts.gate.denied(this.order.teamId, instanceId, denial)]);
  }

  private agentUnknown(): Stop {
    return { kind: 'failed', code: 'agent_unknown', detail: `there is no usable agent spec ${this.order.agent}` };
  }

  private report(text: string): void {
    this.progress = text;
    const { teamId, memberId, epoch, taskId, runId } = this.order;
    this.parts.announce(memberProgress, { teamId, memberId }, { epoch, taskId, runId, text });
  }
}
