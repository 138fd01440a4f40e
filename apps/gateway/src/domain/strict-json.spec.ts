import { describe, it } from 'node:test';
import { expect } from 'expect';
import fc from 'fast-check';
import { BadJsonError, parseStrictJson } from './strict-json.js';

const ruleOf = (text: string): string | undefined => {
  try {
    parseStrictJson(text);
    return undefined;
  } catch (error) {
    return (error as BadJsonError).violations[0]?.rule;
  }
};

describe('strict JSON', () => {
  it('reads every ordinary value as JSON.parse does', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 6 }), (text) => {
      fc.pre(!/__proto__|constructor|prototype|\\u(?:0000|d)/i.test(text));
      expect(parseStrictJson(text)).toEqual(JSON.parse(text));
    }));
  });
  it('refuses what is not JSON', () => {
    for (const text of ['', '{', '{"a":1,}', "{'a':1}", 'NaN', '{"a":01}', '\u0000']) expect(ruleOf(text)).toBe('json');
  });
  it('refuses a member name that stands twice, however it is written', () => {
    for (const text of ['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '[{"b":{"c":1,"c":1}}]', '{"a" : 1 , "a"\n:2}']) expect(ruleOf(text)).toBe('duplicate_name');
    expect(ruleOf('[{"a":1},{"a":1},{"b":{"a":2},"a":"a"}]')).toBeUndefined();
  });
  it('refuses texts that cannot be stored or shown', () => {
    for (const text of ['"\\u0000"', '{"a":"x\\ud800"}', '{"\\udfff":1}', '["\\ud83dx"]']) expect(ruleOf(text)).toBe('unicode');
    expect(ruleOf('["\\ud83d\\ude00 \\\\u0000 😀"]')).toBeUndefined();
  });
  it('refuses names of the prototype', () => {
    for (const text of ['{"__proto__":{}}', '{"a":{"constructor":{"prototype":{}}}}', '{"\\u005f_proto__":1}']) expect(ruleOf(text)).toBe('forbidden_name');
    expect(ruleOf('["__proto__"]')).toBeUndefined();
  });
  it('is not misled by brackets, quotes and colons inside texts', () => {
    expect(ruleOf(JSON.stringify({ a: '}{[]":{"a":1', b: '\\', 'c\\"': '{'.repeat(99) }))).toBeUndefined();
  });
  it('refuses more than 32 levels, and a million of them as quickly', () => {
    expect(ruleOf(`${'['.repeat(32)}${']'.repeat(32)}`)).toBeUndefined();
    for (const depth of [33, 500_000]) expect(ruleOf(`${'['.repeat(depth)}${']'.repeat(depth)}`)).toBe('depth');
    expect(ruleOf(`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`)).toBe('depth');
  });
  it('reads a megabyte of escapes', () => expect(ruleOf(JSON.stringify({ a: '"\\'.repeat(250_000) }))).toBeUndefined());
});
