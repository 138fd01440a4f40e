import { plainWords } from '../../domain/suite-command.js';
import type { CheckResult } from '../postgres/draft-store.js';
import type { Criterion, DraftFiles } from '../postgres/rows.js';
import { refused, verdict, WALL_MS, type Answer } from './answers.js';
import { CheckDirectory, type CheckBase, type CheckCommand, type CommandResult, type SandboxUse } from './check-sandbox.js';
import { inspectCopy, isAboutCopy } from './copy-check.js';
import { inspect, isInspected } from './inspection.js';
import { inOrder } from './in-order.js';
import { checkScaffolds } from './scaffold-check.js';
import { SuiteRuns } from './suite-runs.js';

/** Criteria of one draft that run at the same time. */
const AT_ONCE = 2;

/** Runs a draft's criteria, each on fresh files in a fresh sandbox; those that only read share one. */
export class DraftChecker {
  private readonly suites: SuiteRuns;

  constructor(private readonly use: SandboxUse) {
    this.suites = new SuiteRuns(use);
  }

  /** Answers in the order of the criteria. */
  check(base: CheckBase, draft: DraftFiles): Promise<CheckResult[]> {
    let inspection: ReturnType<typeof inspect> | undefined;
    const inspected = (): ReturnType<typeof inspect> => (inspection ??= inspect(this.use, draft.files));
    let read: ReturnType<typeof inspectCopy> | undefined;
    const copy = (): ReturnType<typeof inspectCopy> => (read ??= inspectCopy(this.use, base, draft.files));
    return inOrder(draft.criteria, AT_ONCE, async (criterion) => {
      const { id, kind } = criterion;
      const answer = isInspected(kind) ? (await inspected())[kind] : isAboutCopy(kind) ? (await copy())[kind] : await this.answer(criterion, base, draft, inspected);
      return { criterion: id, ...answer };
    });
  }

  /** Any command on the base with changes: the patch member's tool, and a goal's own check. */
  async command(base: CheckBase, changes: DraftFiles['files'], command: string, { cwd, signal }: Pick<CheckCommand, 'cwd' | 'signal'> = {}): Promise<CommandResult> {
    await using directory = await CheckDirectory.make(this.use, base, changes);
    return await directory.run(argvOf(command), { wallMs: WALL_MS, ...(cwd ? { cwd } : {}), ...(signal ? { signal } : {}) });
  }

  private async answer(criterion: Criterion, base: CheckBase, draft: DraftFiles, inspected: () => ReturnType<typeof inspect>): Promise<Answer> {
    switch (criterion.kind) {
      case 'suite-green':
        return this.suites.answer(base, draft);
      case 'scaffolds-red':
        return checkScaffolds(this.use, base, draft, await inspected());
      case 'check-passes': {
        const command = criterion.command ?? draft.repairCheck;
        return command === undefined ? refused('the goal names no check') : verdict(await this.command(base, draft.files, command));
      }
      default:
        return refused(`no such kind of criterion: ${criterion.kind}`);
    }
  }
}

/** Node is run as it is; every other program is found by the sandbox's own shell, on its PATH. */
const argvOf = (command: string): string[] => {
  const words = plainWords(command);
  return words?.[0] === 'node' ? words : ['/bin/sh', '-c', command];
};
