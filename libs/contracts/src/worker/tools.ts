/**
 * The tools of `tool/call`, by the names workers know from elsewhere: arguments, answers and schemas. A worker may call those that
 * `initialize` listed. Paths are relative to the workspace: the repository at the run's base, with what the worker has drafted on top.
 */
import { base64Text, directory, fileChange, flag, listOf, object, sha256, text, type JsonSchema } from './schema-parts.js';
import type { BudgetLimit } from '../files/parts.js';
import type { FileChange } from './protocol.js';
import { teamToolSchemas, type TeamTools } from './team-tools.js';

/** The tool that applies changes to a fresh copy of the input and runs a command on it, in the `checks` sandbox. */
export const CHECKS_RUN = 'checks.run';
export interface ChecksRunArgs {
  changes: FileChange[];
  command: string;
  /** Relative to the input directory. */
  cwd?: string;
}
export interface ChecksRunResult {
  /** Null when the command was ended by a signal or by the time limit. */
  exitCode: number | null;
  outputTail: string;
  timedOut?: boolean;
}

/** Text where the bytes are UTF-8 without NUL, else base64. */
export type ToolContent = { text: string } | { contentBase64: string };

export interface ReadArgs {
  path: string;
  /** Bytes from the beginning of the file. */
  offset?: number;
  limit?: number;
}
/** `bytes` and `sha256` are the whole file's. */
export type ReadResult = ToolContent & { path: string; bytes: number; sha256: string; truncated: boolean };

export interface ListArgs {
  path?: string;
}
export interface ListResult {
  entries: { name: string; kind: 'file' | 'directory' | 'link' | 'other' }[];
  truncated: boolean;
}

/** `*` and `?` stay inside a part of the path, `**` does not. */
export interface GlobArgs {
  pattern: string;
  path?: string;
}
export interface GlobResult {
  paths: string[];
  truncated: boolean;
}

export interface GrepArgs {
  /** A regular expression of JavaScript, or with `literal` a plain text; matched line by line. */
  pattern: string;
  path?: string;
  /** Only files this glob matches. */
  include?: string;
  literal?: boolean;
  ignoreCase?: boolean;
}
export interface GrepResult {
  matches: { path: string; line: number; text: string }[];
  truncated: boolean;
}

/** Drafts a whole file, as `artifact/put` does. */
export interface WriteArgs {
  path: string;
  content?: string;
  contentBase64?: string;
}
export interface EditArgs {
  path: string;
  old: string;
  new: string;
  /** Without it, `old` must stand in the file exactly once. */
  replaceAll?: boolean;
}
/** Where it was drafted: the path asked for, or the real one when a directory on its way is a link. */
export interface DraftedResult {
  path: string;
  sha256: string;
}
export type EditResult = DraftedResult & { replaced: number };

/** `*** Begin Patch` … `*** End Patch` with `*** Add File:`, `*** Update File:` (and `*** Move to:`), `*** Delete File:`. All of it or nothing is drafted. */
export interface ApplyPatchArgs {
  patchText: string;
}
export interface ApplyPatchResult {
  changed: { path: string; change: 'added' | 'updated' | 'deleted' }[];
}

/** Runs in a sandbox on a copy of the workspace: what the read scopes cover is there, what the write scopes cover may be changed. No network, no credentials. */
export interface BashArgs {
  command: string;
  cwd?: string;
  timeout_ms?: number;
  /** Globs of new files to draft. Changed and removed files of the repository or the draft are drafted anyway; other new files stay in the copy. */
  keep?: string[];
}
export type BashResult = ChecksRunResult & { drafted: string[]; left: { path: string; reason: string }[] };

/** A subcommand with its arguments, each a word of its own: no shell reads them. */
export interface GitArgs {
  args: string[];
}
export interface GitResult {
  output: string;
  truncated?: boolean;
  /** Of `commit`. */
  commit?: string;
  /** Of `push`: asked for, granted and done, or refused by a person. */
  outcome?: 'approval_required' | 'done' | 'denied';
  approvalId?: string;
}

export interface WebFetchArgs {
  url: string;
  max_bytes?: number;
}
export type WebFetchResult = ToolContent & { url: string; final_url: string; status: number; content_type: string; truncated: boolean };

export interface WebSearchArgs {
  query: string;
}
export type WebSearchResult = ToolContent & { content_type: string };

export interface AuthArgs {
  alias: string;
}
export interface AuthResult {
  alias: string;
  value: string;
}

/** Asks the gate for another agent, in the original's words. The asking instance is the process itself: what is said of it here must be true, or the call is refused. */
export const SPAWN_AGENT = 'spawn_agent';
export interface SpawnAgentArgs {
  role?: string;
  justification?: string;
  missionID?: string;
  parentInstanceID?: string;
  templateID?: string;
  source?: string;
  budgetOverride?: BudgetLimit;
}
/** `ok` with the instance, or why not: a code of the spawn policy, or `SPAWN_INVALID_ARGS`. With `approvalID` a person is asked; the same call later tells what came of it. */
export interface SpawnAgentResult {
  ok: boolean;
  missionID?: string;
  instanceID?: string;
  sessionID?: string;
  runID?: null;
  status?: string;
  skillHash?: string;
  code?: string;
  error?: string;
  requiresUserApproval?: boolean;
  approvalID?: string;
}

export interface WorkerTools extends TeamTools {
  read: { args: ReadArgs; result: ReadResult };
  list: { args: ListArgs; result: ListResult };
  glob: { args: GlobArgs; result: GlobResult };
  grep: { args: GrepArgs; result: GrepResult };
  write: { args: WriteArgs; result: DraftedResult };
  edit: { args: EditArgs; result: EditResult };
  apply_patch: { args: ApplyPatchArgs; result: ApplyPatchResult };
  bash: { args: BashArgs; result: BashResult };
  git: { args: GitArgs; result: GitResult };
  webfetch: { args: WebFetchArgs; result: WebFetchResult };
  websearch: { args: WebSearchArgs; result: WebSearchResult };
  auth: { args: AuthArgs; result: AuthResult };
  'checks.run': { args: ChecksRunArgs; result: ChecksRunResult };
  spawn_agent: { args: SpawnAgentArgs; result: SpawnAgentResult };
}
export type WorkerToolName = keyof WorkerTools;

/** As it comes: what a path, a URL or a word may be is judged by the grant's rules, so that a refusal has a code and is recorded. */
const anyPath = text(4096);
const size = (maximum: number): JsonSchema => ({ type: 'integer', minimum: 1, maximum });
const bytes: JsonSchema = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const wholeText = { type: 'string' };
/** Either member, beside the others of its object. */
const content = { text: wholeText, contentBase64: base64Text };
const eitherContent = { oneOf: [{ required: ['text'] }, { required: ['contentBase64'] }] };
const commandResult = { exitCode: { anyOf: [{ type: 'integer' }, { type: 'null' }] }, outputTail: wholeText };

/** Of `spawn_agent`, and of `Task`, which is another way to ask the same. */
const spawned = {
  required: { ok: flag },
  optional: { missionID: wholeText, instanceID: wholeText, sessionID: wholeText, runID: { type: 'null' }, status: wholeText, skillHash: wholeText, code: wholeText, error: wholeText, requiresUserApproval: flag, approvalID: wholeText },
} satisfies Record<string, Record<string, JsonSchema>>;

const budgetOverride = object({}, { max_tokens: bytes, max_steps: bytes, max_tool_calls: bytes, max_duration_ms: bytes, max_cost_usd: { type: 'number', minimum: 0, maximum: 1_000_000 } });

/** Schemas of every tool's arguments and answer. */
export const toolSchemas: Readonly<Record<WorkerToolName, { args: JsonSchema; result: JsonSchema }>> = {
  read: {
    args: object({ path: anyPath }, { offset: bytes, limit: size(1_048_576) }),
    result: { ...object({ path: wholeText, bytes, sha256, truncated: flag }, content), ...eitherContent },
  },
  list: {
    args: object({}, { path: anyPath }),
    result: object({ entries: listOf(object({ name: wholeText, kind: { enum: ['file', 'directory', 'link', 'other'] } }), 10_000), truncated: flag }),
  },
  glob: { args: object({ pattern: text(1000, 1) }, { path: anyPath }), result: object({ paths: listOf(wholeText, 10_000), truncated: flag }) },
  grep: {
    args: object({ pattern: text(1000, 1) }, { path: anyPath, include: text(1000, 1), literal: flag, ignoreCase: flag }),
    result: object({ matches: listOf(object({ path: wholeText, line: bytes, text: wholeText }), 10_000), truncated: flag }),
  },
  write: {
    args: { ...object({ path: anyPath }, { content: wholeText, contentBase64: base64Text }), oneOf: [{ required: ['content'] }, { required: ['contentBase64'] }] },
    result: object({ path: wholeText, sha256 }),
  },
  edit: {
    args: object({ path: anyPath, old: { type: 'string', minLength: 1 }, new: wholeText }, { replaceAll: flag }),
    result: object({ path: wholeText, sha256, replaced: bytes }),
  },
  apply_patch: {
    args: object({ patchText: text(4_000_000, 1) }),
    result: object({ changed: listOf(object({ path: wholeText, change: { enum: ['added', 'updated', 'deleted'] } }), 1000) }),
  },
  bash: {
    args: object({ command: text(100_000, 1) }, { cwd: anyPath, timeout_ms: size(180_000), keep: listOf(text(1000, 1), 100) }),
    result: object({ ...commandResult, drafted: listOf(wholeText, 10_000), left: listOf(object({ path: wholeText, reason: wholeText }), 1000) }, { timedOut: flag }),
  },
  git: {
    args: object({ args: listOf(text(4096), 200) }),
    result: object({ output: wholeText }, { truncated: flag, commit: wholeText, outcome: { enum: ['approval_required', 'done', 'denied'] }, approvalId: wholeText }),
  },
  webfetch: {
    args: object({ url: text(8192) }, { max_bytes: size(5_000_000) }),
    result: { ...object({ url: wholeText, final_url: wholeText, status: bytes, content_type: wholeText, truncated: flag }, content), ...eitherContent },
  },
  websearch: { args: object({ query: text(1000, 1) }), result: { ...object({ content_type: wholeText }, content), ...eitherContent } },
  auth: { args: object({ alias: text(1000) }), result: object({ alias: wholeText, value: wholeText }) },
  'checks.run': {
    args: object({ changes: listOf(fileChange, 10_000), command: text(100_000, 1) }, { cwd: directory }),
    result: object(commandResult, { timedOut: flag }),
  },
  spawn_agent: {
    args: object({}, { role: text(64), justification: text(4000), missionID: text(100), parentInstanceID: text(100), templateID: text(100), source: text(100), budgetOverride }),
    result: object(spawned.required, spawned.optional),
  },
  ...teamToolSchemas(spawned),
};

export const WORKER_TOOL_NAMES = Object.keys(toolSchemas) as WorkerToolName[];
