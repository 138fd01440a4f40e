import { firstOf, MOST_CLARIFICATIONS, WORKER_ERROR, type AskParams, type AskResult, type AgentMethod, type AgentNotification, type AgentNotifications, type AgentRequests, type Amounts, type ArtifactPutParams, type ArtifactPutResult, type BudgetStatusResult, type GivenUpFor, type ModelCompleteParams, type ModelCompleteResult, type ShutdownAnswerParams, type ShutdownAnswerResult, type SpawnRequestParams, type SpawnRequestResult, type TaskListResult, type ToolCallParams, type ToolCallResult } from '@countersign/contracts';
import { describeCall } from '../../domain/capability/describe-call.js';
import { judgePath } from '../../domain/capability/paths.js';
import { isRefusal, type Refusal } from '../../domain/capability/refusal.js';
import { refuseTool } from '../../domain/capability/tools.js';
import { draw, openSlice, sumOf, timeToWait, withGiven, type DrawnHere, type SliceState } from '../../domain/slice.js';
import type { ToolDesk } from '../tools/desk.js';
import { DeniedError, ToolProblem } from '../tools/outcomes.js';
import type { Draft } from './draft.js';
import { HostMail, type MailPort } from './host-mail.js';
import type { FilePaths, FileToLay } from './mail-files.js';
import { WorkerRefusal, type SessionHandlers } from './session.js';
import type { Spawner } from './spawner.js';

/** The method that hands in a file, as a refusal of it is recorded. */
const PUT = 'artifact/put';
/** The method that asks for another agent. */
const SPAWN = 'spawn/request';

/** Puts a question to the team's manager. Rejects with `ToolProblem` where it cannot be asked. */
export interface ClarifyPort {
  /** `waitMs`: so long the answer is waited for. */
  ask(question: Omit<AskParams, 'taskId'> & { readonly waitMs: number }): Promise<{ readonly questionId: string; readonly waitMs: number }>;
  /** What became of it in the meantime: somebody has answered in the last moment, or had, and it was erased. */
  giveUp(questionId: string, outcome: GivenUpFor): Promise<'answered' | 'erased' | undefined>;
}

/** What the host needs from outside to serve one run; each is a port so that the rules here can be tested alone. */
export interface RunPorts {
  complete(params: ModelCompleteParams): Promise<ModelCompleteResult>;
  /** SHA-256 (hex) of the path in the run's base, or undefined when there is no such file. */
  baseSha256(path: string): Promise<string | undefined>;
  /** `what`: the call in one line. */
  denied(refusal: Refusal, tool: string, what: string): void;
  progress(text: string): void;
  log(stream: 'log' | 'stderr', line: string): void;
  /** A text as it may be kept and shown. */
  clean(text: string): string;
  /** Tokens and money, as the gate counts them. */
  spentAtGate(): Amounts;
  readonly spawner: Spawner;
  readonly clarify: ClarifyPort;
  /** Tells a yes or no to the end that a person asked for. Rejects with `ToolProblem` where nobody did, or it cannot be told. */
  answerShutdown(answer: ShutdownAnswerParams): Promise<void>;
  /** What was written to the member. */
  readonly mail: MailPort;
  /** The bytes of a file that came with a message; undefined where they are gone. */
  file(sha256: string): Promise<Buffer | undefined>;
  /** Mail, or a file of it, that could not be had: the work goes on without it. */
  mailTrouble(error: unknown): void;
}

/** The same, and what belongs to the process. */
export interface HostPorts extends RunPorts {
  /** Lays files of messages out where the worker sees them. */
  places(files: readonly FileToLay[]): Promise<FilePaths>;
}

/** An answer of the last moment is there already; this is for asking a manager that is just restarting. */
const LAST_MOMENT_MS = 5_000;

/** The tool by which an agent reads its messages itself. */
const READS_MAIL = 'TaskList';

/**
 * Serves one worker's requests: checks each against the capabilities of the run, draws it from the slice, performs it.
 * The worker's identity is this object; no message of the worker is believed about it (P12).
 */
export class AgentHost implements SessionHandlers {
  slice: SliceState;
  /** A person has stopped this agent's work, and it was told so. */
  interrupted = false;
  /** It has agreed to end. */
  leaving = false;
  private readonly openedAt = performance.now();
  private readonly said = { questions: 0, ends: 0 };
  readonly mail: HostMail;

  constructor(
    private readonly taskId: string,
    readonly draft: Draft,
    private readonly tools: ToolDesk,
    granted: Amounts,
    private readonly ports: HostPorts,
    mailWaits = false,
  ) {
    this.slice = openSlice(granted);
    this.mail = new HostMail(ports.mail, (error) => ports.mailTrouble(error), mailWaits);
  }

  /** Children of this instance hold this much of its slice. */
  give(given: Amounts): void {
    this.slice = withGiven(this.slice, given);
  }

  /** Every call is a boundary: what interrupts is answered in its stead, everything else that waits goes with its answer, whatever that is. */
  async request<M extends AgentMethod>(method: M, params: AgentRequests[M]['params']): Promise<AgentRequests[M]['result']> {
    try {
      await this.mail.look();
      this.mail.interrupt();
      const result = await this.serve(method, params);
      if (method === 'tool/call' && (params as ToolCallParams).tool === READS_MAIL) return (await this.listed(result as unknown as TaskListResult)) as AgentRequests[M]['result'];
      await this.mail.look();
      return { ...result, ...this.mail.carry() } as AgentRequests[M]['result'];
    } catch (error) {
      if (!(error instanceof WorkerRefusal)) throw error;
      this.interrupted ||= error.error.code === WORKER_ERROR.interrupted;
      throw this.withMail(error);
    }
  }

  private withMail({ error }: WorkerRefusal): WorkerRefusal {
    const { inbox } = this.mail.carry();
    return new WorkerRefusal({ ...error, ...(inbox ? { data: { ...error.data, inbox } } : {}) });
  }

  /** The list brings the mail itself; the files of the newest first, should there be no room for all. */
  private async listed({ messages, ...list }: TaskListResult): Promise<object> {
    const paths = await this.placesOf(messages.toReversed().flatMap(({ files = [] }) => files));
    this.mail.noteRead(messages.map(({ message_id }) => message_id), true);
    return { ...list, messages: messages.map((message) => (message.files ? { ...message, files: message.files.map((file) => (paths[file.sha256] === undefined ? file : { ...file, path: paths[file.sha256] })) } : message)) };
  }

  private async placesOf(files: readonly FileToLay[]): Promise<FilePaths> {
    try {
      return await this.ports.places(files);
    } catch (error) {
      this.ports.mailTrouble(error);
      return {};
    }
  }

  notification<N extends AgentNotification>(method: N, params: AgentNotifications[N]): void {
    if (method === 'inbox/read') this.mail.noteRead((params as AgentNotifications['inbox/read']).messageIds);
    else if (method === 'task/progress') this.ports.progress(firstOf(this.clean((params as AgentNotifications['task/progress']).text), 200));
    else this.ports.log('log', JSON.stringify(params));
  }

  stderr(line: string): void {
    this.ports.log('stderr', line);
  }

  clean(text: string): string {
    return this.ports.clean(text);
  }

  private async serve(method: AgentMethod, params: unknown): Promise<object> {
    switch (method) {
      case 'artifact/put':
        return this.put(params as ArtifactPutParams);
      case 'model/complete':
        await this.ports.spawner.idle;
        this.take('steps', 1);
        return this.ports.complete(params as ModelCompleteParams);
      case 'tool/call':
        return this.tool(params as ToolCallParams);
      case 'budget/status':
        return this.budget();
      case SPAWN:
        return this.spawn(params as SpawnRequestParams);
      case 'shutdown/answer':
        return this.answerShutdown(params as ShutdownAnswerParams);
      case 'ask':
        return this.ask(params as AskParams);
    }
  }

  private async put(params: ArtifactPutParams): Promise<ArtifactPutResult> {
    if (params.taskId !== this.taskId) throw new WorkerRefusal({ code: WORKER_ERROR.invalidParams, message: 'not the task of this run' });
    // the only wait comes first: what follows must see every put before it, or the limits would not hold
    const base = params.baseSha256 === undefined ? undefined : await this.ports.baseSha256(params.path);
    const judged = judgePath(this.tools.capabilities, 'write', params.path);
    if (isRefusal(judged)) this.refuse(judged, PUT, `${PUT} ${params.path}`);
    if (params.baseSha256 !== base) throw new WorkerRefusal({ code: WORKER_ERROR.conflict, message: 'the file is not what the change was made from' });
    const outcome = this.draft.put(params);
    if (outcome.ok) return { path: outcome.file.path, ...(outcome.file.content === null ? {} : { sha256: outcome.file.sha256 }), version: 1 };
    throw new WorkerRefusal({ code: outcome.code === 'path_in_the_way' ? WORKER_ERROR.conflict : outcome.code.startsWith('too_') ? WORKER_ERROR.tooLarge : WORKER_ERROR.invalidParams, message: outcome.message });
  }

  private async tool({ tool, args }: ToolCallParams): Promise<ToolCallResult> {
    const refusal = refuseTool(this.tools.capabilities, tool);
    if (refusal) this.refuse(refusal, tool, describeCall(tool, args));
    if (!this.tools.has(tool)) throw new WorkerRefusal({ code: WORKER_ERROR.unavailable, message: 'this fleet offers no such tool' });
    await this.ports.spawner.idle;
    this.take('tool_calls', 1);
    try {
      return { ...(await this.tools.call(tool, args)) };
    } catch (error) {
      if (error instanceof DeniedError) this.refuse(error.refusal, tool, describeCall(tool, args));
      if (error instanceof ToolProblem) throw new WorkerRefusal({ code: error.tooLarge ? WORKER_ERROR.tooLarge : WORKER_ERROR.toolFailed, message: error.message, data: { code: error.code } });
      throw error;
    }
  }

  private async spawn(params: SpawnRequestParams): Promise<SpawnRequestResult> {
    const refusal = refuseTool(this.tools.capabilities, SPAWN);
    if (refusal) this.refuse(refusal, SPAWN, `${SPAWN} ${params.role}`);
    await this.ports.spawner.idle;
    this.take('tool_calls', 1); // whatever the gate says: each question is a decision, an entry and perhaps a person's minute
    try {
      return await this.ports.spawner.request(params);
    } catch (error) {
      if (error instanceof DeniedError) this.refuse(error.refusal, SPAWN, `${SPAWN} ${params.role}`);
      if (error instanceof ToolProblem) throw new WorkerRefusal({ code: WORKER_ERROR.unavailable, message: error.message });
      throw error;
    }
  }

  /** Waits until somebody has answered, or nobody has in time. Only the time of the agent goes on meanwhile. */
  private async ask({ taskId, question, choices = [], to }: AskParams): Promise<AskResult> {
    if (taskId !== this.taskId) throw new WorkerRefusal({ code: WORKER_ERROR.invalidParams, message: 'not the task of this run' });
    this.few('questions', 'questions_exhausted'); // each is an entry, and perhaps a person's minute; whoever may call no tool may ask all the same
    try {
      const shown = { question: firstOf(this.clean(question), 4000), choices: choices.map((choice) => firstOf(this.clean(choice), 200)) };
      const { questionId, waitMs } = await this.ports.clarify.ask({ ...shown, ...(to ? { to } : {}), waitMs: timeToWait(this.slice.granted.ms, performance.now() - this.openedAt) });
      return (await this.answered(questionId, waitMs)) ?? (this.mail.isClosed ? { outcome: 'withdrawn' } : await this.late(questionId));
    } catch (error) {
      if (error instanceof ToolProblem) throw new WorkerRefusal({ code: WORKER_ERROR.unavailable, message: error.message, data: { code: error.code } });
      throw error;
    }
  }

  /** What draws nothing of the slice has a number of its own. */
  private few(what: 'questions' | 'ends', code: string): void {
    this.said[what] += 1;
    if (this.said[what] > MOST_CLARIFICATIONS) throw new WorkerRefusal({ code: WORKER_ERROR.unavailable, message: `no more than ${MOST_CLARIFICATIONS} of these in a run`, data: { code } });
  }

  /** Whoever has used everything up can still say that it ends. */
  private async answerShutdown({ reason, ...answer }: ShutdownAnswerParams): Promise<ShutdownAnswerResult> {
    this.few('ends', 'answers_exhausted');
    try {
      await this.ports.answerShutdown({ ...answer, ...(reason === undefined ? {} : { reason: firstOf(this.clean(reason), 500) }) });
    } catch (error) {
      if (error instanceof ToolProblem) throw new WorkerRefusal({ code: WORKER_ERROR.unavailable, message: error.message, data: { code: error.code } });
      throw error;
    }
    this.leaving ||= answer.approve;
    return { accepted: true };
  }

  private async answered(questionId: string, waitMs: number): Promise<AskResult | undefined> {
    const answer = await this.mail.answerTo(questionId, waitMs);
    return answer === undefined ? undefined : { outcome: 'answered', answer };
  }

  /** Whoever has to hear something else first does not wait any more, which is no silence. */
  private async late(questionId: string): Promise<AskResult> {
    const outcome: GivenUpFor = this.mail.isAskedToEnd ? 'withdrawn' : 'timeout';
    const became = await this.ports.clarify.giveUp(questionId, outcome);
    if (became === 'erased' && outcome === 'timeout') return { outcome: 'erased' };
    return (became === 'answered' ? await this.answered(questionId, LAST_MOMENT_MS) : undefined) ?? { outcome };
  }

  private budget(): BudgetStatusResult {
    const { granted: own, given: held } = this.slice;
    const spent: Amounts = { ...this.slice.drawn, ...this.ports.spentAtGate() };
    const free = Object.fromEntries(Object.entries(own).map(([unit, amount]) => [unit, amount - (spent[unit as DrawnHere] ?? 0)]));
    return { granted: sumOf([own, held]), spent, held, free };
  }

  private take(unit: DrawnHere, amount: number): void {
    const next = draw(this.slice, unit, amount);
    if (!next) throw new WorkerRefusal({ code: WORKER_ERROR.budgetExhausted, message: `the slice has no ${unit} left`, data: { unit } });
    this.slice = next;
  }

  private refuse(refusal: Refusal, tool: string, what: string): never {
    this.ports.denied(refusal, tool, what);
    throw new WorkerRefusal({ code: WORKER_ERROR.policyDenied, message: refusal.message, data: { ruleId: refusal.code, humanMessage: refusal.message } });
  }
}
