import { detectFramework, isMachinePath, isTestPath, marksIn, unmark, type Framework } from '@countersign/agents';
import { randomBytes } from 'node:crypto';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wrongWithMarks, wrongWithoutMarks, type Reported, type ScaffoldRun } from '../../domain/judge-scaffolds.js';
import type { DraftFiles } from '../postgres/rows.js';
import { placeInside } from '../sandbox/index.js';
import { nothingToDo, refused, verdict, WALL_MS, type Answer } from './answers.js';
import { packagesOf, type BasePackage } from './base-packages.js';
import { CheckDirectory, type CheckBase, type CommandResult, type SandboxUse } from './check-sandbox.js';
import type { ScaffoldFile } from './inspect.mjs';
import type { Inspection } from './inspection.js';
import { scaffoldCommand, type ScaffoldCommand } from './scaffold-command.js';

const here = dirname(fileURLToPath(import.meta.url));
const REPORTERS = { source: join(here, 'reporters'), target: '/scaffolds' };

/** Read and removed by the reporter before a test runs. */
const MARK_FILE = '.countersign-report';

type Files = DraftFiles['files'];
type Run = ScaffoldRun & { readonly result: CommandResult };

/**
 * Every scaffold is green with its mark and red without it: a test that cannot fail is none.
 *
 * Which files are scaffolds, which tests stand in them, which framework and command run them follows from the drafted bytes and the
 * base commit; what the worker says about its draft is not read. Who fails is what the runner reports, not what a test prints.
 */
export async function checkScaffolds(use: SandboxUse, base: CheckBase, { files }: DraftFiles, { scaffolds }: Inspection): Promise<Answer> {
  if (files.length === 0) return nothingToDo('no scaffolds were written');
  if (!Array.isArray(scaffolds)) return scaffolds as Answer;
  const problems = scaffolds.flatMap((file: ScaffoldFile) => file.problems);
  if (problems.length > 0) return refused(problems.join('\n'));
  const strays = files.filter(({ path }) => !isTestPath(path) || isMachinePath(path));
  if (strays.length > 0) return refused(strays.map(({ path }) => `${path}: is not named as a test is; a runner may load it for something else`).join('\n'));
  const packages = await packagesOf(base, files.map(({ path }) => path));
  if ('unreadable' in packages) return refused(`${packages.unreadable} of the repository cannot be read: how it runs its tests is unknown`);
  const answers: Answer[] = [];
  for (const [package_, paths] of packages) {
    const own = scaffolds.filter(({ path }: ScaffoldFile) => paths.includes(path));
    const answer = await new PackageCheck(use, base, files, package_, own).answer();
    if (!answer.passed) return answer;
    answers.push(answer);
  }
  return { ...answers.at(-1)!, outputTail: answers.map(({ outputTail }) => outputTail).join('\n'), durationMs: answers.reduce((sum, { durationMs }) => sum + durationMs, 0) };
}

/** The scaffolds of one package. */
class PackageCheck {
  private readonly titles: readonly string[];

  constructor(
    private readonly use: SandboxUse,
    private readonly base: CheckBase,
    private readonly files: Files,
    private readonly package_: BasePackage,
    private readonly scaffolds: readonly ScaffoldFile[],
  ) {
    this.titles = scaffolds.flatMap(({ tests }) => tests.map(({ title }) => title));
  }

  async answer(): Promise<Answer> {
    const { manifest, tests, dir } = this.package_;
    const detected = detectFramework(manifest, tests.map(({ text }) => text));
    if ('unsupported' in detected) return refused(`${detected.unsupported} has no mark for a test that is expected to fail`);
    const unmarked = this.unmarked(detected.framework);
    if (typeof unmarked === 'string') return refused(unmarked);
    const command = scaffoldCommand(detected.framework, this.package_, this.scaffolds.map(({ path }) => relative(dir, path)), placeInside(this.use.level, REPORTERS));
    const before = await this.run(command, this.files);
    const wrong = wrongWithMarks(this.titles, before);
    if (wrong.length > 0) return verdict(before.result, wrong, false);
    const after = await this.run(command, [...this.files, ...unmarked]);
    const objections = wrongWithoutMarks(this.titles, after, command.alone);
    return verdict(after.result, objections.length > 0 ? objections : [`all ${this.titles.length} scaffolds fail without their mark`], objections.length === 0);
  }

  /** The files without their marks, or what is wrong with a mark. */
  private unmarked(framework: Framework): Files | string {
    const unmarked: Files[number][] = [];
    for (const { path, tests } of this.scaffolds) {
      const foreign = tests.find(({ mark }) => mark !== framework);
      if (foreign) return `${path}: ${JSON.stringify(foreign.title)} carries the mark of ${foreign.mark}; the repository uses ${framework}`;
      const file = this.files.find((drafted) => drafted.path === path)!;
      const text = file.content!.toString('utf8');
      const bare = unmark(text, framework);
      if (marksIn(text, framework) !== tests.length || marksIn(bare, framework) > 0) return `${path}: a mark does not stand at the beginning of its line, as test scaffolds write it`;
      unmarked.push({ ...file, content: Buffer.from(bare) });
    }
    return unmarked;
  }

  private async run({ command, env }: ScaffoldCommand, files: Files): Promise<Run> {
    const mark = randomBytes(16).toString('hex');
    await using directory = await CheckDirectory.make(this.use, this.base, files);
    await directory.write(MARK_FILE, Buffer.from(mark));
    const result = await directory.run(['/bin/sh', '-c', command], { wallMs: WALL_MS, cwd: this.package_.dir, binds: [REPORTERS], env: { ...env, COUNTERSIGN_REPORT: directory.seen(MARK_FILE) } });
    const lines = result.stdout.split('\n').filter((line) => line.startsWith(mark));
    const shown = { ...result, output: result.output.split('\n').filter((line) => !line.startsWith(mark)).join('\n') };
    return { result: shown, exitCode: result.exitCode, reported: lines.map((line) => reportOf(line.slice(mark.length))) };
  }
}

/** A line that our reporter did not write is told as something that failed and is no scaffold. */
function reportOf(text: string): Reported {
  try {
    return JSON.parse(text) as Reported;
  } catch (error) {
    if (error instanceof SyntaxError) return { title: 'a report that cannot be read', outcome: 'failed' };
    throw error;
  }
}
