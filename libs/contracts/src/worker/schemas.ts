/**
 * JSON Schemas (2020-12) of the worker protocol, one per method's params and result. They are the boundary:
 * what they do not allow never reaches a rule. Unknown members are refused, so that a misspelt option is an error and not a surprise.
 */
import { BUDGET_UNITS } from '../states.js';
import { TASK_RUN_STATUSES, type AgentMethod, type AgentNotification, type HostMethod } from './protocol.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

const text = (maxLength: number, minLength = 0): JsonSchema => ({ type: 'string', minLength, maxLength });
const listOf = (items: JsonSchema, maxItems: number): JsonSchema => ({ type: 'array', items, maxItems });
const oneOf = (values: readonly string[]): JsonSchema => ({ type: 'string', enum: values });
const count: JsonSchema = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const flag: JsonSchema = { type: 'boolean' };
const free: JsonSchema = { type: 'object' };
const sha256: JsonSchema = { type: 'string', pattern: '^[0-9a-f]{64}$' };

function object(required: Record<string, JsonSchema>, optional: Record<string, JsonSchema> = {}): JsonSchema {
  return { type: 'object', additionalProperties: false, required: Object.keys(required), properties: { ...required, ...optional } };
}

/** A path inside the input: relative, `/` between parts, no `.`/`..` part, nothing under `.git`, no control characters. */
export const relativePath: JsonSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 1024,
  pattern: '^(?!/)(?!.*//)(?!.*/$)(?!(?:.*/)?\\.{1,2}(?:/|$))(?!(?:.*/)?\\.[gG][iI][tT](?:/|$))[^\\\\\\u0000-\\u001f\\u007f]+$',
};
const directory: JsonSchema = { anyOf: [{ const: '.' }, relativePath] };
const taskId = text(64, 1);
const model = object({ provider: text(64, 1), id: text(200, 1) });
const amounts: JsonSchema = object({}, Object.fromEntries(BUDGET_UNITS.map((unit) => [unit, count])));

const change = {
  path: relativePath,
};
const changeOptions = {
  text: { type: 'string' },
  contentBase64: { type: 'string', pattern: '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$' },
  baseSha256: sha256,
  deleted: flag,
};
/** Exactly one of: text, bytes, deletion. */
const oneContent = {
  oneOf: [
    { required: ['text'], not: { anyOf: [{ required: ['contentBase64'] }, { required: ['deleted'] }] } },
    { required: ['contentBase64'], not: { anyOf: [{ required: ['text'] }, { required: ['deleted'] }] } },
    { required: ['deleted'], properties: { deleted: { const: true } }, not: { anyOf: [{ required: ['text'] }, { required: ['contentBase64'] }] } },
  ],
};
const fileChange: JsonSchema = { ...object(change, changeOptions), ...oneContent };

const capabilities = object({
  tools: listOf(text(100, 1), 200),
  networkHosts: listOf(text(253, 1), 100),
  spawn: object({ max: count, depth: count }),
});
const criterion = object({ text: text(4000, 1) }, { id: text(64, 1), check: text(4000, 1) });
const scaffoldCheck = object(
  {
    kind: { const: 'test-scaffolds' },
    framework: oneOf(['node:test', 'jest', 'vitest']),
    testFiles: listOf(relativePath, 1000),
    scaffolds: listOf(object({ file: relativePath, title: text(500, 1), subject: text(500, 1) }), 5000),
    cwd: directory,
    command: text(100_000, 1),
  },
  { unmarkedCommand: text(100_000, 1) },
);
const artifactRef = object({ path: relativePath }, { sha256, bytes: count, deleted: flag });

interface MethodSchemas {
  params: JsonSchema;
  result: JsonSchema;
}

const empty = object({});

export const hostRequestSchemas: Readonly<Record<HostMethod, MethodSchemas>> = {
  initialize: {
    params: object({
      protocolVersion: text(16, 1),
      agent: object({ name: text(64, 1), role: text(64, 1) }),
      model,
      scratchDir: text(4096, 1),
      capabilities,
      limits: object({ maxLineBytes: count, maxArtifactBytes: count, maxOutputTokens: count }),
    }),
    result: object({ protocolVersion: text(16, 1), agent: object({ name: text(64, 1), version: text(64, 1) }) }),
  },
  'task/run': {
    params: object(
      {
        taskId,
        title: text(500, 1),
        goal: text(20_000),
        inputDir: { type: 'string', pattern: '^/', maxLength: 4096 },
        criteria: listOf(criterion, 100),
        round: { type: 'integer', minimum: 1, maximum: 100 },
      },
      { files: listOf(relativePath, 100_000), notes: listOf(text(20_000), 100), options: free },
    ),
    result: object(
      { status: oneOf(TASK_RUN_STATUSES), summary: text(4000), artifacts: listOf(artifactRef, 10_000) },
      { notes: listOf(text(4000), 1000), check: scaffoldCheck },
    ),
  },
  'task/cancel': { params: object({ taskId }, { reason: text(1000) }), result: object({ accepted: flag }) },
  shutdown: { params: object({}, { reason: text(1000) }), result: empty },
};

export const agentRequestSchemas: Readonly<Record<AgentMethod, MethodSchemas>> = {
  'artifact/put': {
    params: { ...object({ taskId, ...change }, { ...changeOptions, mediaType: text(200, 1) }), ...oneContent },
    result: object({ path: relativePath }, { sha256, version: count }),
  },
  'model/complete': {
    params: object(
      { messages: { ...listOf(object({ role: oneOf(['system', 'user', 'assistant']), content: { type: 'string' } }), 1000), minItems: 1 } },
      { taskId, schema: free, maxOutputTokens: { type: 'integer', minimum: 1, maximum: 10_000_000 }, optional: { type: 'boolean' } },
    ),
    result: object(
      {
        text: { type: 'string' },
        model,
        finishReason: oneOf(['stop', 'length', 'content_filter', 'other']),
        usage: object({ inputTokens: count, outputTokens: count, usdMicros: count, source: oneOf(['provider', 'estimate']) }),
      },
      { json: {} },
    ),
  },
  'tool/call': { params: object({ tool: text(100, 1), args: free }, { taskId }), result: free },
  'spawn/request': {
    params: object({ role: text(64, 1), justification: text(4000, 1) }, { taskId, goal: text(20_000, 1) }),
    result: object(
      { outcome: oneOf(['allowed', 'denied', 'approval_required']), code: text(64, 1) },
      { reason: text(4000), instanceId: text(64, 1), approvalId: text(64, 1) },
    ),
  },
  'budget/status': { params: empty, result: object({ granted: amounts, spent: amounts, held: amounts, free: amounts }) },
  ask: {
    params: object({ taskId, question: text(4000, 1) }, { choices: listOf(text(200, 1), 20) }),
    result: {
      ...object({ outcome: oneOf(['answered', 'timeout', 'withdrawn']) }, { answer: text(20_000) }),
      if: { properties: { outcome: { const: 'answered' } }, required: ['outcome'] },
      then: { required: ['answer'] },
      else: { not: { required: ['answer'] } },
    },
  },
};

export const agentNotificationSchemas: Readonly<Record<AgentNotification, JsonSchema>> = {
  'task/progress': object({ taskId, text: text(2000, 1) }, { fraction: { type: 'number', minimum: 0, maximum: 1 }, data: free }),
  log: object({ level: oneOf(['debug', 'info', 'warn', 'error']), message: text(8000) }, { fields: free }),
};

/** Schemas of the tools every fleet offers, by tool name: arguments and answer. */
export const toolSchemas: Readonly<Record<string, { args: JsonSchema; result: JsonSchema }>> = {
  'checks.run': {
    args: object({ changes: listOf(fileChange, 10_000), command: text(100_000, 1) }, { cwd: directory }),
    result: object({ exitCode: { anyOf: [{ type: 'integer' }, { type: 'null' }] }, outputTail: { type: 'string' } }, { timedOut: flag }),
  },
};

const id: JsonSchema = { anyOf: [text(200, 1), { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }] };

/** The envelope of JSON-RPC 2.0 without batches: one shape per kind, no members of another kind. */
export const envelopeSchemas = {
  request: object({ jsonrpc: { const: '2.0' }, id, method: text(100, 1) }, { params: free }),
  notification: object({ jsonrpc: { const: '2.0' }, method: text(100, 1) }, { params: free }),
  success: object({ jsonrpc: { const: '2.0' }, id, result: {} }),
  failure: object({
    jsonrpc: { const: '2.0' },
    id: { anyOf: [id, { type: 'null' }] },
    error: object({ code: { type: 'integer' }, message: text(8000) }, { data: free }),
  }),
} as const;
