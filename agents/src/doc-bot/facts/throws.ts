import ts from '../../source/typescript.cjs';
import { unwrapped } from '../../source/parse.js';
import type { Flow } from './flow.js';

/** One kind of error that leaves the function. */
export interface ThrowFact {
  /** The error's class, where it is written out. */
  className?: string;
  /** Clauses for after `if`. */
  when: string[];
  /** The error's message, when it is a literal and no condition could be told. */
  message?: string;
}

/** What the function itself throws, grouped by class in source order. Errors of functions it calls are not followed. */
export function throwsOf(flow: Flow): ThrowFact[] {
  const facts = new Map<string, ThrowFact>();
  for (const exit of flow.throws) {
    const value = exit.value && unwrapped(exit.value);
    const className = value && ts.isNewExpression(value) && /^[\w.]+$/.test(value.expression.getText()) ? value.expression.getText() : undefined;
    const message = value && messageOf(value);
    // `throw error` in a catch clause and made-up errors without a condition say nothing that a reader could use.
    if (className === undefined && exit.when === undefined) continue;
    const told = exit.when ?? message ?? '';
    const key = `${className ?? ''}${exit.when === undefined ? `:${told}` : ''}`;
    const fact = facts.get(key);
    if (!fact) {
      facts.set(key, { ...(className !== undefined && { className }), when: exit.when === undefined ? [] : [exit.when], ...(exit.when === undefined && message !== undefined && { message }) });
    } else if (exit.when !== undefined && !fact.when.includes(exit.when)) fact.when.push(exit.when);
  }
  const all = [...facts.values()];
  // A bare class adds nothing beside the same class with a reason.
  return all.filter((fact) => fact.when.length > 0 || fact.message !== undefined || !all.some((other) => other !== fact && other.className === fact.className));
}

const MAX_MESSAGE = 80;

/** The text of the error's message; what is filled in at run time is shown as an ellipsis. */
function messageOf(value: ts.Expression): string | undefined {
  const [first] = ts.isNewExpression(value) ? (value.arguments ?? []) : [];
  const written = first && ts.isObjectLiteralExpression(first) ? property(first, 'message') : first;
  const text = written && literalText(written);
  return text === undefined || text.length > MAX_MESSAGE || /[\n`"]|\*\//.test(text) || !/[a-z]{3}/i.test(text) ? undefined : text;
}

function property(node: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  const found = node.properties.find((p): p is ts.PropertyAssignment => ts.isPropertyAssignment(p) && p.name.getText() === name);
  return found?.initializer;
}

function literalText(node: ts.Expression): string | undefined {
  const value = unwrapped(node);
  if (ts.isStringLiteralLike(value)) return value.text;
  if (ts.isTemplateExpression(value)) return [value.head.text, ...value.templateSpans.map((span) => span.literal.text)].join('…');
  if (!ts.isBinaryExpression(value) || value.operatorToken.kind !== ts.SyntaxKind.PlusToken) return undefined;
  const [left, right] = [literalText(value.left), literalText(value.right)];
  return left === undefined && right === undefined ? undefined : `${left ?? '…'}${right ?? '…'}`;
}
