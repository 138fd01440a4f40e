/** What a function's name and parameters say it does. Pure text; the syntax tree stays outside. */
import { isAdjective, PREPOSITIONS } from './english/adjectives.js';
import { CREATING, FETCHING, LIFECYCLE, participle, startsWithVerb, thirdPerson, TRANSITIVE, WITH_NOUN } from './english/verbs.js';
import { articleFor, capitalize, isMass, isPlural, listing, phrase, plural, withArticle, withThe, wordsOf } from './english/words.js';

export interface NamedParam {
  name: string;
  words: string[];
  /** Plain data, a function, or a bag of options. */
  role: 'data' | 'function' | 'options';
}

export interface NameFacts {
  words: string[];
  params: NamedParam[];
  /** Words of the class, for its members. */
  owner?: string[];
  isStatic: boolean;
  returns: { value: boolean; boolean: boolean | undefined; promise: boolean; iterates: boolean; makesFunction: boolean; makesNew: boolean };
}

/** The sentence, and what the tags below it can take from the name. */
export interface Plan {
  summary: string;
  predicate: boolean;
  verb?: string;
  /** The noun the function is about, without article. */
  object?: string[];
  /** What comes back, with its article: "the parsed header". */
  result?: string;
  /** The parameter that the verb acts on, and how to say so: "to parse". */
  subject?: { param: string; infinitive: string };
}

export function planOf(facts: NameFacts): Plan {
  const { words, adverb } = withoutAdverb(facts.words);
  const trimmed = { ...facts, words };
  const plan = predicatePlan(trimmed) ?? wellKnownPlan(trimmed) ?? mannerPlan(trimmed) ?? conversionPlan(trimmed) ?? verbPlan(trimmed) ?? nounPlan(trimmed);
  return { ...plan, summary: adverb === '' ? plan.summary : `${plan.summary} ${adverb}` };
}

function withoutAdverb(words: string[]): { words: string[]; adverb: string } {
  const last = words.at(-1);
  if (words.length > 1 && (last === 'sync' || last === 'synchronously')) return { words: words.slice(0, -1), adverb: 'synchronously' };
  if (words.length > 1 && (last === 'async' || last === 'asynchronously')) return { words: words.slice(0, -1), adverb: '' };
  if (words.length > 1 && last === 'once' && startsWithVerb(words)) return { words: words.slice(0, -1), adverb: 'once' };
  if (words.length > 1 && (words[0] === 'do' || words[0] === 'async') && startsWithVerb(words.slice(1))) return { words: words.slice(1), adverb: '' };
  return { words, adverb: '' };
}

const tick = (name: string): string => `\`${name}\``;
const data = (facts: NameFacts): NamedParam[] => facts.params.filter((p) => p.role === 'data');
const self = (facts: NameFacts): string | undefined => (facts.owner && !facts.isStatic ? `this ${phrase(facts.owner)}` : undefined);

// ---- Predicates: isEmpty, hasKey, startsWith ------------------------------------------------------------------------------

const THIRD_PERSON_QUESTIONS = new Set(['contains', 'includes', 'matches', 'starts', 'ends', 'equals', 'exists', 'supports', 'allows', 'accepts', 'overlaps', 'intersects', 'needs', 'requires', 'uses', 'belongs', 'implements', 'applies']);
const RELATIONS = /^(?:equal|identical|same|similar|compatible|disjoint|equivalent|congruent|alike)$/;

function predicatePlan(facts: NameFacts): Plan | undefined {
  const [first, ...rest] = facts.words;
  if (first === undefined || facts.returns.boolean === false) return undefined;
  const clause = questionClause(first, rest, facts) ?? comparisonClause(facts);
  if (clause === undefined) return undefined;
  const [subject] = data(facts);
  const acted = self(facts) === undefined && subject && !clause.includes('` and `') ? { subject: { param: subject.name, infinitive: 'to check' } } : {};
  return { summary: `Checks whether ${clause}`, predicate: true, ...acted };
}

/** `channelOptionsEqual(a, b)`. */
function comparisonClause(facts: NameFacts): string | undefined {
  const [a, b] = data(facts);
  return a && b && !facts.owner && /^equals?$/.test(facts.words.at(-1)!) && facts.words[0] !== 'not' ? `${tick(a.name)} and ${tick(b.name)} are ${facts.words.length === 2 && Object.hasOwn(MANNERS, facts.words[0]!) ? `${MANNERS[facts.words[0]!]!} ` : ''}equal` : undefined;
}

function questionClause(first: string, rest: string[], facts: NameFacts): string | undefined {
  const own = self(facts);
  const [a, b] = data(facts);
  const subject = own ?? (a ? tick(a.name) : undefined);
  const other = own === undefined ? b : a;
  if (first === 'is' && phrase(rest) === 'instance' && facts.isStatic && facts.owner && subject !== undefined) return `${subject} is an instance of this class`;
  if (first === 'is' || first === 'are' || first === 'was') return rest.length === 0 ? undefined : isClause(rest, subject, other, own === undefined);
  if (first === 'has' && rest.length === 0) return own !== undefined && a ? `${own} has ${tick(a.name)}` : undefined;
  if (first === 'has') return hasClause(rest, subject, other);
  if ((first === 'can' || first === 'should') && rest.length > 0) return subject === undefined ? undefined : `${subject} ${first} ${phrase(rest)}`;
  if (THIRD_PERSON_QUESTIONS.has(first) && facts.returns.boolean !== false) {
    const tail = questionTail(first, rest);
    const dangling = rest.length === 0 || PREPOSITIONS.has(rest.at(-1)!);
    return subject === undefined ? undefined : `${subject} ${tail}${dangling && other ? ` ${tick(other.name)}` : ''}`;
  }
  return undefined;
}

/** "starts with a structured value": the noun behind the preposition gets its article. */
function questionTail(first: string, rest: string[]): string {
  if (!/^(?:contains|includes|matches|starts|ends|has)$/.test(first)) return [first, ...rest].join(' ');
  const [preposition, ...noun] = rest;
  if (preposition !== undefined && PREPOSITIONS.has(preposition) && noun.length > 0) return `${first} ${preposition} ${withArticle(noun)}`;
  return rest.length > 0 && preposition !== undefined && !PREPOSITIONS.has(preposition) ? `${first} ${withArticle(rest)}` : [first, ...rest].join(' ');
}

function isClause(rest: string[], subject: string | undefined, other: NamedParam | undefined, bothFree: boolean): string {
  const last = rest.at(-1)!;
  const noun = rest.slice(0, -1);
  if (isAdjective(last) && noun.length > 0 && !noun.some((word) => isAdjective(word) || PREPOSITIONS.has(word) || DEGREES.test(word))) {
    // "kanji mode is enabled"; of something, when there is something.
    if (subject === undefined || phrase(noun) === subject.replaceAll('`', '')) return `${subject ?? withArticleOrThe(noun)} is ${last}`;
    return `${withThe(noun)} of ${subject} is ${last}`;
  }
  if (other && bothFree && subject !== undefined && RELATIONS.test(last) && rest.length === 1) return `${subject} and ${tick(other.name)} are ${last === 'same' ? 'the same' : last}`;
  if (PREPOSITIONS.has(last) && other && subject !== undefined) {
    const core = rest.slice(0, -1);
    return `${subject} is ${core.length > 0 ? `${complement(core)} ` : ''}${last} ${tick(other.name)}`;
  }
  if (other && !bothFree && RELATIONS.test(last)) return `${subject ?? 'it'} is ${last === 'same' ? 'the same as' : `${last} to`} ${tick(other.name)}`;
  return `${subject ?? 'this'} is ${complement(rest)}`;
}

/** "empty", "a plain object", "in range", "a subset". */
function complement(words: string[]): string {
  const preposition = words.findIndex((word) => PREPOSITIONS.has(word));
  if (preposition === 0) return phrase(words);
  const head = preposition > 0 ? words.slice(0, preposition) : words;
  const tail = preposition > 0 ? ` ${phrase(words.slice(preposition))}` : '';
  if (head[0] === 'not' && head.length > 1) return `not ${complement(head.slice(1))}${tail}`;
  const last = head.at(-1)!;
  return (isAdjective(last) || last === 'NaN' || startsWithDegree(head) ? phrase(head) : withArticle(head)) + tail;
}
const DEGREES = /^(?:already|still|currently|fully|almost|too|very|not|case|well|non|pre|auto|self|all|up|read|async)$/;
const startsWithDegree = (words: string[]): boolean => words.length === 2 && DEGREES.test(words[0]!);
const withArticleOrThe = (words: string[]): string => (isPlural(words.at(-1)!) || isMass(words.at(-1)!) ? phrase(words) : withThe(words));

function hasClause(rest: string[], subject: string | undefined, other: NamedParam | undefined): string | undefined {
  if (subject === undefined) return `there ${isPlural(rest.at(-1)!) ? 'are' : 'is'} ${withArticle(rest)}`;
  if (other && phrase(other.words) === phrase(rest)) return `${subject} has the given ${phrase(rest)}`;
  const last = rest.at(-1)!;
  return isAdjective(last) && !isPlural(last) ? `${subject} has ${phrase(rest)}` : `${subject} has ${withArticle(rest)}`;
}

// ---- Names everybody knows -------------------------------------------------------------------------------------------------

function wellKnownPlan(facts: NameFacts): Plan | undefined {
  const name = phrase(facts.words);
  const [a, b] = facts.params;
  const own = self(facts);
  const plain = (summary: string, more: Partial<Plan> = {}): Plan => ({ summary, predicate: false, ...more });
  if (name === 'to string' && own !== undefined) return plain(`Returns ${own} as a string`, { result: 'the string' });
  if (name === 'to JSON' && own !== undefined) return plain('Returns the value that `JSON.stringify` serializes', { result: 'the value to serialize' });
  if (name === 'value of' && own !== undefined && !a) return plain(`Returns the primitive value of ${own}`, { result: 'the primitive value' });
  if (name === 'get' && a && own !== undefined && facts.params.length === 1) return plain(`Returns the value for ${tick(a.name)}`, { verb: 'get', result: 'the value' });
  if (name === 'set' && a && b && own !== undefined) return plain(`Sets the value for ${tick(a.name)}`, { verb: 'set' });
  if (/^(?:on|add listener|add event listener)$/.test(name) && b?.role === 'function') return plain(`Registers a listener for ${tick(a!.name)}`);
  if (/^(?:off|remove listener|remove event listener)$/.test(name) && a) return plain(`Removes ${b ? 'a listener' : 'the listeners'} for ${tick(a.name)}`);
  if (name === 'once' && b?.role === 'function') return plain(`Registers a listener that is called at most once for ${tick(a!.name)}`);
  if (name === 'noop') return plain('Does nothing');
  if (/^(?:sleep|wait|delay|pause)$/.test(name) && a && facts.params.length === 1 && /^(?:m?s|millis(?:econds)?|.*(?:Ms|Millis))$/.test(a.name)) {
    return plain(`${capitalize(thirdPerson(name))} for ${tick(a.name)} ${a.name === 's' ? 'seconds' : 'milliseconds'}`, { verb: name });
  }
  const [first, ...rest] = facts.words;
  if (/^(?:assert|ensure)$/.test(first ?? '') && rest.length > 0 && a?.role === 'data' && own === undefined) return assertPlan(first!, rest, facts);
  if (first === 'on' && rest.length > 0) {
    return a?.role === 'function' && facts.params.length === 1 ? plain(`Registers a callback for ${phrase(rest)}`) : plain(`Handles the ${startsWithVerb(rest) && rest.length > 1 ? `"${phrase(rest)}" event` : `${phrase(rest)}${isAdjective(rest.at(-1)!) ? ' event' : ''}`}`);
  }
  return undefined;
}

/** `assertEqual(a, b)`, `ensureArray(x)`, `assertIsString(x)`. */
function assertPlan(verb: string, rest: string[], facts: NameFacts): Plan {
  const claim = rest[0] === 'is' || rest[0] === 'has' ? rest : ['is', ...rest];
  const clause = claim.length > 1 ? questionClause(claim[0]!, claim.slice(1), facts) : undefined;
  const [subject] = data(facts);
  return { summary: `${capitalize(thirdPerson(verb))} ${clause === undefined ? tick(subject!.name) : `that ${clause}`}`, predicate: false, verb, subject: { param: subject!.name, infinitive: 'to check' } };
}

const MANNERS: Readonly<Record<string, string>> = { deep: 'deeply', shallow: 'shallowly', safe: 'safely', secure: 'securely', lazy: 'lazily', quick: 'quickly', strict: 'strictly', loose: 'loosely', recursive: 'recursively' };

/** `deepMerge`, `safeParseJSON`, `secureJsonParse`: a manner, then a verb, or a verb at the end. */
function mannerPlan(facts: NameFacts): Plan | undefined {
  const [first, ...rest] = facts.words;
  if (first === 'try' && startsWithVerb(rest)) {
    const tried = verbPlan({ ...facts, words: rest });
    return tried && { ...tried, summary: tried.summary.replace(/^\w+/, `Tries to ${INFINITIVES[rest[0]!] ?? rest[0]!}`) };
  }
  if (first === undefined || !Object.hasOwn(MANNERS, first)) return undefined;
  const last = rest.at(-1);
  const reordered = startsWithVerb(rest) ? rest : last !== undefined && TRANSITIVE.has(last) ? [last, ...rest.slice(0, -1)] : undefined;
  const plan = reordered && verbPlan({ ...facts, words: reordered });
  return plan && { ...plan, summary: `${capitalize(MANNERS[first]!)} ${plan.summary[0]!.toLowerCase()}${plan.summary.slice(1)}` };
}

// ---- Conversions: hexToRgb, toArray, fromJson ------------------------------------------------------------------------------

const NOT_TARGETS = new Set(['end', 'start', 'front', 'back', 'top', 'bottom']);

function conversionPlan(facts: NameFacts): Plan | undefined {
  const { words } = facts;
  const at = words.findIndex((word) => word === 'to' || word === '2');
  const [subject] = data(facts);
  const acted = subject ? { subject: { param: subject.name, infinitive: 'to convert' } } : {};
  if (at === 0 && words.length > 1 && !NOT_TARGETS.has(words.at(-1)!)) {
    const target = words.slice(1);
    const source = self(facts) ?? (subject ? tick(subject.name) : undefined);
    const to = isAdjective(target.at(-1)!) ? phrase(target) : withArticle(target);
    return { summary: `Converts ${source === undefined ? '' : `${source} `}to ${to}`, predicate: false, verb: 'convert', object: target, result: `the ${isAdjective(target.at(-1)!) ? `${phrase(target)} value` : phrase(target)}`, ...(self(facts) === undefined && acted) };
  }
  if (at > 0 && at < words.length - 1 && !startsWithVerb(words) && facts.returns.value) {
    const [from, to] = [words.slice(0, at), words.slice(at + 1)];
    return { summary: `Converts ${withArticle(from)} to ${withArticle(to)}`, predicate: false, verb: 'convert', object: to, result: `the ${phrase(to)}`, ...acted };
  }
  const [first, ...rest] = words;
  if (first !== undefined && /^(?:as|with|without)$/.test(first) && rest.length > 0 && facts.returns.value && subject && !facts.owner) {
    return { summary: `Returns ${tick(subject.name)} ${first} ${withArticle(rest)}`, predicate: false };
  }
  if (phrase(words) === 'from' && subject && facts.returns.value) return { summary: facts.owner ? `Creates ${withArticle(facts.owner)} from ${tick(subject.name)}` : `Converts ${tick(subject.name)}`, predicate: false, ...acted };
  if (words[0] === 'from' && words.length > 1 && facts.returns.value) {
    const made = facts.owner ? withArticle(facts.owner) : undefined;
    const from = withArticle(words.slice(1));
    return made === undefined
      ? { summary: `Converts from ${from}`, predicate: false, ...acted }
      : { summary: `Creates ${made} from ${from}`, predicate: false, result: `the new ${phrase(facts.owner!)}`, ...acted };
  }
  return undefined;
}

// ---- Verbs: parseHeader, getUserById, groupBy ------------------------------------------------------------------------------

/** Verbs whose object is one of several. */
const ADDING = new Set(['add', 'append', 'insert', 'register', 'send', 'emit', 'publish', 'dispatch', 'throw', 'issue', 'submit', 'post', 'push', 'enqueue', 'schedule', 'log', 'print', 'raise', 'report', 'attach', 'write', 'draw', 'render', 'play']);
/** Verbs that act on a function. */
const ON_FUNCTIONS = new Set(['apply', 'call', 'debounce', 'defer', 'execute', 'invoke', 'memoize', 'observe', 'promisify', 'retry', 'run', 'schedule', 'throttle', 'wrap', 'bind', 'measure', 'time']);
/** Verbs that treat their parameters alike. */
const SYMMETRIC = new Set(['add', 'combine', 'compare', 'concat', 'concatenate', 'intersect', 'join', 'merge', 'multiply', 'swap', 'zip', 'diff', 'connect', 'exchange']);
const CONTEXT_NAMES = /^(?:ctx|context|app|self|that|state|store|env|logger|log|client|db|conn|connection|socket|stream|server|program|editor|ts)$/;
const DATA_NAMES = /^(?:data|contents?|text|value|body|chunk|buffer|bytes|message|msg|line|lines|item|items|payload|entry|record|event|str|string|input|source|src)$/;
const PLACE_NAMES = /^(?:path|file|filename|filepath|filePath|fileName|dest|destination|target|output|out|stream|socket|to|dir|url)$/;
const THE_ONE = new Set(['cache', 'database', 'server', 'file system', 'environment', 'registry', 'store', 'clipboard', 'DOM', 'queue', 'stack', 'end', 'start', 'beginning', 'top', 'bottom', 'root', 'context', 'console', 'user', 'client', 'session', 'page', 'screen', 'list', 'map', 'set', 'system', 'configuration']);

interface VerbParts {
  verb: string;
  head: string[];
  tails: { preposition: string; words: string[] }[];
}

function verbPlan(facts: NameFacts): Plan | undefined {
  const parts = verbParts(facts.words);
  if (!parts) return undefined;
  const { verb, head, tails } = parts;
  const target = tails.find((tail) => tail.preposition === 'to')?.words ?? [];
  if (/^(?:convert|transform|translate|coerce|cast)$/.test(verb) && target.length > 0) return convertingPlan(facts, head, target);
  const free = [...data(facts)];
  const direct = head.length === 0 ? directObject(verb, facts, free, tails) : undefined;
  const object = head.length > 0 ? objectPhrase(verb, head, facts) : direct?.text;
  const spokenVerb = verb === 'get' ? (facts.returns.promise || !facts.returns.value ? 'gets' : 'returns') : thirdPerson(verb);
  if (object === undefined && tails.length === 0 && Object.hasOwn(WITH_NOUN, verb)) return { summary: WITH_NOUN[verb]!, predicate: false, verb };
  if (verb === 'test' && facts.returns.boolean === true && head.length > 0 && free[0] && !matchingParam(head, facts) && !facts.owner) {
    return { summary: `Tests ${tick(free[0].name)} for ${isAdjective(head.at(-1)!) ? `${phrase(head)} values` : phrase(head)}`, predicate: true, verb, subject: { param: free[0].name, infinitive: 'to test' } };
  }
  const phrases = tails.map((tail) => tailPhrase(tail, facts, free, verb)).filter((text) => text !== '');
  const subject = direct?.param ?? matchingParam(head, facts);
  if (facts.returns.makesFunction && !CREATING.has(verb) && verb !== 'get' && !facts.params.some((p) => p.role === 'function')) {
    const does = [spokenVerb, head.length > 0 ? object : undefined, ...phrases].filter((part) => part !== undefined && part !== '').join(' ');
    return { summary: `Creates a function that ${does}`, predicate: false, verb };
  }
  return {
    summary: capitalize([spokenVerb, object, ...phrases].filter((part) => part !== undefined && part !== '').join(' ')),
    predicate: false,
    verb,
    ...(head.length > 0 && { object: head }),
    ...resultOf(verb, head, facts, direct?.param ?? subject),
    ...(subject && verb !== 'get' && verb !== 'set' && !CREATING.has(verb) && { subject: { param: subject.name, infinitive: `to ${INFINITIVES[verb] ?? verb}` } }),
  };
}

/** `convertBase64ToBuffer`: like `base64ToBuffer`. */
function convertingPlan(facts: NameFacts, head: string[], target: string[]): Plan {
  const [subject] = data(facts);
  const from = head.length > 0 ? withArticle(head) : subject ? tick(subject.name) : (self(facts) ?? 'the input');
  const to = isAdjective(target.at(-1)!) ? phrase(target) : withArticle(target);
  return { summary: `Converts ${from} to ${to}`, predicate: false, verb: 'convert', result: `the ${phrase(target)}`, ...(subject && { subject: { param: subject.name, infinitive: 'to convert' } }) };
}

export const INFINITIVES: Readonly<Record<string, string>> = { unref: 'unreference', sync: 'synchronize', startup: 'start up', init: 'initialize', setup: 'set up', lookup: 'look up', cleanup: 'clean up', teardown: 'tear down', shutdown: 'shut down', concat: 'concatenate', diff: 'compare', lex: 'tokenize' };

function verbParts(words: string[]): VerbParts | undefined {
  if (!startsWithVerb(words)) return undefined;
  const [verb, ...rest] = words as [string, ...string[]];
  const head: string[] = [];
  const tails: VerbParts['tails'] = [];
  for (const word of rest) {
    if (PREPOSITIONS.has(word)) tails.push({ preposition: word, words: [] });
    else (tails.at(-1)?.words ?? head).push(word);
  }
  // `setToString` sets something; it does not set anything to a string.
  if (verb === 'set' && head.length === 0 && tails[0]) return { verb, head: tails[0].words, tails: tails.slice(1) };
  return { verb, head, tails };
}

function objectPhrase(verb: string, head: string[], facts: NameFacts): string {
  const text = phrase(head);
  if (text === 'all') return 'all items';
  if (/^(?:first|last|next|previous)$/.test(text)) return `the ${text} item`;
  const last = head.at(-1)!;
  if (isAdjective(last) && head.length === 1 && facts.owner) return text;
  if (verb === 'count') return `the ${plural(text)}`;
  if (verb === 'clone' || verb === 'copy') return withThe(head);
  if (CREATING.has(verb) && isAdjective(last)) return withArticle([...head, 'value']);
  if (CREATING.has(verb) || (ADDING.has(verb) && !isPlural(last))) return withArticle(head);
  return withThe(head);
}

/** What a bare verb acts on: `this` for a method without parameters, else the parameter that its kind of verb takes. */
function directObject(verb: string, facts: NameFacts, free: NamedParam[], tails: VerbParts['tails']): { text: string; param?: NamedParam } | undefined {
  const own = self(facts);
  const take = (param: NamedParam | undefined): { text: string; param: NamedParam } | undefined => {
    if (!param) return undefined;
    const at = free.indexOf(param);
    if (at >= 0) free.splice(at, 1);
    return { text: tick(param.name), param };
  };
  const relation = tails[0] !== undefined;
  const dangling = tails[0]?.words.length === 0;
  const fn = facts.params.find((p) => p.role === 'function');
  if (own !== undefined) {
    if (dangling && free.length > 0) return { text: own };
    if (free.length === 0) return LIFECYCLE.has(verb) ? { text: own } : undefined;
    return TRANSITIVE.has(verb) || (verb === 'write' && DATA_NAMES.test(free[0]!.name)) ? take(free[0]) : undefined;
  }
  if (fn && ON_FUNCTIONS.has(verb)) return take(fn);
  if (free.length <= 1) return take(free[0]);
  if (dangling) return take(free[0]);
  if (SYMMETRIC.has(verb) && !relation) return { text: listing(free.splice(0).map((p) => tick(p.name))) };
  if (/^(?:copy|move|rename)$/.test(verb) && !relation) return { text: listingFromTo(free.splice(0, 2)) };
  return fromSeveral(verb, free, take, fn !== undefined);
}

/** Of several parameters the one that the verb's kind takes; none when that cannot be told. */
function fromSeveral(verb: string, free: NamedParam[], take: (p: NamedParam | undefined) => { text: string; param: NamedParam } | undefined, hasFunction: boolean): { text: string; param?: NamedParam } | undefined {
  const writes = /^(?:write|save|append|send|print|publish|post|pipe)$/.test(verb);
  const iterates = hasFunction && /^(?:map|filter|sort|group|partition|iterate|walk|traverse|visit|find|reduce)$/.test(verb);
  if (!writes && !iterates && !TRANSITIVE.has(verb)) return undefined;
  const chosen = free.find((p) => DATA_NAMES.test(p.name)) ?? free.find((p) => !CONTEXT_NAMES.test(p.name)) ?? free[0];
  const place = writes ? free.find((p) => PLACE_NAMES.test(p.name) && p !== chosen) : undefined;
  const direct = take(chosen)!;
  if (iterates) return { text: `${/^(?:map|iterate|reduce)$/.test(verb) ? 'over ' : ''}${direct.text}`, param: direct.param };
  return place ? { text: `${direct.text} to ${tick(place.name)}`, param: direct.param } : direct;
}

const listingFromTo = ([from, to]: NamedParam[]): string => `${tick(from!.name)} to ${tick(to!.name)}`;

/** The parameter that the object's words name: `header` in `parseHeader(header)`. */
function matchingParam(head: string[], facts: NameFacts): NamedParam | undefined {
  const text = phrase(head);
  if (text === '') return undefined;
  const exact = data(facts).find((p) => phrase(p.words) === text || plural(phrase(p.words)) === text);
  return exact ?? data(facts).find((p) => text.endsWith(` ${phrase(p.words)}`) || phrase(p.words).endsWith(` ${text}`));
}

function tailPhrase({ preposition, words }: VerbParts['tails'][number], facts: NameFacts, free: NamedParam[], verb: string): string {
  if ((preposition === 'and' || preposition === 'or') && words.length > 0) {
    return startsWithVerb(words) ? `${preposition} ${[thirdPerson(words[0]!), ...(words.length > 1 ? [withThe(words.slice(1))] : [])].join(' ')}` : `${preposition} ${phrase(words)}`;
  }
  if (words.length === 0) {
    const next = free.shift() ?? facts.params.find((p) => p.role === 'function');
    return next ? `${preposition} ${tick(next.name)}` : /^(?:up|down|off|out)$/.test(preposition) ? preposition : '';
  }
  const text = phrase(words);
  const given = facts.params.find((p) => phrase(p.words) === text);
  if (given) return preposition === 'by' && (FETCHING.has(verb) || /^(?:delete|remove|update|load)$/.test(verb)) ? `with the given ${text}` : `${preposition} ${preposition === 'by' ? text : `the given ${text}`}`;
  const last = words.at(-1)!;
  if (preposition === 'by' || preposition === 'as' || preposition === 'via' || preposition === 'per') return `${preposition} ${preposition === 'as' ? withArticle(words) : text}`;
  if (THE_ONE.has(text)) return `${preposition} the ${text}`;
  if (isAdjective(last)) return `${preposition} ${text}`;
  return `${preposition} ${/^(?:to|into|from|with|without)$/.test(preposition) ? withArticle(words) : isMass(last) || isPlural(last) ? text : withThe(words)}`;
}

function resultOf(verb: string, head: string[], facts: NameFacts, subject: NamedParam | undefined): { result?: string } {
  if (!facts.returns.value) return {};
  const noun = head.length > 0 ? phrase(head) : subject && subject.name.length > 1 ? phrase(subject.words) : 'value';
  const done = participle(verb);
  if (done !== undefined) return { result: `the ${noun.startsWith(`${done} `) ? '' : `${done} `}${noun}` };
  if (verb === 'clone' || verb === 'copy' || verb === 'duplicate') return { result: head.length > 0 || subject ? `the copy` : 'the copy' };
  if (head.length === 0) return {};
  if (verb === 'count') return { result: `the number of ${plural(phrase(head))}` };
  if (CREATING.has(verb)) return { result: isPlural(head.at(-1)!) || isMass(head.at(-1)!) ? `the ${phrase(head)}` : `the new ${phrase(head)}` };
  if (!FETCHING.has(verb)) return {};
  const text = objectPhrase(verb, head, facts);
  return { result: text };
}

// ---- Nouns: distance, currentUser, middleware ------------------------------------------------------------------------------

function nounPlan(facts: NameFacts): Plan {
  const { words, returns } = facts;
  const noun = `${withThe(words)}${isAdjective(words.at(-1)!) ? ' value' : ''}`;
  const plain = (summary: string, result?: string): Plan => ({ summary, predicate: false, ...(result !== undefined && { result }) });
  const last = words.at(-1)!;
  const [asked] = facts.params;
  if (returns.boolean === true && isAdjective(last) && (asked?.role === 'data' || facts.owner)) {
    const who = self(facts) ?? tick(asked!.name);
    return { summary: `Checks whether ${who} is ${phrase(words)}`, predicate: true, ...(self(facts) === undefined && { subject: { param: asked!.name, infinitive: 'to check' } }) };
  }
  if (returns.iterates) return plain(`Yields ${isPlural(words.at(-1)!) ? phrase(words) : noun}`);
  if (returns.makesFunction || returns.makesNew) return plain(`Creates ${withArticle(isAdjective(last) ? [...words, 'value'] : words)}`, `the new ${phrase(words)}${isAdjective(last) ? ' value' : ''}`);
  if (!returns.value) return plain(words.length === 1 && words[0] === 'main' ? 'Runs the program' : `Handles ${noun}`);
  const subjects = data(facts).map((p) => tick(p.name));
  if (subjects.length === 2 && /^(?:distance|difference|ratio|interval|relation|overlap|intersection|midpoint)$/.test(words.at(-1)!)) return plain(`Returns ${noun} between ${listing(subjects)}`, noun);
  const about = facts.params.length === 1 && subjects.length === 1 && !alreadyNamed(words, facts.params[0]!) ? ` of ${subjects[0]!}` : '';
  return plain(`Returns ${noun}${about}`, noun);
}

const alreadyNamed = (words: string[], param: NamedParam): boolean => param.words.some((word) => words.includes(word));

/** How a parameter is called in a sentence; a single letter is a value. */
export function nounOf(name: string): string {
  if (name.length === 1) return 'value';
  const words = wordsOf(name.replace(/^_+|_+$/g, ''));
  return words.length === 0 ? 'value' : `${phrase(words)}${isAdjective(words.at(-1)!) ? ' value' : ''}`;
}

export const aNounOf = (name: string): string => `${articleFor(nounOf(name))} ${nounOf(name)}`;
