/** Taking the marks away, and reading which scaffolds then failed. No dependency: the host uses both. */
import type { TestScaffoldCheck } from '@countersign/contracts/worker';

type Framework = TestScaffoldCheck['framework'];

/** Only what the bot writes counts as a mark: at the beginning of a line, in exactly this form. */
const MARKS: Readonly<Record<Framework, RegExp>> = {
  'node:test': /^((?:test|it)\((?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"), )\{ todo: true(?: \}, |, (?=[^}\n]* \}, ))/gm,
  jest: /^(test|it)\.failing\(/gm,
  vitest: /^(test|it)\.fails\(/gm,
};

/** A scaffold file's text as ordinary tests: every one of them must then fail. Text without marks comes back as it is. */
export function unmark(text: string, framework: Framework): string {
  if (framework !== 'node:test') return text.replace(MARKS[framework], '$1(');
  // Other options of the test stay: `{ todo: true, timeout: 5000 }` keeps its timeout.
  return text.replace(MARKS[framework], (mark: string, before: string) => (mark.endsWith('}, ') ? before : `${before}{ `));
}

/** How many marks a text carries. */
export const marksIn = (text: string, framework: Framework): number => text.match(MARKS[framework])?.length ?? 0;

/** Which of the titles a run of `unmarkedCommand` reports as failed. */
export function failedTitles(framework: Framework, output: string, titles: readonly string[]): string[] {
  const lines = new Set(output.split(/\r?\n/).map((line) => failedTitle(framework, line.replace(COLOURS, ''))));
  return titles.filter((title) => lines.has(title));
}

// eslint-disable-next-line no-control-regex -- terminal colours begin with the escape character
const COLOURS = /\u001b\[[0-9;]*m/g;

function failedTitle(framework: Framework, line: string): string | undefined {
  if (framework === 'jest') return /^\s*[✕×] (.*?)(?: \(\d+(?:\.\d+)? m?s\))?$/.exec(line)?.[1];
  const tap = /^\s*not ok \d+ - (.*?)(?: # time=.*)?$/.exec(line)?.[1];
  // The spec reporter, where the package's own script chose the reporter.
  if (tap === undefined && framework === 'node:test') return /^\s*✖ (.*?) \(\d+(?:\.\d+)?ms\)$/.exec(line)?.[1];
  if (tap === undefined || / # (?:TODO|SKIP)\b/i.test(tap)) return undefined;
  return framework === 'vitest' ? tap.split(' > ').at(-1) : tap.replace(/\\(.)/g, '$1');
}
