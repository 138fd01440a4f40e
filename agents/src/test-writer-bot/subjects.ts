/** The exported functions of one source that a test could call. */
import ts from '../source/typescript.cjs';
import { exportedOf, type Exported } from '../source/exports.js';
import { isScript } from '../source/commonjs.js';
import { isTypeScript, parse, usesThis } from '../source/parse.js';
import { risksOf } from './risk.js';
import { sampleArguments } from './samples.js';
import type { Scaffold } from './scaffold.js';

export interface Subject {
  /** Name inside the file; the file's noun for an anonymous default export. */
  name: string;
  exportedAs: string[];
  scaffold: Omit<Scaffold, 'reference' | 'title'>;
}
export interface Subjects {
  subjects: Subject[];
  /** The file exports by `module.exports`. */
  isCommonJs: boolean;
  /** Why no test can import the file. */
  unusable?: string;
}

export function subjectsOf(path: string, text: string): Subjects {
  const { file, errors } = parse(path, text);
  if (errors.length > 0) return { subjects: [], isCommonJs: false, unusable: `does not parse: ${errors[0]!}` };
  const items = exportedOf(file).filter((item) => item.kind === 'function' && item.owner === undefined && item.implementation?.body);
  const isCommonJs = isScript(file);
  const risks = risksOf(file);
  const subjects = items.map((item) => subjectOf(item, path, risks.reasonAgainst(item.name, item.implementation!)));
  return { subjects, isCommonJs, ...(risks.importRisk !== undefined && { unusable: risks.importRisk }) };
}

function subjectOf(item: Exported, path: string, risk: string | undefined): Subject {
  const implementation = item.implementation!;
  return {
    name: item.name,
    exportedAs: item.exportedAs,
    scaffold: { args: sampleArguments(item.signature!, isTypeScript(path)), call: isConstructor(item.name, implementation) ? 'construct' : callKind(item.signature!, implementation), ...(risk !== undefined && { notCalled: risk }) },
  };
}

/** A constructor in the old style: `function Cache() { this.items = []; }`. */
function isConstructor(name: string, node: ts.Node): boolean {
  return /^[A-Z]/.test(name) && !ts.isArrowFunction(node) && usesThis(node);
}

function callKind(signature: ts.SignatureDeclaration, implementation: ts.Node): Scaffold['call'] {
  const isAsync = (ts.canHaveModifiers(implementation) && ts.getModifiers(implementation)?.some((m) => m.kind === ts.SyntaxKind.AsyncKeyword)) ?? false;
  const isGenerator = (ts.isFunctionDeclaration(implementation) || ts.isFunctionExpression(implementation) || ts.isMethodDeclaration(implementation)) && implementation.asteriskToken !== undefined;
  if (isGenerator) return isAsync ? 'async-generator' : 'generator';
  if (isAsync || /^Promise(?:Like)?\b/.test(signature.type?.getText() ?? '')) return 'async';
  // Without a type: what mentions promises may return one, and one that nobody awaits would fail outside of its test.
  return !signature.type && /\bPromise\b|\.then\(|[aA]sync\b/.test(implementation.getText()) ? 'async' : 'plain';
}
