import { expect } from 'expect';
import { describe, it } from 'node:test';
import { CheckBench, file, kinds, PACKAGES } from '../../testing/check-bench.js';

const SUB = 'export const sub = (a, b) => a - b;\n';
const IMPORTS = `import { test } from 'node:test';\nimport assert from 'node:assert';\n`;
const SCAFFOLD = `${IMPORTS}import { sub } from './sub.js';\ntest('subtracts', { todo: true }, () => { const result = sub(1, 1);\n  assert.fail(\`it returned \${result}\`); });\n`;

/** Below level 3 nothing is mounted: paths, packages and programs are those of the machine. */
for (const level of [2, 0] as const) {
  describe(`the checks of a draft at level ${level}`, () => {
    it('say the same as in the strict sandbox', async () => {
      using bench = new CheckBench(level);
      const base = bench.repositoryOf({ 'package.json': '{"type":"module","scripts":{"test":"node --test"}}', 'sub.js': SUB, 'old.test.js': `${IMPORTS}test('old', () => {});\n` });
      expect(await bench.ask(base, kinds('parses', 'comments-only', 'suite-green'), [file('sub.js', `/** Subtracts. */\n${SUB}`, SUB)])).toEqual({ parses: [true, expect.anything()], 'comments-only': [true, expect.anything()], 'suite-green': [true, expect.anything()] });
      expect(await bench.ask(base, kinds('comments-only'), [file('sub.js', SUB.replace('-', '+'), SUB)])).toEqual({ 'comments-only': [false, 'sub.js: code differs near "+"'] });
      expect(await bench.ask(base, kinds('scaffolds-red', 'suite-green'), [file('sub.test.js', SCAFFOLD)])).toEqual({ 'scaffolds-red': [true, 'all 1 scaffolds fail without their mark'], 'suite-green': [true, expect.anything()] });
    });

    it('find the programs and packages of the dependencies', async () => {
      using bench = new CheckBench(level);
      const base = bench.repositoryOf({ 'package.json': '{"scripts":{"test":"jest"}}', 'sub.js': 'exports.sub = (a, b) => a - b;\n', 'sub.test.js': `const { sub } = require('./sub.js');\ntest('subtracts', () => expect(sub(3, 1)).toBe(2));\n` }, { dependencies: PACKAGES });
      const [result] = await bench.checker.check(base, { criteria: kinds('suite-green'), files: [] } as never);
      expect([result?.passed, result?.outputTail]).toEqual([true, expect.stringContaining('1 passed')]);
    });
  });
}
