import { describe, it } from 'node:test';
import { expect } from 'expect';
import fc from 'fast-check';
import { tokensOf, parse } from '../source/parse.js';
import { documented } from './document.js';

const textOf = async (path: string, source: string): Promise<string> => {
  const result = await documented(path, source);
  if ('refused' in result) throw new Error(result.refused);
  return result.text;
};
const lines = (...text: string[]): string => `${text.join('\n')}\n`;

describe('where doc-bot puts a comment', () => {
  it('goes above decorators and directives for the next line, with the indentation of the declaration', async () => {
    const source = lines(
      '@Injectable()',
      'export class Mailer {',
      '\t@Cron("* * * * *")',
      '\t// eslint-disable-next-line no-console',
      '\tsendReport(to: string): void {}',
      '}',
    );
    expect(await textOf('mailer.ts', source)).toBe(
      lines(
        '/** A mailer. */',
        '@Injectable()',
        'export class Mailer {',
        '\t/**',
        '\t * Sends a report.',
        '\t *',
        '\t * @param to - The `to` value.',
        '\t */',
        '\t@Cron("* * * * *")',
        '\t// eslint-disable-next-line no-console',
        '\tsendReport(to: string): void {}',
        '}',
      ),
    );
  });

  it('stays below a shebang, a licence, a banner and a file comment, and leaves prologues alone', async () => {
    const source = lines('#!/usr/bin/env node', '/* Copyright Somebody */', "'use strict';", '', '// ---- Reading ----', 'exports.readAll = function () { return read(); };');
    expect(await textOf('cli.js', source)).toBe(source.replace('exports.', '/**\n * Reads all items.\n *\n * @returns All items.\n */\nexports.'));
    const header = lines('// Copyright Somebody', '// @ts-expect-error', 'export function stop() { halt(); }');
    expect(await textOf('a.ts', header)).toBe(header.replace('// @ts-expect', '/** Stops. */\n// @ts-expect'));
    const file = lines('/** @file Helpers. */', 'export function stop() { halt(); }');
    expect(await textOf('a.ts', file)).toBe(file.replace('export', '/** Stops. */\nexport'));
  });

  it('documents `export default`, later exports and only the first of several overloads', async () => {
    const source = lines(
      'export default function () { return 1; }',
      'function read(path: string): string;',
      'function read(path: number): string;',
      'function read(path: unknown): string { return String(path); }',
      'export { read as load };',
    );
    const text = await textOf('lib/first-page.ts', source);
    expect(text.match(/\/\*\*/g)).toHaveLength(2);
    expect(text).toContain('/**\n * Returns the first page.');
    expect(text).toContain(' */\nfunction read(path: string): string;\nfunction read(path: number)');
  });

  it('leaves everything with a doc comment alone, wherever that comment stands', async () => {
    for (const source of [
      lines('/** Done. */', 'export const a = 1;'),
      lines('/** Done. */', '// and more', 'export const a = 1;'),
      lines('/** Done. */', 'function f() {}', 'exports.f = f;'),
      lines('function f() {}', '/** Done. */', 'exports.f = f;'),
      lines('export function f(a: string): void;', '/** Done. */', 'export function f(a: number): void;', 'export function f() {}'),
      lines('/** @deprecated */', 'export const a = 1;'),
    ]) {
      expect(await textOf(source.includes('exports.') ? 'a.js' : 'a.ts', source)).toBe(source);
    }
  });

  it('does not touch what it cannot comment line by line, what is not exported and what does not parse', async () => {
    for (const source of ['let a; export function f() {} export function g() {}', 'function inner() {}', 'class A { private b() {} }\n', 'export class A {\n  override toString() { return ""; }\n  #b() {}\n  protected c() {}\n  _d() {}\n  [e]() {}\n}\n']) {
      const text = await textOf('a.ts', source);
      expect(text.replace('/** An a. */\n', '')).toBe(source);
    }
    expect(await documented('a.ts', 'export function (')).toMatchObject({ refused: expect.stringMatching(/^does not parse: line 1/) });
    expect(await documented('flow.js', '// @flow\nexport function f(a: string) {}')).toMatchObject({ refused: expect.any(String) });
  });

  it('keeps line endings, byte order mark and every token, whatever surrounds the declaration', async () => {
    const before = fc.constantFrom('', '#!/usr/bin/env node\n', "'use strict';\n", '\n\n', '// note\n', '/* block */\n', '/* block */ ', '// eslint-disable-next-line\n', '/** @module x */\n', '// ======\n', 'const b = 1;\n', '  ', '\t', '\ufeff');
    const declaration = fc.constantFrom(
      'export function f(a, b = 2) { if (!a) throw new Error("no a"); return a + b; }',
      'export default class Box { constructor(a) { this.a = a; }\n  get size() { return 1; }\n\n  open({ wide = true } = {}) {} }',
      'export const f = async (a) => { await a(); },\n  g = 2;',
      'export async function* walk(root) { yield root; }',
      'export default (a) => a',
      'export const RE = /\\*\\//g;',
      'export const text = `/** not a comment */ ${1}`;',
    );
    const separator = fc.constantFrom('\n', '\r\n');
    await fc.assert(
      fc.asyncProperty(fc.array(before, { maxLength: 4 }), declaration, fc.array(before, { maxLength: 2 }), separator, fc.boolean(), async (above, body, below, eol, last) => {
        const raw = `${above.filter((part, at) => at === 0 || (!part.startsWith('#!') && part !== '\ufeff')).join('')}${body}${last ? '\n' : ''}${below.filter((part) => !part.startsWith('#!') && part !== '\ufeff').join('')}`;
        const source = raw.replace(/\n/g, eol);
        const { file, errors } = parse('a.js', source);
        fc.pre(errors.length === 0);
        const text = await textOf('a.js', source);
        expect(tokensOf(parse('a.js', text).file)).toEqual(tokensOf(file));
        if (source.includes('\n') && eol === '\r\n') expect(text.replace(/\r\n/g, '')).not.toMatch(/\n/);
        if (eol === '\n') expect(text).not.toMatch(/\r/);
        expect(text.startsWith('\ufeff')).toBe(source.startsWith('\ufeff'));
        expect(text.startsWith('#!')).toBe(source.startsWith('#!'));
        expect(await textOf('a.js', text)).toBe(text);
      }),
      { numRuns: 150 },
    );
  });
});
