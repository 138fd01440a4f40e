import ts from '../source/typescript.cjs';
import { parse } from '../source/parse.js';

/** What one file imports and names. */
interface FileFacts {
  imports: string[];
  names: Set<string>;
  /** It exports things that it got from elsewhere. */
  reexports: boolean;
}

/** Imports that stand for something in the package but cannot be followed: aliases, the package's own name, computed paths. */
const ANYTHING = '*';

/** Which exported functions of a package its tests mention. */
export class TouchIndex {
  private readonly facts = new Map<string, FileFacts>();

  constructor(
    private readonly sources: ReadonlyMap<string, string>,
    private readonly tests: ReadonlyMap<string, string>,
    private readonly packageName: string | undefined,
  ) {}

  /** Whether some test reaches the module and mentions one of the names; a default export counts as mentioned by being imported. */
  isTouched(module: string, names: readonly string[]): boolean {
    return [...this.tests.keys()].some((test) => {
      const facts = this.factsOf(test, this.tests);
      const reached = this.reachedFrom(test, facts.imports);
      if (!reached.has(module) && !reached.has(ANYTHING)) return false;
      if (names.some((name) => name === 'default' || name === 'module.exports') && facts.imports.some((specifier) => this.resolve(specifier, test) === module)) return true;
      return names.some((name) => facts.names.has(name));
    });
  }

  /** The modules a test imports, and those whose exports they pass on. */
  private reachedFrom(test: string, imports: readonly string[]): Set<string> {
    const reached = new Set<string>();
    const queue = imports.map((specifier) => this.resolve(specifier, test));
    for (let next = queue.pop(); next !== undefined || queue.length > 0; next = queue.pop()) {
      if (next === undefined || reached.has(next)) continue;
      reached.add(next);
      const module = next;
      if (module === ANYTHING || !this.sources.has(module)) continue;
      const facts = this.factsOf(module, this.sources);
      if (facts.reexports) queue.push(...facts.imports.map((specifier) => this.resolve(specifier, module)));
    }
    return reached;
  }

  private factsOf(path: string, texts: ReadonlyMap<string, string>): FileFacts {
    let facts = this.facts.get(path);
    if (!facts) {
      facts = readFacts(parse(path, texts.get(path) ?? '').file);
      this.facts.set(path, facts);
    }
    return facts;
  }

  /** The file a specifier means; undefined for other packages, `*` where it cannot be told. */
  private resolve(specifier: string, from: string): string | undefined {
    if (specifier === ANYTHING || /^(?:@\/|~|#)/.test(specifier)) return ANYTHING;
    if (this.packageName !== undefined && (specifier === this.packageName || specifier.startsWith(`${this.packageName}/`))) return ANYTHING;
    if (!specifier.startsWith('.')) return undefined;
    const path = normalize([...from.split('/').slice(0, -1), ...specifier.split('/')]);
    const stem = path.replace(/\.([mc]?)jsx?$/, '');
    const candidates = [path, ...['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'].flatMap((end) => [path + end, stem + end]), ...['ts', 'tsx', 'js', 'mjs', 'cjs'].map((end) => `${path === '' ? '' : `${path}/`}index.${end}`)];
    const found = candidates.find((candidate) => this.sources.has(candidate));
    // Into a build folder: the compiled form of some source.
    return found ?? (/(?:^|\/)(?:dist|build|out|lib)(?:\/|$)/.test(path) || path === '' ? ANYTHING : undefined);
  }
}

function normalize(parts: string[]): string {
  const out: string[] = [];
  for (const part of parts) {
    if (part === '..') out.pop();
    else if (part !== '.' && part !== '') out.push(part);
  }
  return out.join('/');
}

function readFacts(file: ts.SourceFile): FileFacts {
  const facts: FileFacts = { imports: [], names: new Set(), reexports: false };
  const imported = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) facts.names.add(node.text);
    else if (ts.isStringLiteralLike(node)) facts.names.add(node.text);
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      facts.imports.push(node.moduleSpecifier.text);
      namesOf(node.importClause).forEach((name) => imported.add(name));
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
      facts.imports.push(node.moduleSpecifier.text);
      facts.reexports = true;
    } else if (ts.isExportDeclaration(node) && node.exportClause && ts.isNamedExports(node.exportClause)) {
      if (node.exportClause.elements.some((element) => imported.has((element.propertyName ?? element.name).text))) facts.reexports = true;
    } else if (ts.isCallExpression(node)) readCall(node, facts);
    ts.forEachChild(node, visit);
  };
  visit(file);
  if (/\bexports\b[^;]*=[^;]*\brequire\(|\bmodule\.exports\s*=\s*\{/.test(file.text) && facts.imports.length > 0) facts.reexports = true;
  return facts;
}

function readCall(node: ts.CallExpression, facts: FileFacts): void {
  const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const callee = node.expression.getText();
  if (!isImport && !/^(?:require|require\.resolve|import\.meta\.resolve|jest\.requireActual|vi\.importActual|proxyquire|rewire)$/.test(callee)) return;
  const [first] = node.arguments;
  facts.imports.push(first && ts.isStringLiteralLike(first) ? first.text : ANYTHING);
}

function namesOf(clause: ts.ImportClause | undefined): string[] {
  const names = clause?.name ? [clause.name.text] : [];
  const bindings = clause?.namedBindings;
  if (!bindings) return names;
  return ts.isNamespaceImport(bindings) ? [...names, bindings.name.text] : [...names, ...bindings.elements.map((element) => element.name.text)];
}
