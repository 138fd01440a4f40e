import { describe, it } from 'node:test';
import { expect } from 'expect';
import fc from 'fast-check';
import { jsonRpcLines, encodeLine, decodeLine, UnencodableMessageError, MAX_JSON_DEPTH } from './lines.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const values = (items: ReturnType<ReturnType<typeof jsonRpcLines>['push']>): unknown[] => items.map((item) => (item.kind === 'message' ? item.value : item.code));

describe('lines of the worker protocol', () => {
  it('brings back every message, however the stream is cut into chunks', () => {
    const message = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 4 }), { noNullPrototype: true });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), fc.array(fc.nat(40), { maxLength: 60 }), (messages, cuts) => {
        const codec = jsonRpcLines();
        const stream = bytes(messages.map((m) => codec.encode(m)).join(''));
        const out = [];
        let at = 0;
        for (const cut of cuts) {
          out.push(...codec.push(stream.subarray(at, at + cut)));
          at += cut;
        }
        out.push(...codec.push(stream.subarray(at)), ...codec.end());
        expect(values(out)).toEqual(messages.map((m) => JSON.parse(JSON.stringify(m)) as unknown));
      }),
    );
  });

  it('never throws on bytes of any kind and always reads the message after the next newline', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        const codec = jsonRpcLines({ maxLineBytes: 64 });
        const out = [...codec.push(noise), ...codec.push(bytes('\n{"ok":1}\n'))];
        expect(out.at(-1)).toEqual({ kind: 'message', value: { ok: 1 } });
      }),
    );
  });

  it('says what is wrong with a line that is no message', () => {
    const codec = jsonRpcLines({ maxLineBytes: 1000 });
    const notUtf8 = Uint8Array.from([0x7b, 0xff, 0x7d, 0x0a]);
    expect(values(codec.push(bytes('hello\n[1]\n"x"\nnull\n')))).toEqual(['not_json', 'not_an_object', 'not_an_object', 'not_an_object']);
    expect(values(codec.push(notUtf8))).toEqual(['not_utf8']);
    expect(values(codec.push(bytes(`{"a":${'['.repeat(MAX_JSON_DEPTH)}${']'.repeat(MAX_JSON_DEPTH)}}\n`)))).toEqual(['too_deep']);
    expect(values(codec.push(bytes('\r\n  \n{"a":"[[["}\r\n')))).toEqual([{ a: '[[[' }]);
  });

  it('reports an overlong line once, keeps only its beginning, and goes on', () => {
    const codec = jsonRpcLines({ maxLineBytes: 1024 });
    const flood = new Uint8Array(64 * 1024).fill(0x41);
    const during = Array.from({ length: 200 }, () => codec.push(flood)).flat();
    const after = codec.push(bytes('\n{"next":true}\n'));
    expect(during).toEqual([]);
    expect(after).toEqual([
      { kind: 'garbage', code: 'line_too_long', bytes: 200 * 64 * 1024, preview: 'A'.repeat(80) },
      { kind: 'message', value: { next: true } },
    ]);
  });

  it('accepts a line of exactly the limit and refuses one byte more', () => {
    const line = JSON.stringify({ a: 'x'.repeat(93) });
    expect(values(jsonRpcLines({ maxLineBytes: line.length }).push(bytes(`${line}\n`)))).toEqual([JSON.parse(line)]);
    expect(values(jsonRpcLines({ maxLineBytes: line.length - 1 }).push(bytes(`${line}\n`)))).toEqual(['line_too_long']);
    expect(() => encodeLine({ a: 'x'.repeat(93) }, line.length - 1)).toThrow(UnencodableMessageError);
  });

  it('reads half a character as what cannot be read, and every whole one, however it was written', () => {
    const text = (escaped: string): unknown => values(jsonRpcLines().push(bytes(`{"a":"${escaped}"}\n`)))[0];
    expect(['\\ud83d', '\\ud83dx\\udf75', '\\uDF75\\uD83D', '\\"\\ud83d'].map(text)).toEqual([{ a: '\ufffd' }, { a: '\ufffdx\ufffd' }, { a: '\ufffd\ufffd' }, { a: '"\ufffd' }]);
    expect(['\\uD83c\\udf75\\ud83d', '\u{1f375}', '\\\\ud83d', '\\\\\\ud83d', '\\ud7ff\\ue000'].map(text)).toEqual([{ a: '\u{1f375}\ufffd' }, { a: '\u{1f375}' }, { a: '\\ud83d' }, { a: '\\\ufffd' }, { a: '\ud7ff\ue000' }]);
    expect(values(jsonRpcLines().push(bytes('{"\\ud83d":1}\n')))).toEqual([{ '\ufffd': 1 }]);
  });

  it('writes one line for line readers that split at Unicode line separators, too', () => {
    const line = encodeLine({ text: 'a\u2028b\u2029c\nd' });
    expect(line.slice(0, -1)).not.toMatch(/[\n\u2028\u2029]/);
    expect(decodeLine(bytes(line.trimEnd()))).toEqual({ kind: 'message', value: { text: 'a\u2028b\u2029c\nd' } });
  });
});
