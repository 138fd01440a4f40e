import { describe, it } from 'node:test';
import { expect } from 'expect';
import fc from 'fast-check';
import { WORKER_ERROR, type AgentRequests, type AgentNotifications, type HostRequests } from './protocol.js';
import { agentNotificationSchemas, agentRequestSchemas, hostRequestSchemas } from './schemas.js';
import { validateMessage } from './validate.js';

const sha256 = 'a'.repeat(64);
const model = { provider: 'rehearsal', id: 'rehearsal-1' };

const fromHost: HostRequests = {
  initialize: {
    params: {
      protocolVersion: '1',
      agent: { name: 'doc-bot', role: 'worker' },
      model,
      scratchDir: '/scratch',
      capabilities: { tools: ['checks.run'], networkHosts: [], spawn: { max: 0, depth: 0 } },
      limits: { maxLineBytes: 1, maxArtifactBytes: 1, maxOutputTokens: 1 },
    },
    result: { protocolVersion: '1', agent: { name: 'doc-bot', version: '1' } },
  },
  'task/run': {
    params: {
      taskId: 't1',
      title: 'Document',
      goal: 'Docs',
      inputDir: '/input',
      files: ['src/a.ts'],
      criteria: [{ text: 'tests pass', check: 'npm test' }],
      notes: ['shorter'],
      shared: [{ name: 'voice', version: 2, text: 'Be ki', characters: 8 }],
      round: 2,
      options: { x: 1 },
    },
    result: {
      status: 'done',
      summary: 'Two files.',
      artifacts: [{ path: 'src/a.ts', sha256, bytes: 3 }, { path: 'old.ts', deleted: true }],
      notes: [],
      check: { kind: 'test-scaffolds', framework: 'jest', testFiles: ['a.test.js'], scaffolds: [{ file: 'a.test.js', title: 'a', subject: 'a' }], cwd: '.', command: 'jest' },
    },
  },
  'task/cancel': { params: { taskId: 't1', reason: 'withdrawn' }, result: { accepted: true } },
  shutdown: { params: {}, result: {} },
};
const fromAgent: AgentRequests = {
  'artifact/put': { params: { taskId: 't1', path: 'src/a.ts', text: 'x', baseSha256: sha256 }, result: { path: 'src/a.ts', sha256, version: 1 } },
  'model/complete': {
    params: { messages: [{ role: 'user', content: 'hi' }], schema: {}, maxOutputTokens: 5 },
    result: { text: '{}', json: {}, model, finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 1, usdMicros: 0, source: 'estimate' } },
  },
  'tool/call': { params: { tool: 'checks.run', args: { changes: [{ path: 'a', text: '' }], command: 'true' } }, result: { exitCode: 0, outputTail: '' } },
  'spawn/request': { params: { role: 'worker', justification: 'two halves' }, result: { outcome: 'denied', code: 'spawn_denied_edge' } },
  'budget/status': { params: {}, result: { granted: { tokens: 5 }, spent: {}, held: {}, free: { tokens: 5 } } },
  ask: { params: { taskId: 't1', question: 'Which?', choices: ['a', 'b'], to: 'user' }, result: { outcome: 'answered', answer: 'a' } },
  'shutdown/answer': { params: { message_id: 'm1', approve: false, reason: 'not yet' }, result: { accepted: true } },
};
const told: AgentNotifications = { 'task/progress': { taskId: 't1', text: 'half', fraction: 0.5 }, 'inbox/read': { messageIds: ['m1'] }, log: { level: 'info', message: 'hello' } };

const request = (method: string, params: unknown): object => ({ jsonrpc: '2.0', id: 1, method, params });

describe('the worker protocol at the boundary', () => {
  it('accepts every method in its own direction and no other, params and result', () => {
    for (const [direction, other, methods] of [
      ['host-to-agent', 'agent-to-host', fromHost],
      ['agent-to-host', 'host-to-agent', fromAgent],
    ] as const) {
      for (const [method, { params, result }] of Object.entries(methods)) {
        expect(validateMessage(direction, request(method, params))).toMatchObject({ kind: 'request', method });
        expect(validateMessage(other, request(method, params))).toMatchObject({ kind: 'invalid', error: { code: WORKER_ERROR.methodNotFound } });
        expect(validateMessage(other, { jsonrpc: '2.0', id: 1, result }, () => method)).toMatchObject({ kind: 'success' });
        expect(validateMessage(other, { jsonrpc: '2.0', id: 1, result: { ...(result as object), extra: 1 } }, () => method).kind).toBe(method === 'tool/call' ? 'success' : 'invalid');
      }
    }
    expect(Object.keys(fromHost)).toEqual(Object.keys(hostRequestSchemas));
    expect(Object.keys(fromAgent)).toEqual(Object.keys(agentRequestSchemas));
  });

  it('accepts notifications from the agent only', () => {
    for (const [method, params] of Object.entries(told)) {
      expect(validateMessage('agent-to-host', { jsonrpc: '2.0', method, params })).toMatchObject({ kind: 'notification', method });
      expect(validateMessage('host-to-agent', { jsonrpc: '2.0', method, params }).kind).toBe('invalid');
    }
    expect(Object.keys(told)).toEqual(Object.keys(agentNotificationSchemas));
  });

  it('answers each kind of malformed message with the code JSON-RPC has for it', () => {
    const code = (message: unknown): unknown => {
      const outcome = validateMessage('agent-to-host', message);
      return outcome.kind === 'invalid' ? [outcome.error.code, outcome.id] : outcome.kind;
    };
    expect(code([])).toEqual([WORKER_ERROR.invalidRequest, null]);
    expect(code({})).toEqual([WORKER_ERROR.invalidRequest, null]);
    expect(code({ jsonrpc: '1.0', id: 7, method: 'ask' })).toEqual([WORKER_ERROR.invalidRequest, 7]);
    expect(code({ jsonrpc: '2.0', id: null, method: 'ask', params: {} })).toEqual([WORKER_ERROR.invalidRequest, null]);
    expect(code({ jsonrpc: '2.0', id: 7, method: 'ask', params: [] })).toEqual([WORKER_ERROR.invalidRequest, 7]);
    expect(code(request('git/push', {}))).toEqual([WORKER_ERROR.methodNotFound, 1]);
    expect(code(request('toString', {}))).toEqual([WORKER_ERROR.methodNotFound, 1]);
    expect(code(request('ask', {}))).toEqual([WORKER_ERROR.invalidParams, 1]);
    expect(code(request('tool/call', { tool: 'checks.run', args: { command: 1 } }))).toEqual([WORKER_ERROR.invalidParams, 1]);
    expect(code(request('tool/call', { tool: 'docs.read', args: { any: 1 } }))).toBe('request');
  });

  it('refuses a response nobody waits for, and names the request that a malformed one spoils', () => {
    const none = (): undefined => undefined;
    expect(validateMessage('agent-to-host', { jsonrpc: '2.0', id: 9, result: {} }, none).kind).toBe('invalid');
    expect(validateMessage('agent-to-host', { jsonrpc: '2.0', id: 9, error: { code: 1, message: '' } }, none).kind).toBe('invalid');
    expect(validateMessage('agent-to-host', { jsonrpc: '2.0', id: 9, result: { status: 'finished' } }, () => 'task/run')).toMatchObject({ kind: 'invalid', id: null, responseTo: 9 });
    expect(validateMessage('agent-to-host', { jsonrpc: '2.0', id: 9, error: { code: 'x' } }, () => 'task/run')).toMatchObject({ kind: 'invalid', responseTo: 9 });
  });

  it('lets an artifact be one of text, bytes or deletion, inside the input and never under .git', () => {
    const put = (params: object): string => validateMessage('agent-to-host', request('artifact/put', { taskId: 't', ...params })).kind;
    for (const path of ['a', 'src/a.ts', '.github/x.yml', '...', 'a..b/c', '.gitignore', 'ä/€.ts', '@scope/x']) expect([path, put({ path, text: '' })]).toEqual([path, 'request']);
    for (const path of ['', '/a', '../a', 'a/..', 'a/../b', './a', 'a/./b', 'a//b', 'a/', '.git', '.git/config', 'x/.GIT/hooks/y', 'a\\b', 'a\0b', 'a\nb']) {
      expect([path, put({ path, text: '' })]).toEqual([path, 'invalid']);
    }
    expect(put({ path: 'a' })).toBe('invalid');
    expect(['text/markdown; charset=utf-8', 'a\0b', 'a\nb', ''].map((mediaType) => put({ path: 'a', text: '', mediaType }))).toEqual(['request', 'invalid', 'invalid', 'invalid']);
    expect(put({ path: 'a', text: '', contentBase64: '' })).toBe('invalid');
    expect(put({ path: 'a', text: '', deleted: true })).toBe('invalid');
    expect(put({ path: 'a', deleted: false })).toBe('invalid');
    expect(put({ path: 'a', deleted: true })).toBe('request');
    expect(put({ path: 'a', contentBase64: 'AAA' })).toBe('invalid');
    expect(put({ path: 'a', contentBase64: 'AAA=' })).toBe('request');
  });

  it('treats silence as an outcome of its own: only an answered question has an answer', () => {
    const answer = (result: object): string => validateMessage('host-to-agent', { jsonrpc: '2.0', id: 1, result }, () => 'ask').kind;
    expect(answer({ outcome: 'timeout' })).toBe('success');
    expect(answer({ outcome: 'timeout', answer: 'yes' })).toBe('invalid');
    expect(answer({ outcome: 'answered' })).toBe('invalid');
  });

  it('gives a verdict on any JSON at all', () => {
    fc.assert(
      fc.property(fc.constantFrom('host-to-agent' as const, 'agent-to-host' as const), fc.jsonValue(), fc.constantFrom(...Object.keys(fromAgent), 'log'), (direction, value, method) => {
        expect(typeof validateMessage(direction, value).kind).toBe('string');
        const outcome = validateMessage(direction, request(method, value));
        expect(['request', 'invalid']).toContain(outcome.kind);
      }),
    );
  });
});
