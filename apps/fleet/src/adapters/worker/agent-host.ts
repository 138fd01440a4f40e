import { CHECKS_RUN, WORKER_ERROR, type AgentMethod, type AgentNotification, type AgentNotifications, type AgentRequests, type Amounts, type ArtifactPutParams, type ArtifactPutResult, type BudgetStatusResult, type Capabilities, type ChecksRunArgs, type ChecksRunResult, type ModelCompleteParams, type ModelCompleteResult, type ToolCallParams, type ToolCallResult } from '@countersign/contracts';
import { putFile, type PutFile } from '../../domain/artifacts.js';
import { refuseTool, refuseWrite, type Refusal } from '../../domain/capability.js';
import { draw, openSlice, type DrawnHere, type SliceState } from '../../domain/slice.js';
import { WorkerRefusal, type SessionHandlers } from './session.js';

/** What the host needs from outside to serve one run; each is a port so that the rules here can be tested alone. */
export interface RunPorts {
  complete(params: ModelCompleteParams): Promise<ModelCompleteResult>;
  runCheck(args: ChecksRunArgs): Promise<ChecksRunResult>;
  /** SHA-256 (hex) of the path in the run's base, or undefined when there is no such file. */
  baseSha256(path: string): Promise<string | undefined>;
  denied(refusal: Refusal, what: string): void;
  progress(text: string): void;
  log(stream: 'log' | 'stderr', line: string): void;
  /** Tokens and money, as the gate counts them. */
  spentAtGate(): Amounts;
}

/**
 * Serves one worker's requests: checks each against the instance's grant, draws it from the slice, performs it.
 * The worker's identity is this object; no message of the worker is believed about it (P12).
 */
export class AgentHost implements SessionHandlers {
  files: ReadonlyMap<string, PutFile> = new Map();
  slice: SliceState;

  constructor(
    private readonly taskId: string,
    private readonly capabilities: Capabilities,
    granted: Amounts,
    private readonly ports: RunPorts,
  ) {
    this.slice = openSlice(granted);
  }

  async request<M extends AgentMethod>(method: M, params: AgentRequests[M]['params']): Promise<AgentRequests[M]['result']> {
    return (await this.serve(method, params)) as AgentRequests[M]['result'];
  }

  notification<N extends AgentNotification>(method: N, params: AgentNotifications[N]): void {
    if (method === 'task/progress') this.ports.progress((params as AgentNotifications['task/progress']).text.slice(0, 200));
    else this.ports.log('log', JSON.stringify(params).slice(0, 2000));
  }

  stderr(line: string): void {
    this.ports.log('stderr', line);
  }

  private async serve(method: AgentMethod, params: unknown): Promise<object> {
    switch (method) {
      case 'artifact/put':
        return this.put(params as ArtifactPutParams);
      case 'model/complete':
        this.take('steps', 1);
        return this.ports.complete(params as ModelCompleteParams);
      case 'tool/call':
        return this.tool(params as ToolCallParams);
      case 'budget/status':
        return this.budget();
      case 'spawn/request':
      case 'ask':
        throw new WorkerRefusal({ code: WORKER_ERROR.unavailable, message: `${method} is not offered by this fleet` });
    }
  }

  private async put(params: ArtifactPutParams): Promise<ArtifactPutResult> {
    if (params.taskId !== this.taskId) throw new WorkerRefusal({ code: WORKER_ERROR.invalidParams, message: 'not the task of this run' });
    // the only wait comes first: what follows must see every put before it, or the limits would not hold
    const base = params.baseSha256 === undefined ? undefined : await this.ports.baseSha256(params.path);
    const outcome = putFile(this.files, params);
    if (!outcome.ok) {
      if (outcome.code === 'path_refused') this.refuse({ code: 'path_not_allowed', message: outcome.message }, params.path);
      throw new WorkerRefusal({ code: outcome.code === 'content_missing' ? WORKER_ERROR.invalidParams : WORKER_ERROR.tooLarge, message: outcome.message });
    }
    const refusal = refuseWrite(this.capabilities, outcome.file.path);
    if (refusal) this.refuse(refusal, params.path);
    if (params.baseSha256 !== base) throw new WorkerRefusal({ code: WORKER_ERROR.conflict, message: 'the file is not what the change was made from' });
    this.files = outcome.files;
    return { path: outcome.file.path, ...(outcome.file.content === null ? {} : { sha256: outcome.file.sha256 }), version: 1 };
  }

  private async tool({ tool, args }: ToolCallParams): Promise<ToolCallResult> {
    const refusal = refuseTool(this.capabilities, tool);
    if (refusal) this.refuse(refusal, tool);
    if (tool !== CHECKS_RUN) throw new WorkerRefusal({ code: WORKER_ERROR.unavailable, message: 'this fleet offers no such tool' });
    this.take('tool_calls', 1);
    return { ...(await this.ports.runCheck(args as unknown as ChecksRunArgs)) };
  }

  private budget(): BudgetStatusResult {
    const { granted } = this.slice;
    const spent: Amounts = { ...this.slice.drawn, ...this.ports.spentAtGate() };
    const free = Object.fromEntries(Object.entries(granted).map(([unit, amount]) => [unit, amount - (spent[unit as DrawnHere] ?? 0)]));
    return { granted, spent, held: {}, free };
  }

  private take(unit: DrawnHere, amount: number): void {
    const next = draw(this.slice, unit, amount);
    if (!next) throw new WorkerRefusal({ code: WORKER_ERROR.budgetExhausted, message: `the slice has no ${unit} left`, data: { unit } });
    this.slice = next;
  }

  private refuse(refusal: Refusal, what: string): never {
    this.ports.denied(refusal, what.slice(0, 200));
    throw new WorkerRefusal({ code: WORKER_ERROR.policyDenied, message: refusal.message, data: { ruleId: refusal.code, humanMessage: refusal.message } });
  }
}
