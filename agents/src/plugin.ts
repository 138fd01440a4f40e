import type {
  AgentRequests,
  ArtifactPutResult,
  FileChange,
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
  /** Called once, at the end, also when the host went away. */
  shutdown?(): void | Promise<void>;
}

/** What the host granted, and the calls it answers. */
export interface WorkerContext extends InitializeParams {
  readonly host: HostCalls;
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
  constructor(method: string, error: RpcError) {
    super(`${method}: ${error.message}`);
    this.rpcCode = error.code;
    this.data = error.data;
  }
}
