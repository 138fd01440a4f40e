import ts from '../source/typescript.cjs';
import { isAdjective } from './english/adjectives.js';
import { articleFor, capitalize, code, isMass, isPlural, listing, phrase, plural, withArticle, withThe, wordsOf, wordsOfConstant } from './english/words.js';
import { startsWithVerb, thirdPerson } from './english/verbs.js';
import type { Doc } from './comment.js';
import type { ModuleIndex } from './module-index.js';
import { measureText } from './param-text.js';
import { unwrapped } from '../source/parse.js';
import type { Exported } from '../source/exports.js';

const only = (summary: string): Doc => ({ summary: capitalize(summary), params: [], throws: [] });

/** The doc of something that is not called: class, interface, type alias, enum, constant. */
export function declarationDoc(item: Exported, index: ModuleIndex): Doc | undefined {
  // `kMaxSize` is how some write a constant.
  const words = item.kind === 'const' ? wordsOfConstant(item.name.replace(/^k(?=[A-Z][a-z])/, '')) : wordsOf(item.name);
  // A single letter is no name to make a sentence of.
  if (words.length === 0 || item.name.length === 1) return undefined;
  const { node } = item;
  if (ts.isClassLike(node)) return only(classSummary(node, item.name, words, index));
  if (ts.isInterfaceDeclaration(node)) return only(shapeSummary(item.name, words, node.members, heritage(node), index));
  if (ts.isTypeAliasDeclaration(node)) return only(aliasSummary(node, words, index));
  if (ts.isEnumDeclaration(node)) return only(choiceSummary(words, node.members.map((member) => `\`${member.name.getText()}\``)));
  if (item.kind === 'const') return constantDoc(item, words, index);
  return undefined;
}

const link = (name: string, index: ModuleIndex): string => (index.exportedNames.has(name.split('.')[0]!) ? `{@link ${name}}` : `\`${name}\``);

// ---- Classes --------------------------------------------------------------------------------------------------------------

function classSummary(node: ts.ClassLikeDeclaration, name: string, words: string[], index: ModuleIndex): string {
  const base = node.heritageClauses?.find((clause) => clause.token === ts.SyntaxKind.ExtendsKeyword)?.types[0]?.expression.getText();
  const isAbstract = ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.AbstractKeyword);
  if (/(?:Error|Exception)$/.test(name) && base !== undefined) return errorSummary(name, words, index);
  if (isAbstract) {
    const rest = words.filter((word) => word !== 'abstract' && word !== 'base');
    return `Abstract base class of ${plural(phrase(rest.length > 0 ? rest : words))}`;
  }
  const interfaces = node.heritageClauses?.find((clause) => clause.token === ts.SyntaxKind.ImplementsKeyword)?.types.map((type) => link(type.expression.getText(), index)) ?? [];
  const built = base !== undefined && code(base, 40) ? ` that extends ${index.exportedNames.has(base) ? link(base, index) : code(base, 40)!}` : '';
  const fulfils = interfaces.length > 0 && interfaces.length <= 3 ? `${built === '' ? ' that implements ' : ' and implements '}${listing(interfaces)}` : '';
  return `${withArticle(words)}${built}${fulfils}`;
}

/** Words that already name a mishap; "error" behind them says nothing more. */
const MISHAPS = /^(?:timeout|conflict|overflow|underflow|failure|mismatch|violation|abort|interruption|rejection|exception|cancellation|loss|collision|deadlock)$/;

function errorSummary(name: string, words: string[], index: ModuleIndex): string {
  const core = words.filter((word, at) => !(at === words.length - 1 && /^(?:error|exception)$/.test(word)));
  const throwers = index.thrownBy.get(name) ?? [];
  const by = throwers.length > 0 && throwers.length <= 3 ? `. Thrown by ${listing(throwers.map((thrower) => link(thrower, index)))}` : '';
  return `${errorText(core)}${by}`;
}

function errorText(core: string[]): string {
  const last = core.at(-1);
  if (last === undefined) return 'An error of this module';
  if (phrase(core).endsWith('not found')) return core.length === 2 ? 'Signals that something was not found' : `Signals that ${withArticle(core.slice(0, -2))} was not found`;
  if (MISHAPS.test(last)) return `Signals ${withArticle(core)}`;
  const qualified = core.length > 1 && isAdjective(core[0]!) && !isAdjective(last);
  return qualified ? `Signals ${withArticle(core)}` : `Signals ${articleFor(phrase(core))} ${phrase(core)} error`;
}

// ---- Shapes ---------------------------------------------------------------------------------------------------------------

interface Heritage {
  bases: string[];
}
const heritage = (node: ts.InterfaceDeclaration): Heritage => ({ bases: node.heritageClauses?.flatMap((clause) => clause.types.map((type) => type.expression.getText())) ?? [] });

const INPUT = /(?:Options|Opts|Config|Configuration|Settings|Params|Parameters|Args|Input|Props)$/;
const OUTPUT = /(?:Result|Results|Response|Output|Return|Returns)$/;

function shapeSummary(name: string, words: string[], members: readonly ts.TypeElement[], { bases }: Heritage, index: ModuleIndex): string {
  const used = usageSummary(name, words, index);
  if (used !== undefined) return used;
  if (/Error$/.test(name) && bases.some((base) => /Error$/.test(base))) return errorText(words.slice(0, -1));
  const call = members.length === 1 && ts.isCallSignatureDeclaration(members[0]!) ? members[0] : undefined;
  if (call) return functionTypeSummary(words, call);
  if (words[0] === 'has' && members.length === 1) return `Something that has ${listing(namesOf(members))}`;
  const properties = namesOf(members.filter((member) => ts.isPropertySignature(member) && !isMethodLike(member)));
  const methods = namesOf(members.filter((member) => ts.isMethodSignature(member) || isMethodLike(member)));
  const subject = withArticle(words);
  const shown = bases.slice(0, 3).map((base) => link(base, index));
  if (bases.length > 0 && bases.length <= 3) return `${subject}: ${listing(shown)}${properties.length > 0 && properties.length <= MAX_MEMBERS ? ` with ${listing(properties)} added` : ''}`;
  if (properties.length > 0 && properties.length <= MAX_MEMBERS && methods.length === 0) return `${subject}, with ${listing(properties)}`;
  if (methods.length > 0 && methods.length <= MAX_MEMBERS && properties.length === 0) return `${subject}, with the ${methods.length === 1 ? 'method' : 'methods'} ${listing(methods)}`;
  return INPUT.test(name) && words.length > 1 ? inputSummary(words) : subject;
}
const MAX_MEMBERS = 5;

const isMethodLike = (member: ts.TypeElement): boolean => ts.isPropertySignature(member) && member.type !== undefined && ts.isFunctionTypeNode(member.type);
const namesOf = (members: readonly ts.TypeElement[]): string[] => [...new Set(members.flatMap((member) => (member.name && ts.isIdentifier(member.name) ? [`\`${member.name.text}\``] : [])))];

/** "Options of {@link retry}": what it is for says more than its name. */
function usageSummary(name: string, words: string[], index: ModuleIndex): string | undefined {
  const noun = words.at(-1)!;
  const takers = (index.takenBy.get(name) ?? []).map((taker) => link(taker, index));
  const givers = (index.returnedBy.get(name) ?? []).map((giver) => link(giver, index));
  if (INPUT.test(name) && takers.length > 0 && takers.length <= 3) return `${noun === 'properties' ? 'Props' : capitalize(noun)} of ${listing(takers)}`;
  if (OUTPUT.test(name) && givers.length > 0 && givers.length <= 3) return `What ${listing(givers)} ${givers.length === 1 ? 'returns' : 'return'}`;
  return undefined;
}

const inputSummary = (words: string[]): string => `${words.at(-1) === 'properties' ? 'props' : words.at(-1)!} for ${withThe(words.slice(0, -1))}`;

// ---- Type aliases and enums ------------------------------------------------------------------------------------------------

function aliasSummary(node: ts.TypeAliasDeclaration, words: string[], index: ModuleIndex): string {
  const { type } = node;
  const subject = withArticle(words);
  if (ts.isTypeLiteralNode(type)) return shapeSummary(node.name.text, words, type.members, { bases: [] }, index);
  const used = usageSummary(node.name.text, words, index);
  if (used !== undefined) return used;
  if (ts.isFunctionTypeNode(type)) return functionTypeSummary(words, type);
  if (ts.isUnionTypeNode(type)) return unionSummary(type, words, index);
  if (ts.isArrayTypeNode(type) && ts.isTypeReferenceNode(type.elementType)) return `${subject}: a list of ${link(type.elementType.getText(), index)} values`;
  if (ts.isTypeReferenceNode(type)) return referenceSummary(type, subject, index);
  const keyword = KEYWORDS.get(type.kind);
  if (keyword !== undefined) return `${subject}, as ${keyword}`;
  if (ts.isConditionalTypeNode(type) || ts.isMappedTypeNode(type)) return computedSummary(node, words);
  const text = code(type.getText(), 50);
  if (text !== undefined && (ts.isTypeQueryNode(type) || ts.isIndexedAccessTypeNode(type) || ts.isTypeOperatorNode(type))) return `${subject}: ${indexedText(type, index) ?? text}`;
  return subject;
}

/** `InferSchema<T>` infers; `ElementOf<T>` is the element of T; `Writable<T>` is the writable form of T. */
function computedSummary(node: ts.TypeAliasDeclaration, words: string[]): string {
  const param = node.typeParameters?.[0]?.name.text;
  if (param === undefined) return withArticle(words);
  const [first, ...rest] = words as [string, ...string[]];
  const last = words.at(-1)!;
  if (first === 'is' && rest.length > 0) return `Whether \`${param}\` is ${isAdjective(last) || /^(?:any|never|unknown)$/.test(last) ? phrase(rest) : withArticle(rest)}`;
  if (first === 'no' && rest.length > 0) return `\`${param}\` without ${phrase(rest)}`;
  if (first === 'make' && rest.length > 0 && isAdjective(last)) return `\`${param}\`, made ${phrase(rest)}`;
  if (first === 'to' || first === 'from' || first === 'assert') return withArticle(words.filter((word) => word !== first));
  if (startsWithVerb(words)) return rest.length === 0 ? `${thirdPerson(first)} \`${param}\`` : `${thirdPerson(first)} ${withThe(rest)} of \`${param}\``;
  if (last === 'of') return `${withThe(words.slice(0, -1))} of \`${param}\``;
  return isAdjective(last) ? `The ${phrase(words)} form of \`${param}\`` : `${withThe(words)} of \`${param}\``;
}

const KEYWORDS = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.StringKeyword, 'a string'],
  [ts.SyntaxKind.NumberKeyword, 'a number'],
  [ts.SyntaxKind.BigIntKeyword, 'a bigint'],
  [ts.SyntaxKind.BooleanKeyword, 'a boolean'],
]);

function indexedText(type: ts.TypeNode, index: ModuleIndex): string | undefined {
  if (ts.isIndexedAccessTypeNode(type) && type.indexType.kind === ts.SyntaxKind.NumberKeyword) {
    const list = /^\(typeof (\w+)\)$/.exec(type.objectType.getText())?.[1];
    return list === undefined ? undefined : `one of ${link(list, index)}`;
  }
  const keys = /^keyof typeof (\w+)$/.exec(type.getText())?.[1] ?? /^keyof (\w+)$/.exec(type.getText())?.[1];
  return keys === undefined ? undefined : `a key of ${link(keys, index)}`;
}

function referenceSummary(type: ts.TypeReferenceNode, subject: string, index: ModuleIndex): string {
  const name = type.typeName.getText();
  const [first] = type.typeArguments ?? [];
  const inner = first && /^[\w.]+$/.test(first.getText()) ? link(first.getText(), index) : undefined;
  const queried = first && ts.isTypeQueryNode(first) ? link(first.exprName.getText(), index) : undefined;
  if (name === 'Partial' && inner !== undefined) return `${inner} with every property optional`;
  if (name === 'Required' && inner !== undefined) return `${inner} with every property required`;
  if (name === 'Readonly' && inner !== undefined) return `${inner} that cannot be changed`;
  if (name === 'ReturnType' && queried !== undefined) return `What ${queried} returns`;
  if (/(?:^|\.)(?:infer|Infer|InferOutput)$/.test(name) && queried !== undefined) return `${subject}, as described by ${queried}`;
  const text = code(type.getText(), 50);
  return text === undefined ? subject : `${subject}: ${type.typeArguments ? text : link(name, index)}`;
}

function functionTypeSummary(words: string[], type: ts.FunctionTypeNode | ts.CallSignatureDeclaration): string {
  const names = type.parameters.map((p) => p.name.getText().replace(/^_+/, '')).filter((name) => /^[\w$]+$/.test(name) && name !== 'this');
  const taken = names.length > 0 ? `takes ${listing(names.map((name) => `\`${name}\``))}` : type.parameters.length > 0 ? 'takes an object' : undefined;
  const result = type.type && type.type.kind !== ts.SyntaxKind.VoidKeyword ? code(type.type.getText(), 40) : undefined;
  const does = [taken, ...(result === undefined ? [] : [`returns ${result}`])].filter((part) => part !== undefined);
  const subject = withArticle(words);
  const noun = /\b(?:function|callback)$/.test(subject) ? `${subject} that` : `${subject}: a function that`;
  return does.length === 0 ? `${subject}: a function without parameters` : `${noun} ${listing(does)}`;
}

const MAX_CHOICES = 8;

function unionSummary(type: ts.UnionTypeNode, words: string[], index: ModuleIndex): string {
  const texts = type.types.map((member) => {
    if (ts.isTypeReferenceNode(member) && !member.typeArguments) return link(member.typeName.getText(), index);
    return ts.isLiteralTypeNode(member) || KEYWORDS.has(member.kind) || member.kind === ts.SyntaxKind.UndefinedKeyword ? code(member.getText(), 40) : undefined;
  });
  return texts.every((text) => text !== undefined) ? choiceSummary(words, texts as string[]) : withArticle(words);
}

function choiceSummary(words: string[], choices: string[]): string {
  const subject = withArticle(words);
  return choices.length < 2 || choices.length > MAX_CHOICES ? subject : `${subject}: ${listing(choices, 'or')}`;
}

// ---- Constants ------------------------------------------------------------------------------------------------------------

function constantDoc(item: Exported, words: string[], index: ModuleIndex): Doc | undefined {
  const declared = ts.isVariableDeclaration(item.node) ? item.node.initializer : (item.node as ts.Expression);
  const value = declared && unwrapped(declared);
  const summary = constantSummary(item.name, words, value, ts.isVariableDeclaration(item.node) && item.node.type !== undefined && ts.isFunctionTypeNode(item.node.type), index);
  return summary === undefined ? undefined : only(summary);
}

function constantSummary(name: string, words: string[], value: ts.Expression | undefined, isFunctionTyped: boolean, index: ModuleIndex): string | undefined {
  const noun = withThe(words);
  if (!value) return noun;
  if (ts.isRegularExpressionLiteral(value)) return patternSummary(words);
  if (ts.isNumericLiteral(value) || ts.isBinaryExpression(value)) return measureText(name.toLowerCase().includes('_') ? camel(name) : name) ?? noun;
  if (ts.isCallExpression(value) && /^Symbol(?:\.for)?$/.test(value.expression.getText())) return symbolSummary(words, value.arguments[0]);
  if ((ts.isCallExpression(value) || isFunctionTyped) && words.length > 1 && startsWithVerb(words)) return `${capitalize(thirdPerson(words[0]!))} ${withThe(words.slice(1))}`;
  if (ts.isNewExpression(value) || ts.isArrayLiteralExpression(value)) {
    const made = ts.isNewExpression(value) ? value.expression.getText() : 'Array';
    const items = plural(phrase(words));
    if (made === 'RegExp') return patternSummary(words);
    if (made === 'Set' && isPlural(words.at(-1)!)) return `The set of ${items}`;
    if (made === 'Array' && isPlural(words.at(-1)!)) return `The list of ${items}`;
    if (made === 'Map' && isPlural(words.at(-1)!)) return `The map of ${items}`;
    return /^[A-Z]\w*$/.test(made) && made !== 'Array' && phrase(wordsOf(made)) !== phrase(words) ? `${noun}, an instance of ${link(made, index)}` : noun;
  }
  const base = ts.isObjectLiteralExpression(value) ? memberList(value) : undefined;
  return base !== undefined && !isMass(words.at(-1)!) ? `${noun}: ${base}` : noun;
}

function symbolSummary(words: string[], description: ts.Expression | undefined): string {
  const text = description && ts.isStringLiteralLike(description) ? code(description.text, 40) : undefined;
  return text === undefined ? `The symbol for ${phrase(words.filter((word) => word !== 'symbol'))}` : `The ${text} symbol`;
}

function patternSummary(words: string[]): string {
  const core = words.filter((word) => !/^(?:pattern|regular|expression|matcher)$/.test(word));
  return core.length === 0 ? 'The regular expression of this module' : `The regular expression for ${isAdjective(core.at(-1)!)? `${phrase(core)} text` : withArticle(core)}`;
}

const camel = (name: string): string => name.toLowerCase().replace(/_([a-z\d])/g, (_, letter: string) => letter.toUpperCase());

function memberList(value: ts.ObjectLiteralExpression): string | undefined {
  const names = value.properties.map((property) => (property.name && ts.isIdentifier(property.name) ? `\`${property.name.text}\`` : undefined));
  return names.length >= 2 && names.length <= MAX_MEMBERS && names.every((name) => name !== undefined) ? listing(names as string[]) : undefined;
}
