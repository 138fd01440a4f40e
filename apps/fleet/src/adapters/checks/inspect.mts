/**
 * Runs inside the sandbox: parses drafted files, compares their tokens with those of the base, and reads which tests stand in them.
 * Argument: the base's directory; on standard input, as JSON, the paths below the working directory. Prints {@link Findings} as JSON, bounded.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from '@countersign/agents/typescript';

export type InspectionKind = 'parses' | 'comments-only';
/** A test that is expected to fail: its title, and the framework whose mark it carries. */
export interface MarkedTest {
  readonly title: string;
  readonly mark: 'node:test' | 'jest' | 'vitest';
}
/** What a drafted file holds as a file of scaffolds: imports, declarations and marked tests; whatever else stands at its top is a problem. */
export interface ScaffoldFile {
  readonly path: string;
  readonly tests: readonly MarkedTest[];
  readonly problems: readonly string[];
}
/** Problems by question, one line each and at most {@link SHOWN}; none where there is nothing to object to. */
export type Findings = Readonly<Record<InspectionKind, readonly string[]>> & { readonly scaffolds: readonly ScaffoldFile[] };

/** Problems that are told; of each as many characters. */
const SHOWN = 50;
const MAX_LINE = 500;
/** Bytes of all scaffolds as JSON: with the problems they fit into what is kept of a command's output. */
const MAX_SCAFFOLDS = 600 * 1024;

const [baseDirectory = ''] = process.argv.slice(2);
const paths = JSON.parse(readFileSync(0, 'utf8')) as readonly string[];
const KINDS: Readonly<Record<string, ts.ScriptKind>> = { '.ts': ts.ScriptKind.TS, '.mts': ts.ScriptKind.TS, '.cts': ts.ScriptKind.TS, '.tsx': ts.ScriptKind.TSX, '.js': ts.ScriptKind.JS, '.mjs': ts.ScriptKind.JS, '.cjs': ts.ScriptKind.JS, '.jsx': ts.ScriptKind.JSX };
const kindOf = (path: string): ts.ScriptKind | undefined => KINDS[/\.[cm]?[jt]sx?$/.exec(path)?.[0] ?? ''];

/** The parser keeps its findings on a property that is not in the public type. */
type Parsed = ts.SourceFile & { readonly parseDiagnostics: readonly ts.DiagnosticWithLocation[] };
const parse = (path: string, text: string): Parsed => ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kindOf(path)) as Parsed;

function* parses(path: string): Generator<string> {
  const source = parse(path, readFileSync(path, 'utf8'));
  for (const { start, messageText } of source.parseDiagnostics) {
    const { line, character } = source.getLineAndCharacterOfPosition(start);
    yield `${path}:${line + 1}:${character + 1}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  }
}

/** Every token of the tree in order, comments and blanks left out. */
function tokens(source: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(source);
    if (children.length === 0) found.push(node.getText(source));
    else children.forEach(visit);
  };
  visit(source);
  return found;
}

function* commentsOnly(path: string): Generator<string> {
  const base = join(baseDirectory, path);
  if (!existsSync(base)) return yield `${path}: a new file is more than comments`;
  if (!existsSync(path)) return yield `${path}: was removed`;
  if (kindOf(path) === undefined) return yield `${path}: not a source file`;
  const [before, after] = [tokens(parse(path, readFileSync(base, 'utf8'))), tokens(parse(path, readFileSync(path, 'utf8')))];
  const at = after.findIndex((token, index) => token !== before[index]);
  if (at >= 0 || before.length !== after.length) yield `${path}: code differs near ${JSON.stringify(after[at] ?? before[after.length] ?? '')}`;
}

const isTest = (node: ts.Node): boolean => ts.isIdentifier(node) && (node.text === 'test' || node.text === 'it');
const isFunction = (node: ts.Node | undefined): boolean => node !== undefined && (ts.isArrowFunction(node) || ts.isFunctionExpression(node));
const isDeclaration = (node: ts.Node): boolean =>
  ts.isImportDeclaration(node) || ts.isImportEqualsDeclaration(node) || ts.isVariableStatement(node) || ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node) ||
  ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isEnumDeclaration(node) || ts.isEmptyStatement(node) || (ts.isExpressionStatement(node) && ts.isStringLiteral(node.expression));

/** `test('…', { todo: true }, fn)` of node:test, `test.failing('…', fn)` of jest, `test.fails('…', fn)` of vitest. */
function markedTest(statement: ts.Statement): MarkedTest | undefined {
  if (!ts.isExpressionStatement(statement) || !ts.isCallExpression(statement.expression)) return undefined;
  const { expression: callee, arguments: [title, second, third] } = statement.expression;
  if (!title || !ts.isStringLiteral(title)) return undefined;
  if (isTest(callee)) return isTodo(second) && isFunction(third) ? { title: title.text, mark: 'node:test' } : undefined;
  if (!ts.isPropertyAccessExpression(callee) || !isTest(callee.expression) || !isFunction(second)) return undefined;
  if (callee.name.text === 'failing') return { title: title.text, mark: 'jest' };
  return callee.name.text === 'fails' ? { title: title.text, mark: 'vitest' } : undefined;
}

const isTodo = (options: ts.Node | undefined): boolean =>
  options !== undefined && ts.isObjectLiteralExpression(options) &&
  options.properties.some((property) => ts.isPropertyAssignment(property) && ts.isIdentifier(property.name) && property.name.text === 'todo' && property.initializer.kind === ts.SyntaxKind.TrueKeyword);

/** Reads `file` as the scaffolds of `path`. */
function scaffoldsOf(path: string, file: string): ScaffoldFile {
  if (!existsSync(file)) return { path, tests: [], problems: [`${path}: scaffolds are added, no file is removed`] };
  if (kindOf(path) === undefined) return { path, tests: [], problems: [`${path}: not a source file`] };
  const source = parse(path, readFileSync(file, 'utf8'));
  const tests: MarkedTest[] = [];
  const problems = source.parseDiagnostics.length > 0 ? [`${path}: does not parse`] : [];
  for (const statement of source.statements) {
    const test = markedTest(statement);
    const line = source.getLineAndCharacterOfPosition(statement.getStart(source)).line + 1;
    if (test && tests.some(({ title }) => title === test.title)) problems.push(`${path}:${line}: two tests are called ${JSON.stringify(test.title)}`);
    if (test) tests.push(test);
    else if (!isDeclaration(statement)) problems.push(`${path}:${line}: neither an import nor a declaration nor a test with the mark of an expected failure`);
  }
  if (tests.length === 0 && problems.length === 0) problems.push(`${path}: holds no scaffold`);
  return { path, tests, problems };
}

/** A draft may also change a file that held scaffolds and nothing else before. */
function* scaffolds(path: string): Generator<ScaffoldFile> {
  const drafted = scaffoldsOf(path, path);
  const base = join('/base', path);
  if (!existsSync(base) || scaffoldsOf(path, base).problems.length === 0) yield drafted;
  else yield { ...drafted, problems: [`${path}: stands in the repository and is more than scaffolds`, ...drafted.problems] };
}

const isSource = (path: string): boolean => existsSync(path) && kindOf(path) !== undefined;

/** The first problems, and how many more there are. */
function told(problems: readonly string[]): string[] {
  const shown = problems.slice(0, SHOWN).map((problem) => (problem.length > MAX_LINE ? `${problem.slice(0, MAX_LINE)}…` : problem));
  return problems.length > SHOWN ? [...shown, `and ${problems.length - SHOWN} more`] : shown;
}

function toldScaffolds(found: readonly ScaffoldFile[]): readonly ScaffoldFile[] {
  const problems = told(found.flatMap((file) => file.problems));
  if (problems.length > 0) return [{ path: found[0]!.path, tests: [], problems }];
  return Buffer.byteLength(JSON.stringify(found)) <= MAX_SCAFFOLDS ? found : [{ path: found[0]!.path, tests: [], problems: ['these are more scaffolds, or longer titles, than can be judged at once'] }];
}

const findings: Findings = {
  parses: told(paths.filter(isSource).flatMap((path) => [...parses(path)])),
  'comments-only': told(paths.flatMap((path) => [...commentsOnly(path)])),
  scaffolds: toldScaffolds(paths.flatMap((path) => [...scaffolds(path)])),
};
process.stdout.write(JSON.stringify(findings));
