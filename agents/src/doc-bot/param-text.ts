import ts from '../source/typescript.cjs';
import { isAdjective, PREPOSITIONS } from './english/adjectives.js';
import { startsWithVerb, thirdPerson } from './english/verbs.js';
import { capitalize, isPlural, listing, phrase, plural, withThe, wordsOf } from './english/words.js';
import type { ParamDoc } from './comment.js';
import type { ParamFact } from './facts/params.js';
import { nounOf, type NamedParam, type Plan } from './naming/index.js';

const FUNCTION_NAMES = /^(?:fn|func|cb|callback|done|next|handler|listener|predicate|iteratee|comparator|compare(?:Fn|r)?|mapper|reducer|resolver|iterator|on[A-Z]\w*|.+(?:Fn|Func|Callback|Handler|Listener|Predicate|Cb))$/;
const OPTIONS_NAMES = /^(?:options?|opts?|config|configuration|settings|params|props|.+(?:Options|Opts|Config|Settings))$/;

/** What a parameter is, from its type, its use and, last, its name. */
export function namedParam(fact: ParamFact): NamedParam {
  return { name: fact.name, words: wordsOf(fact.name.replace(/^_+|_+$/g, '')), role: roleOf(fact) };
}

function roleOf(fact: ParamFact): NamedParam['role'] {
  if (fact.fields || OPTIONS_NAMES.test(fact.name) || /^(?:thisArg|signal|abortSignal)$/.test(fact.name)) return 'options';
  const { typeNode } = fact;
  if (typeNode) return isFunctionType(typeNode) || (ts.isTypeReferenceNode(typeNode) && FUNCTION_NAMES.test(fact.name)) ? 'function' : 'data';
  return fact.called || fact.certainType === 'Function' || FUNCTION_NAMES.test(fact.name) ? 'function' : 'data';
}

const isFunctionType = (type: ts.TypeNode): boolean =>
  ts.isFunctionTypeNode(type) ||
  (ts.isParenthesizedTypeNode(type) && isFunctionType(type.type)) ||
  (ts.isUnionTypeNode(type) && type.types.some(isFunctionType)) ||
  (ts.isTypeReferenceNode(type) && /^(?:Function|.*(?:Callback|Handler|Listener|Predicate|Comparator))$/.test(type.typeName.getText()));

/** Everything the tag of a parameter may lean on. */
export interface ParamContext {
  plan: Plan;
  isComponent: boolean;
  isTs: boolean;
  /** Types must not be written: the project checks its JavaScript, and a comment would change what it checks. */
  typeNeutral: boolean;
}

export function paramDocs(fact: ParamFact, context: ParamContext): ParamDoc[] {
  const described = describe(fact, context);
  const facts = extraFacts(fact, context);
  const main: ParamDoc = { name: fact.name, text: [capitalize(described), ...facts].join('. '), optional: fact.optional && !fact.rest, ...typesOf(fact, context) };
  if (!fact.fields || context.isTs || context.typeNeutral) return [main];
  const fields = fact.fields.map((field) => ({
    name: `${fact.name}.${field.name}`,
    text: capitalize(fieldText(field.name)),
    optional: field.optional,
    type: field.certainType ?? '*',
    ...(field.defaultText !== undefined && { defaultText: field.defaultText }),
  }));
  return [main, ...fields];
}

function typesOf(fact: ParamFact, { isTs, typeNeutral }: ParamContext): Partial<ParamDoc> {
  if (isTs) return {};
  const type = typeNeutral ? undefined : fact.certainType;
  return { ...(type !== undefined && { type }), ...(fact.defaultText !== undefined && { defaultText: fact.defaultText }) };
}

function describe(fact: ParamFact, { plan, isComponent }: ParamContext): string {
  const { role } = namedParam(fact);
  if (fact.unused) return 'not used';
  const isSubject = plan.subject?.param === fact.name;
  if (isComponent && fact.name === 'props') return "the component's props";
  if (role === 'function') return functionText(fact, isSubject ? plan.subject!.infinitive : undefined);
  if (fact.rest) return `the ${plural(nounOf(fact.name))}${isSubject ? ` ${plan.subject!.infinitive}` : ''}`;
  if (role === 'options') return fieldList(fact) ?? knownText(fact.name) ?? optionsText(fact.name);
  if (isFlag(fact)) return flagText(fact.name);
  if (isSubject) return `the ${subjectNoun(fact.name)} ${plan.subject!.infinitive}`;
  return knownText(fact.name) ?? attributeText(fact.name, plan) ?? measureText(fact.name) ?? plainText(fact.name);
}

/** `to` and `of` are no nouns. */
const plainText = (name: string): string => (PREPOSITIONS.has(nounOf(name)) ? `the \`${name}\` value` : withThe([nounOf(name)]));

/** `str` to trim is a string; `x` is a value; `parsedText` is the parsed text. */
const subjectNoun = (name: string): string => (/^(?:input|arg|x|it|o|self|thing|any|subject|target)$/.test(name) ? 'value' : nounOf(name));

function functionText(fact: ParamFact, infinitive: string | undefined): string {
  if (fact.nodeStyle) return 'callback that receives an error or `null`, and the result';
  if (infinitive !== undefined) return `the function ${infinitive}`;
  const args = declaredArguments(fact.typeNode) ?? fact.calledWith;
  const event = /^on([A-Z]\w*)$/.exec(fact.name)?.[1];
  const role = event === undefined ? roleNoun(fact.name) : `function called on ${phrase(wordsOf(event))}`;
  if (args === undefined) return event === undefined && role === 'function' ? 'the function to call' : role;
  const joint = event === undefined ? (role === 'function' ? 'function called with' : `${role}; called with`) : `${role}, with`;
  return args.length === 0 ? (event === undefined ? `${role === 'function' ? 'function called' : `${role}; called`} without arguments` : role) : `${joint} ${listing(args.map((arg) => `\`${arg}\``))}`;
}

function roleNoun(name: string): string {
  const noun = nounOf(name);
  if (noun === 'function' || name.length === 1) return 'function';
  const words = wordsOf(name.replace(/A?[sS]ync$/, ''));
  if (/Sync$/.test(name) && !startsWithVerb(words)) return 'function';
  if (startsWithVerb(words) && !/^on[A-Z]/.test(name) && !/(?:Fn|Func|Function|Callback|Handler|Listener|Cb|er|or)$/.test(name) && words[0] !== 'next') {
    return `function that ${[thirdPerson(words[0]!), ...(words.length > 1 ? [withThe(words.slice(1))] : [])].join(' ')}`;
  }
  return /^(?:callback|cb|done)$/.test(name) ? 'the callback' : `the ${noun}`;
}

function declaredArguments(type: ts.TypeNode | undefined): string[] | undefined {
  if (!type) return undefined;
  if (ts.isParenthesizedTypeNode(type)) return declaredArguments(type.type);
  if (ts.isUnionTypeNode(type)) return type.types.map(declaredArguments).find((args) => args !== undefined);
  return ts.isFunctionTypeNode(type) ? type.parameters.map((p) => p.name.getText().replace(/^_+/, '')).filter((name) => /^[\w$]+$/.test(name)) : undefined;
}

const MAX_FIELDS = 6;

/** A destructured parameter is what is taken from it. */
function fieldList(fact: ParamFact): string | undefined {
  const { fields } = fact;
  if (!fields || fields.length === 0 || fields.length > MAX_FIELDS) return undefined;
  return `${/^(?:options|source)$/.test(fact.name) ? 'an object' : optionsText(fact.name)} with ${listing(fields.map((field) => `\`${field.name}\``))}`;
}

function optionsText(name: string): string {
  const words = wordsOf(name);
  return words.length > 1 ? `the ${phrase(words)}` : words[0] === 'configuration' ? 'the configuration' : words[0] === 'settings' ? 'the settings' : /^param/.test(name) ? 'the parameters' : name === 'props' ? 'the properties' : 'the options';
}

function isFlag(fact: ParamFact): boolean {
  if (fact.defaultText === 'true' || fact.defaultText === 'false') return true;
  if (fact.typeNode) return fact.typeNode.kind === ts.SyntaxKind.BooleanKeyword;
  return fact.certainType === 'boolean' || /^(?:is|has|should|can|allow|enable|disable|include|ignore|skip|with|use)[A-Z]/.test(fact.name);
}

function flagText(name: string): string {
  const [first, ...rest] = wordsOf(name) as [string, ...string[]];
  if (/^(?:is|are)$/.test(first) && rest.length > 0) return isAdjective(rest.at(-1)!) ? `whether it is ${phrase(rest)}` : `whether it is ${phrase(['a', ...rest])}`.replace(/\ba ([aeiou])/, 'an $1');
  if (first === 'has' && rest.length > 0) return `whether it has ${phrase(rest)}`;
  if (/^(?:should|must|can)$/.test(first) && rest.length > 0) return `whether to ${phrase(rest)}`;
  if (first === 'with' && rest.length > 0) return `whether to include ${phrase(rest)}`;
  if (startsWithVerb([first, ...rest])) return `whether to ${phrase([first, ...rest])}`;
  const words = [first, ...rest];
  return isAdjective(words.at(-1)!) && words.length === 1 ? `whether to be ${first}` : `whether ${phrase(words)} applies`;
}

const KNOWN: Readonly<Record<string, string>> = {
  a: 'the first value', b: 'the second value', left: 'the left-hand value', right: 'the right-hand value', lhs: 'the left-hand value', rhs: 'the right-hand value',
  req: 'the request', res: 'the response', err: 'the error', e: 'the error', min: 'the lower bound', max: 'the upper bound', n: 'the number', i: 'the index', ms: 'the time, in milliseconds',
  encoding: 'the character encoding', enc: 'the character encoding', defaultValue: 'the value to use when there is none', fallback: 'the value to use when there is none', signal: 'the signal that aborts the operation', abortSignal: 'the signal that aborts the operation',
  acc: 'the accumulated value', memo: 'the accumulated value', x: 'the x value', y: 'the y value', z: 'the z value', tz: 'the time zone', cwd: 'the current working directory', separator: 'the text between the parts',
  sep: 'the text between the parts', delimiter: 'the text between the parts', lang: 'the language', locale: 'the locale', seed: 'the seed of the random numbers', thisArg: 'the value of `this` inside the function', l: 'the value', s: 'the string', c: 'the character', p: 'the value', t: 'the value',
};
const knownText = (name: string): string | undefined => (Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined);

const ATTRIBUTES = new Set(['ID', 'name', 'key', 'path', 'type', 'index', 'size', 'title', 'URL', 'email', 'slug', 'label', 'status', 'version', 'width', 'height', 'length', 'color', 'kind', 'position', 'description', 'content', 'body', 'priority', 'filename', 'file name', 'options']);

/** The `id` of `deleteUser(id)` is the ID of the user. */
function attributeText(name: string, plan: Plan): string | undefined {
  const noun = nounOf(name);
  if (!plan.object || plan.object.length === 0 || !ATTRIBUTES.has(noun) || plan.object.includes(noun)) return undefined;
  const last = plan.object.at(-1)!;
  return isPlural(last) || isAdjective(last) ? undefined : `the ${noun} of ${withThe(plan.object)}`;
}

const UNITS: Readonly<Record<string, string>> = { ms: 'milliseconds', millis: 'milliseconds', sec: 'seconds', secs: 'seconds', seconds: 'seconds', minutes: 'minutes', hours: 'hours', days: 'days', bytes: 'bytes', kb: 'kilobytes', mb: 'megabytes', px: 'pixels', percent: 'percent', degrees: 'degrees', deg: 'degrees', radians: 'radians', micros: 'millionths' };

/** `timeoutMs` has a unit; `maxRetries` and `itemCount` are numbers. */
export function measureText(name: string): string | undefined {
  const raw = name.split(/(?<=[a-z\d])(?=[A-Z])|_/).map((part) => part.toLowerCase());
  const unit = raw.length > 1 && Object.hasOwn(UNITS, raw.at(-1)!) ? UNITS[raw.at(-1)!] : undefined;
  const words = wordsOf(unit === undefined ? name : name.replace(/_?[A-Za-z][a-z]*$/, ''));
  const noun = measured(words);
  if (unit !== undefined) return `${noun ?? withThe(words)}, in ${unit}`;
  return noun;
}

function measured(words: string[]): string | undefined {
  const [first, ...rest] = words;
  if (rest.length === 0) return undefined;
  if (first === 'maximum' || first === 'minimum') return isPlural(rest.at(-1)!) ? `the ${first} number of ${phrase(rest)}` : `the ${first} ${phrase(rest)}`;
  if (first === 'number' && rest[0] === 'of') return `the number of ${plural(phrase(rest.slice(1)))}`;
  if ((first === 'num' || first === 'number' || first === 'n') && isPlural(rest.at(-1)!)) return `the number of ${phrase(rest)}`;
  if (words.at(-1) === 'count' && words.length === 2) return `the number of ${plural(first!)}`;
  return undefined;
}

const fieldText = (name: string): string => (/^(?:is|has|should|can|allow|enable|disable|include|ignore|skip|use)[A-Z]/.test(name) ? flagText(name) : (knownText(name) ?? measureText(name) ?? (FUNCTION_NAMES.test(name) ? roleNoun(name) : withThe([nounOf(name)]))));

function extraFacts(fact: ParamFact, { isTs }: ParamContext): string[] {
  const facts: string[] = [];
  const choices = literalChoices(fact.typeNode);
  if (choices) facts.push(`One of ${listing(choices, 'or')}`);
  const defaults = fact.fields?.filter((field) => field.defaultText !== undefined) ?? [];
  if (isTs && fact.defaultText !== undefined) facts.push(`Defaults to \`${fact.defaultText}\``);
  if (isTs && defaults.length > 0 && defaults.length <= 6) facts.push(listing(defaults.map((field) => `\`${field.name}\` defaults to \`${field.defaultText!}\``)));
  if (fact.mutated) facts.push('Changed in place');
  return facts;
}

const MAX_CHOICES = 6;

/** The members of a union of literals written in the signature itself. */
export function literalChoices(type: ts.TypeNode | undefined): string[] | undefined {
  if (!type || !ts.isUnionTypeNode(type)) return undefined;
  const members = type.types.filter((t) => t.kind !== ts.SyntaxKind.UndefinedKeyword);
  const texts = members.map((t) => (ts.isLiteralTypeNode(t) && !/`/.test(t.getText()) ? `\`${t.getText()}\`` : undefined));
  return texts.length >= 2 && texts.length <= MAX_CHOICES && texts.every((text) => text !== undefined) ? (texts as string[]) : undefined;
}
