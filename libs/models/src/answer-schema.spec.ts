import { expect } from 'expect';
import { describe, it } from 'node:test';
import { problemOf } from './answer-schema.js';

const nested = (levels: number): Record<string, unknown> => (levels === 0 ? { type: 'string' } : { type: 'array', minItems: 10, items: nested(levels - 1) });

describe('the schema that a worker wants its answer by', () => {
  it('may say what answers are made of', () => {
    for (const schema of [
      { type: 'object', required: ['verdict'], additionalProperties: false, properties: { verdict: { enum: ['approved', 'revise'] }, pattern: { type: 'string' }, notes: { type: 'array', maxItems: 9, items: { type: 'string', minLength: 1 } } } },
      { anyOf: [{ type: 'string' }, { type: 'null' }], description: 'a word' },
      { type: 'array', prefixItems: [{ const: 1 }, true], items: false },
      {},
    ])
      expect([schema, problemOf(schema)]).toEqual([schema, undefined]);
  });

  const chain = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`a${index}`, { allOf: [{ $ref: `#/$defs/a${index + 1}` }, { $ref: `#/$defs/a${index + 1}` }] }]));
  const hostile: [string, Record<string, unknown>, RegExp][] = [
    ['is large', { enum: Array.from({ length: 9_000 }, (_, index) => index) }, /longer than/],
    ['has thousands of parts', { allOf: Array.from({ length: 2_000 }, () => ({})) }, /more than 300 parts/],
    ['is deep', { ...nested(20) }, /deeper than/],
    ['doubles its work with every link', { $defs: chain, $ref: '#/$defs/a0' }, /"\$defs"/],
    ['refers to somewhere else', { $ref: 'https://example.test/schema' }, /"\$ref"/],
    ['has an expression that never ends', { type: 'string', pattern: '^(a+)+$' }, /"pattern"/],
    ['hides one below a property', { properties: { a: { patternProperties: { '^(a+)+$': {} } } } }, /"patternProperties"/],
    ['compares every item with every other', { type: 'array', uniqueItems: true }, /"uniqueItems"/],
    ['asks for a billion items', { type: 'array', minItems: 1e9 }, /./],
    ['asks for a billion items of something', { type: 'array', minItems: 1e9, items: {} }, /smallest answer/],
    ['asks for half a gigabyte of text', { type: 'string', minLength: 5e8 }, /smallest answer/],
    ['multiplies small lists', { ...nested(8) }, /smallest answer/],
    ['is no schema below', { properties: { a: 7 } }, /a schema is/],
  ];
  for (const [what, schema, problem] of hostile)
    it(`is refused when it ${what}`, () => expect(problemOf(schema) ?? '').toMatch(problem));
});
