import ts from './typescript.cjs';
import { isFunctionValue, unwrapped, type Callable } from './parse.js';
import { commonJsExports, type CommonJs } from './commonjs.js';

export type ExportKind = 'function' | 'class' | 'method' | 'getter' | 'constructor' | 'interface' | 'type' | 'enum' | 'const' | 'namespace';

/** One thing a file offers to others. */
export interface Exported {
  /** The name inside the file; for members the member's own name; empty for an anonymous default export. */
  name: string;
  /** The names under which importers see it: `default` for a default export, `module.exports` for a whole CommonJS module. Empty for members. */
  exportedAs: string[];
  kind: ExportKind;
  /** What a comment goes in front of: a statement or a member. */
  anchor: ts.Node;
  /** Other places where a doc comment would count as its documentation. */
  otherAnchors: ts.Node[];
  /** The declaration, for facts. */
  node: ts.Node;
  /** The function whose parameters callers see: the first overload where there are several. */
  signature?: Callable;
  /** The function with the body. */
  implementation?: Callable;
  /** The class or object it belongs to. */
  owner?: string;
  isStatic?: boolean;
}

/** Everything the file exports, in source order, with the public members of exported classes. */
export function exportedOf(file: ts.SourceFile): Exported[] {
  const found = new Map<ts.Node, Exported>();
  const add = (item: Exported): void => {
    const known = found.get(item.node);
    if (!known) found.set(item.node, item);
    else {
      known.exportedAs.push(...item.exportedAs.filter((name) => !known.exportedAs.includes(name)));
      known.otherAnchors.push(...[item.anchor, ...item.otherAnchors].filter((anchor) => anchor !== known.anchor));
    }
  };
  const commonJs = commonJsExports(file);
  collectModule(file.statements, add, commonJs);
  for (const item of commonJs.items) add(item);
  const members = [...found.values()].flatMap((item) => (item.kind === 'class' ? classMembers(item.node as ts.ClassLikeDeclaration, item.name) : []));
  return [...found.values(), ...members].sort((a, b) => a.anchor.pos - b.anchor.pos);
}

function collectModule(statements: readonly ts.Statement[], add: (item: Exported) => void, commonJs?: CommonJs): void {
  const exportedNames = namesExportedLater(statements);
  for (const [name, as] of commonJs?.names ?? []) exportedNames.set(name, [...(exportedNames.get(name) ?? []), ...as]);
  for (const statement of statements) {
    const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
    const inline = modifiers?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword) ?? false;
    const isDefault = modifiers?.some((m) => m.kind === ts.SyntaxKind.DefaultKeyword) ?? false;
    const namesOf = (name: string): string[] => [...(inline ? [isDefault ? 'default' : name] : []), ...(exportedNames.get(name) ?? [])];
    for (const item of declarationsIn(statement, statements)) {
      const exportedAs = namesOf(item.name);
      if (exportedAs.length > 0) add({ ...item, exportedAs, otherAnchors: [...item.otherAnchors, ...(commonJs?.anchors.get(item.name) ?? [])] });
    }
    if (inline && ts.isModuleDeclaration(statement) && statement.body && ts.isModuleBlock(statement.body)) collectModule(statement.body.statements, add);
    if (ts.isExportAssignment(statement)) addDefault(statement, add);
  }
}

/** `export { a, b as c }`, `export default a` and `export = a` name things declared elsewhere in the file. */
function namesExportedLater(statements: readonly ts.Statement[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  const note = (name: string, as: string): void => void names.set(name, [...(names.get(name) ?? []), as]);
  for (const statement of statements) {
    if (ts.isExportDeclaration(statement) && !statement.moduleSpecifier && statement.exportClause && ts.isNamedExports(statement.exportClause)) {
      for (const element of statement.exportClause.elements) note((element.propertyName ?? element.name).text, element.name.text);
    } else if (ts.isExportAssignment(statement)) {
      const value = unwrapped(statement.expression);
      if (ts.isIdentifier(value)) note(value.text, statement.isExportEquals ? 'module.exports' : 'default');
    }
  }
  return names;
}

function addDefault(statement: ts.ExportAssignment, add: (item: Exported) => void): void {
  const value = unwrapped(statement.expression);
  const base = { exportedAs: ['default'], anchor: statement, otherAnchors: [], node: value };
  if (isFunctionValue(value)) add({ ...base, name: ts.isFunctionExpression(value) ? (value.name?.text ?? '') : '', kind: 'function', signature: value, implementation: value });
  else if (ts.isClassExpression(value)) add({ ...base, name: value.name?.text ?? '', kind: 'class' });
}

type Local = Omit<Exported, 'exportedAs' | 'otherAnchors'> & { otherAnchors: ts.Node[] };

/** What one statement declares; of a group of overloads only the first counts. */
function declarationsIn(statement: ts.Statement, siblings: readonly ts.Statement[]): Local[] {
  const base = { anchor: statement as ts.Node, node: statement as ts.Node, otherAnchors: [] };
  if (ts.isFunctionDeclaration(statement)) {
    const group = siblings.filter((s): s is ts.FunctionDeclaration => ts.isFunctionDeclaration(s) && s.name?.text === statement.name?.text);
    if (statement.name && group[0] !== statement) return [];
    return [{ ...base, name: statement.name?.text ?? '', kind: 'function', signature: statement, implementation: group.find((s) => s.body) ?? statement, otherAnchors: group.slice(1) }];
  }
  if (ts.isClassDeclaration(statement)) return [{ ...base, name: statement.name?.text ?? '', kind: 'class' }];
  if (ts.isInterfaceDeclaration(statement)) return [{ ...base, name: statement.name.text, kind: 'interface' }];
  if (ts.isTypeAliasDeclaration(statement)) return [{ ...base, name: statement.name.text, kind: 'type' }];
  if (ts.isEnumDeclaration(statement)) return [{ ...base, name: statement.name.text, kind: 'enum' }];
  if (ts.isVariableStatement(statement)) return variablesIn(statement);
  return [];
}

function variablesIn(statement: ts.VariableStatement): Local[] {
  const { declarations } = statement.declarationList;
  return declarations.flatMap((declaration, at): Local[] => {
    if (!ts.isIdentifier(declaration.name)) return [];
    const value = declaration.initializer && unwrapped(declaration.initializer);
    const common = { anchor: at === 0 ? statement : declaration, node: declaration, otherAnchors: at === 0 ? [declaration] : [], name: declaration.name.text };
    if (isFunctionValue(value)) return [{ ...common, kind: 'function', signature: value, implementation: value }];
    if (value && ts.isClassExpression(value)) return [{ ...common, node: value, kind: 'class' }];
    return [{ ...common, kind: 'const' }];
  });
}

/** The public methods, getters and the constructor of a class; not what is private, protected, computed, overriding or marked by `_`. */
function classMembers(node: ts.ClassLikeDeclaration, owner: string): Exported[] {
  const firsts = new Map<string, Exported>();
  for (const member of node.members) {
    const item = memberOf(member, owner);
    if (!item) continue;
    const key = `${item.isStatic ? 'static ' : ''}${item.kind} ${item.name}`;
    const first = firsts.get(key);
    if (!first) firsts.set(key, item);
    else {
      first.otherAnchors.push(member);
      if (item.implementation?.body) first.implementation = item.implementation;
    }
  }
  return [...firsts.values()];
}

function memberOf(member: ts.ClassElement, owner: string): Exported | undefined {
  const flags = ts.getCombinedModifierFlags(member);
  if (flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected | ts.ModifierFlags.Override)) return undefined;
  const base = { exportedAs: [], anchor: member, otherAnchors: [], node: member, owner, isStatic: (flags & ts.ModifierFlags.Static) !== 0 };
  if (ts.isConstructorDeclaration(member)) {
    return member.parameters.length === 0 ? undefined : { ...base, name: owner, kind: 'constructor', signature: member, implementation: member };
  }
  if (!member.name || !ts.isIdentifier(member.name) || member.name.text.startsWith('_')) return undefined;
  const name = member.name.text;
  if (ts.isMethodDeclaration(member)) return { ...base, name, kind: 'method', signature: member, implementation: member };
  if (ts.isGetAccessorDeclaration(member)) return { ...base, name, kind: 'getter', signature: member, implementation: member };
  if (ts.isPropertyDeclaration(member) && member.initializer) {
    const value = unwrapped(member.initializer);
    if (isFunctionValue(value)) return { ...base, name, kind: 'method', signature: value, implementation: value };
  }
  return undefined;
}
