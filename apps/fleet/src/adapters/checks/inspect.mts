/**
 * Runs inside the sandbox: parses drafted files, and compares their tokens with those of the base.
 * Arguments: paths below the working directory; the base stands below `/base`. Prints {@link Findings} as JSON.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

export type InspectionKind = 'parses' | 'comments-only';
/** Problems by question, one line each; none where there is nothing to object to. */
export type Findings = Readonly<Record<InspectionKind, readonly string[]>>;

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
  const base = join('/base', path);
  if (!existsSync(base)) return yield `${path}: a new file is more than comments`;
  if (!existsSync(path)) return yield `${path}: was removed`;
  if (kindOf(path) === undefined) return yield `${path}: not a source file`;
  const [before, after] = [tokens(parse(path, readFileSync(base, 'utf8'))), tokens(parse(path, readFileSync(path, 'utf8')))];
  const at = after.findIndex((token, index) => token !== before[index]);
  if (at >= 0 || before.length !== after.length) yield `${path}: code differs near ${JSON.stringify(after[at] ?? before[after.length] ?? '')}`;
}

const paths = process.argv.slice(2);
const isSource = (path: string): boolean => existsSync(path) && kindOf(path) !== undefined;
const findings: Findings = {
  parses: paths.filter(isSource).flatMap((path) => [...parses(path)]),
  'comments-only': paths.flatMap((path) => [...commentsOnly(path)]),
};
process.stdout.write(JSON.stringify(findings));
