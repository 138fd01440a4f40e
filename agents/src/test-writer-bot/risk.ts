/** Whether a function may be called with made-up arguments on somebody's machine. Syntax only; in doubt the answer is no. */
import ts from '../source/typescript.cjs';
import { bindingNames } from '../doc-bot/facts/scope.js';

const QUIET_MODULES = new Set(['assert', 'assert/strict', 'buffer', 'crypto', 'events', 'os', 'path', 'path/posix', 'path/win32', 'perf_hooks', 'punycode', 'querystring', 'stream', 'string_decoder', 'timers', 'timers/promises', 'url', 'util', 'util/types', 'zlib', 'async_hooks', 'diagnostics_channel']);
const READING = /^(?:readFile|readFileSync|readdir|readdirSync|stat|statSync|lstat|lstatSync|access|accessSync|exists|existsSync|realpath|realpathSync|constants|promises|Stats|Dirent|opendir|opendirSync|createReadStream)$/;
const DANGEROUS_NAMES = /^(?:delete|remove|drop|destroy|purge|wipe|clear|send|publish|deploy|pay|charge|refund|transfer|migrate|install|uninstall|reset|kill|shutdown|upload|exec|execute|run|spawn|start|serve|listen|main|write|save|push|post|put|patch|rename|move|prompt|boot|bootstrap|launch|commit|release)/;
const PROCESS_VERBS = new Set(['exit', 'abort', 'kill', 'chdir', 'reallyExit', 'setuid', 'setgid', 'umask', 'stdin', 'on', 'once', 'addListener', 'disconnect', 'send']);
const LOUD_GLOBALS = new Set(['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'setInterval', 'eval', 'Function', 'alert', 'prompt', 'confirm', 'importScripts', 'Worker', 'Deno', 'Bun']);

/** What the functions of one file lean on. */
export interface FileRisks {
  /** Why calling this function is not safe; undefined when nothing speaks against it. */
  reasonAgainst(name: string, node: ts.Node): string | undefined;
  /** Why even importing the file is not safe. */
  importRisk: string | undefined;
}

export function risksOf(file: ts.SourceFile): FileRisks {
  const imports = importsOf(file);
  const local = localFunctions(file);
  const reasonIn = (node: ts.Node, seen: Set<string>): string | undefined => {
    const own = directReason(node, imports);
    if (own !== undefined) return own;
    for (const name of namesIn(node)) {
      const callee = local.get(name);
      if (!callee || seen.has(name)) continue;
      seen.add(name);
      const inner = reasonIn(callee, seen);
      if (inner !== undefined) return inner;
    }
    return undefined;
  };
  return {
    importRisk: importRisk(file, (node) => reasonIn(node, new Set())),
    reasonAgainst(name, node) {
      const reason = reasonIn(node, new Set([name]));
      if (reason !== undefined) return reason;
      // Another file or package may do what the name says.
      const callsOut = [...namesIn(node)].some((used) => imports.has(used) && !isQuiet(imports.get(used)!.module));
      return callsOut && DANGEROUS_NAMES.test(name) ? 'its name and its imports suggest effects outside' : undefined;
    },
  };
}

interface Imported {
  module: string;
  /** The exported name; `*` for the whole module. */
  name: string;
}

function importsOf(file: ts.SourceFile): Map<string, Imported> {
  const imports = new Map<string, Imported>();
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier) && !node.importClause?.isTypeOnly) readImport(node, node.moduleSpecifier.text, imports);
    else if (ts.isVariableDeclaration(node) && node.initializer) readRequire(node, imports);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return imports;
}

function readImport(node: ts.ImportDeclaration, module: string, imports: Map<string, Imported>): void {
  const { importClause: clause } = node;
  if (clause?.name) imports.set(clause.name.text, { module, name: '*' });
  const bindings = clause?.namedBindings;
  if (bindings && ts.isNamespaceImport(bindings)) imports.set(bindings.name.text, { module, name: '*' });
  else if (bindings) for (const element of bindings.elements) if (!element.isTypeOnly) imports.set(element.name.text, { module, name: (element.propertyName ?? element.name).text });
}

function readRequire(node: ts.VariableDeclaration, imports: Map<string, Imported>): void {
  const match = /^require\(\s*['"]([^'"]+)['"]\s*\)(?:\.(\w+))?$/.exec(node.initializer!.getText());
  if (!match) return;
  const module = match[1]!;
  if (ts.isObjectBindingPattern(node.name)) {
    for (const element of node.name.elements) for (const name of bindingNames(element.name)) imports.set(name, { module, name: (element.propertyName ?? element.name).getText() });
  } else if (ts.isIdentifier(node.name)) imports.set(node.name.text, { module, name: match[2] ?? '*' });
}

const bare = (module: string): string => module.replace(/^node:/, '');
const BUILTIN = /^(?:node:.*|child_process|cluster|dgram|dns|domain|fs|fs\/promises|http|http2|https|inspector|module|net|process|readline|repl|tls|tty|v8|vm|wasi|worker_threads|sqlite)$/;
const isQuiet = (module: string): boolean => QUIET_MODULES.has(bare(module));

function directReason(node: ts.Node, imports: ReadonlyMap<string, Imported>): string | undefined {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    const owner = node.expression.text;
    if (owner === 'process' && PROCESS_VERBS.has(node.name.text)) return `it uses process.${node.name.text}`;
    const from = imports.get(owner);
    if (from && /^fs(?:\/promises)?$/.test(bare(from.module))) return READING.test(node.name.text) ? undefined : `it uses fs.${node.name.text}`;
  }
  if (ts.isIdentifier(node)) {
    const from = imports.get(node.text);
    if (from && BUILTIN.test(from.module) && !isQuiet(from.module)) {
      const isFs = /^fs(?:\/promises)?$/.test(bare(from.module));
      if (!isFs || (from.name !== '*' && !READING.test(from.name))) return `it uses ${bare(from.module)}`;
    }
    if (LOUD_GLOBALS.has(node.text) && !from && isFree(node)) return `it uses ${node.text}`;
  }
  if ((ts.isWhileStatement(node) || ts.isDoStatement(node)) && node.expression.kind === ts.SyntaxKind.TrueKeyword && !leaves(node.statement)) return 'it may not end';
  if (ts.isForStatement(node) && !node.condition && !leaves(node.statement)) return 'it may not end';
  return ts.forEachChild(node, (child) => directReason(child, imports));
}

const isFree = (node: ts.Identifier): boolean => !(ts.isPropertyAccessExpression(node.parent) && node.parent.name === node) && !ts.isPropertyAssignment(node.parent) && !ts.isTypeReferenceNode(node.parent);
const leaves = (node: ts.Node): boolean => ts.isBreakStatement(node) || ts.isReturnStatement(node) || ts.isThrowStatement(node) || ts.isYieldExpression(node) || (ts.forEachChild(node, (child) => leaves(child) || undefined) ?? false);

function localFunctions(file: ts.SourceFile): Map<string, ts.Node> {
  const found = new Map<string, ts.Node>();
  for (const statement of file.statements) {
    if ((ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name) found.set(statement.name.text, statement);
    else if (ts.isVariableStatement(statement)) for (const { name, initializer } of statement.declarationList.declarations) if (ts.isIdentifier(name) && initializer) found.set(name.text, initializer);
  }
  return found;
}

function namesIn(node: ts.Node): Set<string> {
  const names = new Set<string>();
  const visit = (at: ts.Node): void => {
    if (ts.isIdentifier(at) && isFree(at)) names.add(at.text);
    ts.forEachChild(at, visit);
  };
  visit(node);
  return names;
}

/** A program rather than a library: importing it runs it. */
function importRisk(file: ts.SourceFile, reasonIn: (node: ts.Node) => string | undefined): string | undefined {
  if (file.text.startsWith('#!')) return 'it is a program: importing it would run it';
  for (const statement of file.statements) {
    if (!ts.isExpressionStatement(statement)) continue;
    const { expression } = statement;
    const call = ts.isAwaitExpression(expression) ? expression.expression : expression;
    if (ts.isCallExpression(call) && !/^(?:Object\.|exports\.|module\.|__export|util\.inherits|inherits|require$|Symbol)/.test(call.expression.getText())) {
      const reason = reasonIn(call);
      if (reason !== undefined || /^(?:main|run|start|bootstrap|init|program\.parse\w*|yargs.*|app\.listen|server\.listen)$/.test(call.expression.getText())) return 'importing it runs code with effects outside';
    }
  }
  return undefined;
}
