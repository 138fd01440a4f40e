import ts from '../../source/typescript.cjs';
import { isFunctionValue, unwrapped, type Callable } from '../../source/parse.js';
import type { Exit, Flow } from './flow.js';
import type { Scope } from './scope.js';

export type Shape =
  | { kind: 'this' }
  | { kind: 'param'; name: string }
  | { kind: 'new'; className: string }
  | { kind: 'object'; keys: string[] }
  | { kind: 'tuple'; items: string[] }
  | { kind: 'function'; params: string[]; isAsync: boolean }
  | { kind: 'expression'; text: string }
  | { kind: 'call'; text: string }
  | { kind: 'boolean' | 'string' | 'number' | 'jsx' | 'unknown' };

/** What comes out of a function. */
export interface ReturnFact {
  /** Nothing (void, never), or something. */
  value: boolean;
  shape: Shape;
  /** It may also be `undefined` or `null`; `when` says under which condition, where that is known. */
  maybe?: { value: 'undefined' | 'null'; when?: string };
  promise: boolean;
  iterates: boolean;
  /** True when the value is boolean, by type, by expression or by what the called method is known for. */
  boolean: boolean;
  /** The written type's name, where it is a plain one. */
  typeName?: string;
  certainType?: string;
}

export function returnOf(signature: Callable, implementation: Callable, flow: Flow, scope: Scope, isTs: boolean): ReturnFact {
  const isAsync = has(implementation, ts.SyntaxKind.AsyncKeyword);
  const isGenerator = flow.yields || ((ts.isFunctionDeclaration(implementation) || ts.isFunctionExpression(implementation) || ts.isMethodDeclaration(implementation)) && implementation.asteriskToken !== undefined);
  const annotation = signature.type && unionOf(signature.type);
  const values = flow.returns.filter((exit): exit is Exit & { value: ts.Expression } => exit.value !== undefined && absence(exit.value) === undefined);
  const absent = flow.returns.map((exit) => ({ exit, value: exit.value ? absence(exit.value) : ('undefined' as const) })).filter((r) => r.value !== undefined);
  const shape = commonShape(values.map((exit) => shapeOf(exit.value, signature, scope)));
  const typed = annotation ? typedFacts(annotation) : undefined;
  const hasValue = isGenerator || (typed ? typed.value : values.length > 0);
  const fact: ReturnFact = {
    value: hasValue,
    shape: implementation.body ? shape : { kind: 'unknown' },
    promise: isGenerator ? isAsync : (typed?.promise ?? isAsync),
    iterates: isGenerator,
    boolean: typed ? typed.boolean : shape.kind === 'boolean' || (values.length > 0 && values.every((exit) => isBoolean(exit.value) || asksAQuestion(exit.value))),
    ...(typed?.typeName !== undefined && { typeName: typed.typeName }),
  };
  const maybe = maybeOf(typed?.maybe, absent, values.length > 0 && !isGenerator, annotation === undefined);
  const certainType = isTs ? undefined : certainTypeOf(fact, values, isAsync, flow, maybe !== undefined);
  return { ...fact, ...(maybe && { maybe }), ...(certainType !== undefined && { certainType }) };
}

const has = (node: ts.Node, kind: ts.SyntaxKind): boolean => (ts.canHaveModifiers(node) ? (ts.getModifiers(node)?.some((m) => m.kind === kind) ?? false) : false);

function absence(node: ts.Expression): 'undefined' | 'null' | undefined {
  const value = unwrapped(node);
  if (value.kind === ts.SyntaxKind.NullKeyword) return 'null';
  if ((ts.isIdentifier(value) && value.text === 'undefined') || (ts.isVoidExpression(value) && ts.isNumericLiteral(value.expression))) return 'undefined';
  return undefined;
}

type Absent = { exit: Exit; value: 'undefined' | 'null' | undefined };

function maybeOf(typed: 'undefined' | 'null' | undefined, absent: Absent[], someValue: boolean, untyped: boolean): ReturnFact['maybe'] {
  const kinds = new Set(absent.map((r) => r.value));
  const kind = typed ?? (untyped && someValue && kinds.size === 1 ? [...kinds][0] : undefined);
  if (kind === undefined) return undefined;
  const own = absent.filter((r) => r.value === kind);
  // One early exit explains the absence; several, or a value passed on from elsewhere, do not.
  const when = own.length === 1 && someValue ? own[0]!.exit.when : undefined;
  return { value: kind, ...(when !== undefined && { when }) };
}

interface Typed {
  typeName?: string;
  value: boolean;
  promise: boolean;
  boolean: boolean;
  maybe?: 'undefined' | 'null';
}

const unionOf = (type: ts.TypeNode): ts.TypeNode[] => (ts.isUnionTypeNode(type) ? type.types.flatMap(unionOf) : ts.isParenthesizedTypeNode(type) ? unionOf(type.type) : [type]);
const isNullType = (type: ts.TypeNode): boolean => ts.isLiteralTypeNode(type) && type.literal.kind === ts.SyntaxKind.NullKeyword;

function typedFacts(types: ts.TypeNode[]): Typed {
  const [first] = types;
  if (types.length === 1 && first && ts.isTypeReferenceNode(first) && /^(?:Promise|PromiseLike)$/.test(first.typeName.getText()) && first.typeArguments?.[0]) {
    return { ...typedFacts(unionOf(first.typeArguments[0])), promise: true };
  }
  const present = types.filter((type) => type.kind !== ts.SyntaxKind.UndefinedKeyword && !isNullType(type));
  const value = present.some((type) => type.kind !== ts.SyntaxKind.VoidKeyword && type.kind !== ts.SyntaxKind.NeverKeyword);
  const boolean = present.length > 0 && present.every((type) => type.kind === ts.SyntaxKind.BooleanKeyword || (ts.isTypePredicateNode(type) && !type.assertsModifier) || isBooleanLiteral(type));
  const asserts = present.some((type) => ts.isTypePredicateNode(type) && type.assertsModifier !== undefined);
  const maybe = types.some(isNullType) ? 'null' : types.some((type) => type.kind === ts.SyntaxKind.UndefinedKeyword) ? 'undefined' : undefined;
  const typeName = present.length === 1 ? plainTypeName(present[0]!) : undefined;
  return { value: value && !asserts, promise: false, boolean, ...(typeName !== undefined && { typeName }), ...(value && maybe && { maybe: maybe as 'undefined' | 'null' }) };
}
/** `UploadResult`, `string`; not type parameters and not types made of others. */
function plainTypeName(type: ts.TypeNode): string | undefined {
  if (type.kind === ts.SyntaxKind.StringKeyword || type.kind === ts.SyntaxKind.NumberKeyword) return type.getText();
  return ts.isTypeReferenceNode(type) && !type.typeArguments && ts.isIdentifier(type.typeName) && /^[A-Z][a-z]\w+$/.test(type.typeName.text) ? type.typeName.text : undefined;
}
const isBooleanLiteral = (type: ts.TypeNode): boolean => ts.isLiteralTypeNode(type) && (type.literal.kind === ts.SyntaxKind.TrueKeyword || type.literal.kind === ts.SyntaxKind.FalseKeyword);

function commonShape(shapes: Shape[]): Shape {
  const [first, ...rest] = shapes;
  if (!first) return { kind: 'unknown' };
  const same = rest.every((shape) => JSON.stringify(shape) === JSON.stringify(first));
  if (same) return first;
  return rest.every((shape) => shape.kind === first.kind) && /^(?:boolean|string|number|jsx)$/.test(first.kind) ? first : { kind: 'unknown' };
}

const MAX_KEYS = 6;
const MAX_EXPRESSION = 32;

function shapeOf(node: ts.Expression, signature: Callable, scope: Scope): Shape {
  const value = unwrapped(ts.isAwaitExpression(node) ? node.expression : node);
  if (value.kind === ts.SyntaxKind.ThisKeyword) return { kind: 'this' };
  if (ts.isIdentifier(value)) {
    return signature.parameters.some((p) => p.name.getText() === value.text) && scope.show(value) === value.text ? { kind: 'param', name: value.text } : { kind: 'unknown' };
  }
  if (ts.isNewExpression(value) && /^[A-Z][\w.]*$/.test(value.expression.getText())) return { kind: 'new', className: value.expression.getText() };
  if (ts.isJsxElement(value) || ts.isJsxSelfClosingElement(value) || ts.isJsxFragment(value)) return { kind: 'jsx' };
  if (ts.isObjectLiteralExpression(value)) return objectShape(value);
  if (ts.isArrayLiteralExpression(value)) return tupleShape(value);
  if (isFunctionValue(value)) return { kind: 'function', params: value.parameters.map((p) => p.name.getText()).filter((name) => /^\w+$/.test(name)), isAsync: has(value, ts.SyntaxKind.AsyncKeyword) };
  if (isBoolean(value)) return { kind: 'boolean' };
  const text = scope.show(value);
  if (text !== undefined && text.length <= MAX_EXPRESSION && isPlain(value)) return { kind: 'expression', text };
  if (isString(value)) return { kind: 'string' };
  if (isNumber(value)) return { kind: 'number' };
  return ts.isCallExpression(value) && text !== undefined && text.length <= MAX_CALL ? { kind: 'call', text } : { kind: 'unknown' };
}
const MAX_CALL = 48;

function objectShape(node: ts.ObjectLiteralExpression): Shape {
  const keys = node.properties.map((property) => (property.name && (ts.isIdentifier(property.name) || ts.isStringLiteral(property.name)) ? property.name.text : undefined));
  return keys.length > 0 && keys.length <= MAX_KEYS && keys.every((key) => key !== undefined) ? { kind: 'object', keys: keys as string[] } : { kind: 'unknown' };
}

function tupleShape(node: ts.ArrayLiteralExpression): Shape {
  const items = node.elements.map((element) => (ts.isIdentifier(element) ? element.text : undefined));
  return items.length >= 2 && items.length <= 4 && items.every((item) => item !== undefined) ? { kind: 'tuple', items: items as string[] } : { kind: 'unknown' };
}

/** Arithmetic on names and literals: short enough to be its own best description. */
function isPlain(node: ts.Node): boolean {
  const value = ts.isParenthesizedExpression(node) ? node.expression : node;
  if (ts.isBinaryExpression(value)) return /^[+\-*/%]|\*\*$/.test(value.operatorToken.getText()) && isOperand(value.left) && isOperand(value.right);
  return false;
}
const isOperand = (node: ts.Node): boolean => ts.isIdentifier(node) || ts.isNumericLiteral(node) || isPlain(node) || (ts.isPropertyAccessExpression(node) && isOperand(node.expression)) || node.kind === ts.SyntaxKind.ThisKeyword;

const COMPARISONS = new Set(['===', '!==', '==', '!=', '<', '>', '<=', '>=', 'instanceof', 'in']);

/** Whether the expression can be nothing but a boolean. */
export function isBoolean(node: ts.Expression): boolean {
  const value = unwrapped(node);
  if (value.kind === ts.SyntaxKind.TrueKeyword || value.kind === ts.SyntaxKind.FalseKeyword) return true;
  if (ts.isPrefixUnaryExpression(value)) return value.operator === ts.SyntaxKind.ExclamationToken;
  if (ts.isConditionalExpression(value)) return isBoolean(value.whenTrue) && isBoolean(value.whenFalse);
  if (ts.isBinaryExpression(value)) {
    const operator = value.operatorToken.getText();
    return COMPARISONS.has(operator) || (/^(?:&&|\|\|)$/.test(operator) && isBoolean(value.left) && isBoolean(value.right));
  }
  if (!ts.isCallExpression(value)) return false;
  const callee = value.expression.getText();
  return /^(?:Array\.isArray|Buffer\.isBuffer|Number\.is\w+|Object\.is|Object\.hasOwn|isNaN|isFinite|Boolean)$/.test(callee) || (/^\/.+\/[a-z]*\.test$/.test(callee) && value.arguments.length === 1);
}

/** Calls whose answer is yes or no by long custom, though only a type could prove it. */
const asksAQuestion = (node: ts.Expression): boolean => {
  const value = unwrapped(node);
  return ts.isCallExpression(value) && ts.isPropertyAccessExpression(value.expression) && /^(?:test|has|includes|startsWith|endsWith|some|every|hasOwnProperty|isEmpty|equals)$/.test(value.expression.name.text);
};

function isString(node: ts.Expression): boolean {
  const value = unwrapped(node);
  if (ts.isStringLiteralLike(value) || ts.isTemplateExpression(value) || ts.isTypeOfExpression(value)) return true;
  if (ts.isBinaryExpression(value)) return value.operatorToken.kind === ts.SyntaxKind.PlusToken && (isString(value.left) || isString(value.right));
  if (ts.isConditionalExpression(value)) return isString(value.whenTrue) && isString(value.whenFalse);
  return ts.isCallExpression(value) && /(?:^String|\.(?:toUpperCase|toLowerCase|trim|trimStart|trimEnd|toFixed|padStart|padEnd|charAt|join))$/.test(value.expression.getText());
}

function isNumber(node: ts.Expression): boolean {
  const value = unwrapped(node);
  if (ts.isNumericLiteral(value)) return true;
  return ts.isCallExpression(value) && /^(?:Math\.\w+|Number|parseInt|parseFloat|Number\.parse\w+|Date\.now|performance\.now)$/.test(value.expression.getText());
}

function certainTypeOf(fact: ReturnFact, values: { value: ts.Expression }[], isAsync: boolean, flow: Flow, maybe: boolean): string | undefined {
  if (fact.iterates || maybe) return undefined;
  const type = !fact.value && flow.returns.length === 0 ? (isAsync ? 'void' : undefined) : valueType(fact, values);
  // A union with undefined, or a value that may fall through, is left unsaid rather than guessed.
  if (type === undefined || (fact.value && mayFallThrough(flow))) return undefined;
  return isAsync ? `Promise<${type}>` : type;
}

function valueType(fact: ReturnFact, values: { value: ts.Expression }[]): string | undefined {
  if (values.length > 0 && values.every(({ value }) => isBoolean(value))) return 'boolean';
  if (fact.shape.kind === 'new' && /^[A-Z]\w*$/.test(fact.shape.className)) return fact.shape.className;
  if (values.length === 0) return undefined;
  if (values.every(({ value }) => isString(value))) return 'string';
  return values.every(({ value }) => isNumber(value)) ? 'number' : undefined;
}

/** No unconditional last exit: some path may end without a value. */
const mayFallThrough = (flow: Flow): boolean => {
  const last = flow.returns.at(-1);
  if (!last || !ts.isReturnStatement(last.node)) return !last;
  const block = last.node.parent;
  return !(ts.isBlock(block) && ts.isFunctionLike(block.parent) && block.statements.at(-1) === last.node);
};
