import { failedTitles, unmark } from '@countersign/agents';
import type { TestScaffoldCheck } from '@countersign/contracts';
import { plainWords } from '../../domain/suite-command.js';
import type { CheckResult } from '../postgres/draft-store.js';
import type { Criterion, DraftFiles } from '../postgres/rows.js';
import { nothingToDo, refused, verdict, WALL_MS, type Answer } from './answers.js';
import { CheckDirectory, type CheckBase, type CommandResult, type SandboxUse } from './check-sandbox.js';
import { inspect, isInspected } from './inspection.js';
import { inOrder } from './in-order.js';
import { SuiteRuns } from './suite-runs.js';

/** Criteria of one draft that run at the same time. */
const AT_ONCE = 2;

/** Runs a draft's criteria, each on fresh files in a fresh sandbox; the two that only read share one. */
export class DraftChecker {
  private readonly suites: SuiteRuns;

  constructor(private readonly use: SandboxUse) {
    this.suites = new SuiteRuns(use);
  }

  /** Answers in the order of the criteria. */
  check(base: CheckBase, draft: DraftFiles): Promise<CheckResult[]> {
    let inspection: ReturnType<typeof inspect> | undefined;
    return inOrder(draft.criteria, AT_ONCE, async (criterion) => {
      const answer = isInspected(criterion.kind) ? (await (inspection ??= inspect(this.use, draft.files)))[criterion.kind] : await this.answer(criterion, base, draft);
      return { criterion: criterion.id, ...answer };
    });
  }

  /** Any command on the base with changes: the patch member's tool, and a goal's own check. */
  async command(base: CheckBase, changes: DraftFiles['files'], command: string, cwd?: string): Promise<CommandResult> {
    await using directory = await CheckDirectory.make(this.use, base, changes);
    return await directory.run(argvOf(command), { wallMs: WALL_MS, ...(cwd ? { cwd } : {}) });
  }

  private async answer(criterion: Criterion, base: CheckBase, draft: DraftFiles): Promise<Answer> {
    switch (criterion.kind) {
      case 'suite-green':
        return this.suites.answer(base, draft);
      case 'scaffolds-red':
        return this.scaffolds(base, draft);
      case 'check-passes': {
        const command = criterion.command ?? draft.repairCheck;
        return command === undefined ? refused('the goal names no check') : verdict(await this.command(base, draft.files, command));
      }
      default:
        return refused(`no such kind of criterion: ${criterion.kind}`);
    }
  }

  /** Every scaffold must fail once its mark is gone: a test that cannot fail is none. */
  private async scaffolds(base: CheckBase, draft: DraftFiles): Promise<Answer> {
    const check = draft.detail['check'] as TestScaffoldCheck | undefined;
    if (!check || check.scaffolds.length === 0) return nothingToDo('no scaffolds were written');
    const drafted = new Map(draft.files.map((file) => [file.path, file]));
    const unmarked: DraftFiles['files'][number][] = [];
    for (const path of check.testFiles) {
      const file = drafted.get(path);
      if (!file?.content) return refused(`${path} is not part of the draft`);
      unmarked.push({ ...file, content: Buffer.from(unmark(file.content.toString('utf8'), check.framework)) });
    }
    const result = await this.command(base, [...draft.files, ...unmarked], check.unmarkedCommand ?? check.command, check.cwd);
    const titles = check.scaffolds.map(({ title }) => title);
    const red = failedTitles(check.framework, result.output, titles);
    const missing = titles.filter((title) => !red.includes(title));
    const passed = result.exitCode !== 0 && result.exitCode !== null && missing.length === 0;
    return verdict(result, [passed ? `all ${red.length} scaffolds fail without their mark` : `these do not fail without their mark: ${missing.join(', ') || 'the run itself passed'}`], passed);
  }
}

/** Simple commands run as they are; what needs a shell gets the sandbox's own. */
const argvOf = (command: string): string[] => plainWords(command) ?? ['/bin/sh', '-c', command];
