import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { modelsFromEnv } from './from-env.js';
import { sampleOf } from './sample.js';
import { LedgerBudget } from './testing.js';

const ask = (content: string, schema?: Record<string, unknown>) =>
  modelsFromEnv({}).complete({ messages: [{ role: 'user', content }], maxOutputTokens: 200, deadline: new Date(Date.now() + 60_000), budget: new LedgerBudget(), ...(schema ? { schema } : {}) });

describe('the rehearsal', () => {
  it('needs no key, says what it is, and costs a little so that budgets can be seen to move', async () => {
    const answer = await ask('Write a poem');
    expect(answer).toMatchObject({ rehearsal: true, model: { provider: 'rehearsal' }, usage: { source: 'provider' } });
    expect(answer.text).toMatch(/^\[rehearsal, no model was asked\]/);
    expect(answer.usage.usdMicros).toBeGreaterThan(0);
  });

  it('gives the same answer to the same question, and another to another', async () => {
    const [one, same, other] = [await ask('a'), await ask('a'), await ask('b')];
    expect(same).toEqual(one);
    expect(other.text).not.toBe(one.text);
  });

  it('answers with the JSON it is given', async () => {
    const schema = { type: 'object', required: ['verdict'], properties: { verdict: { type: 'string' } } };
    expect((await ask('Think.\n```json\n{"verdict":"approved"}\n```', schema)).json).toEqual({ verdict: 'approved' });
  });

  it('is never longer than was asked for, whatever it is given', async () => {
    await expect(ask(`\`\`\`json\n[${'0,'.repeat(5_000)}0]\n\`\`\``, { type: 'array' })).rejects.toMatchObject({ code: 'invalid_answer' });
  });

  it('or with the smallest value that fits', () => {
    const schemas: Record<string, unknown>[] = [
      { type: 'object', required: ['a', 'b', 'c', 'd', 'e'], properties: { a: { type: 'string', minLength: 20 }, b: { type: 'integer', minimum: 3 }, c: { enum: ['x', 'y'] }, d: { type: 'array', minItems: 2, items: { type: 'boolean' } }, e: { const: 7 } } },
      { anyOf: [{ type: 'string', maxLength: 3 }, { type: 'null' }] },
      { type: ['number', 'null'], maximum: -5 },
      { type: 'number', exclusiveMinimum: 10 },
    ];
    const ajv = new Ajv2020({ strict: false });
    fc.assert(fc.property(fc.constantFrom(...schemas), fc.uint8Array({ minLength: 32, maxLength: 32 }), (schema, seed) => {
      expect(ajv.validate(schema, sampleOf(schema, seed))).toBe(true);
    }));
  });

  it('does not run in production', async () => {
    expect(() => modelsFromEnv({ NODE_ENV: 'production' })).toThrow('does not run in production');
    const real = modelsFromEnv({ NODE_ENV: 'production', COUNTERSIGN_MODEL: 'anthropic/claude-haiku-4-5', ANTHROPIC_API_KEY: 'k' });
    await expect(real.complete({ model: 'rehearsal', messages: [], maxOutputTokens: 1, deadline: new Date(Date.now() + 60_000), budget: new LedgerBudget() })).rejects.toMatchObject({ code: 'model_not_configured' });
  });
});
