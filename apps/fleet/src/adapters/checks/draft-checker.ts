import { failedTitles, unmark } from '@countersign/agents';
import type { TestScaffoldCheck } from '@countersign/contracts';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFileAt } from '@countersign/git';
import { plainWords, suiteCommand } from '../../domain/suite-command.js';
import type { Criterion, DraftFiles } from '../postgres/rows.js';
import type { CheckResult } from '../postgres/draft-store.js';
import type { Bind } from '../sandbox/index.js';
import { CheckDirectory, type CommandResult, type SandboxUse } from './check-sandbox.js';

const WALL_MS = 180_000;
const here = dirname(fileURLToPath(import.meta.url));
const typescript = dirname(dirname(fileURLToPath(import.meta.resolve('typescript'))));
/** The inspector and the parser, as they are seen inside. */
const INSPECTOR: readonly Bind[] = [
  { source: join(here, 'inspect.mjs'), target: '/inspect/inspect.mjs' },
  { source: join(typescript, 'package.json'), target: '/inspect/node_modules/typescript/package.json' },
  { source: join(typescript, 'lib/typescript.js'), target: '/inspect/node_modules/typescript/lib/typescript.js' },
];

/** Where the bytes under check come from. */
export interface CheckBase {
  readonly repository: string;
  readonly commit: string;
  readonly dependencies: string | undefined;
}

/** Runs a draft's criteria one by one, each on fresh files in a fresh sandbox. */
export class DraftChecker {
  constructor(private readonly use: SandboxUse) {}

  async check(base: CheckBase, draft: DraftFiles): Promise<CheckResult[]> {
    const results: CheckResult[] = [];
    for (const criterion of draft.criteria) {
      const directory = await CheckDirectory.make(this.use, base.repository, base.commit, draft.files, base.dependencies);
      try {
        const answer = await this.answer(criterion, directory, base, draft);
        results.push({ criterion: criterion.id, ...answer });
      } finally {
        await directory.close();
      }
    }
    return results;
  }

  /** Any command on the base with changes: the patch member's tool. */
  async command(base: CheckBase, changes: DraftFiles['files'], command: string, cwd?: string): Promise<CommandResult> {
    const directory = await CheckDirectory.make(this.use, base.repository, base.commit, changes, base.dependencies);
    try {
      return await directory.run(argvOf(command), { wallMs: WALL_MS, ...(cwd ? { cwd } : {}) });
    } finally {
      await directory.close();
    }
  }

  private async answer(criterion: Criterion, directory: CheckDirectory, base: CheckBase, draft: DraftFiles): Promise<Omit<CheckResult, 'criterion'>> {
    switch (criterion.kind) {
      case 'parses':
      case 'comments-only':
        return this.inspect(criterion.kind, directory, base, draft);
      case 'suite-green':
        return this.suite(directory, base);
      case 'scaffolds-red':
        return this.scaffolds(directory, draft);
      case 'check-passes': {
        const command = criterion.command ?? draft.repairCheck;
        return command === undefined ? refused('the goal names no check') : verdict(await directory.run(argvOf(command), { wallMs: WALL_MS }));
      }
      default:
        return refused(`no such kind of criterion: ${criterion.kind}`);
    }
  }

  private async inspect(mode: string, directory: CheckDirectory, base: CheckBase, draft: DraftFiles): Promise<Omit<CheckResult, 'criterion'>> {
    const before = await CheckDirectory.make(this.use, base.repository, base.commit, []);
    try {
      const argv = ['node', '/inspect/inspect.mjs', mode, ...draft.files.map(({ path }) => path)];
      return verdict(await directory.run(argv, { wallMs: WALL_MS, binds: [...INSPECTOR, { source: before.root, target: '/base' }] }));
    } finally {
      await before.close();
    }
  }

  /** The suite as the base declares it: a draft cannot declare itself green. */
  private async suite(directory: CheckDirectory, base: CheckBase): Promise<Omit<CheckResult, 'criterion'>> {
    const text = (await readFileAt(base.repository, base.commit, 'package.json'))?.toString('utf8');
    const suite = text === undefined ? undefined : suiteCommand(JSON.parse(text) as object);
    if (!suite) return { passed: true, exitCode: null, outputTail: 'the repository declares no test suite: nothing to run', durationMs: 0 };
    return verdict(await directory.run(suite.argv, { wallMs: WALL_MS }));
  }

  /** Every scaffold must fail once its mark is gone: a test that cannot fail is none. */
  private async scaffolds(directory: CheckDirectory, draft: DraftFiles): Promise<Omit<CheckResult, 'criterion'>> {
    const check = draft.detail['check'] as TestScaffoldCheck | undefined;
    if (!check || check.scaffolds.length === 0) return { passed: true, exitCode: null, outputTail: 'no scaffolds were written', durationMs: 0 };
    const drafted = new Map(draft.files.map((file) => [file.path, file.content]));
    for (const path of check.testFiles) {
      const content = drafted.get(path);
      if (!content) return refused(`${path} is not part of the draft`);
      await directory.write(path, Buffer.from(unmark(content.toString('utf8'), check.framework)));
    }
    const result = await directory.run(argvOf(check.unmarkedCommand ?? check.command), { wallMs: WALL_MS, cwd: check.cwd });
    const titles = check.scaffolds.map(({ title }) => title);
    const red = failedTitles(check.framework, result.output, titles);
    const missing = titles.filter((title) => !red.includes(title));
    const passed = result.exitCode !== 0 && result.exitCode !== null && missing.length === 0;
    const summary = passed ? `all ${red.length} scaffolds fail without their mark` : `these do not fail without their mark: ${missing.join(', ') || 'the run itself passed'}`;
    return { ...verdict(result), passed, outputTail: `${summary}\n${result.output}` };
  }
}

const verdict = ({ exitCode, output, timedOut, durationMs }: CommandResult): Omit<CheckResult, 'criterion'> => ({
  passed: exitCode === 0, exitCode, outputTail: timedOut ? `${output}\nended after ${WALL_MS / 1000} s` : output, durationMs,
});
const refused = (why: string): Omit<CheckResult, 'criterion'> => ({ passed: false, exitCode: null, outputTail: why, durationMs: 0 });
/** Simple commands run as they are; what needs a shell gets the sandbox's own. */
const argvOf = (command: string): string[] => plainWords(command) ?? ['/bin/sh', '-c', command];
