/** The text of a scaffold file. Pure. */
import type { Framework } from './framework.js';

export interface Scaffold {
  /** The test's title, unique in its file. */
  title: string;
  /** How the test reaches the function: its local name after the imports. */
  reference: string;
  args: string[];
  call: 'plain' | 'construct' | 'async' | 'generator' | 'async-generator';
  /** Why it must not be called with made-up arguments. */
  notCalled?: string;
  /** What a person may want to assert: one line each. */
  cases?: readonly string[];
}

export interface Style {
  quote: "'" | '"';
  semicolons: boolean;
  indent: string;
  eol: string;
}

export interface ScaffoldFile {
  framework: Framework;
  /** `import` or `require` lines for the functions under test. */
  imports: string[];
  scaffolds: Scaffold[];
  modules: 'esm' | 'cjs';
  /** Existing tests import `test` from `@jest/globals`. */
  jestGlobalsImported: boolean;
  isTs: boolean;
}

/** How the package writes its code, by what most of a text does. */
export function styleOf(text: string): Style {
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  const indents = [...text.matchAll(/^( {2,8}|\t)\S/gm)].map((match) => match[1]!);
  const smallest = indents.includes('\t') ? '\t' : ' '.repeat(Math.min(...indents.map((indent) => indent.length), 4));
  return {
    quote: count(/(?:from|require\(|import)\s*"/g) > count(/(?:from|require\(|import)\s*'/g) ? '"' : "'",
    semicolons: count(/;\s*$/gm) * 3 >= count(/[\w)\]'"`]\s*$/gm),
    indent: indents.length === 0 ? '  ' : smallest,
    eol: /\r\n/.test(text) ? '\r\n' : '\n',
  };
}

/** The file, in the package's own style. Marked, every test in it keeps the suite green; unmarked, every one fails. */
export function scaffoldText(file: ScaffoldFile, style: Style): string {
  const called = file.scaffolds.some((scaffold) => scaffold.notCalled === undefined);
  const header = [...frameworkImports(file, called), ...file.imports];
  const notice = [
    '// Scaffolds for functions that no test touched. Each one fails until somebody writes down what the function should do:',
    '// replace the last line by a real assertion, then take the mark away.',
  ];
  const tests = file.scaffolds.flatMap((scaffold) => ['', ...testLines(file, scaffold)]);
  return [...header, '', ...notice, ...tests, ''].map((line) => restyled(line, style)).join(style.eol);
}

function frameworkImports(file: ScaffoldFile, called: boolean): string[] {
  const line = (names: string, module: string, isDefault = false): string =>
    file.modules === 'esm' ? `import ${isDefault ? names : `{ ${names} }`} from '${module}';` : `const ${isDefault ? names : `{ ${names} }`} = require('${module}');`;
  if (file.framework === 'node:test') return [line('assert', 'node:assert/strict', true), line('test', 'node:test'), ...(called ? [line('inspect', 'node:util')] : [])];
  if (file.framework === 'vitest') return [line('test', 'vitest')];
  return file.jestGlobalsImported ? [line('test', '@jest/globals')] : [];
}

/** node:test waits for a promise for ever unless it is told not to. */
const TIMEOUT_MS = 5000;

const OPENING: Readonly<Record<Framework, (title: string, isAsync: boolean) => string>> = {
  'node:test': (title, isAsync) => `test('${title}', { todo: true${isAsync ? `, timeout: ${TIMEOUT_MS}` : ''} }, `,
  jest: (title) => `test.failing('${title}', `,
  vitest: (title) => `test.fails('${title}', `,
};

function testLines(file: ScaffoldFile, scaffold: Scaffold): string[] {
  const { framework } = file;
  const cases = (scaffold.cases ?? []).map((text) => `  // Worth asserting: ${text}`);
  const isAsync = scaffold.notCalled === undefined && (scaffold.call === 'async' || scaffold.call === 'async-generator');
  const opening = `${OPENING[framework](scaffold.title, isAsync)}${isAsync ? 'async ' : ''}() => {`;
  const fail = (message: string): string => (framework === 'node:test' ? `assert.fail(${message});` : `throw new Error(${message});`);
  if (scaffold.notCalled !== undefined) {
    const check = framework === 'node:test' ? `assert.equal(typeof ${scaffold.reference}, 'function');` : `if (typeof ${scaffold.reference} !== 'function') throw new Error('${scaffold.title} is not a function');`;
    return [opening, `  // Not called with made-up arguments: ${scaffold.notCalled}.`, ...cases, `  ${check}`, `  ${fail(`'say what ${scaffold.title} should do'`)}`, '});'];
  }
  const shown = framework === 'node:test' ? 'inspect(result)' : 'JSON.stringify(result)';
  return [opening, `  const result = ${callText(scaffold)};`, ...cases, `  ${fail(`\`say what ${scaffold.title} should return; it returned \${${shown}}\``)}`, '});'];
}

function callText({ reference, args, call }: Scaffold): string {
  const text = `${reference}(${args.join(', ')})`;
  if (call === 'construct') return `new ${text}`;
  if (call === 'async') return `await ${text}`;
  // A generator may have no end: its first value is enough.
  return call === 'generator' ? `${text}.next()` : call === 'async-generator' ? `await ${text}.next()` : text;
}

function restyled(line: string, style: Style): string {
  const indented = line.replace(/^(?: {2})+/, (spaces) => style.indent.repeat(spaces.length / 2));
  if (/^\s*\/\//.test(line)) return indented;
  const quoted = style.quote === '"' ? indented.replace(/'([^'"`\\]*)'/g, '"$1"') : indented;
  return style.semicolons ? quoted : quoted.replace(/;$/, '');
}
