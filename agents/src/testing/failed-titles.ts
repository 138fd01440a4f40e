import type { Framework } from '../test-writer-bot/framework.js';

/** Which of the titles a run of `unmarkedCommand` reports as failed. */
export function failedTitles(framework: Framework, output: string, titles: readonly string[]): string[] {
  const lines = new Set(output.split(/\r?\n/).map((line) => failedTitle(framework, line.replace(COLOURS, ''))));
  return titles.filter((title) => lines.has(title));
}

// oxlint-disable-next-line no-control-regex -- terminal colours begin with the escape character
const COLOURS = /\u001b\[[0-9;]*m/g;

function failedTitle(framework: Framework, line: string): string | undefined {
  if (framework === 'jest') return /^\s*[✕×] (.*?)(?: \(\d+(?:\.\d+)? m?s\))?$/.exec(line)?.[1];
  const tap = /^\s*not ok \d+ - (.*?)(?: # time=.*)?$/.exec(line)?.[1];
  // The spec reporter, where the package's own script chose the reporter.
  if (tap === undefined && framework === 'node:test') return /^\s*✖ (.*?) \(\d+(?:\.\d+)?ms\)$/.exec(line)?.[1];
  if (tap === undefined || / # (?:TODO|SKIP)\b/i.test(tap)) return undefined;
  return framework === 'vitest' ? tap.split(' > ').at(-1) : tap.replace(/\\(.)/g, '$1');
}
