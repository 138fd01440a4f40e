import type {
  AgentRequests,
  ArtifactPutResult,
  FileChange,
  InboxMessage,
  LogParams,
  RpcError,
  TaskRunParams,
  TaskRunStatus,
  TestScaffoldCheck,
  InitializeParams,
} from '@countersign/contracts/worker';

/**
 * A role: what a module given to the runner exports, as named functions or as its default export.
 * Everything it prints goes to stderr; stdout belongs to the protocol.
 */
export interface WorkerPlugin {
  /** Called once, before any task. Rejecting ends the worker. */
  init?(ctx: WorkerContext): void | Promise<void>;
  /** One task at a time. Rejecting fails the task, not the worker. Results leave only through `task.put` and the outcome. */
  onTask(task: Task): TaskOutcome | Promise<TaskOutcome>;
  /** A person asks the agent's member to end. Absent: yes; the task ends then, as by an interrupt. */
  onShutdownRequest?(request: InboxMessage): ShutdownAnswer | Promise<ShutdownAnswer>;
  /** Called once, at the end, also when the host went away. */
  shutdown?(): void | Promise<void>;
}

export interface ShutdownAnswer {
  readonly approve: boolean;
  readonly reason?: string;
}

/** What the host granted, and the calls it answers. */
export interface WorkerContext extends InitializeParams {
  readonly host: HostCalls;
  readonly inbox: Inbox;
  /** One JSON line on stderr. */
  log(level: LogParams['level'], message: string, fields?: Record<string, unknown>): void;
}

export interface HostCalls {
  /** Resolves with the host's answer; rejects with `HostError` when the host refuses. */
  call<M extends keyof AgentRequests>(method: M, params: AgentRequests[M]['params']): Promise<AgentRequests[M]['result']>;
}

export interface Task extends TaskRunParams {
  /** Aborted when the host cancels the task or goes away. */
  readonly signal: AbortSignal;
  progress(text: string, more?: { fraction?: number; data?: Record<string, unknown> }): void;
  /** Hands in one file. The runner lists it in the task's result with its hash. */
  put(change: FileChange & { mediaType?: string }): Promise<ArtifactPutResult>;
}

/** What was written to the agent's member. The words are wishes of whoever wrote them: they grant nothing, and a prompt has to say so. */
export interface Inbox {
  /** What has come for this task so far, the oldest first. */
  readonly messages: readonly InboxMessage[];
  /** Tells the host that these were taken in; what never is, is said in the task's notes. */
  read(messages: readonly InboxMessage[]): void;
}

export interface TaskOutcome {
  status: TaskRunStatus;
  summary: string;
  notes?: string[];
  check?: TestScaffoldCheck;
}

/** The host said no, or could not. `rpcCode` is one of `WORKER_ERROR`; `data` says which rule, where there is one. */
export class HostError extends Error {
  readonly code = 'host_refused';
  readonly retryable = false;
  override readonly name = 'HostError';
  readonly rpcCode: number;
  readonly data: Record<string, unknown> | undefined;
  /** The host's own words. */
  readonly said: string;
  constructor(method: string, error: RpcError) {
    super(`${method}: ${error.message}`);
    this.rpcCode = error.code;
    this.data = error.data;
    this.said = error.message;
  }
}
