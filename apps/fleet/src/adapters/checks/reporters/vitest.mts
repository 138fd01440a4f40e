/** Runs inside the sandbox as vitest's reporter: one line for each test, and for each file that broke. */
import type { Reported } from '../../../domain/judge-scaffolds.js';
import { line } from './line.mjs';

interface TestCase {
  readonly fullName: string;
  result(): { readonly state: string };
}
interface TestModule {
  readonly moduleId: string;
  errors(): readonly unknown[];
}
/** A file, suite or test as vitest before 3 told it. */
interface Task {
  readonly type: string;
  readonly name: string;
  readonly mode: string;
  readonly result?: { readonly state?: string };
  readonly tasks?: readonly Task[];
}

const OUTCOMES: Readonly<Record<string, Reported['outcome']>> = { passed: 'passed', pass: 'passed', failed: 'failed', fail: 'failed' };
const say = (title: string, outcome: Reported['outcome']): void => void process.stdout.write(line({ title, outcome }));

export default class VitestReporter {
  private told = false;

  onTestCaseResult(test: TestCase): void {
    this.told = true;
    say(test.fullName, OUTCOMES[test.result().state] ?? 'skipped');
  }

  onTestModuleEnd(module: TestModule): void {
    this.told = true;
    if (module.errors().length > 0) say(module.moduleId, 'failed');
  }

  /** The way of vitest before 3, which knows no hook for one test. */
  onFinished(files: readonly Task[] = []): void {
    if (!this.told) for (const file of files) this.tell(file, []);
  }

  private tell({ type, name, mode, result, tasks = [] }: Task, parents: readonly string[], isFile = true): void {
    const names = isFile ? parents : [...parents, name];
    if (type === 'test') say(names.join(' > '), mode === 'todo' ? 'todo' : (OUTCOMES[result?.state ?? ''] ?? 'skipped'));
    else if (tasks.length === 0 && result?.state === 'fail') say(name, 'failed');
    for (const task of tasks) this.tell(task, names, false);
  }
}
