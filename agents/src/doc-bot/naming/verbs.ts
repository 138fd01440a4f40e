/** parseHeader, getUserById, groupBy, deepMerge: names that begin with a verb, or with a manner and a verb. */
import { isAdjective, PREPOSITIONS } from '../english/adjectives.js';
import { CREATING, FETCHING, participle, startsWithVerb, thirdPerson, TRANSITIVE, WITH_NOUN } from '../english/verbs.js';
import { capitalize, isMass, isPlural, phrase, plural, withArticle, withThe } from '../english/words.js';
import { convertingPlan } from './conversions.js';
import { ALONG, directObject, type Tail } from './direct-object.js';
import { MANNERS } from './manners.js';
import { data, tick, type NamedParam, type NameFacts, type Plan } from './plan.js';

/** Parameters that say how, not what. */
const MANNER_NAMES = /^(?:to|from|by|at|locale|lang|width|height|length|size|separator|sep|delimiter|encoding|direction|order|format|limit|count|n|digits|precision|radix|base|depth|level|indent|prefix|suffix|mode|strategy|target)$/;
/** Verbs whose object is one of several. */
const ADDING = new Set(['add', 'append', 'insert', 'register', 'send', 'emit', 'publish', 'dispatch', 'throw', 'issue', 'submit', 'post', 'push', 'enqueue', 'schedule', 'log', 'print', 'raise', 'report', 'attach', 'write', 'draw', 'render', 'play']);
const THE_ONE = new Set(['cache', 'database', 'server', 'file system', 'environment', 'registry', 'store', 'clipboard', 'DOM', 'queue', 'stack', 'end', 'start', 'beginning', 'top', 'bottom', 'root', 'context', 'console', 'user', 'client', 'session', 'page', 'screen', 'list', 'map', 'set', 'system', 'configuration']);

interface VerbParts {
  verb: string;
  head: string[];
  tails: Tail[];
}

export function verbPlan(facts: NameFacts): Plan | undefined {
  const parts = verbParts(facts.words);
  if (!parts) return undefined;
  const { verb, head, tails } = parts;
  const target = tails.find((tail) => tail.preposition === 'to')?.words ?? [];
  if (/^(?:convert|transform|translate|coerce|cast)$/.test(verb) && target.length > 0) return convertingPlan(facts, head, target);
  const named = new Set(tails.map((tail) => phrase(tail.words)));
  const free = data(facts).filter((param) => !named.has(phrase(param.words)));
  const direct = head.length === 0 ? directObject(verb, facts, free, tails) : undefined;
  const object = head.length > 0 ? objectPhrase(verb, head, facts) : direct?.text;
  const spokenVerb = verb === 'get' ? (facts.returns.promise || !facts.returns.value ? 'gets' : 'returns') : thirdPerson(verb);
  if (object === undefined && tails.length === 0 && Object.hasOwn(WITH_NOUN, verb)) return { summary: WITH_NOUN[verb]!, predicate: false, verb };
  if (verb === 'test' && facts.returns.boolean === true && head.length > 0 && free[0] && !matchingParam(head, facts) && !facts.owner) {
    return { summary: `Tests ${tick(free[0].name)} for ${isAdjective(head.at(-1)!) ? `${phrase(head)} values` : phrase(head)}`, predicate: true, verb, subject: { param: free[0].name, infinitive: 'to test' } };
  }
  const phrases = tails.map((tail) => tailPhrase(tail, facts, free, verb)).filter((text) => text !== '');
  const alone = (head.length === 0 ? TRANSITIVE.has(verb) : participle(verb) !== undefined) && data(facts).length === 1 && !MANNER_NAMES.test(data(facts)[0]!.name) ? data(facts)[0] : undefined;
  const subject = direct?.param ?? matchingParam(head, facts) ?? alone;
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
    ...(subject && verb !== 'get' && verb !== 'set' && !CREATING.has(verb) && { subject: { param: subject.name, infinitive: `to ${INFINITIVES[verb] ?? verb}${direct && Object.hasOwn(ALONG, verb) ? ` ${ALONG[verb]!}` : ''}` } }),
  };
}

export const INFINITIVES: Readonly<Record<string, string>> = { not: 'negate', unref: 'unreference', sync: 'synchronize', startup: 'start up', init: 'initialize', setup: 'set up', lookup: 'look up', cleanup: 'clean up', teardown: 'tear down', shutdown: 'shut down', concat: 'concatenate', diff: 'compare', lex: 'tokenize' };

function verbParts(words: string[]): VerbParts | undefined {
  if (!startsWithVerb(words)) return undefined;
  const [verb, ...rest] = words as [string, ...string[]];
  const head: string[] = [];
  const tails: Tail[] = [];
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
  if ((CREATING.has(verb) || ADDING.has(verb)) && isAdjective(last)) return withArticle([...head, 'value']);
  if (CREATING.has(verb) || (ADDING.has(verb) && !isPlural(last))) return withArticle(head);
  return withThe(head);
}

/** The parameter that the object's words name: `header` in `parseHeader(header)`. */
function matchingParam(head: string[], facts: NameFacts): NamedParam | undefined {
  const text = phrase(head);
  if (text === '') return undefined;
  const exact = data(facts).find((p) => phrase(p.words) === text || plural(phrase(p.words)) === text);
  return exact ?? data(facts).find((p) => text.endsWith(` ${phrase(p.words)}`) || phrase(p.words).endsWith(` ${text}`));
}

function tailPhrase({ preposition, words }: Tail, facts: NameFacts, free: NamedParam[], verb: string): string {
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

/** `deepMerge`, `safeParseJSON`, `secureJsonParse`: a manner, then a verb, or a verb at the end. */
export function mannerPlan(facts: NameFacts): Plan | undefined {
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
