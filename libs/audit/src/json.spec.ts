import { describe, it } from 'node:test';

import { expect } from 'expect';
import fc from 'fast-check';

import { UnfitPayloadError } from './errors.js';
import { canonicalJson, MAX_PAYLOAD_BYTES, parsePayload, type Json } from './json.js';

const text = (value: Json): string => canonicalJson(value).toString('utf8');
const read = (bytes: string): unknown => parsePayload(Buffer.from(bytes, 'utf8'));

describe('canonical JSON', () => {
  it('sorts and escapes as the published RFC 8785 vectors do', () => {
    const weird = {
      '\u20ac': 'Euro Sign',
      '1': 'One',
      '\u0080': 'Control\u007f',
      '\ud83d\ude02': 'Smiley',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '</script>': 'Browser Challenge',
    };
    expect(text(weird)).toBe(
      '{"1":"One","</script>":"Browser Challenge","\u0080":"Control\u007f","\u00f6":"Latin Small Letter O With Diaeresis","\u20ac":"Euro Sign","\ud83d\ude02":"Smiley","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    );
    expect(text({ peach: 'This sorting order', péché: 'is wrong according to French', pêche: 'but canonicalization MUST', sin: 'ignore locale' })).toBe(
      '{"peach":"This sorting order","péché":"is wrong according to French","pêche":"but canonicalization MUST","sin":"ignore locale"}',
    );
    expect(text({ string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/', literals: [null, true, false] })).toBe('{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}');
    expect(text({ 'Unnormalized Unicode': 'A\u030a' })).toBe('{"Unnormalized Unicode":"A\u030a"}');
  });

  it('writes integers as decimal strings, in the structure vector too', () => {
    const structures = { '1': { f: { f: 'hi', F: 5 }, '\n': 56 }, '10': {}, '': 'empty', a: {}, '111': [{}], A: {} };
    expect(text(structures)).toBe('{"":"empty","1":{"\\n":"56","f":{"F":"5","f":"hi"}},"10":{},"111":[{}],"A":{},"a":{}}');
    expect(text([0, -7, 2n ** 80n])).toBe('["0","-7","1208925819614629174706176"]');
  });

  it('refuses numbers that another reader could read differently', () => {
    for (const value of [Number('333333333.33333329'), 1e30, 4.5, 2e-3, NaN, Infinity, -0, 2 ** 53]) expect(() => text({ value })).toThrow(UnfitPayloadError);
  });

  it('refuses lone surrogates in values and in names', () => {
    expect(() => text({ value: '\ud83d' })).toThrow(UnfitPayloadError);
    expect(() => text({ '\ude02': 'x' })).toThrow(UnfitPayloadError);
  });

  it('refuses what JSON cannot hold, and says where', () => {
    const odd = (value: unknown): Json => value as Json;
    for (const value of [new Date(0), new Map(), () => 1, Symbol('x'), [undefined], Buffer.from('x')]) expect(() => text(odd({ a: { 'b/c': value } }))).toThrow(/\/a\/b~1c/);
    const deep = Array.from({ length: 40 }).reduce<Json>((inner) => [inner], null);
    expect(() => text(deep)).toThrow(/levels/);
  });

  it('leaves out members that are undefined', () => {
    expect(text({ b: undefined, a: 'x' })).toBe('{"a":"x"}');
  });

  it('takes 16 KiB and not a byte more', () => {
    const fits = 'x'.repeat(MAX_PAYLOAD_BYTES - 2);
    expect(canonicalJson(fits).length).toBe(MAX_PAYLOAD_BYTES);
    expect(() => canonicalJson(`${fits}x`)).toThrow(/16384/);
    expect(() => canonicalJson(`${'x'.repeat(MAX_PAYLOAD_BYTES - 4)}é€`)).toThrow(/16384/);
  });

  it('reads back only what it would have written itself', () => {
    expect(read('{"a":"1","b":[true,null]}')).toEqual({ a: '1', b: [true, null] });
    for (const bytes of ['{"a":"1","a":"2"}', '{"b":"1","a":"2"}', '{"a":1}', '{"a":1.5}', '{ "a":"1"}', '{"a":"\\u0041"}', '{"a":"1"}\n', '\ufeff{"a":"1"}', '{"a":"\\ud83d"}', '{'])
      expect(() => read(bytes)).toThrow();
    expect(() => parsePayload(Buffer.from([0x22, 0xff, 0x22]))).toThrow();
  });

  it('gives the same bytes for the same value in any order of members', () => {
    const leaf = fc.oneof(fc.string({ unit: 'grapheme' }), fc.boolean(), fc.constant(null), fc.maxSafeInteger());
    const value = fc.letrec((tie) => ({ any: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('any'), { maxLength: 4 }), fc.dictionary(fc.string(), tie('any'), { maxKeys: 4 })) })).any;
    fc.assert(
      fc.property(value, (one) => {
        const bytes = canonicalJson(one as Json);
        expect(canonicalJson(reversed(one) as Json)).toEqual(bytes);
        expect(canonicalJson(parsePayload(bytes))).toEqual(bytes);
      }),
      { numRuns: 200 },
    );
  });
});

/** The same value with the members of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).reverse().map(([name, member]) => [name, reversed(member)]));
}
