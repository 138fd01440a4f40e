/**
 * Finds in a test run's output which of these tests failed. Understands the failure lines of node:test (spec and TAP), jest and vitest:
 * a failure sign, the test's own title at the end of its path, and perhaps a duration.
 */
export function readScaffolds(output: string, titles: readonly string[]): { readonly red: readonly string[]; readonly missing: readonly string[] } {
  const failures = output.split('\n').map((line) => line.trim()).filter((line) => /^(✖|✕|×|not ok\b|FAIL\b|●)/u.test(line)).map(plain);
  const red = titles.filter((title) => failures.some((line) => line.endsWith(plain(title)) || lastPart(line) === plain(title)));
  return { red, missing: titles.filter((title) => !red.includes(title)) };
}

/** A title without signs, numbering and duration, so that three reporters read alike. */
const plain = (line: string): string =>
  line.replace(/\s*\(?\d+(\.\d+)?\s?m?s\)?$/u, '').replace(/^not ok \d+ - /, '').replace(/^(✖|✕|×|FAIL|●)\s+/u, '').replaceAll(/\s+/g, ' ').trim();
const lastPart = (line: string): string => plain(line.split(/ [›>] /u).at(-1) ?? '');
