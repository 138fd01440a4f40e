/** The test-writer-bot: failing tests, marked so that the suite stays green, for exported functions that no test touches. */
import type { TestScaffoldCheck } from '@countersign/contracts/worker';
import { ModelHelp } from '../model-help.js';
import type { Task, TaskOutcome, WorkerContext } from '../plugin.js';
import { isGenerated, isMachinePath, isTestPath, listFiles } from '../source/files.js';
import { isTypeScript, parse, scriptKindOf } from '../source/parse.js';
import { commandFor, detectFramework, isCompiled, testScript, type Framework } from './framework.js';
import { importsFor } from './imports.js';
import { conventionsOf, specifierFor, testPathFor, type Conventions } from './layout.js';
import { casesFor } from './model.js';
import { dirOf, packageDirs, readPackage, type PackageFiles } from './package.js';
import { scaffoldText, styleOf, type Scaffold } from './scaffold.js';
import { subjectsOf, type Subject, type Subjects } from './subjects.js';
import { TouchIndex } from './touched.js';
import { marksIn, unmark } from './unmark.js';

const MAX_FUNCTIONS_PER_TASK = 40;

let context: WorkerContext;

export function init(ctx: WorkerContext): void {
  context = ctx;
}

export async function onTask(task: Task): Promise<TaskOutcome> {
  const notes: string[] = [];
  const inScope = (task.files ?? (await listFiles(task.inputDir, () => true))).filter((path) => scriptKindOf(path) !== undefined && !isTestPath(path) && !isMachinePath(path));
  const dirs = await packageDirs(task.inputDir);
  const dir = fullestPackage(inScope, dirs);
  const files = await readPackage(task.inputDir, dir, dirs);
  const others = new Set(inScope.map((path) => dirOf(path, dirs)).filter((other) => other !== dir));
  if (others.size > 0) notes.push(`One package at a time: ${dir === '' ? 'the root' : dir} was looked at; ${[...others].map((other) => other || 'the root').join(', ')} not.`);
  const detected = detectFramework(files.manifest, [...files.tests.values()].map(({ text }) => text));
  if ('unsupported' in detected) {
    return { status: 'failed', summary: `${detected.unsupported} has no mark for a test that is expected to fail; scaffolds would turn the suite red. node:test, jest and vitest are supported.`, notes };
  }
  const prefix = dir === '' ? '' : `${dir}/`;
  const own = inScope.filter((path) => dirOf(path, dirs) === dir).map((path) => path.slice(prefix.length));
  return new PackageRun(task, files, detected.framework, notes).write(own);
}

/** The package with most of the files in scope; the outermost of equals. */
function fullestPackage(paths: readonly string[], dirs: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(dirOf(path, dirs), (counts.get(dirOf(path, dirs)) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].length - b[0].length)[0]?.[0] ?? '';
}

class PackageRun {
  private readonly conventions: Conventions;
  private readonly taken: Set<string>;
  private readonly scaffolds: TestScaffoldCheck['scaffolds'] = [];
  private readonly touched: TouchIndex;
  private readonly prefix: string;
  private readonly compiled: boolean;
  private readonly help: ModelHelp;

  constructor(
    private readonly task: Task,
    private readonly files: PackageFiles,
    private readonly framework: Framework,
    private readonly notes: string[],
  ) {
    this.help = new ModelHelp(context, task, notes);
    const tests = [...files.tests].map(([path, { text }]) => ({ path, text })).filter(({ text }) => /\b(?:test|it|describe)\b/.test(text));
    this.conventions = conventionsOf(framework, tests, files.manifest['type'] === 'module');
    this.compiled = isCompiled(framework, files.manifest, tests);
    this.taken = new Set([...files.sources.keys(), ...files.tests.keys()]);
    const texts = (of: PackageFiles['sources']): Map<string, string> => new Map([...of].map(([path, { text }]) => [path, text]));
    this.touched = new TouchIndex(texts(files.sources), texts(files.tests), typeof files.manifest['name'] === 'string' ? files.manifest['name'] : undefined);
    this.prefix = files.dir === '' ? '' : `${files.dir}/`;
  }

  async write(sources: readonly string[]): Promise<TaskOutcome> {
    for (const [at, path] of sources.entries()) {
      this.task.signal.throwIfAborted();
      if (this.scaffolds.length >= MAX_FUNCTIONS_PER_TASK) {
        this.notes.push(`Stopped after ${this.scaffolds.length} scaffolds; ${sources.length - at} more files were not looked at.`);
        break;
      }
      await this.writeFor(path, (at + 1) / sources.length);
    }
    if (this.scaffolds.length === 0) return { status: 'done', summary: 'A test touches every exported function in scope, as far as names and imports tell.', notes: this.notes };
    const testFiles = [...new Set(this.scaffolds.map(({ file }) => file))];
    return {
      status: 'done',
      summary: `${this.scaffolds.length} exported functions had no test: wrote a failing scaffold for each in ${testFiles.length} ${testFiles.length === 1 ? 'file' : 'files'}, marked so that the suite stays green.`,
      notes: this.notes,
      check: {
        kind: 'test-scaffolds',
        framework: this.framework,
        testFiles,
        scaffolds: this.scaffolds,
        cwd: this.files.dir === '' ? '.' : this.files.dir,
        command: this.command(testFiles),
        unmarkedCommand: this.command(testFiles, true),
      },
    };
  }

  private command(testFiles: readonly string[], failuresByLine = false): string {
    const script = testScript(this.files.manifest);
    if (this.compiled && script !== undefined) return script;
    return commandFor(this.framework, this.files.manifest, testFiles.map((path) => path.slice(this.prefix.length)), failuresByLine);
  }

  private async writeFor(path: string, fraction: number): Promise<void> {
    const source = this.files.sources.get(path);
    if (!source || isGenerated(source.text)) return;
    if (this.framework === 'node:test' && /x$/.test(path)) return;
    const found = subjectsOf(path, source.text);
    const untested = found.subjects.filter((subject) => !this.touched.isTouched(path, [...subject.exportedAs, subject.name].filter((name) => name !== '')));
    if (untested.length === 0) return;
    if (found.unusable !== undefined) return void this.notes.push(`${this.prefix}${path}: no scaffold; ${found.unusable}.`);
    const testPath = testPathFor(path, this.conventions, this.taken);
    const remark = this.task.round > 1 ? this.task.notes?.find((note) => note.includes(this.prefix + testPath)) : undefined;
    if (remark !== undefined) return void this.notes.push(`${this.prefix}${testPath}: left out, since an earlier review named it.`);
    const { text, scaffolds } = await this.compose(path, testPath, untested, found);
    const broken = this.whatIsWrong(testPath, text, scaffolds);
    if (broken !== undefined) return void this.notes.push(`${this.prefix}${path}: no scaffold; ${broken}.`);
    this.taken.add(testPath);
    await this.task.put({ path: this.prefix + testPath, text });
    this.scaffolds.push(...scaffolds.map(({ title }) => ({ file: this.prefix + testPath, title, subject: `${this.prefix}${path}#${title}` })));
    this.task.progress(`${this.prefix}${testPath}: ${scaffolds.map(({ title }) => title).join(', ')}`, { fraction });
  }

  private async compose(path: string, testPath: string, subjects: readonly Subject[], { isCommonJs }: Subjects): Promise<{ text: string; scaffolds: Scaffold[] }> {
    const modules = this.modulesOf(testPath, isCommonJs);
    const imported = importsFor(subjects, path, specifierFor(testPath, path, this.conventions), modules, isCommonJs && !isTypeScript(path));
    const named = subjects.map((subject) => ({ ...subject.scaffold, ...imported.references.get(subject)! }));
    const cases = await casesFor(this.help, this.prefix + path, this.files.sources.get(path)!.text, named.map(({ title }) => title));
    const scaffolds = named.map((scaffold) => ({ ...scaffold, cases: cases.get(scaffold.title) ?? [] }));
    const model = [...this.files.tests.values()][0] ?? this.files.sources.get(path)!;
    const jestGlobalsImported = [...this.files.tests.values()].some(({ text }) => /['"]@jest\/globals['"]/.test(text));
    return { text: scaffoldText({ framework: this.framework, imports: imported.lines, scaffolds, modules, jestGlobalsImported, isTs: isTypeScript(testPath) }, styleOf(model.text)), scaffolds };
  }

  private modulesOf(testPath: string, sourceIsCommonJs: boolean): 'esm' | 'cjs' {
    const extension = /\.([a-z]+)$/.exec(testPath)?.[1] ?? '';
    if (/^m|^tsx?$/.test(extension) || this.framework === 'vitest') return 'esm';
    if (extension.startsWith('c')) return 'cjs';
    const alike = [...this.files.tests].filter(([path]) => path.endsWith(`.${extension}`)).map(([, { text }]) => /^\s*(?:import\s|export\s)/m.test(text));
    if (alike.length > 0) return alike.filter((esm) => esm).length * 2 >= alike.length ? 'esm' : 'cjs';
    return this.files.manifest['type'] === 'module' || !sourceIsCommonJs ? 'esm' : 'cjs';
  }

  /** The self-check: the file parses with and without its marks, and has one mark per scaffold. */
  private whatIsWrong(testPath: string, text: string, scaffolds: readonly Scaffold[]): string | undefined {
    const error = parse(testPath, text).errors[0] ?? parse(testPath, unmark(text, this.framework)).errors[0];
    if (error !== undefined) return `the scaffold would not parse: ${error}`;
    return marksIn(text, this.framework) === scaffolds.length && marksIn(unmark(text, this.framework), this.framework) === 0 ? undefined : 'the marks could not be written';
  }
}
