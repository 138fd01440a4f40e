import ts from '../../source/typescript.cjs';
import type { Callable } from '../../source/parse.js';
import { conditionInEnglish } from './conditions.js';
import type { Scope } from './scope.js';

/** One way out of a function. `when` is a clause for after `if`; `always` is false where some condition holds that could not be said. */
export interface Exit {
  node: ts.ReturnStatement | ts.ThrowStatement | ts.Expression;
  value: ts.Expression | undefined;
  when?: string;
  conditional: boolean;
}
export interface Flow {
  returns: Exit[];
  throws: Exit[];
  yields: boolean;
  /** The function has a body without any statement. */
  empty: boolean;
}

/** The returns and the throws that leave this function itself, not those of functions inside it. */
export function flowOf(callable: Callable, scope: Scope): Flow {
  const { body } = callable;
  const flow: Flow = { returns: [], throws: [], yields: false, empty: body !== undefined && ts.isBlock(body) && body.statements.length === 0 };
  if (!body) return flow;
  if (!ts.isBlock(body)) return { ...flow, returns: [{ node: body, value: body, conditional: false }] };
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node)) return;
    if (ts.isReturnStatement(node)) flow.returns.push({ node, value: node.expression, ...guardOf(node, body, scope) });
    if (ts.isYieldExpression(node)) flow.yields = true;
    if (ts.isThrowStatement(node) && !isCaught(node, body)) flow.throws.push({ node, value: node.expression, ...guardOf(node, body, scope) });
    ts.forEachChild(node, visit);
  };
  visit(body);
  return flow;
}

/** A throw inside `try { … } catch` of the same function need not leave it. */
function isCaught(node: ts.Node, body: ts.Node): boolean {
  for (let at = node; at !== body; at = at.parent) {
    if (ts.isTryStatement(at.parent) && at.parent.tryBlock === at && at.parent.catchClause) return true;
  }
  return false;
}

/** Under which condition a statement runs, as far as the `if`s around it tell; loops, switches and earlier exits are not followed. */
function guardOf(node: ts.Node, body: ts.Node, scope: Scope): { when?: string; conditional: boolean } {
  const clauses: (string | undefined)[] = [];
  for (let at = node; at !== body; at = at.parent) {
    const { parent } = at;
    if (ts.isIfStatement(parent) && at !== parent.expression) {
      clauses.push(conditionInEnglish(parent.expression, scope, at === parent.elseStatement));
    } else if (!ts.isBlock(parent) && !ts.isTryStatement(parent)) {
      clauses.push(undefined);
    } else if (ts.isBlock(parent) && precededByExit(at, parent) && clauses.length === 0) {
      // After an earlier exit the statement runs only in the remaining cases; alone it would claim too much.
      clauses.push(undefined);
    }
  }
  if (clauses.length === 0) return { conditional: false };
  const known = clauses.every((clause) => clause !== undefined) && clauses.length <= 2;
  const when = known ? clauses.toReversed().join(' and ') : undefined;
  return when !== undefined && !(clauses.length === 2 && / or /.test(when)) ? { when, conditional: true } : { conditional: true };
}

function precededByExit(at: ts.Node, block: ts.Block): boolean {
  const index = block.statements.indexOf(at as ts.Statement);
  return block.statements.slice(0, Math.max(index, 0)).some((statement) => containsExit(statement));
}

function containsExit(node: ts.Node): boolean {
  if (ts.isFunctionLike(node) || ts.isClassLike(node)) return false;
  if (ts.isReturnStatement(node) || ts.isThrowStatement(node)) return true;
  return ts.forEachChild(node, (child) => containsExit(child) || undefined) ?? false;
}
