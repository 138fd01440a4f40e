/** Taking the marks away. No dependency: the host uses it too. */
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
