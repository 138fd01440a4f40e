import { after, before, describe, it } from 'node:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chat, ChatServer } from '@countersign/models/testing';
import { expect } from 'expect';
import fc from 'fast-check';
import { answer } from '../../domain/answer.js';
import type { HelpdeskFacts } from '../../domain/facts.js';
import { INTENTS } from '../../domain/intents.js';
import { answerWith, picked } from '../../domain/understand.js';
import { DayBudget, helpdeskModelOf, Understanding } from './understanding.js';

const facts: HelpdeskFacts = {
  team: { name: 'Code care', state: 'suspended', since: '2026-11-20T14:20:00Z', reason: 'Dora writes nonsense' },
  goals: [{ state: 'running', since: '2026-11-20T14:00:00Z', tasks: [{ title: 'Document the exports', state: 'in_progress' }] }],
  members: [{ name: 'Dora', skill: 'docs', state: 'active' }], running: 0, finished: {}, approvals: { waiting: 0, granted: 0, withdrawn: 1 }, effects: {},
  session: { plan: 'It is looked at.', openedAt: new Date('2026-11-20T14:20:00Z') }, now: new Date('2026-11-20T16:45:00Z'),
};
const names = INTENTS.map(({ name }) => name).filter((name) => !name.startsWith('cannot-'));
const say = (...wanted: string[]) => JSON.stringify({ say: wanted.map((name) => names.indexOf(name)) });

describe('a model beside the helpdesk', () => {
  let server: ChatServer;
  let folder: string;
  const warned: string[] = [];
  const log = { warn: (_: unknown, text: string) => void warned.push(text) };
  const withModel = (usd = '1') =>
    new Understanding(helpdeskModelOf({ COUNTERSIGN_HELPDESK_MODEL: 'openai-compatible/tiny', COUNTERSIGN_HELPDESK_USD_PER_DAY: usd, OPENAI_BASE_URL: server.baseUrl, OPENAI_API_KEY: 'secret', COUNTERSIGN_PRICES: join(folder, 'prices.json') }), log as never);
  before(async () => {
    server = await ChatServer.start();
    folder = mkdtempSync(join(tmpdir(), 'helpdesk-'));
    writeFileSync(join(folder, 'prices.json'), JSON.stringify([{ model: 'openai-compatible/tiny', from: '2026-01-01', inputMicrosPerMillion: 2_000_000, outputMicrosPerMillion: 8_000_000, source: 'test' }]));
  });
  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  it('understands what the helpdesk does not, and is told the redacted facts and the question alone', async () => {
    server.requests.length = 0;
    server.reply = () => chat(say('kept', 'next'), { prompt_tokens: 900, completion_tokens: 8 });
    const question = 'Ist meine Arbeit weg, und wie geht es weiter?';
    expect(answer(question, facts).intents).toEqual([]);
    const understood = await withModel().of(question, facts);
    expect(answerWith(question, facts, understood)).toMatchObject({ intents: ['kept', 'next'], text: expect.stringMatching(/handed in before the suspension is kept.*It is looked at\./s) });
    const sent = JSON.stringify(server.requests[0]!.body.messages);
    for (const known of ['Dora writes nonsense', 'Document the exports', 'Dora (docs)', 'It is looked at.', question]) expect(sent).toContain(known);
    expect(server.requests[0]!.body).not.toHaveProperty('tools');
  });

  it('says nothing of its own, promises nothing and does nothing, whatever it answers: then the helpdesk understands by itself', async () => {
    const hostile = [
      '{"say": "I have approved everything"}', '{"say": ["Your team is active again, tomorrow at the latest"]}', '{"say": [999]}', '{"say": [-1]}', '{"say": [0.5]}', '{"say": [1, 1]}', '{"say": []}', '{"say": [0,1,2,3]}', '{"say": [0], "text": "I will push it"}',
      'I will restart your team now. Visit https://evil.example', '', '{', 'null', '[]', '{"approve": true}', '{"say": [{"index": 1}]}',
    ];
    warned.length = 0;
    for (const words of hostile) {
      server.reply = () => chat(words, { prompt_tokens: 900, completion_tokens: 8 });
      expect([words, answerWith('why?', facts, await withModel().of('why?', facts))]).toEqual([words, answer('why?', facts)]);
    }
    for (const reply of [{ status: 500, body: { error: { message: 'no' } } }, { silent: true }, { endless: '{"say": [1' }]) {
      server.reply = () => reply;
      expect(await withModel().of('why?', facts, 300)).toBeUndefined();
    }
    expect(warned.length).toBeGreaterThan(3);
  });

  it('is no way around a refusal: who asks for an act is told first that there is none', () => {
    for (const wish of ['please approve the request', 'Can you restart the team?', 'show me the diff', 'enrol my new phone']) {
      const { intents, text } = answerWith(wish, facts, ['status', 'approvals', 'kept']);
      expect([wish, intents[0]!.startsWith('cannot-'), intents.length]).toEqual([wish, true, 3]);
      expect(text.startsWith(answer(wish, facts).text.split('\n\n')[0]!)).toBe(true);
    }
    expect(picked({ say: INTENTS.map((_, index) => index).slice(-1) })).toBeUndefined(); // refusals have no number
    const own = new Set(INTENTS.map(({ reply }) => reply(facts)));
    fc.assert(fc.property(fc.anything(), fc.string(), (json, question) => {
      const { text, intents } = answerWith(question, facts, picked(json));
      return picked(json) === undefined ? text === answer(question, facts).text : text.split('\n\n').every((part) => own.has(part)) && intents.length > 0;
    }));
    fc.assert(fc.property(fc.array(fc.integer({ min: -2, max: 30 }), { maxLength: 5 }), (say) => answerWith('hm', facts, picked({ say })).text.split('\n\n').every((part) => own.has(part) || answer('hm', facts).text.includes(part))));
  });

  it('costs the platform no more than a day may cost', async () => {
    let now = 0;
    const budget = new DayBudget(100, () => now);
    const reserve = async (id: string, usd_micros: number) => (await budget.reserve(id, { amounts: { usd_micros }, least: {}, beyond: {} })).code;
    expect([await reserve('a', 60), await reserve('b', 60), await reserve('c', 40)]).toEqual(['ok', 'budget_exhausted', 'ok']);
    await budget.settle('a', { usdMicros: 10 });
    expect([await reserve('d', 50), await reserve('e', 1)]).toEqual(['ok', 'budget_exhausted']);
    now = 86_400_000;
    await budget.settle('c', { usdMicros: 40 });
    await budget.settle('d', { usdMicros: 50 });
    expect(await reserve('f', 100)).toBe('ok');
    server.reply = () => chat(say('next'), { prompt_tokens: 900, completion_tokens: 8 });
    server.requests.length = 0;
    expect(await withModel('0').of('what now?', facts)).toBeUndefined();
    expect(server.requests).toEqual([]);
    expect([helpdeskModelOf({}), helpdeskModelOf({ COUNTERSIGN_MODEL: 'openai-compatible/tiny' })]).toEqual([undefined, undefined]);
    expect(() => helpdeskModelOf({ COUNTERSIGN_HELPDESK_MODEL: 'rehearsal', COUNTERSIGN_HELPDESK_USD_PER_DAY: 'much' })).toThrow(TypeError);
  });
});
