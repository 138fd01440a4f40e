import ts from '../../source/typescript.cjs';
import { articleFor } from '../english/words.js';
import type { Scope } from './scope.js';

/** A condition in English, as a clause that follows `if`: "`limit` is negative". Undefined where it cannot be said truly and briefly. */
export function conditionInEnglish(node: ts.Expression, scope: Scope, negated = false): string | undefined {
  if (ts.isParenthesizedExpression(node)) return conditionInEnglish(node.expression, scope, negated);
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) return conditionInEnglish(node.operand, scope, !negated);
  if (ts.isBinaryExpression(node)) return binary(node, scope, negated);
  if (ts.isCallExpression(node)) return call(node, scope, negated);
  return truthiness(node, scope, negated);
}

/** "whether `a` is `b` is `c`" is not English. */
const isComparison = (node: ts.Expression): boolean => {
  const value = ts.isParenthesizedExpression(node) ? node.expression : node;
  return ts.isBinaryExpression(value) && /^(?:[=!]==?|[<>]=?|in|instanceof)$/.test(value.operatorToken.getText());
};

const tick = (text: string | undefined): string | undefined => (text === undefined ? undefined : `\`${text}\``);
const is = (negated: boolean): string => (negated ? 'is not' : 'is');

function binary(node: ts.BinaryExpression, scope: Scope, negated: boolean): string | undefined {
  const { kind } = node.operatorToken;
  if (kind === ts.SyntaxKind.AmpersandAmpersandToken || kind === ts.SyntaxKind.BarBarToken) return junction(node, scope, negated);
  if (ts.isTypeOfExpression(node.left)) return typeTest(node, scope, negated);
  if (isComparison(node.left) || isComparison(node.right)) return undefined;
  const left = tick(scope.show(node.left));
  const right = tick(scope.show(node.right));
  if (left === undefined || right === undefined) return undefined;
  switch (kind) {
    case ts.SyntaxKind.EqualsEqualsEqualsToken:
    case ts.SyntaxKind.EqualsEqualsToken:
      return equality(node, left, right, negated);
    case ts.SyntaxKind.ExclamationEqualsEqualsToken:
    case ts.SyntaxKind.ExclamationEqualsToken:
      return equality(node, left, right, !negated);
    case ts.SyntaxKind.InstanceOfKeyword:
      return `${left} ${is(negated)} ${articleFor(right.slice(1))} ${right}`;
    case ts.SyntaxKind.InKeyword:
      return `${left} ${is(negated)} in ${right}`;
    default:
      return comparison(node, left, right, negated);
  }
}

function junction(node: ts.BinaryExpression, scope: Scope, negated: boolean): string | undefined {
  const and = (node.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken) !== negated;
  const other = and ? ' or ' : ' and ';
  const parts = [node.left, node.right].map((part) => conditionInEnglish(part, scope, negated));
  // "a and b or c" would be read in two ways.
  if (parts.some((part) => part === undefined || part.includes(other))) return undefined;
  return merged(parts as string[], and ? 'and' : 'or');
}

/** "`a` is not a string" and "`b` is not a string" as one clause per subject; commas from three on. */
function merged(parts: string[], joint: 'and' | 'or'): string {
  const [first, second] = parts as [string, string];
  const subject = /^(`[^`]+` (?:is|is not) )/.exec(first)?.[1];
  return subject !== undefined && second.startsWith(subject) && !/ (?:and|or) /.test(first + second) ? `${first} ${joint} ${second.slice(subject.length)}` : `${first} ${joint} ${second}`;
}

function typeTest(node: ts.BinaryExpression, scope: Scope, negated: boolean): string | undefined {
  const subject = tick(scope.show((node.left as ts.TypeOfExpression).expression));
  if (subject === undefined || !ts.isStringLiteralLike(node.right)) return undefined;
  const { kind } = node.operatorToken;
  const equal = kind === ts.SyntaxKind.EqualsEqualsEqualsToken || kind === ts.SyntaxKind.EqualsEqualsToken;
  if (!equal && kind !== ts.SyntaxKind.ExclamationEqualsEqualsToken && kind !== ts.SyntaxKind.ExclamationEqualsToken) return undefined;
  const type = node.right.text;
  const noun = type === 'undefined' ? '`undefined`' : type === 'bigint' ? 'a bigint' : `${articleFor(type)} ${type}`;
  return `${subject} ${is(equal === negated)} ${noun}`;
}

function equality(node: ts.BinaryExpression, left: string, right: string, negated: boolean): string {
  const length = /^`(.+)\.length`$/.exec(left)?.[1];
  if (length !== undefined && right === '`0`') return `\`${length}\` ${is(negated)} empty`;
  // Only NaN differs from itself.
  if (left === right) return `${left} ${is(!negated)} \`NaN\``;
  const loose = node.operatorToken.kind === ts.SyntaxKind.EqualsEqualsToken || node.operatorToken.kind === ts.SyntaxKind.ExclamationEqualsToken;
  if (loose && right === '`null`') return negated ? `${left} is neither \`null\` nor \`undefined\`` : `${left} is \`null\` or \`undefined\``;
  if (right === "`''`" || right === '`""`') return `${left} ${is(negated)} empty`;
  return `${left} ${is(negated)} ${right}`;
}

function comparison(node: ts.BinaryExpression, left: string, right: string, negated: boolean): string | undefined {
  const words: Partial<Record<ts.SyntaxKind, string>> = {
    [ts.SyntaxKind.LessThanToken]: 'less than',
    [ts.SyntaxKind.GreaterThanToken]: 'greater than',
    [ts.SyntaxKind.LessThanEqualsToken]: 'at most',
    [ts.SyntaxKind.GreaterThanEqualsToken]: 'at least',
  };
  const { kind } = node.operatorToken;
  const word = words[kind];
  if (word === undefined) return undefined;
  const length = /^`(.+)\.length`$/.exec(left)?.[1];
  if (length !== undefined && right === '`0`' && kind === ts.SyntaxKind.GreaterThanToken) return `\`${length}\` ${is(!negated)} empty`;
  if (right === '`0`' && kind === ts.SyntaxKind.LessThanToken) return `${left} ${is(negated)} negative`;
  if (right === '`0`' && kind === ts.SyntaxKind.GreaterThanToken) return `${left} ${is(negated)} positive`;
  if (right === '`0`' && kind === ts.SyntaxKind.LessThanEqualsToken && !negated) return `${left} is not positive`;
  return `${left} ${is(negated)} ${word} ${right}`;
}

const TESTS: Readonly<Record<string, string>> = {
  'Array.isArray': 'an array',
  'Buffer.isBuffer': 'a buffer',
  'Number.isInteger': 'an integer',
  'Number.isSafeInteger': 'a safe integer',
  'Number.isFinite': 'a finite number',
  'Number.isNaN': '`NaN`',
  isNaN: '`NaN`',
  isFinite: 'finite',
};

function call(node: ts.CallExpression, scope: Scope, negated: boolean): string | undefined {
  const [first] = node.arguments;
  const subject = first && tick(scope.show(first));
  const callee = node.expression.getText();
  if (node.arguments.length === 1 && subject !== undefined && Object.hasOwn(TESTS, callee)) return `${subject} ${is(negated)} ${TESTS[callee]!}`;
  if (node.arguments.length === 1 && subject !== undefined && ts.isPropertyAccessExpression(node.expression)) {
    const target = tick(scope.show(node.expression.expression));
    const method = node.expression.name.text;
    if (method === 'test' && target !== undefined) return `${subject} ${negated ? 'does not match' : 'matches'} ${target}`;
    if (method === 'has' && target !== undefined) return `${target} ${negated ? 'does not have' : 'has'} ${subject}`;
    if (method === 'includes' && target !== undefined) return `${target} ${negated ? 'does not include' : 'includes'} ${subject}`;
    if (method === 'startsWith' && target !== undefined) return `${target} ${negated ? 'does not start' : 'starts'} with ${subject}`;
    if (method === 'endsWith' && target !== undefined) return `${target} ${negated ? 'does not end' : 'ends'} with ${subject}`;
  }
  const text = tick(scope.show(node));
  return text === undefined ? undefined : `${text} is ${negated ? 'false' : 'true'}`;
}

function truthiness(node: ts.Expression, scope: Scope, negated: boolean): string | undefined {
  const text = scope.show(node);
  if (text === undefined || ts.isConditionalExpression(node) || ts.isLiteralExpression(node)) return undefined;
  const length = /^(.+)\.length$/.exec(text)?.[1];
  if (length !== undefined) return `\`${length}\` ${is(!negated)} empty`;
  return `\`${text}\` is ${negated ? 'falsy' : 'truthy'}`;
}
