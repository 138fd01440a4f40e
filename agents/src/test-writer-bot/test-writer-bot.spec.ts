import { describe, it } from 'node:test';
import { execFile } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { expect } from 'expect';
import { failedTitles } from '../testing/failed-titles.js';
import { Folder, runBot, type BotRun } from '../testing/run-bot.js';
import { marksIn, unmark } from './unmark.js';

/** Runs a command as npm runs scripts, with the folder's `node_modules/.bin` on the PATH. */
function run(folder: Folder, command: string): Promise<{ code: number; output: string }> {
  // What this process tells its own test files would make the inner runner report to it.
  const { NODE_TEST_CONTEXT: _context, ...rest } = process.env;
  const env = { ...rest, PATH: [join(folder.path, 'node_modules/.bin'), join(process.execPath, '..'), rest['PATH'] ?? ''].join(delimiter), CI: '1', NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', command], { cwd: folder.path, env, timeout: 60_000 }, (error, stdout, stderr) => resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, output: stdout + stderr }));
  });
}

/** The acceptance check of the bot's work: green with the marks, and without them every single scaffold red. */
async function expectGreenThenRed(folder: Folder, { result, files }: BotRun, suite?: string): Promise<void> {
  const check = result.check!;
  for (const [path, text] of files) await folder.write(path, text);
  const marked = await run(folder, check.command);
  expect([marked.code, marked.code === 0 ? '' : marked.output]).toEqual([0, '']);
  if (suite !== undefined) expect(await run(folder, suite)).toMatchObject({ code: 0 });
  for (const [path, text] of files) await folder.write(path, unmark(text, check.framework));
  const unmarked = await run(folder, check.unmarkedCommand ?? check.command);
  const titles = check.scaffolds.map(({ title }) => title);
  expect(unmarked.code).not.toBe(0);
  expect(failedTitles(check.framework, unmarked.output, titles)).toEqual(titles);
}

const SOURCES = {
  'src/numbers.js': `export function clamp(value, min, max) {
  if (min > max) throw new RangeError('min is above max');
  return Math.min(Math.max(value, min), max);
}
export const double = (n) => n * 2;
export function tested() { return 1; }
function inner() {}
`,
  'src/later.js': `export async function later(ms) { return ms; }
export async function* ticks() { for (;;) yield 1; }
`,
  'src/danger.js': `import { rmSync } from 'node:fs';
import { api } from './api.js';
export function wipe(path) { rmSync(path, { recursive: true }); }
export const cleanUp = (path) => wipe(path);
export function sendMail(to) { return api.post(to); }
`,
  'src/api.js': 'export const api = { post() {} };\n',
  'src/cli.js': '#!/usr/bin/env node\nexport function parseArgs() {}\n',
  'src/index.js': "export * from './numbers.js';\n",
};

describe('test-writer-bot', () => {
  it('writes scaffolds for node:test that keep the suite green and fail one by one without their mark', async () => {
    await using folder = await Folder.of({
      ...SOURCES,
      'package.json': '{"name":"sample","type":"module","scripts":{"test":"node --test"}}',
      'test/old.test.js': "import { test } from 'node:test';\nimport { tested } from '../src/index.js';\ntest('tested', () => { tested(); });\n",
    });
    const bot = await runBot('test-writer-bot', folder);
    expect(bot.files.get('test/numbers.test.js')).toBe(`import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { clamp, double } from '../src/numbers.js';

// Scaffolds for functions that no test touched. Each one fails until somebody writes down what the function should do:
// replace the last line by a real assertion, then take the mark away.

test('clamp', { todo: true }, () => {
  const result = clamp(1, 1, 1);
  assert.fail(\`say what clamp should return; it returned \${inspect(result)}\`);
});

test('double', { todo: true }, () => {
  const result = double(1);
  assert.fail(\`say what double should return; it returned \${inspect(result)}\`);
});
`);
    expect(bot.result.check).toMatchObject({ kind: 'test-scaffolds', framework: 'node:test', cwd: '.', command: 'node --test test/danger.test.js test/later.test.js test/numbers.test.js' });
    expect(bot.result.check!.scaffolds.map(({ subject }) => subject)).toEqual(['src/danger.js#wipe', 'src/danger.js#cleanUp', 'src/danger.js#sendMail', 'src/later.js#later', 'src/later.js#ticks', 'src/numbers.js#clamp', 'src/numbers.js#double']);
    expect(bot.result.notes).toEqual(['src/cli.js: no scaffold; it is a program: importing it would run it.']);
    await expectGreenThenRed(folder, bot, 'node --test');
    expect((await runBot('test-writer-bot', folder)).result).toMatchObject({ status: 'done', artifacts: [] });
  });

  it('never calls what could write, delete, send or hang with made-up arguments', async () => {
    await using folder = await Folder.of({ ...SOURCES, 'package.json': '{"type":"module"}' });
    const { files } = await runBot('test-writer-bot', folder);
    const danger = files.get('test/danger.test.js')!;
    expect(danger).not.toMatch(/wipe\(|cleanUp\(|sendMail\(/);
    expect(danger.match(/Not called with made-up arguments: .*/g)).toEqual([
      'Not called with made-up arguments: it uses fs.',
      'Not called with made-up arguments: it uses fs.',
      'Not called with made-up arguments: its name and its imports suggest effects outside.',
    ]);
    expect(files.get('test/later.test.js')).toContain("test('later', { todo: true, timeout: 5000 }, async () => {\n  const result = await later(1);");
    expect(files.get('test/later.test.js')).toContain('await ticks().next()');
  });

  it('writes scaffolds for jest beside the sources, in CommonJS and the style of the package', async () => {
    await using folder = await Folder.of(
      {
        'package.json': '{"name":"sample","scripts":{"test":"jest"},"devDependencies":{"jest":"*"}}',
        'lib/text.js': '"use strict"\n\nexports.shout = function (text) {\n    return text.toUpperCase() + "!"\n}\n\nfunction whisper(text) {\n    return text.toLowerCase()\n}\n\nmodule.exports.whisper = whisper\nexports.delete = (a) => a\n',
        'lib/whole.js': 'module.exports = function (items) {\n    return items.length\n}\n',
        'lib/old.js': 'exports.old = () => 1\n',
        'lib/old.test.js': 'const { old } = require("./old.js")\n\ntest("old", () => {\n    expect(old()).toBe(1)\n})\n',
      },
      { modules: true },
    );
    const bot = await runBot('test-writer-bot', folder);
    expect([...bot.files.keys()]).toEqual(['lib/text.test.js', 'lib/whole.test.js']);
    expect(bot.files.get('lib/whole.test.js')).toBe(`const whole = require("./whole.js")

// Scaffolds for functions that no test touched. Each one fails until somebody writes down what the function should do:
// replace the last line by a real assertion, then take the mark away.

test.failing("whole", () => {
    const result = whole([])
    throw new Error(\`say what whole should return; it returned \${JSON.stringify(result)}\`)
})
`);
    await expectGreenThenRed(folder, bot, 'jest');
  });

  it('writes scaffolds for vitest in TypeScript with arguments of the written types', async () => {
    await using folder = await Folder.of(
      {
        'package.json': '{"name":"sample","type":"module","scripts":{"test":"tsc && vitest run --coverage"},"devDependencies":{"vitest":"*"}}',
        'src/users.ts': 'export interface User { id: string }\nexport function find(users: User[], by: (user: User) => boolean, limit?: number): User | undefined { return users.find(by); }\nexport default async function load(path: "a" | "b", user: User): Promise<User> { return user; }\n',
        'src/other.ts': 'export const other = (n: number): number => n;\n',
        'src/__tests__/other.spec.ts': "import { expect, test } from 'vitest';\nimport { other } from '../other';\ntest('other', () => expect(other(1)).toBe(1));\n",
      },
      { modules: true },
    );
    const bot = await runBot('test-writer-bot', folder);
    const text = bot.files.get('src/__tests__/users.spec.ts');
    expect(text).toContain("import { find } from '../users';\nimport load from '../users';\n");
    expect(text).toContain('const result = find([], (() => undefined) as never);');
    expect(text).toContain("test.fails('load', async () => {\n  const result = await load('a', {} as never);");
    expect(bot.result.check!.command).toBe('vitest run src/__tests__/users.spec.ts');
    await expectGreenThenRed(folder, bot);
  });

  it('says so when the framework has no mark for an expected failure, and leaves out a file that a reviewer named', async () => {
    await using mocha = await Folder.of({ ...SOURCES, 'package.json': '{"scripts":{"test":"mocha"}}' });
    expect((await runBot('test-writer-bot', mocha)).result).toMatchObject({ status: 'failed', summary: expect.stringMatching(/^mocha has no mark/) });
    await using folder = await Folder.of({ ...SOURCES, 'package.json': '{"type":"module"}' });
    const { files, result } = await runBot('test-writer-bot', folder, { files: ['src/numbers.js', 'src/later.js'], round: 2, notes: ['test/later.test.js hangs'] });
    expect([...files.keys()]).toEqual(['test/numbers.test.js']);
    expect(result.notes).toContain('test/later.test.js: left out, since an earlier review named it.');
  });

  it('follows a package whose TypeScript tests are compiled first: its own script is the command', async () => {
    await using folder = await Folder.of(
      {
        'package.json': '{"name":"sample","type":"module","scripts":{"test":"tsc && node --test dist/*.test.js"}}',
        'tsconfig.json': '{"compilerOptions":{"module":"nodenext","target":"es2022","rootDir":"src","outDir":"dist","noCheck":true,"types":[]},"include":["src"]}',
        'src/pair.ts': 'export enum Side { Left, Right }\nexport function pair<T>(first: T, second: T): [T, T] { return [first, second]; }\nexport function side(): Side { return Side.Left; }\n',
        'src/pair.test.ts': "import { test } from 'node:test';\nimport { side } from './pair.js';\ntest('side', () => { side(); });\n",
      },
      { modules: true },
    );
    const bot = await runBot('test-writer-bot', folder);
    expect([...bot.files.keys()]).toEqual(['src/pair.scaffold.test.ts']);
    expect(bot.result.check).toMatchObject({ command: 'tsc && node --test dist/*.test.js', unmarkedCommand: 'tsc && node --test dist/*.test.js' });
    await expectGreenThenRed(folder, bot);
  });

  it('takes exactly its own marks away', () => {
    const text = "test('a', { todo: true }, () => {});\ntest('b', { todo: true, timeout: 5000 }, async () => {\n  test('c', { todo: true }, () => {});\n  const s = \"test('d', { todo: true }, \";\n});\n";
    expect(unmark(text, 'node:test')).toBe(text.replace("'a', { todo: true }, ", "'a', ").replace('{ todo: true, timeout', '{ timeout'));
    expect(marksIn(text, 'node:test')).toBe(2);
    expect(unmark('test.failing("a", () => {});\n// test.failing("b")\n', 'jest')).toBe('test("a", () => {});\n// test.failing("b")\n');
    expect(unmark(unmark('test.fails("a", () => {});', 'vitest'), 'vitest')).toBe('test("a", () => {});');
  });
});
