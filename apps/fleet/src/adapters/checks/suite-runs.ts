import { readFileAt } from '@countersign/git';
import { missingPackage } from '../../domain/explain-output.js';
import { suiteCommand, type SuiteCommand } from '../../domain/suite-command.js';
import type { DraftFiles } from '../postgres/rows.js';
import { nothingToDo, refused, verdict, WALL_MS, type Answer } from './answers.js';
import { CheckDirectory, type CheckBase, type CommandResult, type SandboxUse } from './check-sandbox.js';

/** Bases whose own result is remembered. */
const REMEMBERED = 100;

/** Runs a repository's own suite on drafts, and on a base when a draft's run is red: whose fault it is belongs to the answer. */
export class SuiteRuns {
  /** Whether the suite of a base fails by itself, by mirror and commit. */
  private readonly redBases = new Map<string, Promise<boolean>>();

  constructor(private readonly use: SandboxUse) {}

  /** The suite as the base declares it: a draft cannot declare itself green. A suite that is red without the draft is still red. */
  async answer(base: CheckBase, draft: DraftFiles): Promise<Answer> {
    const suite = await declaredSuite(base);
    if (suite === undefined) return nothingToDo('the repository declares no test suite: nothing to run');
    if (suite === 'unreadable') return refused('package.json of the repository cannot be read: its suite is unknown');
    const result = await this.run(base, draft.files, suite);
    if (result.exitCode === 0) return verdict(result);
    const missing = missingPackage(result.output);
    const reasons = [
      ...((await this.baseIsRed(base, suite)) ? ['the suite fails without this draft too'] : []),
      ...(missing === undefined ? [] : [`the module "${missing}" is not installed where the suite runs`]),
    ];
    return verdict(result, reasons);
  }

  private async run(base: CheckBase, files: DraftFiles['files'], { argv }: SuiteCommand): Promise<CommandResult> {
    await using directory = await CheckDirectory.make(this.use, base, files);
    return await directory.run(argv, { wallMs: WALL_MS });
  }

  private baseIsRed(base: CheckBase, suite: SuiteCommand): Promise<boolean> {
    const key = `${base.repository} ${base.commit}`;
    const known = this.redBases.get(key);
    if (known) return known;
    const red = this.run(base, [], suite).then(({ exitCode }) => exitCode !== 0);
    red.catch(() => this.redBases.delete(key)); // it could not be run at all: the next one who asks tries again
    this.redBases.set(key, red);
    const [oldest] = this.redBases.keys();
    if (this.redBases.size > REMEMBERED) this.redBases.delete(oldest!);
    return red;
  }
}

async function declaredSuite({ repository, commit }: CheckBase): Promise<SuiteCommand | 'unreadable' | undefined> {
  const text = (await readFileAt(repository, commit, 'package.json'))?.toString('utf8');
  if (text === undefined) return undefined;
  try {
    return suiteCommand(JSON.parse(text) as object);
  } catch (error) {
    if (error instanceof SyntaxError) return 'unreadable';
    throw error;
  }
}
