import ts from '../source/typescript.cjs';
import type { Exported } from '../source/exports.js';

/** How the file's own exported functions and classes use its types, and which of its errors they throw. */
export interface ModuleIndex {
  exportedNames: ReadonlySet<string>;
  /** Type name to the functions that take it as a parameter. */
  takenBy: ReadonlyMap<string, string[]>;
  /** Type name to the functions that return it, itself or in a promise. */
  returnedBy: ReadonlyMap<string, string[]>;
  /** Error class to the functions that throw it. */
  thrownBy: ReadonlyMap<string, string[]>;
}

export function indexOf(items: readonly Exported[]): ModuleIndex {
  const index = { takenBy: new Map<string, string[]>(), returnedBy: new Map<string, string[]>(), thrownBy: new Map<string, string[]>() };
  for (const item of items) {
    const { signature, implementation } = item;
    if (!signature || !implementation) continue;
    const name = item.kind === 'constructor' ? item.owner! : item.owner === undefined ? item.name : `${item.owner}.${item.name}`;
    if (name === '') continue;
    for (const param of signature.parameters) note(index.takenBy, typeName(param.type), name);
    note(index.returnedBy, typeName(signature.type), name);
    for (const thrown of thrownClasses(implementation)) note(index.thrownBy, thrown, name);
  }
  return { ...index, exportedNames: new Set(items.filter((item) => item.owner === undefined).map((item) => item.name)) };
}

function note(map: Map<string, string[]>, key: string | undefined, name: string): void {
  if (key === undefined) return;
  const names = map.get(key) ?? [];
  if (!names.includes(name)) map.set(key, [...names, name]);
}

/** `T`, `T | undefined`, `Partial<T>`, `Promise<T>`, `T[]` all speak of T. */
function typeName(type: ts.TypeNode | undefined): string | undefined {
  if (!type) return undefined;
  if (ts.isArrayTypeNode(type)) return undefined;
  if (ts.isUnionTypeNode(type)) return type.types.map(typeName).find((name) => name !== undefined);
  if (!ts.isTypeReferenceNode(type) || !ts.isIdentifier(type.typeName)) return undefined;
  const { text } = type.typeName;
  return /^(?:Promise|Partial|Readonly|Required)$/.test(text) ? typeName(type.typeArguments?.[0]) : text;
}

function thrownClasses(node: ts.Node): string[] {
  const found: string[] = [];
  const visit = (at: ts.Node): void => {
    if (ts.isThrowStatement(at) && at.expression && ts.isNewExpression(at.expression) && ts.isIdentifier(at.expression.expression)) found.push(at.expression.expression.text);
    ts.forEachChild(at, visit);
  };
  visit(node);
  return found;
}
