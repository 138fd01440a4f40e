import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { parseModelName } from './model-name.js';
import { costMicros, PriceBook, readPrices, SHIPPED_PRICES, type PriceEntry } from './price-book.js';

const price = (from: string, input: number, output = input): PriceEntry => ({ model: 'anthropic/x', from, inputMicrosPerMillion: input, outputMicrosPerMillion: output, source: 'test' });
const at = (day: string): Date => new Date(`${day}T12:00:00Z`);

function thrown(work: () => unknown): unknown {
  try {
    return work();
  } catch (cause) {
    return cause;
  }
}

describe('the price book', () => {
  const book = new PriceBook([price('2026-03-01', 30), price('2026-01-01', 10), price('2026-02-01', 20)]);
  for (const [day, expected] of [['2025-12-31', undefined], ['2026-01-01', 10], ['2026-02-15', 20], ['2026-03-01', 30], ['2030-01-01', 30]] as const) {
    it(`${day}: ${expected ?? 'no price is known'}`, () => expect(book.priceOf(parseModelName('anthropic/x'), at(day))?.inputMicrosPerMillion).toBe(expected));
  }

  it('lets a later line replace a shipped one of the same day', () => {
    const twice = new PriceBook([price('2026-01-01', 1), price('2026-01-01', 2)]);
    expect(twice.priceOf(parseModelName('anthropic/x'), at('2026-06-01'))?.inputMicrosPerMillion).toBe(2);
  });

  it('ships no price of zero', () => {
    for (const { inputMicrosPerMillion, outputMicrosPerMillion } of SHIPPED_PRICES) expect(Math.min(inputMicrosPerMillion, outputMicrosPerMillion)).toBeGreaterThan(0);
  });

  it('refuses a file with a price left out, naming the place', () => {
    expect(thrown(() => readPrices('[{"model":"a","from":"2026-01-01","inputMicrosPerMillion":1,"source":"x"}]'))).toMatchObject({ code: 'invalid_input', violations: [{ pointer: '/0/outputMicrosPerMillion' }] });
    expect(() => readPrices('{}')).toThrow('not usable');
    expect(() => readPrices('[{"model":"a","from":"2026-01-01","inputMicrosPerMillion":0.5,"outputMicrosPerMillion":1,"source":"x"}]')).toThrow('not usable');
  });
});

describe('a cost', () => {
  it('is exact in integers and rounded up', () => {
    expect(costMicros(price('x', 3_000_000, 15_000_000), 1000, 100)).toBe(4500);
    expect(costMicros(price('x', 1), 1, 0)).toBe(1);
    expect(costMicros(price('x', 3_000_000), 2 ** 40, 0)).toBe(3 * 2 ** 40);
  });

  it('of parts is never less than of the whole', () => {
    fc.assert(fc.property(fc.nat(1e9), fc.array(fc.nat(1e6), { maxLength: 20 }), (rate, parts) => {
      const entry = price('x', rate);
      const whole = costMicros(entry, parts.reduce((sum, tokens) => sum + tokens, 0), 0);
      expect(parts.reduce((sum, tokens) => sum + costMicros(entry, tokens, 0), 0)).toBeGreaterThanOrEqual(whole);
    }));
  });
});

describe('a model’s name', () => {
  it('is read with slashes in its id', () => expect(parseModelName('openai-compatible/org/model:7b')).toEqual({ provider: 'openai-compatible', id: 'org/model:7b' }));
  for (const bad of ['', 'gpt', 'acme/x', 'anthropic/', '/x']) it(`is refused: "${bad}"`, () => expect(thrown(() => parseModelName(bad))).toMatchObject({ code: 'unknown_model' }));
});
