import ts from '../../source/typescript.cjs';
import { unwrapped, type Callable } from '../../source/parse.js';

/** Which names a reader of the documentation can know: parameters, `this`, and what lives outside of the function. */
export interface Scope {
  /** The text by which a reader knows this expression; undefined when it speaks of the function's inner life. */
  show(node: ts.Expression): string | undefined;
}

const MAX_SHOWN = 60;

export function scopeOf(callable: Callable, signature: Callable = callable): Scope {
  const locals = new Map<string, ts.Expression | undefined>();
  // Of an overloaded function callers see the overload's parameters, not those of the body.
  const seen = new Set(signature.parameters.flatMap((p) => bindingNames(p.name)));
  for (const name of callable.parameters.flatMap((p) => bindingNames(p.name))) if (!seen.has(name)) locals.set(name, undefined);
  const reassigned = new Set<string>();
  const body = callable.body;
  if (body) collect(body, locals, reassigned);
  const hidden = (name: string): boolean => locals.has(name) || reassigned.has(name);
  return {
    show(node) {
      const value = unwrapped(node);
      // A local constant is shown as what it stands for.
      const subject = ts.isIdentifier(value) && !reassigned.has(value.text) ? (locals.get(value.text) ?? value) : value;
      if (subject !== value && !isBrief(subject)) return undefined;
      const text = subject.getText().replace(/\s*\n\s*/g, ' ');
      return text.length > MAX_SHOWN || /`|\*\/|(?:\.|\b)_\w|\.#/.test(text) || mentions(subject, hidden) ? undefined : text;
    },
  };
}

/** Short enough to stand for the name it was given; awaiting and calling with callbacks is not. */
const isBrief = (node: ts.Node): boolean => !ts.isAwaitExpression(node) && !ts.isFunctionExpression(node) && !ts.isArrowFunction(node) && !ts.isObjectLiteralExpression(node);

function collect(node: ts.Node, locals: Map<string, ts.Expression | undefined>, reassigned: Set<string>): void {
  if (ts.isVariableDeclaration(node)) {
    const isConst = (ts.getCombinedNodeFlags(node) & ts.NodeFlags.Const) !== 0;
    for (const name of bindingNames(node.name)) locals.set(name, isConst && ts.isIdentifier(node.name) && !locals.has(name) ? node.initializer : undefined);
  } else if (ts.isParameter(node)) bindingNames(node.name).forEach((name) => locals.set(name, undefined));
  else if ((ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node) || ts.isFunctionExpression(node)) && node.name) locals.set(node.name.text, undefined);
  else if (ts.isBinaryExpression(node) && isAssignmentOperator(node.operatorToken.kind) && ts.isIdentifier(node.left)) reassigned.add(node.left.text);
  else if ((ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) && ts.isIdentifier(node.operand) && node.operator >= ts.SyntaxKind.PlusPlusToken && node.operator <= ts.SyntaxKind.MinusMinusToken) {
    reassigned.add(node.operand.text);
  }
  ts.forEachChild(node, (child) => collect(child, locals, reassigned));
}

export const isAssignmentOperator = (kind: ts.SyntaxKind): boolean => kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;

export function bindingNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : bindingNames(element.name)));
}

/** Whether the expression itself reads a name that `test` holds for; property names do not count. */
function mentions(node: ts.Node, test: (name: string) => boolean): boolean {
  if (ts.isIdentifier(node)) return test(node.text);
  if (ts.isPropertyAccessExpression(node)) return mentions(node.expression, test);
  if (ts.isPropertyAssignment(node)) return mentions(node.initializer, test);
  return ts.forEachChild(node, (child) => mentions(child, test) || undefined) ?? false;
}
