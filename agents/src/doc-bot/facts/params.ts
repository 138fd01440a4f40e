import ts from '../../source/typescript.cjs';
import { unwrapped, type Callable } from '../../source/parse.js';
import { isAssignmentOperator, type Scope } from './scope.js';

export interface PropertyFact {
  name: string;
  /** Source of the default value, when it fits a comment. */
  defaultText?: string;
  optional: boolean;
  /** JavaScript type that is certain; undefined otherwise. */
  certainType?: string;
}

/** What the code says about one parameter. */
export interface ParamFact {
  /** The written name; a destructured parameter has none and gets `options`, `props` or `source`. */
  name: string;
  node: ts.ParameterDeclaration;
  optional: boolean;
  rest: boolean;
  defaultText?: string;
  /** Written type, TypeScript only. */
  typeNode?: ts.TypeNode;
  certainType?: string;
  /** Fields taken by destructuring in the parameter list. */
  fields?: PropertyFact[];
  /** The function body calls it; with the arguments of its calls where they can be shown. */
  called: boolean;
  calledWith?: string[];
  nodeStyle: boolean;
  /** The function changes it in place. */
  mutated: boolean;
  /** Named with an underscore in front and never read. */
  unused: boolean;
}

export function paramsOf(signature: Callable, implementation: Callable, scope: Scope, isTs: boolean): ParamFact[] {
  const written = signature.parameters.filter((p) => !(ts.isIdentifier(p.name) && p.name.text === 'this'));
  return written.map((node, at) => paramOf(node, at === written.length - 1, implementation, scope, isTs));
}

function paramOf(node: ts.ParameterDeclaration, isLast: boolean, implementation: Callable, scope: Scope, isTs: boolean): ParamFact {
  const own = ts.isIdentifier(node.name) ? node.name.text : undefined;
  const inner = own === undefined ? undefined : (implementation.parameters.find((p) => ts.isIdentifier(p.name) && p.name.text === own) ?? node);
  const initializer = (inner ?? node).initializer ?? node.initializer;
  const body = implementation.body;
  const usage = own !== undefined && body ? usageOf(own, body, scope) : undefined;
  const fallback = usage?.fallback;
  const value = initializer ?? fallback;
  const defaultText = value && shownDefault(value);
  const typed = { ...(node.type && { typeNode: node.type }) };
  const fact: ParamFact = {
    name: own ?? inventedName(node, isLast),
    node,
    optional: node.questionToken !== undefined || value !== undefined || usage?.mayBeUndefined === true,
    rest: node.dotDotDotToken !== undefined,
    ...(defaultText !== undefined && { defaultText }),
    ...typed,
    called: usage?.called ?? false,
    ...(usage?.calledWith && { calledWith: usage.calledWith }),
    nodeStyle: usage?.nodeStyle ?? false,
    mutated: usage?.mutated ?? false,
    unused: own !== undefined && own.startsWith('_') && body !== undefined && !reads(own, body),
    ...(ts.isObjectBindingPattern(node.name) && { fields: fieldsOf(node.name) }),
  };
  const certainType = isTs ? undefined : certainTypeOf(fact, value, usage);
  return { ...fact, ...(certainType !== undefined && { certainType }) };
}

const reads = (name: string, node: ts.Node): boolean => (ts.isIdentifier(node) && node.text === name) || (ts.forEachChild(node, (child) => reads(name, child) || undefined) ?? false);

function inventedName(node: ts.ParameterDeclaration, isLast: boolean): string {
  const type = node.type && ts.isTypeReferenceNode(node.type) ? node.type.typeName.getText() : '';
  if (/Props$/.test(type)) return 'props';
  if (ts.isArrayBindingPattern(node.name)) return 'source';
  return isLast || node.initializer ? 'options' : 'source';
}

function fieldsOf(pattern: ts.ObjectBindingPattern): PropertyFact[] {
  return pattern.elements
    .filter((element) => !element.dotDotDotToken)
    .map((element) => {
      const key = element.propertyName ?? element.name;
      const name = ts.isIdentifier(key) || ts.isStringLiteral(key) ? key.text : key.getText();
      const defaultText = element.initializer && shownDefault(element.initializer);
      const certainType = element.initializer && literalType(element.initializer);
      return { name, optional: element.initializer !== undefined, ...(defaultText !== undefined && { defaultText }), ...(certainType !== undefined && { certainType }) };
    });
}

const MAX_DEFAULT = 30;

/** A default value as text, when it is short and has nothing in it that would break a comment; `undefined` and `{}` say nothing. */
function shownDefault(node: ts.Expression): string | undefined {
  const text = node.getText().replace(/\s*\n\s*/g, ' ');
  return text.length > MAX_DEFAULT || /`|\*\/|[[\]]{2}|=>/.test(text) || text === 'undefined' || text === '{}' || text === 'void 0' ? undefined : text;
}

export function literalType(node: ts.Expression): string | undefined {
  const value = unwrapped(node);
  if (ts.isStringLiteral(value) || ts.isNoSubstitutionTemplateLiteral(value) || ts.isTemplateExpression(value)) return 'string';
  if (ts.isNumericLiteral(value) || (ts.isPrefixUnaryExpression(value) && ts.isNumericLiteral(value.operand))) return 'number';
  if (value.kind === ts.SyntaxKind.TrueKeyword || value.kind === ts.SyntaxKind.FalseKeyword) return 'boolean';
  return ts.isIdentifier(value) && value.text === 'Infinity' ? 'number' : undefined;
}

function certainTypeOf(fact: ParamFact, value: ts.Expression | undefined, usage: Usage | undefined): string | undefined {
  if (fact.fields) return 'object';
  if (fact.rest) return '...*';
  const literal = value && literalType(value);
  return literal ?? usage?.guardedType ?? (usage?.called && !usage.typeTested ? 'Function' : undefined);
}

interface Usage {
  called: boolean;
  calledWith?: string[];
  nodeStyle: boolean;
  mutated: boolean;
  mayBeUndefined: boolean;
  /** The code asks for its type, so it may be several things. */
  typeTested: boolean;
  /** Any other type is answered with a throw. */
  guardedType?: string;
  fallback?: ts.Expression;
}

const MUTATORS = new Set(['push', 'pop', 'shift', 'unshift', 'splice', 'sort', 'reverse', 'fill', 'copyWithin', 'set', 'add', 'delete', 'clear']);

function usageOf(name: string, body: ts.Node, scope: Scope): Usage {
  const usage: Usage = { called: false, nodeStyle: false, mutated: false, mayBeUndefined: false, typeTested: false };
  const reassigned = isReassigned(name, body);
  const refers = (node: ts.Node): boolean => ts.isIdentifier(node) && node.text === name;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && node.parameters.some((p) => p.name.getText() === name)) return;
    if (ts.isCallExpression(node)) readCall(node, refers, usage, scope, reassigned);
    else if (ts.isBinaryExpression(node)) readBinary(node, refers, usage, reassigned);
    else if (ts.isDeleteExpression(node) && !reassigned && rootIs(node.expression, refers)) usage.mutated = true;
    else if (ts.isTypeOfExpression(node) && refers(node.expression)) usage.typeTested = true;
    else if (ts.isIfStatement(node)) readGuard(node, refers, usage);
    ts.forEachChild(node, visit);
  };
  visit(body);
  return usage;
}

function readCall(node: ts.CallExpression, refers: (node: ts.Node) => boolean, usage: Usage, scope: Scope, reassigned: boolean): void {
  const callee = unwrapped(node.expression);
  const via = ts.isPropertyAccessExpression(callee) && refers(callee.expression) ? callee.name.text : undefined;
  if (refers(callee)) {
    usage.called = true;
    const args = node.arguments.map((argument) => scope.show(argument) ?? nameOf(argument));
    if (node.arguments[0]?.kind === ts.SyntaxKind.NullKeyword && node.arguments.length === 2) usage.nodeStyle = true;
    if (!usage.calledWith && args.every((arg) => arg !== undefined && arg.length <= 20) && !node.arguments.some(ts.isSpreadElement)) usage.calledWith = args as string[];
  } else if (via === 'call' || via === 'apply') usage.called = true;
  else if (via !== undefined && MUTATORS.has(via) && !reassigned) usage.mutated = true;
  const [first] = node.arguments;
  if (first && refers(first) && !reassigned && /^Object\.(?:assign|defineProperty|defineProperties|setPrototypeOf)$/.test(callee.getText())) usage.mutated = true;
}

/** A plain name as argument still says what the argument is, also when it is a local one. */
const nameOf = (node: ts.Expression): string | undefined => (ts.isIdentifier(node) ? node.text : undefined);

function readBinary(node: ts.BinaryExpression, refers: (node: ts.Node) => boolean, usage: Usage, reassigned: boolean): void {
  const { kind } = node.operatorToken;
  if (isAssignmentOperator(kind)) {
    if (refers(node.left)) readFallback(node, refers, usage);
    else if (!reassigned && rootIs(node.left, refers)) usage.mutated = true;
  } else if (kind === ts.SyntaxKind.EqualsEqualsEqualsToken || kind === ts.SyntaxKind.EqualsEqualsToken) {
    const against = refers(node.left) ? node.right : refers(node.right) ? node.left : undefined;
    if (against && (against.getText() === 'undefined' || against.getText() === 'void 0')) usage.mayBeUndefined = true;
  }
}

/** `x = x || value`, `x ||= value`, `x ??= value`. */
function readFallback(node: ts.BinaryExpression, refers: (node: ts.Node) => boolean, usage: Usage): void {
  const { kind } = node.operatorToken;
  if (kind === ts.SyntaxKind.BarBarEqualsToken || kind === ts.SyntaxKind.QuestionQuestionEqualsToken) usage.fallback = node.right;
  const value = unwrapped(node.right);
  if (kind !== ts.SyntaxKind.EqualsToken || !ts.isBinaryExpression(value) || !refers(value.left)) return;
  if (value.operatorToken.kind === ts.SyntaxKind.BarBarToken || value.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) usage.fallback = value.right;
}

/** `if (typeof x !== 'string') throw …`, alone or as one of several alternatives. */
function readGuard(node: ts.IfStatement, refers: (node: ts.Node) => boolean, usage: Usage): void {
  const { thenStatement: then } = node;
  const throws = ts.isThrowStatement(then) || (ts.isBlock(then) && then.statements.some(ts.isThrowStatement));
  if (!throws || node.elseStatement) return;
  for (const part of alternatives(node.expression)) {
    if (ts.isBinaryExpression(part) && ts.isTypeOfExpression(part.left) && refers(part.left.expression) && ts.isStringLiteralLike(part.right)) {
      const differs = part.operatorToken.kind === ts.SyntaxKind.ExclamationEqualsEqualsToken || part.operatorToken.kind === ts.SyntaxKind.ExclamationEqualsToken;
      if (differs && /^(?:string|number|boolean|function|symbol|bigint)$/.test(part.right.text)) usage.guardedType = part.right.text === 'function' ? 'Function' : part.right.text;
    }
  }
}

function alternatives(node: ts.Expression): ts.Expression[] {
  const at = unwrapped(node);
  return ts.isBinaryExpression(at) && at.operatorToken.kind === ts.SyntaxKind.BarBarToken ? [...alternatives(at.left), ...alternatives(at.right)] : [at];
}

function rootIs(node: ts.Node, refers: (node: ts.Node) => boolean): boolean {
  if (!ts.isPropertyAccessExpression(node) && !ts.isElementAccessExpression(node)) return false;
  return refers(node.expression);
}

function isReassigned(name: string, body: ts.Node): boolean {
  let found = false;
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && isAssignmentOperator(node.operatorToken.kind) && ts.isIdentifier(node.left) && node.left.text === name) found = true;
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.name.text === name) found = true;
    if (!found) ts.forEachChild(node, visit);
  };
  visit(body);
  return found;
}
