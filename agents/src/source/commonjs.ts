import ts from './typescript.cjs';
import { isFunctionValue, unwrapped } from './parse.js';
import type { Exported } from './exports.js';

/** What a CommonJS file exports. */
export interface CommonJs {
  /** Functions, classes and values written where they are exported. */
  items: Exported[];
  /** Local names that are exported, with the names they are exported as. */
  names: Map<string, string[]>;
  /** The statements that export a local name: a doc comment there counts. */
  anchors: Map<string, ts.Node[]>;
}

/** Reads `exports.x = …`, `module.exports = …` and members added to exported functions and their prototypes. */
export function commonJsExports(file: ts.SourceFile): CommonJs {
  const found: CommonJs = { items: [], names: new Map(), anchors: new Map() };
  if (!/\bexports\b/.test(file.text) || !isScript(file)) return found;
  const aliases = new Set<string>();
  for (const statement of file.statements) {
    if (ts.isExpressionStatement(statement)) readAssignment(statement.expression, statement, aliases, found);
    else if (ts.isVariableStatement(statement)) readVariables(statement, aliases, found);
  }
  addMembers(file, found);
  return found;
}

/** Neither imports nor exports as a module does. */
export const isScript = (file: ts.SourceFile): boolean =>
  !file.statements.some((s) => ts.isImportDeclaration(s) || ts.isExportDeclaration(s) || ts.isExportAssignment(s) || (ts.canHaveModifiers(s) && ts.getModifiers(s)?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword)));

/** `var app = exports = module.exports = {}`: from here on `app.x = …` exports x. */
function readVariables(statement: ts.VariableStatement, aliases: Set<string>, found: CommonJs): void {
  for (const { name, initializer } of statement.declarationList.declarations) {
    if (!initializer || !ts.isIdentifier(name)) continue;
    if (isAssignment(initializer)) {
      const { targets, value } = chain(initializer);
      if (!targets.some((target) => exportTarget(target, aliases) === WHOLE)) continue;
      aliases.add(name.text);
      if (isFunctionValue(value)) note(found, name.text, 'module.exports', statement);
      else readWhole(value, statement, found);
    } else if (exportTarget(initializer, aliases) === WHOLE) aliases.add(name.text);
  }
}

function readAssignment(expression: ts.Expression, statement: ts.Statement, aliases: Set<string>, found: CommonJs): void {
  if (!isAssignment(expression)) return;
  const { targets, value } = chain(expression);
  const names = targets.map((target) => exportTarget(target, aliases)).filter((name) => name !== undefined);
  if (names.includes(WHOLE)) return readWhole(value, statement, found);
  for (const name of names) readNamed(name, value, statement, found);
}

/** `module.exports = value`. */
function readWhole(value: ts.Expression, statement: ts.Statement, found: CommonJs): void {
  if (ts.isObjectLiteralExpression(value)) return value.properties.forEach((property) => readProperty(property, found));
  readNamed(WHOLE, value, statement, found);
}

function readNamed(name: string, value: ts.Expression, anchor: ts.Node, found: CommonJs): void {
  if (ts.isIdentifier(value)) return note(found, value.text, name, anchor);
  const own = name !== WHOLE ? name : (ts.isFunctionExpression(value) || ts.isClassExpression(value)) && value.name ? value.name.text : '';
  const base = { name: own, exportedAs: [name], anchor, otherAnchors: [], node: value };
  if (isFunctionValue(value)) found.items.push({ ...base, kind: 'function', signature: value, implementation: value });
  else if (ts.isClassExpression(value)) found.items.push({ ...base, kind: 'class' });
  else if (name !== WHOLE && !isReexport(value)) found.items.push({ ...base, kind: 'const' });
}

function readProperty(property: ts.ObjectLiteralElementLike, found: CommonJs): void {
  if (ts.isShorthandPropertyAssignment(property)) return note(found, property.name.text, property.name.text, property);
  if (!property.name || !(ts.isIdentifier(property.name) || ts.isStringLiteral(property.name))) return;
  const name = property.name.text;
  if (ts.isMethodDeclaration(property)) {
    found.items.push({ name, exportedAs: [name], kind: 'function', anchor: property, otherAnchors: [], node: property, signature: property, implementation: property });
  } else if (ts.isPropertyAssignment(property)) {
    const value = unwrapped(property.initializer);
    // A table of plain values is data, not a row of declarations.
    if (ts.isIdentifier(value) || isFunctionValue(value) || ts.isClassExpression(value)) readNamed(name, value, property, found);
  }
}

/** `Exported.prototype.m = function` and `Exported.m = function` on functions and classes that are exported. */
function addMembers(file: ts.SourceFile, found: CommonJs): void {
  for (const statement of file.statements) {
    if (!ts.isExpressionStatement(statement) || !isAssignment(statement.expression)) continue;
    const { targets, value } = chain(statement.expression);
    if (!isFunctionValue(value)) continue;
    for (const target of targets) {
      if (!ts.isPropertyAccessExpression(target) || !ts.isIdentifier(target.name) || target.name.text.startsWith('_')) continue;
      const owner = prototypeOwner(target.expression);
      if (!owner || !found.names.has(owner.name)) continue;
      const base = { name: target.name.text, exportedAs: [], anchor: statement, otherAnchors: [], node: value };
      found.items.push({ ...base, kind: 'method', signature: value, implementation: value, owner: owner.name, isStatic: owner.isStatic });
      break;
    }
  }
}

function prototypeOwner(node: ts.Expression): { name: string; isStatic: boolean } | undefined {
  if (ts.isIdentifier(node)) return { name: node.text, isStatic: true };
  if (ts.isPropertyAccessExpression(node) && node.name.text === 'prototype' && ts.isIdentifier(node.expression)) return { name: node.expression.text, isStatic: false };
  return undefined;
}

const WHOLE = 'module.exports';

/** The name a target exports, `module.exports` for the whole, undefined when it exports nothing. */
function exportTarget(node: ts.Expression, aliases: ReadonlySet<string>): string | undefined {
  if (ts.isIdentifier(node)) return node.text === 'exports' || aliases.has(node.text) ? WHOLE : undefined;
  if (!ts.isPropertyAccessExpression(node) || !ts.isIdentifier(node.name)) return undefined;
  if (ts.isIdentifier(node.expression) && node.expression.text === 'module' && node.name.text === 'exports') return WHOLE;
  return exportTarget(node.expression, aliases) === WHOLE ? node.name.text : undefined;
}

type Assignment = ts.BinaryExpression & { operatorToken: { kind: ts.SyntaxKind.EqualsToken } };
const isAssignment = (node: ts.Expression): node is Assignment => ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken;

/** `a = b = value` as its targets and its value. */
function chain(node: Assignment): { targets: ts.Expression[]; value: ts.Expression } {
  const targets: ts.Expression[] = [];
  let at: ts.Expression = node;
  while (isAssignment(at)) {
    targets.push(at.left);
    at = at.right;
  }
  return { targets, value: unwrapped(at) };
}

function note(found: CommonJs, name: string, as: string, anchor: ts.Node): void {
  found.names.set(name, [...(found.names.get(name) ?? []), as]);
  found.anchors.set(name, [...(found.anchors.get(name) ?? []), anchor]);
}

/** `require('./x')`, `require('./x').y`, `other.y`, `void 0`: made elsewhere, documented elsewhere. */
function isReexport(value: ts.Expression): boolean {
  if (ts.isPropertyAccessExpression(value) || ts.isVoidExpression(value)) return true;
  return ts.isCallExpression(value) && ts.isIdentifier(value.expression) && /^(?:require|__importDefault|__importStar|__exportStar)$/.test(value.expression.text);
}
