import { runtimeFiles } from '@countersign/agents';
import { CANCELLED_BY_PERSON, DEFAULT_MAX_LINE_BYTES, firstOf, RefusedError, WORKER_PROTOCOL_VERSION, type Amounts, type TaskRunResult, type WorkerModel } from '@countersign/contracts';
import { exportTree } from '@countersign/git';
import { chown, mkdir, mkdtemp } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { ARTIFACT_LIMITS } from '../../domain/artifacts.js';
import { covered } from '../../domain/capability/paths.js';
import type { RunEnd } from '../../domain/run-ended.js';
import { drawTime } from '../../domain/slice.js';
import type { LoadedAgent } from '../agents/specs.js';
import type { SandboxUse } from '../checks/check-sandbox.js';
import { removeTree } from '../remove-tree.js';
import type { RunOrder } from '../postgres/rows.js';
import { placeInside, startSandboxed, type Bind, type DeniedCall, type Sandboxed } from '../sandbox/index.js';
import { layOut, type SkillContent } from '../skill-files.js';
import type { ToolDesk } from '../tools/desk.js';
import { AgentHost, type RunPorts } from './agent-host.js';
import type { Draft } from './draft.js';
import type { Carried, Delivered, Mail } from './host-mail.js';
import { MailFiles } from './mail-files.js';
import { SessionEndedError, WorkerSession } from './session.js';

const INPUT = '/input';
const SCRATCH = '/scratch';
const SKILLS = '/skills';
const MAIL = '/mail';
const START_MS = 15_000;
const SHUTDOWN_MS = 1_000;
const LIMITS = { cpuSeconds: 120, memoryBytes: 1024 ** 3, processes: 64, openFiles: 256, fileBytes: 64 * 1024 ** 2, diskBytes: 512 * 1024 ** 2 };

export interface WorkerJob {
  readonly order: RunOrder;
  readonly agent: LoadedAgent;
  readonly model: WorkerModel;
  readonly draft: Draft;
  readonly tools: ToolDesk;
  /** Exactly what the gate has judged: the worker reads it and cannot change it. */
  readonly skills: readonly SkillContent[];
  readonly slice: Amounts;
  readonly repository: string;
  readonly baseCommit: string;
  readonly ports: RunPorts;
  readonly onDenied: (denied: DeniedCall) => void;
}

export interface WorkerOutcome {
  readonly end: RunEnd;
  readonly host: AgentHost;
  readonly result?: TaskRunResult;
}

/** One worker process from start to end. `stop` ends the whole tree at once and makes the outcome say why. */
export class WorkerRun {
  private sandboxed: Sandboxed | undefined;
  private stopped: Exclude<RunEnd, { kind: 'submitted' }> | undefined;
  private readonly host: AgentHost;
  private started: number | undefined;
  private files: MailFiles | undefined;

  constructor(
    private readonly use: SandboxUse,
    private readonly job: WorkerJob,
  ) {
    this.host = new AgentHost(job.order.taskId, job.draft, job.tools, job.slice, { ...job.ports, mail: (carried) => this.withFiles(carried), places: async (files) => (await this.files?.layOut(files)) ?? {} }, job.order.mail > 0);
  }

  get pid(): number | undefined {
    return this.sandboxed?.pid;
  }

  /** What the fleet has counted so far, the time until now included. */
  get drawn(): Amounts {
    return (this.started === undefined ? this.host.slice : drawTime(this.host.slice, performance.now() - this.started)).drawn;
  }

  /** What of the slice may still be drawn by this worker. */
  get granted(): Amounts {
    return this.host.slice.granted;
  }

  /** For an answer to its question. */
  get waits(): boolean {
    return this.host.mail.isAwaiting;
  }

  mailWaits(): void {
    this.host.mail.written();
  }

  /** Mail whose files lie where the worker can read them; one that is gone, or longer than its row says, does not. */
  private async withFiles(carried: Carried): Promise<Mail | undefined> {
    const mail = await this.job.ports.mail(carried);
    if (!mail || !this.files) return mail;
    const messages: Delivered[] = [];
    for (const message of mail.messages) messages.push(message.files?.length ? { ...message, paths: await this.files.layOut(message.files) } : message);
    return { ...mail, messages };
  }

  /** Children of this worker's instance hold this much of its slice. */
  give(given: Amounts): void {
    this.host.give(given);
  }

  async stop(end: Exclude<RunEnd, { kind: 'submitted' }>): Promise<void> {
    this.stopped ??= end;
    await this.sandboxed?.kill();
  }

  async run(): Promise<WorkerOutcome> {
    await mkdir(this.use.workDir, { recursive: true });
    const directory = await mkdtemp(join(this.use.workDir, 'run-'));
    this.files = new MailFiles(mailIn(directory).source, this.seen(mailIn(directory)), this.job.ports);
    const started = (this.started = performance.now());
    try {
      const result = await this.converse(directory);
      return { end: this.stopped ?? this.ended(result), host: this.host, result };
    } catch (error) {
      return { end: this.stopped ?? this.broken(error), host: this.host };
    } finally {
      this.host.slice = drawTime(this.host.slice, performance.now() - started);
      this.started = undefined;
      this.host.mail.close();
      await this.sandboxed?.kill();
      await this.files.close(); // mail that comes from now on has no place
      await removeTree(directory);
    }
  }

  private async converse(directory: string): Promise<TaskRunResult> {
    const { order, agent, baseCommit, repository } = this.job;
    await this.prepare(directory, repository, baseCommit);
    if (this.stopped) throw new SessionEndedError('worker_failed', 'stopped before it started');
    this.sandboxed = await startSandboxed(this.spec(directory));
    if (this.stopped) throw new SessionEndedError('worker_failed', 'stopped while it was started'); // `run` ends what was started
    const session = new WorkerSession(this.sandboxed, this.host);
    const { spec } = agent;
    const { names, capabilities } = this.job.tools;
    await session.request('initialize', {
      protocolVersion: WORKER_PROTOCOL_VERSION, agent: { name: spec.name, role: spec.role }, model: this.job.model, scratchDir: this.seen(scratchOf(directory)), ...(this.job.skills.length > 0 ? { skillsDir: this.seen(skillsIn(directory)) } : {}),
      capabilities: { tools: [...names], networkHosts: capabilities.net_scopes.enabled ? [...capabilities.net_scopes.allow_hosts] : [], spawn: spec.capabilities.spawn },
      limits: { maxLineBytes: DEFAULT_MAX_LINE_BYTES, maxArtifactBytes: ARTIFACT_LIMITS.maxFileBytes, maxOutputTokens: spec.maxTokens },
    }, START_MS);
    await this.host.mail.look();
    const result = await session.request('task/run', {
      taskId: order.taskId, title: order.title, goal: order.goalText, inputDir: this.seen(inputOf(directory)), criteria: order.criteria.map(({ id, kind, command }) => ({ id, text: kind, ...(command ? { check: command } : {}) })),
      notes: [...order.notes], ...(order.shared.length > 0 ? { shared: [...order.shared] } : {}), round: Math.max(order.round, 1), options: { ...order.options }, ...this.host.mail.carry(),
    }, this.job.slice.ms ?? START_MS);
    await session.request('shutdown', {}, SHUTDOWN_MS).catch((error: unknown) => this.job.ports.log('stderr', `shutdown: ${String(error)}`)); // the result is there; its tree is ended either way
    return result;
  }

  private async prepare(directory: string, repository: string, baseCommit: string): Promise<void> {
    await exportTree(repository, baseCommit, join(directory, 'input'), (path) => covered(this.job.tools.capabilities, 'read', path));
    await mkdir(join(directory, 'input'), { recursive: true });
    await mkdir(join(directory, 'scratch'));
    await mkdir(mailIn(directory).source);
    await layOut(skillsIn(directory).source, this.job.skills);
    if (this.use.dropTo) for (const owned of [directory, join(directory, 'scratch')]) await chown(owned, this.use.dropTo.uid, this.use.dropTo.gid);
  }

  private ended(result: TaskRunResult): RunEnd {
    const detail = firstOf(this.host.clean(result.summary), 500);
    if (result.status === 'done' && !this.host.interrupted) return { kind: 'submitted' };
    return this.unfinished(result.status === 'cancelled' ? 'worker_cancelled' : 'worker_failed', detail);
  }

  private broken(error: unknown): RunEnd {
    if (error instanceof SessionEndedError) return this.unfinished(error.code, error.detail);
    return error instanceof RefusedError ? this.unfinished(error.code, error.message) : this.unfinished('worker_start', String(error));
  }

  /** What a person stopped, or the agent ended because they asked for it, is no failure of the agent and goes on when they say so, whatever a worker made of it: one that is to end may just be gone. */
  private unfinished(code: string, detail: string): RunEnd {
    return this.host.interrupted || this.host.leaving ? { kind: 'stopped', code: CANCELLED_BY_PERSON, detail } : { kind: 'failed', code, detail };
  }

  private seen(bind: Bind): string {
    return placeInside(this.use.level, bind);
  }

  private spec(directory: string): Parameters<typeof startSandboxed>[0] {
    const { agent, slice } = this.job;
    const run = agent.spec.run ?? { command: 'node', args: [], env: [] };
    const argument = (text: string): string => (/\.[cm]?js$|\.py$/.test(text) && !isAbsolute(text) ? join(agent.directory, text) : text);
    return {
      command: [run.command.includes('/') ? join(agent.directory, run.command) : run.command, ...run.args.map(argument)], profile: 'worker', syscalls: agent.spec.allowedSyscalls, level: this.use.level, ...this.use.dropTo,
      readOnly: [inputOf(directory), mailIn(directory), ...(this.job.skills.length > 0 ? [skillsIn(directory)] : []), ...codeOf(agent)], readWrite: [scratchOf(directory)], tmpfsBytes: 16 * 1024 ** 2,
      env: Object.fromEntries(run.env.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))), cwd: SCRATCH,
      limits: { ...LIMITS, wallMs: slice.ms ?? START_MS }, onDenied: this.job.onDenied,
    };
  }
}

const inputOf = (directory: string): Bind => ({ source: join(directory, 'input'), target: INPUT });
const scratchOf = (directory: string): Bind => ({ source: join(directory, 'scratch'), target: SCRATCH });

const mailIn = (directory: string): Bind => ({ source: join(directory, 'mail'), target: MAIL });

const skillsIn = (directory: string): Bind => ({ source: join(directory, 'skills'), target: SKILLS });

/** The agent's own folder, and what the shipped runner needs besides it. */
function codeOf(agent: LoadedAgent): Bind[] {
  const inFolder = (path: string): boolean => path.startsWith(`${agent.directory}/`);
  return [{ source: agent.directory, target: agent.directory }, ...runtimeFiles().filter(({ target }) => !inFolder(target))];
}

