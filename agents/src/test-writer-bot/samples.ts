/** Made-up arguments for a first call: of the written type where there is one, else what the name suggests. */
import ts from '../source/typescript.cjs';
import { isPlural, wordsOf } from '../doc-bot/english/words.js';
import { literalType } from '../doc-bot/facts/params.js';
import type { Callable } from '../source/parse.js';

/** The arguments as source text with single-quoted strings; optional ones are left out. */
export function sampleArguments(signature: Callable, isTs: boolean): string[] {
  const params = signature.parameters.filter((p) => !(ts.isIdentifier(p.name) && p.name.text === 'this'));
  const needed = params.findLastIndex((p) => !p.questionToken && !p.initializer && !p.dotDotDotToken);
  return params.slice(0, needed + 1).map((p) => (p.type ? ofType(p.type) : isTs ? `${byName(p)} as never` : byName(p)));
}

const NEVER = '{} as never';

function ofType(type: ts.TypeNode): string {
  switch (type.kind) {
    case ts.SyntaxKind.StringKeyword:
      return "'text'";
    case ts.SyntaxKind.NumberKeyword:
      return '1';
    case ts.SyntaxKind.BooleanKeyword:
      return 'true';
    case ts.SyntaxKind.BigIntKeyword:
      return '1n';
    case ts.SyntaxKind.AnyKeyword:
    case ts.SyntaxKind.UnknownKeyword:
      return "'text'";
    case ts.SyntaxKind.ObjectKeyword:
      return '{}';
    case ts.SyntaxKind.UndefinedKeyword:
      return 'undefined';
  }
  if (ts.isParenthesizedTypeNode(type)) return ofType(type.type);
  if (ts.isLiteralTypeNode(type)) return type.literal.getText().replace(/^"([^'"\\]*)"$/, "'$1'");
  if (ts.isArrayTypeNode(type)) return '[]';
  if (ts.isFunctionTypeNode(type)) return type.type.kind === ts.SyntaxKind.VoidKeyword ? '() => undefined' : '(() => undefined) as never';
  if (ts.isUnionTypeNode(type)) return ofType(type.types.find((member) => member.kind !== ts.SyntaxKind.UndefinedKeyword && !/^null$/.test(member.getText())) ?? type.types[0]!);
  if (ts.isTypeReferenceNode(type)) return ofReference(type.typeName.getText());
  return NEVER;
}

function ofReference(name: string): string {
  const made: Readonly<Record<string, string>> = { Array: '[]', ReadonlyArray: '[]', Date: 'new Date(0)', RegExp: '/text/', Error: "new Error('text')", Uint8Array: 'new Uint8Array(1)', Buffer: "Buffer.from('text')", URL: "new URL('http://localhost/')", Map: 'new Map()', Set: 'new Set()', ReadonlyMap: 'new Map()', ReadonlySet: 'new Set()', Iterable: '[]' };
  return Object.hasOwn(made, name) ? made[name]! : NEVER;
}

function byName(param: ts.ParameterDeclaration): string {
  if (!ts.isIdentifier(param.name)) return ts.isArrayBindingPattern(param.name) ? '[]' : '{}';
  if (param.initializer && literalType(param.initializer) !== undefined) return param.initializer.getText();
  const { text } = param.name;
  const words = wordsOf(text);
  const last = words.at(-1) ?? '';
  if (/^(?:fn|func|cb|callback|done|next|handler|listener|predicate|iteratee|comparator|mapper|reducer)$/.test(text) || /(?:Fn|Callback|Handler|Listener|Predicate)$/.test(text)) return '() => undefined';
  if (/^(?:opts?|options|config|settings|params|props|obj|object|context|ctx|state|target|record|map|headers|env)$/.test(text) || /(?:Options|Config|Settings)$/.test(text)) return '{}';
  if (/^(?:arr|array|list|args|rows|tuple|queue|stack)$/.test(text) || isPlural(last)) return '[]';
  if (/^(?:n|i|j|x|y|z|a|b|num|number|count|size|length|len|index|idx|ms|limit|offset|min|max|width|height|year|month|day|hours?|minutes?|seconds?|amount|total|price|rate|ratio|step|depth|level|radius|port|status|code|age|digits|precision|percent|degrees|radians|time|timestamp|bytes|page|value)$/.test(text) || /^(?:maximum|minimum)$/.test(words[0] ?? '') || /^(?:count|index|size|length|limit|offset|milliseconds)$/.test(last)) return '1';
  if (/^(?:is|has|should|can)[A-Z]/.test(text) || /^(?:flag|enabled|force|strict|recursive|verbose)$/.test(text)) return 'true';
  if (/^(?:date|when)$/.test(text)) return 'new Date(0)';
  return "'text'";
}
