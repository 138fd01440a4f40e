/** Runs inside the sandbox as jest's reporter: one line for each test, and for each file that broke. */
import type { Reported } from '../../../domain/judge-scaffolds.js';
import { line } from './line.mjs';

interface FileResult {
  readonly testExecError?: unknown;
  readonly testResults: readonly { readonly title: string; readonly ancestorTitles: readonly string[]; readonly status: string }[];
}

const OUTCOMES: Readonly<Record<string, Reported['outcome']>> = { passed: 'passed', failed: 'failed', todo: 'todo' };

export default class JestReporter {
  onTestResult({ path }: { readonly path: string }, { testExecError, testResults }: FileResult): void {
    if (testExecError) process.stdout.write(line({ title: path, outcome: 'failed' }));
    for (const { ancestorTitles, title, status } of testResults) process.stdout.write(line({ title: [...ancestorTitles, title].join(' > '), outcome: OUTCOMES[status] ?? 'skipped' }));
  }
}
