import { expect } from 'expect';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { CheckResult } from '../postgres/draft-store.js';
import type { Criterion, DraftFiles } from '../postgres/rows.js';
import { CheckDirectory, type CheckBase, type SandboxUse } from './check-sandbox.js';
import { DraftChecker } from './draft-checker.js';

const ADD = 'export const add = (a, b) => a + b;\n';
const ADD_TEST = `import { test } from 'node:test';\nimport assert from 'node:assert';\nimport { add } from './add.js';\ntest('adds', () => assert.equal(add(1, 2), 3));\n`;
const PACKAGE = '{"type":"module","scripts":{"test":"node --test --test-reporter=tap"}}';
const SCAFFOLD = (body: string): string => `import { test } from 'node:test';\nimport assert from 'node:assert';\ntest('subtracts', { todo: true }, () => ${body});\n`;

const kinds = (...names: readonly string[]): Criterion[] => names.map((kind) => ({ id: kind, kind }));
const byCriterion = (results: readonly CheckResult[]): Record<string, readonly [boolean, string]> =>
  Object.fromEntries(results.map(({ criterion, passed, outputTail }) => [criterion, [passed, outputTail.split('\n')[0]!]]));

describe('the checks of a draft', () => {
  let root: string;
  let use: SandboxUse;
  let checker: DraftChecker;

  before(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'checks-')));
    chmodSync(root, 0o755); // the sandbox's user passes through
    use = { level: 3, workDir: join(root, 'work'), dropTo: process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined };
  });
  beforeEach(() => { checker = new DraftChecker(use); });
  after(() => rmSync(root, { recursive: true, force: true }));

  /** A bare repository of one commit. */
  function repositoryOf(files: Record<string, string>, links: Record<string, string> = {}): CheckBase {
    const work = mkdtempSync(join(root, 'base-'));
    for (const [path, text] of Object.entries(files)) { mkdirSync(dirname(join(work, path)), { recursive: true }); writeFileSync(join(work, path), text); }
    for (const [path, to] of Object.entries(links)) symlinkSync(to, join(work, path));
    const git = (...args: string[]): string => execFileSync('git', ['-C', work, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { encoding: 'utf8' }).trim();
    git('init', '-q');
    git('add', '-A');
    git('commit', '-qm', 'base');
    return { repository: join(work, '.git'), commit: git('rev-parse', 'HEAD'), dependencies: undefined };
  }
  const file = (path: string, content: string | null, baseContent: string | null = null): DraftFiles['files'][number] =>
    ({ path, mode: '100644', content: content === null ? null : Buffer.from(content), baseContent: baseContent === null ? null : Buffer.from(baseContent) });
  const draft = (criteria: readonly Criterion[], files: DraftFiles['files'], over: Partial<DraftFiles> = {}): DraftFiles => ({ criteria, files, detail: {}, ...over }) as DraftFiles;
  const ask = async (base: CheckBase, criteria: readonly Criterion[], files: DraftFiles['files'], over?: Partial<DraftFiles>) => byCriterion(await checker.check(base, draft(criteria, files, over)));

  it('pass a draft that only documents, answered in the order of its criteria, and leave no file behind', async () => {
    const base = repositoryOf({ 'package.json': PACKAGE, 'add.js': ADD, 'add.test.js': ADD_TEST });
    const results = await checker.check(base, draft(kinds('parses', 'comments-only', 'suite-green'), [file('add.js', `/** Adds. */\n${ADD}`, ADD)]));
    expect(results.map(({ criterion, passed, exitCode }) => [criterion, passed, exitCode])).toEqual([['parses', true, 0], ['comments-only', true, 0], ['suite-green', true, 0]]);
    expect(results[2]!.outputTail).toContain('# pass 1');
    expect(readdirSync(use.workDir)).toEqual([]);
  });

  it('catch a change of code among comments, a file that is new, one that is gone, and one that does not parse', async () => {
    const base = repositoryOf({ 'add.js': ADD });
    const both = kinds('parses', 'comments-only');
    expect(await ask(base, both, [file('add.js', `/** Adds. */\n${ADD.replace('+', '-')}`, ADD)])).toEqual({ parses: [true, expect.anything()], 'comments-only': [false, 'add.js: code differs near "-"'] });
    expect(await ask(base, both, [file('new.js', '// hello\n')])).toMatchObject({ 'comments-only': [false, 'new.js: a new file is more than comments'] });
    expect(await ask(base, both, [file('add.js', null, ADD)])).toMatchObject({ parses: [true, expect.anything()], 'comments-only': [false, 'add.js: was removed'] });
    expect(await ask(base, both, [file('add.js', `/** Adds.\n${ADD}`, ADD)])).toMatchObject({ parses: [false, expect.stringMatching(/^add\.js:\d+:\d+: /)] });
  });

  it('say that a draft made the suite red; and of a suite that was red before, that it was', async () => {
    const green = repositoryOf({ 'package.json': PACKAGE, 'add.js': ADD, 'add.test.js': ADD_TEST });
    const broken = file('add.js', ADD.replace('+', '-'), ADD);
    expect(await ask(green, kinds('suite-green'), [broken])).toEqual({ 'suite-green': [false, 'TAP version 13'] });
    const red = repositoryOf({ 'package.json': PACKAGE, 'add.js': ADD.replace('+', '-'), 'add.test.js': ADD_TEST });
    expect(await ask(red, kinds('suite-green'), [file('README.md', '# Add\n')])).toEqual({ 'suite-green': [false, 'the suite fails without this draft too'] });
  });

  it('name the module that is not installed', async () => {
    const base = repositoryOf({ 'package.json': PACKAGE, 'a.test.js': `import 'left-pad';\n` });
    const [result] = await checker.check(base, draft(kinds('suite-green'), []));
    expect(result!.outputTail.split('\n').slice(0, 2)).toEqual(['the suite fails without this draft too', 'the module "left-pad" is not installed where the suite runs']);
  });

  it('take the suite from the base, not from the draft; none is fine, an unreadable one is not', async () => {
    const base = repositoryOf({ 'package.json': PACKAGE, 'add.js': ADD.replace('+', '-'), 'add.test.js': ADD_TEST });
    expect(await ask(base, kinds('suite-green'), [file('package.json', PACKAGE.replace('node --test', 'true'), PACKAGE)])).toMatchObject({ 'suite-green': [false, expect.anything()] });
    expect(await ask(repositoryOf({ a: 'b' }), kinds('suite-green'), [])).toMatchObject({ 'suite-green': [true, 'the repository declares no test suite: nothing to run'] });
    expect(await ask(repositoryOf({ 'package.json': '{' }), kinds('suite-green'), [])).toMatchObject({ 'suite-green': [false, expect.stringContaining('cannot be read')] });
  });

  it('want every scaffold red without its mark', async () => {
    const base = repositoryOf({ 'package.json': PACKAGE, 'add.js': ADD });
    const command = 'node --test --test-reporter=tap sub.test.js';
    const detail = { check: { framework: 'node:test', testFiles: ['sub.test.js'], command, unmarkedCommand: command, scaffolds: [{ title: 'subtracts' }] } };
    const [red, green] = [file('sub.test.js', SCAFFOLD(`assert.fail('not written')`)), file('sub.test.js', SCAFFOLD('undefined'))];
    expect(await ask(base, kinds('scaffolds-red'), [red], { detail })).toEqual({ 'scaffolds-red': [true, 'all 1 scaffolds fail without their mark'] });
    expect(await ask(base, kinds('scaffolds-red'), [green], { detail })).toEqual({ 'scaffolds-red': [false, 'these do not fail without their mark: subtracts'] });
    const mixed = file('sub.test.js', `${SCAFFOLD(`assert.fail('not written')`)}test('divides', { todo: true }, () => undefined);\n`);
    const two = { check: { ...detail.check, scaffolds: [{ title: 'subtracts' }, { title: 'divides' }] } };
    expect(await ask(base, kinds('scaffolds-red'), [mixed], { detail: two })).toEqual({ 'scaffolds-red': [false, 'these do not fail without their mark: divides'] });
    expect(await ask(base, kinds('scaffolds-red'), [], { detail })).toEqual({ 'scaffolds-red': [false, 'sub.test.js is not part of the draft'] });
  });

  it("run the goal's own check, and refuse what has none or is unknown", async () => {
    const base = repositoryOf({ 'a.txt': 'one\n' });
    const command = `node -e "process.exit(require('node:fs').readFileSync('a.txt','utf8') === 'two\\n' ? 0 : 3)"`;
    const criteria = [{ id: 'own', kind: 'check-passes', command }, ...kinds('check-passes', 'wishful')];
    expect(await ask(base, criteria, [file('a.txt', 'two\n', 'one\n')])).toEqual({ own: [true, ''], 'check-passes': [false, 'the goal names no check'], wishful: [false, 'no such kind of criterion: wishful'] });
    expect(await checker.check(base, draft(kinds('check-passes'), [], { repairCheck: command }))).toMatchObject([{ passed: false, exitCode: 3 }]);
  });

  it('put a drafted file where a commit would, never through a link of the repository', async () => {
    const outside = mkdtempSync(join(root, 'outside-'));
    // each link stays inside the tree by its letters; together they lead out of it
    const base = repositoryOf({ 'd1/d2/x': '', 'package.json': '{}' }, { 'd1/d2/up': '../..', out: `d1/d2/up/../../${outside.slice(root.length + 1)}` });
    await using directory = await CheckDirectory.make(use, base, [file('out/stolen', 'x')]);
    expect(readFileSync(join(directory.root, 'out/stolen'), 'utf8')).toBe('x');
    expect(existsSync(join(outside, 'stolen'))).toBe(false);
  });

  it('remove what a run left behind without following it', async () => {
    const base = repositoryOf({ 'package.json': '{}' });
    const outside = mkdtempSync(join(root, 'outside-'));
    writeFileSync(join(outside, 'kept'), 'x');
    const result = await checker.command(base, [], `node -e "const fs = require('node:fs'); fs.symlinkSync('${outside}', 'link'); fs.mkdirSync('shut/in', { recursive: true }); fs.chmodSync('shut', 0)"`);
    expect(result).toMatchObject({ exitCode: 0 });
    expect(readdirSync(use.workDir)).toEqual([]);
    expect(existsSync(join(outside, 'kept'))).toBe(true);
  });
});
