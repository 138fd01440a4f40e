import { describe, it } from 'node:test';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { expect } from 'expect';
import ts from '../source/typescript.cjs';
import { isTypeScript, parse, scriptKindOf } from '../source/parse.js';
import { documented, undocumented } from './document.js';

const require = createRequire(import.meta.url);

/** Sources of public packages as published, none of them minified. */
const CORPORA: { name: string; folder: string; least: number }[] = [
  { name: 'rxjs (TypeScript)', folder: 'rxjs/src/internal/observable', least: 30 },
  { name: 'zod (TypeScript)', folder: 'zod/src/v4/core', least: 10 },
  { name: 'pg (CommonJS, classes)', folder: 'pg/lib', least: 10 },
  { name: 'qrcode (CommonJS, prototypes)', folder: 'qrcode/lib', least: 20 },
  { name: 'fast-xml-parser (JavaScript modules)', folder: 'fast-xml-parser/src', least: 10 },
];

const folderOf = (folder: string): string => {
  const [name, ...rest] = folder.split('/') as [string, ...string[]];
  const root = require.resolve.paths(name)!.map((path) => join(path, name)).find((path) => statSync(path, { throwIfNoEntry: false }) !== undefined);
  if (root === undefined) throw new Error(`${name} is not installed`);
  return join(root, ...rest);
};

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => scriptKindOf(path) !== undefined && !path.includes('node_modules') && !/\btests?\b|\.spec\.|\.test\./.test(path))
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).size < 120_000);
}

/** What the compiler makes of a file once the comments are gone: a check that shares no code with the bot's own. */
function program(path: string, text: string): string {
  const options: ts.TranspileOptions = { fileName: path, compilerOptions: { removeComments: true, allowJs: true, target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, jsx: ts.JsxEmit.Preserve } };
  return ts.transpileModule(text, options).outputText;
}

/** The lines of the new text that the old one does not have, taken in order. */
function insertedLines(before: string, after: string): string[] {
  const old = before.split('\n');
  const added: string[] = [];
  let at = 0;
  for (const line of after.split('\n')) {
    if (at < old.length && line === old[at]) at += 1;
    else added.push(line);
  }
  expect(at).toBe(old.length);
  return added;
}

describe('doc-bot on the sources of real packages', () => {
  for (const { name, folder, least } of CORPORA) {
    it(`inserts only comment lines into ${name}, which stays the same program; a second run finds nothing to do`, async () => {
      const files = sources(folderOf(folder));
      expect(files.length).toBeGreaterThanOrEqual(least);
      let comments = 0;
      for (const path of files) {
        const text = readFileSync(path, 'utf8');
        const result = await documented(path, text);
        if ('refused' in result) {
          expect([dirname(path), parse(path, text).errors]).not.toEqual([dirname(path), []]);
          continue;
        }
        comments += result.drafts.length;
        const added = insertedLines(text, result.text);
        expect(added.filter((line) => !/^\s*(?:\/\*\*(?: .*\*\/)?|\*|\* .*|\*\/)\r?$/.test(line))).toEqual([]);
        expect(program(path, result.text)).toBe(program(path, text));
        const again = await documented(path, result.text);
        expect(again).toMatchObject({ text: result.text, drafts: [] });
        expect(undocumented(path, result.text).map((item) => item.label)).toEqual(result.left);
        expect(added.filter((line) => /undefined undefined|\[object|\bthe the\b| {2,}\S.*@param$/.test(line.replace(/`[^`]*`/g, '')))).toEqual([]);
        if (isTypeScript(path)) expect(added.filter((line) => /@(?:param|returns) \{(?!@link)/.test(line))).toEqual([]);
      }
      expect(comments).toBeGreaterThan(0);
    });
  }
});
