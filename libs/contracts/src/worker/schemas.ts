/**
 * JSON Schemas (2020-12) of the worker protocol, one per method's params and result. They are the boundary:
 * what they do not allow never reaches a rule. Unknown members are refused, so that a misspelt option is an error and not a surprise.
 */
import { BUDGET_UNITS } from '../states.js';
import { change, changeOptions, count, directory, flag, free, inboxFile, listOf, object, oneContent, oneOf, relativePath, sha256, text, type JsonSchema } from './schema-parts.js';
import { sharedText } from './shared-text.js';
import { TASK_RUN_STATUSES, type AgentMethod, type AgentNotification, type HostMethod } from './protocol.js';

const taskId = text(64, 1);
const mediaType: JsonSchema = { type: 'string', pattern: '^[ -~]{1,200}$' };
const model = object({ provider: text(64, 1), id: text(200, 1) });
const amounts: JsonSchema = object({}, Object.fromEntries(BUDGET_UNITS.map((unit) => [unit, count])));

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
const inbox = listOf(object({ message_id: text(64, 1), from: text(60), content: text(10_000), summary: text(200), at: text(40, 1) }, { type: { const: 'shutdown_request' }, answer_by: text(40, 1), files: listOf(inboxFile, 5) }), 50);
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
    }, { skillsDir: text(4096, 1) }),
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
      { files: listOf(relativePath, 100_000), notes: listOf(text(20_000), 100), shared: listOf(sharedText, 100), inbox, options: free },
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
    params: { ...object({ taskId, ...change }, { ...changeOptions, mediaType }), ...oneContent },
    result: object({ path: relativePath }, { sha256, version: count, inbox }),
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
      { json: {}, inbox },
    ),
  },
  'tool/call': { params: object({ tool: text(100, 1), args: free }, { taskId }), result: free },
  'spawn/request': {
    params: object({ role: text(64, 1), justification: text(4000, 1) }, { taskId, goal: text(20_000, 1) }),
    result: object(
      { outcome: oneOf(['allowed', 'denied', 'approval_required']), code: text(64, 1) },
      { reason: text(4000), instanceId: text(64, 1), approvalId: text(64, 1), inbox },
    ),
  },
  'budget/status': { params: empty, result: object({ granted: amounts, spent: amounts, held: amounts, free: amounts }, { inbox }) },
  ask: {
    params: object({ taskId, question: text(4000, 1) }, { choices: listOf(text(200, 1), 20), to: oneOf(['lead', 'user']) }),
    result: {
      ...object({ outcome: oneOf(['answered', 'timeout', 'withdrawn', 'erased']) }, { answer: text(20_000), inbox }),
      if: { properties: { outcome: { const: 'answered' } }, required: ['outcome'] },
      then: { required: ['answer'] },
      else: { not: { required: ['answer'] } },
    },
  },
  'shutdown/answer': { params: object({ message_id: text(64, 1), approve: flag }, { reason: text(500) }), result: object({ accepted: flag }, { inbox }) },
};

export const agentNotificationSchemas: Readonly<Record<AgentNotification, JsonSchema>> = {
  'task/progress': object({ taskId, text: text(2000, 1) }, { fraction: { type: 'number', minimum: 0, maximum: 1 }, data: free }),
  'inbox/read': object({ messageIds: listOf(text(64, 1), 50) }),
  log: object({ level: oneOf(['debug', 'info', 'warn', 'error']), message: text(8000) }, { fields: free }),
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
