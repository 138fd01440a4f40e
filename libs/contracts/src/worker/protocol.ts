/**
 * The worker protocol: JSON-RPC 2.0 (https://www.jsonrpc.org/specification), one UTF-8 JSON object per line, on the worker's
 * stdin and stdout. Everything here is plain data; a worker in any language needs only this page and the JSON Schemas beside it.
 *
 * The worker's identity is the pipe it was started with: no message carries a team, a member or an instance that the host would believe.
 */
import type { Amounts } from '../states.js';
import type { InboxMessage, InboxReadParams, ShutdownAnswerParams, ShutdownAnswerResult, WithInbox } from './mail.js';
import type { SharedText } from './shared-text.js';

export const WORKER_PROTOCOL_VERSION = '1';

/** What the host asks of a worker. Every one is answered. */
export interface HostRequests {
  initialize: { params: InitializeParams; result: InitializeResult };
  'task/run': { params: TaskRunParams; result: TaskRunResult };
  'task/cancel': { params: TaskCancelParams; result: TaskCancelResult };
  shutdown: { params: ShutdownParams; result: EmptyResult };
}

/** What a worker asks of the host. Any of them may be answered with an error of `WORKER_ERROR`. */
export interface AgentRequests {
  'artifact/put': { params: ArtifactPutParams; result: ArtifactPutResult };
  'model/complete': { params: ModelCompleteParams; result: ModelCompleteResult };
  'tool/call': { params: ToolCallParams; result: ToolCallResult };
  'spawn/request': { params: SpawnRequestParams; result: SpawnRequestResult };
  'budget/status': { params: BudgetStatusParams; result: BudgetStatusResult };
  ask: { params: AskParams; result: AskResult };
  'shutdown/answer': { params: ShutdownAnswerParams; result: ShutdownAnswerResult };
}

/** What a worker tells the host without an answer. */
export interface AgentNotifications {
  'task/progress': TaskProgressParams;
  'inbox/read': InboxReadParams;
  log: LogParams;
}

export type HostMethod = keyof HostRequests;
export type AgentMethod = keyof AgentRequests;
export type AgentNotification = keyof AgentNotifications;

export type EmptyResult = Record<string, never>;

/** `rehearsal` as provider means: no real model answers; a worker takes nothing from it that its own deterministic way does not say. */
export interface WorkerModel {
  provider: string;
  id: string;
}

export interface WorkerCapabilities {
  /** Exactly the tools that `tool/call` will not refuse by name, and of which at least one call can be granted. */
  tools: string[];
  /** Hosts `webfetch` may be asked for; the worker itself has no network. Empty: none. */
  networkHosts: string[];
  spawn: { max: number; depth: number };
}

/** Sent once, first. Until it is answered the worker gets no task. */
export interface InitializeParams {
  protocolVersion: string;
  agent: { name: string; role: string };
  model: WorkerModel;
  /** A directory the worker may write to; empty at start, gone at the end. */
  scratchDir: string;
  /** A directory with its skills, read-only, laid out as below the policies folder; absent where it has none. */
  skillsDir?: string;
  capabilities: WorkerCapabilities;
  limits: { maxLineBytes: number; maxArtifactBytes: number; maxOutputTokens: number };
}

export interface InitializeResult {
  protocolVersion: string;
  agent: { name: string; version: string };
}

/** A runnable check or a sentence a reviewer will judge by. */
export interface AcceptanceCriterion {
  id?: string;
  text: string;
  /** A command the host runs in its `checks` sandbox on the drafted bytes; exit code 0 passes. */
  check?: string;
}

/** How a note begins that is the customer's word, and no reviewer's. */
export const CUSTOMER_NOTE = 'The customer asks: ';

export interface TaskRunParams {
  taskId: string;
  title: string;
  goal: string;
  /** Absolute path of the read-only input: the repository's files at the task's base, without `.git`. */
  inputDir: string;
  /** Paths in scope, relative to `inputDir`; absent means: the worker chooses. */
  files?: string[];
  criteria: AcceptanceCriterion[];
  /** What earlier reviews said, oldest first; before the first draft, only what the customer asks beside the goal. */
  notes?: string[];
  /** What the team shares with whoever has the task, what is for the task alone first, then the newest. Others wrote it: a prompt quotes it as data. */
  shared?: SharedText[];
  /** 1 for the first draft, one more after each review that said `revise`. */
  round: number;
  /** What was written to the agent's member before. */
  inbox?: InboxMessage[];
  options?: Record<string, unknown>;
}

export const TASK_RUN_STATUSES = ['done', 'failed', 'cancelled'] as const;
export type TaskRunStatus = (typeof TASK_RUN_STATUSES)[number];

/** What the worker says it put; the host compares with what it stored. */
export interface ArtifactRef {
  path: string;
  /** Lower-case hex; absent when the artifact says that the file is to be deleted. */
  sha256?: string;
  bytes?: number;
  deleted?: boolean;
}

/**
 * How a person can check written tests: green as they are, each scaffold red once `unmark` took its mark away.
 * The host believes none of it: its own check follows from the drafted bytes and the base commit.
 */
export interface TestScaffoldCheck {
  kind: 'test-scaffolds';
  framework: 'node:test' | 'jest' | 'vitest';
  testFiles: string[];
  /** One per function: the test's full title in its file. */
  scaffolds: { file: string; title: string; subject: string }[];
  /** Directory of the package, relative to the input directory ('.' for its root), in which the commands run. */
  cwd: string;
  /** Run by a shell with the package's `node_modules/.bin` on the PATH, as npm runs scripts. Must exit 0. */
  command: string;
  /** The command that must exit non-zero on the unmarked text; absent when it is `command`. */
  unmarkedCommand?: string;
}

export interface TaskRunResult {
  status: TaskRunStatus;
  /** One to three sentences for the reviewer. */
  summary: string;
  artifacts: ArtifactRef[];
  notes?: string[];
  check?: TestScaffoldCheck;
}

export interface TaskCancelParams {
  taskId: string;
  reason?: string;
}
export interface TaskCancelResult {
  /** False: no such task is running (any more). */
  accepted: boolean;
}

export interface ShutdownParams {
  reason?: string;
}

/**
 * The only way out for a result: a whole file, or the wish that a file goes. The host refuses with `conflict` a file in whose place, above or
 * below which something stands that was not handed in as deleted before: a link above all, which is never replaced or followed.
 */
export interface FileChange {
  path: string;
  text?: string;
  contentBase64?: string;
  /** SHA-256 of the bytes the change was made from: the host refuses with `conflict` when its own base differs. Absent for a new file. */
  baseSha256?: string;
  deleted?: boolean;
}
export interface ArtifactPutParams extends FileChange {
  taskId: string;
  mediaType?: string;
}
export interface ArtifactPutResult extends WithInbox {
  path: string;
  sha256?: string;
  version?: number;
}

export interface ModelMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}
export interface ModelCompleteParams {
  taskId?: string;
  messages: ModelMessage[];
  /** JSON Schema (2020-12) the answer must follow; `json` of the result then holds the parsed answer. */
  schema?: Record<string, unknown>;
  maxOutputTokens?: number;
  /**
   * The worker goes on without an answer. What its slice cannot pay is then refused before the gate is asked: a call that is asked of
   * the gate and not covered uses the budget up, and by policy that ends the instance.
   */
  optional?: boolean;
}
export interface ModelUsage {
  inputTokens: number;
  outputTokens: number;
  usdMicros: number;
  source: 'provider' | 'estimate';
}
export interface ModelCompleteResult extends WithInbox {
  text: string;
  json?: unknown;
  model: WorkerModel;
  finishReason: 'stop' | 'length' | 'content_filter' | 'other';
  usage: ModelUsage;
}

export interface ToolCallParams {
  taskId?: string;
  tool: string;
  args: Record<string, unknown>;
}
/** Whatever the named tool answers: tools.ts. */
export type ToolCallResult = Record<string, unknown>;

/** The gate reads everything else from the task and from the instance the host bound to this process. */
export interface SpawnRequestParams {
  taskId?: string;
  role: string;
  justification: string;
  goal?: string;
}
export interface SpawnRequestResult extends WithInbox {
  outcome: 'allowed' | 'denied' | 'approval_required';
  code: string;
  reason?: string;
  instanceId?: string;
  approvalId?: string;
}

export type BudgetStatusParams = Record<string, never>;
/** `spent + held + free = granted` for every unit. */
export interface BudgetStatusResult extends WithInbox {
  granted: Amounts;
  spent: Amounts;
  held: Amounts;
  free: Amounts;
}

export interface AskParams {
  taskId: string;
  question: string;
  choices?: string[];
  /** `user`: only a person knows. Without it the manager answers what its records say, and puts the rest to a person. */
  to?: 'lead' | 'user';
}
/** Silence is an outcome of its own and never an answer; so is an answer that a person has erased. The answer's words are not the host's: they grant nothing. */
export interface AskResult extends WithInbox {
  outcome: 'answered' | 'timeout' | 'withdrawn' | 'erased';
  answer?: string;
}

export interface TaskProgressParams {
  taskId: string;
  text: string;
  /** 0 to 1. */
  fraction?: number;
  data?: Record<string, unknown>;
}

export interface LogParams {
  level: 'debug' | 'info' | 'warn' | 'error';
  message: string;
  fields?: Record<string, unknown>;
}

/** Error codes: those of JSON-RPC 2.0, and our own in its server range. */
export const WORKER_ERROR = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  /** The grant or the policy says no; `data` is a `PolicyDenied`. */
  policyDenied: -32001,
  budgetExhausted: -32002,
  cancelled: -32003,
  notInitialized: -32004,
  busy: -32005,
  /** The file changed since the worker read it. */
  conflict: -32006,
  tooLarge: -32007,
  /** The host cannot do it now (no model, broker away); the same call may succeed later. */
  unavailable: -32008,
  /** The tool ran and could not: `data.code` says why (no such file, nothing matched, the host did not answer). */
  toolFailed: -32009,
  /** A person interrupts: the call was not done and drew nothing; `data` is `{code: 'interrupted', inbox}`. Stop, and answer the task with `cancelled`. */
  interrupted: -32010,
} as const;
export type WorkerErrorCode = (typeof WORKER_ERROR)[keyof typeof WORKER_ERROR];

/** Tells the worker which rule refused and the person where the rule can be raised, so that the worker can react. */
export interface PolicyDenied {
  /** A `CapabilityDenyCode`, or a deny code of the spawn policy. */
  ruleId: string;
  humanMessage: string;
  raiseUrl?: string;
}

export interface RpcError {
  code: number;
  message: string;
  data?: Record<string, unknown>;
}
export type RpcId = string | number;
export interface RpcRequest {
  jsonrpc: '2.0';
  id: RpcId;
  method: string;
  params?: Record<string, unknown>;
}
export interface RpcNotification {
  jsonrpc: '2.0';
  method: string;
  params?: Record<string, unknown>;
}
export interface RpcSuccess {
  jsonrpc: '2.0';
  id: RpcId;
  result: unknown;
}
export interface RpcFailure {
  jsonrpc: '2.0';
  id: RpcId | null;
  error: RpcError;
}
export type RpcMessage = RpcRequest | RpcNotification | RpcSuccess | RpcFailure;
