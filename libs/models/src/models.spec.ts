import { expect } from 'expect';
import fc from 'fast-check';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelsFromEnv } from './from-env.js';
import type { Models } from './models.js';
import type { ModelRequest, Reservation } from './port.js';
import { chat, ChatServer, LedgerBudget } from './testing.js';

const hello = [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Say hello.' }] as const;
const schema = { type: 'object', required: ['verdict', 'notes'], properties: { verdict: { enum: ['approved', 'revise'] }, notes: { type: 'array', items: { type: 'string' } } } };

describe('a call to a model', () => {
  let server: ChatServer;
  let folder: string;
  let models: Models;
  let budget: LedgerBudget;
  before(async () => {
    server = await ChatServer.start();
    folder = mkdtempSync(join(tmpdir(), 'models-'));
    const prices = join(folder, 'prices.json');
    writeFileSync(prices, JSON.stringify([{ model: 'openai-compatible/tiny', from: '2026-01-01', inputMicrosPerMillion: 2_000_000, outputMicrosPerMillion: 8_000_000, source: 'test' }]));
    models = modelsFromEnv({ COUNTERSIGN_MODEL: 'openai-compatible/tiny', OPENAI_BASE_URL: server.baseUrl, OPENAI_API_KEY: 'secret', COUNTERSIGN_PRICES: prices });
  });
  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => { budget = new LedgerBudget(); });
  afterEach(() => { server.requests.length = 0; });
  const ask = (over: Partial<ModelRequest> = {}) => models.complete({ messages: hello, maxOutputTokens: 100, deadline: new Date(Date.now() + 60_000), budget, ...over });

  it('is reserved before it is made and settled by what the provider counted', async () => {
    server.reply = () => {
      expect([budget.reserved.length, budget.settled.length]).toEqual([1, 0]);
      return chat('hello', { prompt_tokens: 20, completion_tokens: 3 });
    };
    const answer = await ask();
    expect(answer).toMatchObject({ text: 'hello', model: { provider: 'openai-compatible', id: 'tiny' }, rehearsal: false, finishReason: 'stop', usage: { inputTokens: 20, outputTokens: 3, usdMicros: 64, source: 'provider' } });
    expect(budget.settled).toEqual([{ callId: budget.reserved[0]!.callId, usage: answer.usage, model: 'openai-compatible/tiny' }]);
    const { tokens, usd_micros } = budget.reserved[0]!.amounts;
    expect(tokens!).toBeGreaterThanOrEqual(23);
    expect(usd_micros!).toBeGreaterThanOrEqual(64);
  });

  it('sends the key, the words and the limit, and nothing else of ours', async () => {
    server.reply = () => chat('hi', { prompt_tokens: 1, completion_tokens: 1 });
    await ask();
    expect(server.requests).toMatchObject([{ authorization: 'Bearer secret', body: { model: 'tiny', max_tokens: 100, messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user' }] } }]);
    expect(JSON.stringify(server.requests)).not.toContain(budget.reserved[0]!.callId);
  });

  it('is estimated where the provider does not count', async () => {
    server.reply = () => chat('a'.repeat(400));
    expect((await ask()).usage).toMatchObject({ outputTokens: 100, source: 'estimate' });
  });

  it('is not made when the budget says no: the gate’s code reaches the caller', async () => {
    budget = new LedgerBudget('budget_exhausted');
    await expect(ask()).rejects.toMatchObject({ code: 'budget_exhausted', retryable: false });
    expect([server.requests.length, budget.settled.length]).toEqual([0, 0]);
  });

  it('becomes no longer than what was granted of it can pay, in tokens and in money', async () => {
    server.reply = () => chat('hello', { prompt_tokens: 20, completion_tokens: 3 });
    for (const most of [({ least }: Reservation) => ({ ...least, tokens: least.tokens! + 44, usd_micros: 1_000_000 }), ({ least }: Reservation) => ({ tokens: 1_000_000, usd_micros: least.usd_micros! + 44 * 8 })]) {
      budget = new LedgerBudget(undefined, most);
      await ask({ maxOutputTokens: 1_000 });
    }
    expect(server.requests.map(({ body }) => body.max_tokens)).toEqual([300, 300]);
  });

  it('asks for all that its words can come to, and says how far they may go beyond a part of it', async () => {
    server.reply = () => chat('hello', { prompt_tokens: 20, completion_tokens: 3 });
    const content = '\u{1F9FF}'.repeat(50);
    await ask({ messages: [{ role: 'user', content }], maxOutputTokens: 1_000 });
    const [{ amounts, least, beyond }] = budget.reserved as unknown as [Reservation];
    expect([amounts.tokens, least.tokens, beyond.tokens]).toEqual([200 + 16 + 1_000, 100 + 16 + 256, 100]);
    expect([amounts.usd_micros, beyond.usd_micros]).toEqual([216 * 2 + 8_000, 200]);
    budget = new LedgerBudget();
    await ask({ model: 'rehearsal', maxOutputTokens: 1_000 });
    expect(budget.reserved[0]!.beyond).toEqual({ tokens: 0, usd_micros: 0 });
  });

  it('is not made when its price is unknown: that is not the same as free', async () => {
    await expect(ask({ model: 'openai-compatible/other' })).rejects.toMatchObject({ code: 'unknown_price' });
    await expect(ask({ model: 'anthropic/some-new-model' })).rejects.toMatchObject({ code: 'unknown_price' });
    expect([server.requests.length, budget.reserved.length]).toEqual([0, 0]);
  });

  it('is not made for a model nobody knows or without a key', async () => {
    await expect(ask({ model: 'acme/one' })).rejects.toMatchObject({ code: 'unknown_model' });
    await expect(ask({ model: 'anthropic/claude-haiku-4-5' })).rejects.toMatchObject({ code: 'model_not_configured' });
    expect(budget.settled.map(({ usage }) => usage.usdMicros)).toEqual([0]);
  });

  it('gives an answer that follows the schema', async () => {
    server.reply = () => chat('{"verdict":"approved","notes":[]}', { prompt_tokens: 9, completion_tokens: 9 });
    expect((await ask({ schema })).json).toEqual({ verdict: 'approved', notes: [] });
    expect(server.requests[0]!.body.response_format?.type).toBe('json_schema');
  });

  for (const [what, text] of [['does not follow the schema', '{"verdict":"maybe","notes":[]}'], ['is no JSON', 'I think so']] as const) {
    it(`fails when the answer ${what}, and is paid for`, async () => {
      server.reply = () => chat(text, { prompt_tokens: 9, completion_tokens: 9 });
      await expect(ask({ schema })).rejects.toMatchObject({ code: 'invalid_answer', retryable: true });
      expect(budget.settled.map(({ usage }) => usage)).toEqual([{ inputTokens: 9, outputTokens: 9, usdMicros: 90, source: 'provider' }]);
    });
  }

  it('is not made with a schema that is none', async () => {
    await expect(ask({ schema: { type: 'nonsense' } })).rejects.toMatchObject({ code: 'invalid_schema' });
    expect(budget.reserved).toEqual([]);
  });

  it('hands back what the model wants a tool to do, and calls no tool itself', async () => {
    const call = { id: '1', type: 'function', function: { name: 'look', arguments: '{"path":"a.ts"}' } };
    server.reply = () => chat('', { prompt_tokens: 9, completion_tokens: 9 }, { tool_calls: [call] });
    const answer = await ask({ tools: [{ name: 'look', description: 'Looks.', inputSchema: { type: 'object', properties: { path: { type: 'string' } } } }] });
    expect(answer.toolCalls).toEqual([{ name: 'look', input: { path: 'a.ts' } }]);
    expect(server.requests).toHaveLength(1);
  });

  it('ends at its deadline, and what was read is thought to be billed', async () => {
    server.reply = () => ({ silent: true });
    await expect(ask({ deadline: new Date(Date.now() + 3_000) })).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(budget.settled).toMatchObject([{ usage: { outputTokens: 0, source: 'estimate' } }]);
    expect(budget.settled[0]!.usage.usdMicros).toBeGreaterThan(0);
    await expect(ask({ deadline: new Date(0) })).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(budget.settled[1]!.usage.usdMicros).toBe(0);
  });

  it('is aborted in the middle of its answer when nobody wants it any more, and what was heard is paid', async () => {
    server.reply = () => ({ endless: 'and so on ' });
    const stop = new AbortController();
    const asked = expect(ask({ maxOutputTokens: 100_000, signal: stop.signal })).rejects.toMatchObject({ code: 'not_wanted', retryable: false });
    await server.talks(1);
    await server.says(20);
    stop.abort();
    await asked;
    await server.talks(0);
    expect(budget.settled).toMatchObject([{ usage: { source: 'estimate' } }]);
    expect(budget.settled[0]!.usage.outputTokens).toBeGreaterThan(0);
  });

  it('is aborted when its answer goes on past the length it was allowed, and what was heard is paid', async () => {
    server.reply = () => ({ endless: 'and so on '.repeat(10) });
    await expect(ask({ maxOutputTokens: 100 })).rejects.toMatchObject({ code: 'answer_too_long', retryable: false });
    await server.talks(0);
    expect(budget.settled[0]!.usage.outputTokens).toBeGreaterThan(200);
  });

  for (const [status, retryable] of [[429, true], [500, true], [401, false]] as const) {
    it(`fails on status ${status}, costs nothing, and ${retryable ? 'may be tried again' : 'is not worth another try'}`, async () => {
      server.reply = () => ({ status, body: { error: { message: 'no' } } });
      await expect(ask()).rejects.toMatchObject({ code: 'provider_failed', retryable });
      expect(server.requests).toHaveLength(1);
      expect(budget.settled.map(({ usage }) => usage.usdMicros)).toEqual([0]);
    });
  }

  it('never costs more than was reserved, for any words', async () => {
    const rehearsing = modelsFromEnv({});
    await fc.assert(fc.asyncProperty(fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 2000 }), async (texts, maxOutputTokens) => {
      const ledger = new LedgerBudget();
      const { usage } = await rehearsing.complete({ messages: texts.map((content) => ({ role: 'user', content })), maxOutputTokens, deadline: new Date(Date.now() + 60_000), budget: ledger });
      const { tokens, usd_micros } = ledger.reserved[0]!.amounts;
      expect(usage.inputTokens + usage.outputTokens).toBeLessThanOrEqual(tokens!);
      expect(usage.usdMicros).toBeLessThanOrEqual(usd_micros!);
      expect(usage.usdMicros).toBeGreaterThan(0);
    }), { numRuns: 50 });
  });
});
