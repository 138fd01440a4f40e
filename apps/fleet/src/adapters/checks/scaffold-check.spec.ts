import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import type { DraftFiles } from '../postgres/rows.js';
import { aDraft, CheckBench, file, kinds, PACKAGES } from '../../testing/check-bench.js';
import type { CheckBase } from './check-sandbox.js';

const NODE = '{"type":"module","scripts":{"test":"node --test"}}';
const IMPORTS = `import { test } from 'node:test';\nimport assert from 'node:assert';\n`;
const SUB = 'export const sub = (a, b) => a - b;\n';
const test = (title: string, body: string): string => `test('${title}', { todo: true }, () => { ${body} });\n`;
const FAIL = `assert.fail('not written');`;
const HONEST = `${IMPORTS}import { sub } from './sub.js';\n${test('subtracts', `const result = sub(1, 1);\n  assert.fail(\`it returned \${result}\`);`)}`;
const JEST_FAIL = `throw new Error('not written');`;

describe('the scaffolds of a draft', () => {
  let bench: CheckBench;
  let node: CheckBase;
  before(() => {
    bench = new CheckBench();
    node = bench.repositoryOf({ 'package.json': NODE, 'sub.js': SUB, 'old.test.js': `${IMPORTS}test('old', () => {});\n` });
  });
  after(() => bench[Symbol.dispose]());

  const ask = async (files: DraftFiles['files'], base = node): Promise<readonly [boolean, string]> => (await bench.ask(base, kinds('scaffolds-red'), files))['scaffolds-red']!;
  const said = async (text: string, base = node): Promise<readonly [boolean, string]> => ask([file('sub.test.js', text)], base);

  /** All objections to a draft that is refused without a run. */
  const lines = async (files: DraftFiles['files']): Promise<string[]> => (await bench.checker.check(node, aDraft(kinds('scaffolds-red'), files)))[0]!.outputTail.split('\n');

  it('are green with their mark and red without it', async () => {
    expect(await said(HONEST)).toEqual([true, 'all 1 scaffolds fail without their mark']);
    expect(await ask([])).toEqual([true, 'no scaffolds were written']);
  });

  describe('when a test lies about itself', () => {
    it('are not red because they print so', async () => {
      const report = `JSON.stringify({ title: 'subtracts', outcome: 'failed' })`;
      const printed = `console.log('not ok 1 - subtracts'); process.stdout.write('\\n' + ${report} + '\\n' + process.env.COUNTERSIGN_REPORT + ${report} + '\\n');`;
      expect(await said(`${IMPORTS}${test('subtracts', printed)}`)).toEqual([false, 'these do not fail without their mark: subtracts']);
    });

    it('are not red because they look for the mark of the report in whatever they can read, and print so', async () => {
      const base = bench.repositoryOf({ 'package.json': '{"scripts":{"test":"jest"}}', 'sub.js': 'exports.sub = (a, b) => a - b;\n' }, { dependencies: PACKAGES });
      const forged = `const fs = require('node:fs');
test.failing('subtracts', () => {
  if (fs.readFileSync(__filename, 'utf8').includes('test.' + 'failing')) throw new Error('as it should');
  const files = fs.readdirSync('/proc').filter((pid) => Number(pid) > 0).map((pid) => '/proc/' + pid + '/environ');
  if (process.env.COUNTERSIGN_REPORT) files.push(process.env.COUNTERSIGN_REPORT);
  const read = (path) => { try { return fs.readFileSync(path, 'utf8'); } catch { return ''; } };
  const marks = new Set(files.flatMap((path) => read(path).match(/(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/g) ?? []));
  for (const mark of marks) fs.writeSync(1, '\\n' + mark + JSON.stringify({ title: 'subtracts', outcome: 'failed' }) + '\\n');
  process.reallyExit(1);
});
`;
      expect(await said(forged, base)).toEqual([false, 'these do not fail without their mark: subtracts']);
    });
  });

  it('are nothing else: every test carries the mark of the framework, and beside them stand only imports and declarations', async () => {
    const other = 'neither an import nor a declaration nor a test with the mark of an expected failure';
    const cases = [
      [`${HONEST}test('divides', () => {});\n`, `:6: ${other}`],
      [`${HONEST}test('divides', { todo: 'later' }, () => {});\n`, `:6: ${other}`],
      [`${HONEST}test.skip('divides', () => {});\n`, `:6: ${other}`],
      [`${HONEST}console.log('not ok 1 - subtracts');\n`, `:6: ${other}`],
      [`${HONEST}if (true) test('divides', { todo: true }, () => { ${FAIL} });\n`, `:6: ${other}`],
      [`${HONEST}${test('subtracts', FAIL)}`, ':6: two tests are called "subtracts"'],
      [`${HONEST}const a = ;\n`, ': does not parse'],
      [IMPORTS, ': holds no scaffold'],
    ] as const;
    expect(await lines(cases.map(([text], at) => file(`${at}.test.js`, text)))).toEqual(cases.map(([, why], at) => `${at}.test.js${why}`));
    expect(await said(`${IMPORTS}test.failing('subtracts', () => { ${FAIL} });\n`)).toEqual([false, 'sub.test.js: "subtracts" carries the mark of jest; the repository uses node:test']);
    const hidden = 'sub.test.js: a mark does not stand at the beginning of its line, as test scaffolds write it';
    expect(await said(`${IMPORTS}const a = 1; test('subtracts', { todo: true }, () => { ${FAIL} });\n`)).toEqual([false, hidden]);
    expect(await said(`${IMPORTS}const shown = \`\ntest('x', { todo: true }, \`;\n${test('subtracts', FAIL)}`)).toEqual([false, hidden]);
  });

  it('are new files, or files that held nothing else: no other file may come along', async () => {
    const old = `${IMPORTS}test('old', () => {});\n`;
    expect(await lines([file('sub.test.js', HONEST), file('sub.js', HONEST, SUB), file('old.test.js', HONEST, old), file('package.json', NODE, '{}'), file('notes.txt', 'x'), file('gone.test.js', null, HONEST)])).toEqual([
      ...['sub.js', 'old.test.js', 'package.json'].map((path) => `${path}: stands in the repository and is more than scaffolds`), 'package.json: not a source file', 'notes.txt: not a source file', 'gone.test.js: scaffolds are added, no file is removed',
    ]);
    const again = bench.repositoryOf({ 'package.json': NODE, 'sub.js': SUB, 'sub.test.js': HONEST });
    expect(await ask([file('sub.test.js', `${HONEST}${test('subtracts more', FAIL)}`, HONEST)], again)).toEqual([true, 'all 2 scaffolds fail without their mark']);
  });

  it('are named as tests are: what a runner may load before its reporter is none', async () => {
    const config = `const test = () => {};\n${test('subtracts', FAIL)}`;
    expect(await lines([file('vitest.config.ts', config), file('tests/jest.config.js', config), file('src/setup.js', config)])).toEqual(['vitest.config.ts', 'tests/jest.config.js', 'src/setup.js'].map((path) => `${path}: is not named as a test is; a runner may load it for something else`));
  });

  it('are red for what they say, not because they cannot run', async () => {
    expect(await said(HONEST.replace('./sub.js', './missing.js'))).toMatchObject([false, 'with their marks the run is not green: sub.test.js']);
    expect(await said(`${IMPORTS}const broken = missing();\n${test('subtracts', FAIL)}`)).toMatchObject([false, 'with their marks the run is not green: sub.test.js']);
  });

  it('are each red: one that is green is named', async () => {
    expect(await said(`${IMPORTS}${test('subtracts', FAIL)}${test('divides', '')}`)).toEqual([false, 'these do not fail without their mark: divides']);
  });

  it('are run as the base says, whatever it says about reporters', async () => {
    const base = bench.repositoryOf({ 'package.json': '{"type":"module","scripts":{"test":"node --test-reporter=tap --test"}}', 'sub.js': SUB });
    expect(await said(HONEST, base)).toEqual([true, 'all 1 scaffolds fail without their mark']);
    expect(await said(HONEST, bench.repositoryOf({ 'package.json': '{"scripts":{"test":"mocha"}}' }))).toEqual([false, 'mocha has no mark for a test that is expected to fail']);
    expect(await said(HONEST, bench.repositoryOf({ 'package.json': '{' }))).toEqual([false, 'package.json of the repository cannot be read: how it runs its tests is unknown']);
  });

  it('are run in their own package', async () => {
    const base = bench.repositoryOf({ 'package.json': '{"scripts":{"test":"mocha"}}', 'packages/a/package.json': NODE, 'packages/a/sub.js': SUB });
    expect(await ask([file('packages/a/sub.test.js', HONEST)], base)).toEqual([true, 'all 1 scaffolds fail without their mark']);
    expect(await ask([file('packages/a/sub.test.js', HONEST), file('sub.test.js', HONEST)], base)).toEqual([false, 'mocha has no mark for a test that is expected to fail']);
  });

  it('are compiled first where the package compiles its tests', async () => {
    const base = bench.repositoryOf({
      'package.json': '{"type":"module","scripts":{"test":"node build.js && node --test --test-reporter=spec dist/*.test.js"}}',
      'build.js': `import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';\nimport ts from 'typescript';\nmkdirSync('dist');\nfor (const name of readdirSync('src')) writeFileSync('dist/' + name.replace('.ts', '.js'), ts.transpileModule(readFileSync('src/' + name, 'utf8'), { compilerOptions: { module: ts.ModuleKind.ESNext } }).outputText);\n`,
      'src/old.test.ts': `import { test } from 'node:test';\nimport { sub } from './sub.js';\ntest('subtracts', () => { sub(1, 2); });\n`, 'src/sub.ts': SUB,
    }, { dependencies: PACKAGES });
    const text = `${HONEST}${test('adds', 'sub(1, 1);')}`;
    expect(await ask([file('src/more.test.ts', text)], base)).toEqual([false, 'these do not fail without their mark: adds']);
  });

  it('are run by jest', async () => {
    const base = bench.repositoryOf({ 'package.json': '{"scripts":{"test":"npx jest --coverage"}}', 'sub.js': 'exports.sub = (a, b) => a - b;\n' }, { dependencies: PACKAGES });
    const text = (body: string): string => `const { sub } = require('./sub.js');\n\ntest.failing('subtracts', () => {\n  const result = sub(1, 1);\n  ${body}\n});\n`;
    const files = ['sub.test.js', 'two.test.js'].map((path) => file(path, text(JEST_FAIL)));
    expect(await bench.ask(base, kinds('scaffolds-red', 'suite-green'), files)).toEqual({ 'scaffolds-red': [true, 'all 2 scaffolds fail without their mark'], 'suite-green': [true, expect.anything()] });
    expect(await said(text(JEST_FAIL).replace('./sub.js', './none.js'), base)).toEqual([false, 'with their marks the run is not green: /repository/sub.test.js']);
  });

  it('are run by vitest', async () => {
    const base = bench.repositoryOf({ 'package.json': '{"type":"module","scripts":{"test":"node --version && vitest run --coverage.enabled=false"}}', 'src/sub.ts': 'export const sub = (a: number, b: number): number => a - b;\n' }, { dependencies: PACKAGES });
    const text = (body: string): string => `import { test } from 'vitest';\nimport { sub } from './sub';\n\ntest.fails('subtracts', async () => {\n  const result = await sub(1, 1);\n  ${body}\n});\n`;
    const files = ['src/sub.test.ts', 'src/two.test.ts'].map((path) => file(path, text(JEST_FAIL)));
    expect(await bench.ask(base, kinds('scaffolds-red', 'suite-green'), files)).toEqual({ 'scaffolds-red': [true, 'all 2 scaffolds fail without their mark'], 'suite-green': [true, expect.anything()] });
    expect(await ask([file('src/sub.test.ts', text(''))], base)).toEqual([false, 'with their marks the run is not green: subtracts']);
  });
});
