import { expect } from 'expect';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { aDraft, CheckBench, file, kinds, PACKAGES } from '../../testing/check-bench.js';
import { CheckDirectory } from './check-sandbox.js';

const ADD = 'export const add = (a, b) => a + b;\n';
const ADD_TEST = `import { test } from 'node:test';\nimport assert from 'node:assert';\nimport { add } from './add.js';\ntest('adds', () => assert.equal(add(1, 2), 3));\n`;
const PACKAGE = '{"type":"module","scripts":{"test":"node --test --test-reporter=tap"}}';

describe('the checks of a draft', () => {
  let bench: CheckBench;
  before(() => { bench = new CheckBench(); });
  after(() => bench[Symbol.dispose]());

  it('pass a draft that only documents, answered in the order of its criteria, and leave no file behind', async () => {
    const base = bench.repositoryOf({ 'package.json': PACKAGE, 'add.js': ADD, 'add.test.js': ADD_TEST });
    const results = await bench.checker.check(base, aDraft(kinds('parses', 'comments-only', 'suite-green'), [file('add.js', `/** Adds. */\n${ADD}`, ADD)]));
    expect(results.map(({ criterion, passed, exitCode }) => [criterion, passed, exitCode])).toEqual([['parses', true, 0], ['comments-only', true, 0], ['suite-green', true, 0]]);
    expect(results[2]!.outputTail).toContain('# pass 1');
    expect(readdirSync(bench.use.workDir)).toEqual([]);
  });

  it('catch a change of code among comments, a file that is new, one that is gone, and one that does not parse', async () => {
    const base = bench.repositoryOf({ 'add.js': ADD });
    const both = kinds('parses', 'comments-only');
    expect(await bench.ask(base, both, [file('add.js', `/** Adds. */\n${ADD.replace('+', '-')}`, ADD)])).toEqual({ parses: [true, expect.anything()], 'comments-only': [false, 'add.js: code differs near "-"'] });
    expect(await bench.ask(base, both, [file('new.js', '// hello\n')])).toMatchObject({ 'comments-only': [false, 'new.js: a new file is more than comments'] });
    expect(await bench.ask(base, both, [file('add.js', null, ADD)])).toMatchObject({ parses: [true, expect.anything()], 'comments-only': [false, 'add.js: was removed'] });
    expect(await bench.ask(base, both, [file('add.js', `/** Adds.\n${ADD}`, ADD)])).toMatchObject({ parses: [false, expect.stringMatching(/^add\.js:\d+:\d+: /)] });
  });

  it('hold copy to the channel and to the brief as the base has it: a draft that changes the brief widens nothing', async () => {
    const brief = 'Offer: 20% off, https://chai.example/spring\n';
    const base = bench.repositoryOf({ 'brief.md': brief });
    const both = kinds('fits-channel', 'brief-only');
    expect(await bench.ask(base, both, [file('a.md', 'Subject: 20% off\n')])).toEqual({ 'fits-channel': [true, '1 file looked at, nothing to object to'], 'brief-only': [true, expect.anything()] });
    expect(await bench.ask(base, both, [file('a.md', `Subject: ${'x'.repeat(61)}\n\nNow free.\n`), file('b.md', null, 'was here')])).toEqual({ 'fits-channel': [false, 'a.md:1: Subject has 61 characters, the channel shows 60'], 'brief-only': [false, 'a.md:3: "free" does not stand in brief.md'] });
    expect(await bench.ask(base, both, [file('a.md', 'Now free.\n'), file('brief.md', `${brief}It is free.\n`, brief)])).toMatchObject({ 'brief-only': [false, "brief.md is the customer's: no draft changes it"] });
    expect(await bench.ask(bench.repositoryOf({ a: 'b' }), both, [file('a.md', 'Hello.\n')])).toMatchObject({ 'brief-only': [false, 'there is no brief.md that anything could be true by'] });
  });

  it('say that a draft made the suite red; and of a suite that was red before, that it was', async () => {
    const green = bench.repositoryOf({ 'package.json': PACKAGE, 'add.js': ADD, 'add.test.js': ADD_TEST });
    const broken = file('add.js', ADD.replace('+', '-'), ADD);
    expect(await bench.ask(green, kinds('suite-green'), [broken])).toEqual({ 'suite-green': [false, 'TAP version 13'] });
    const red = bench.repositoryOf({ 'package.json': PACKAGE, 'add.js': ADD.replace('+', '-'), 'add.test.js': ADD_TEST });
    expect(await bench.ask(red, kinds('suite-green'), [file('README.md', '# Add\n')])).toEqual({ 'suite-green': [false, 'the suite fails without this draft too'] });
  });

  it('name the module that is not installed', async () => {
    const base = bench.repositoryOf({ 'package.json': PACKAGE, 'a.test.js': `import 'left-pad';\n` });
    const [result] = await bench.checker.check(base, aDraft(kinds('suite-green'), []));
    expect(result!.outputTail.split('\n').slice(0, 2)).toEqual(['the suite fails without this draft too', 'the module "left-pad" is not installed where the suite runs']);
  });

  it('take the suite from the base, not from the draft; none is fine, an unreadable one is not', async () => {
    const base = bench.repositoryOf({ 'package.json': PACKAGE, 'add.js': ADD.replace('+', '-'), 'add.test.js': ADD_TEST });
    expect(await bench.ask(base, kinds('suite-green'), [file('package.json', PACKAGE.replace('node --test', 'true'), PACKAGE)])).toMatchObject({ 'suite-green': [false, expect.anything()] });
    expect(await bench.ask(bench.repositoryOf({ a: 'b' }), kinds('suite-green'), [])).toMatchObject({ 'suite-green': [true, 'the repository declares no test suite: nothing to run'] });
    expect(await bench.ask(bench.repositoryOf({ 'package.json': '{' }), kinds('suite-green'), [])).toMatchObject({ 'suite-green': [false, expect.stringContaining('cannot be read')] });
  });

  it('find a program among the dependencies, as npm would', async () => {
    const base = bench.repositoryOf({ 'package.json': '{}', 'sub/a.txt': '' }, { dependencies: PACKAGES });
    expect(await bench.checker.command(base, [], 'jest --version', { cwd: 'sub' })).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\d+\./) });
    expect(await bench.checker.command(base, [], 'no-such-program')).toMatchObject({ exitCode: 127 });
  });

  it("run the goal's own check, and refuse what has none or is unknown", async () => {
    const base = bench.repositoryOf({ 'a.txt': 'one\n' });
    const command = `node -e "process.exit(require('node:fs').readFileSync('a.txt','utf8') === 'two\\n' ? 0 : 3)"`;
    const criteria = [{ id: 'own', kind: 'check-passes', command }, ...kinds('check-passes', 'wishful')];
    expect(await bench.ask(base, criteria, [file('a.txt', 'two\n', 'one\n')])).toEqual({ own: [true, ''], 'check-passes': [false, 'the goal names no check'], wishful: [false, 'no such kind of criterion: wishful'] });
    expect(await bench.checker.check(base, aDraft(kinds('check-passes'), [], { repairCheck: command }))).toMatchObject([{ passed: false, exitCode: 3 }]);
  });

  it('refuse a command that is too long for a sandbox at once: the fleet does not wait for it', async () => {
    const base = bench.repositoryOf({ 'a.txt': '' });
    await expect(bench.checker.command(base, [], `true ${'\u6f22'.repeat(90_000)}`)).rejects.toMatchObject({ code: 'sandbox_spec_invalid' });
  });

  it('read many files of long names, and tell the first of very many objections', async () => {
    const folder = `${'d'.repeat(150)}/${'e'.repeat(150)}`;
    const base = bench.repositoryOf({ 'a.txt': '' });
    const many = Array.from({ length: 490 }, (_, at) => file(`${folder}/${at}.js`, ADD));
    expect(await bench.ask(base, kinds('parses'), many)).toEqual({ parses: [true, '490 files looked at, nothing to object to'] });
    const wrong = await bench.checker.check(base, aDraft(kinds('parses', 'scaffolds-red'), [file(`${folder}/wrong.js`, '}\n'.repeat(5_000))]));
    expect(wrong.map(({ passed, outputTail }) => [passed, outputTail.split('\n').at(-1)])).toEqual([[false, expect.stringMatching(/^and \d{4} more$/)], [false, expect.anything()]]);
  });

  it('put a drafted file where a commit would, never through a link of the repository', async () => {
    const outside = bench.directory('outside-');
    // each link stays inside the tree by its letters; together they lead out of it
    const base = bench.repositoryOf({ 'd1/d2/x': '', 'package.json': '{}' }, { links: { 'd1/d2/up': '../..', out: `d1/d2/up/../../${outside.slice(bench.root.length + 1)}` } });
    await using directory = await CheckDirectory.make(bench.use, base, [file('out/stolen', 'x')]);
    expect(readFileSync(join(directory.root, 'out/stolen'), 'utf8')).toBe('x');
    expect(existsSync(join(outside, 'stolen'))).toBe(false);
  });

  it('remove what a run left behind without following it', async () => {
    const base = bench.repositoryOf({ 'package.json': '{}' });
    const outside = bench.directory('outside-');
    writeFileSync(join(outside, 'kept'), 'x');
    const result = await bench.checker.command(base, [], `node -e "const fs = require('node:fs'); fs.symlinkSync('${outside}', 'link'); fs.mkdirSync('shut/in', { recursive: true }); fs.chmodSync('shut', 0)"`);
    expect(result).toMatchObject({ exitCode: 0 });
    expect(readdirSync(bench.use.workDir)).toEqual([]);
    expect(existsSync(join(outside, 'kept'))).toBe(true);
  });
});
