/** What a bare verb acts on: `retry(fn)`, `compareTo(other)`, `close()`. */
import { CREATING, LIFECYCLE, TRANSITIVE } from '../english/verbs.js';
import { listing } from '../english/words.js';
import { self, tick, type NamedParam, type NameFacts } from './plan.js';

/** Verbs that reach their object through a preposition. */
export const ALONG: Readonly<Record<string, string>> = { connect: 'to', go: 'to', iterate: 'over', jump: 'to', listen: 'on', navigate: 'to', redirect: 'to', reply: 'to', respond: 'to', scroll: 'to', subscribe: 'to', unsubscribe: 'from', wait: 'for', walk: 'through' };
/** Verbs that act on a function. */
const ON_FUNCTIONS = new Set(['apply', 'call', 'debounce', 'defer', 'execute', 'invoke', 'memoize', 'not', 'observe', 'promisify', 'retry', 'run', 'schedule', 'throttle', 'wrap', 'bind', 'measure', 'time']);
/** Verbs that treat their parameters alike. */
const SYMMETRIC = new Set(['add', 'combine', 'compare', 'concat', 'concatenate', 'intersect', 'join', 'merge', 'multiply', 'sum', 'swap', 'zip', 'diff', 'connect', 'exchange']);
/** Verbs of methods that act on their parameter when there is just one. */
const ONE_OBJECT = new Set('apply assign attach call detach download draw execute fetch hide highlight import insert invoke link load merge mount read render replace restore save schedule select show subscribe track update upload use watch wrap'.split(' '));
const CONTEXT_NAMES = /^(?:ctx|context|app|self|that|state|store|env|logger|log|client|db|conn|connection|socket|stream|server|program|editor|ts)$/;
const DATA_NAMES = /^(?:data|contents?|text|value|body|chunk|buffer|bytes|message|msg|line|lines|item|items|payload|entry|record|event|str|string|input|source|src)$/;
const PLACE_NAMES = /^(?:path|file|filename|filepath|filePath|fileName|dest|destination|target|output|out|stream|socket|to|dir|url)$/;
/** The prepositions of a name with the words behind each: `ById` is by + ID. */
export interface Tail {
  preposition: string;
  words: string[];
}

/** What a bare verb acts on: `this` for a method without parameters, else the parameter that its kind of verb takes. */
export function directObject(verb: string, facts: NameFacts, free: NamedParam[], tails: Tail[]): { text: string; param?: NamedParam } | undefined {
  const own = self(facts);
  const take = (param: NamedParam | undefined): { text: string; param: NamedParam } | undefined => {
    if (!param) return undefined;
    const at = free.indexOf(param);
    if (at >= 0) free.splice(at, 1);
    return { text: `${Object.hasOwn(ALONG, verb) ? `${ALONG[verb]!} ` : ''}${tick(param.name)}`, param };
  };
  const relation = tails[0] !== undefined;
  const dangling = tails[0]?.words.length === 0;
  const fn = facts.params.find((p) => p.role === 'function');
  if (own !== undefined) {
    if (dangling && free.length > 0) return { text: own };
    if (free.length === 0) return LIFECYCLE.has(verb) ? { text: own } : undefined;
    const taken = TRANSITIVE.has(verb) || (verb === 'write' && DATA_NAMES.test(free[0]!.name)) || (ONE_OBJECT.has(verb) && free.length === 1);
    return taken ? take(free[0]) : undefined;
  }
  if (fn && ON_FUNCTIONS.has(verb)) return take(fn);
  if (free.length === 1 && CREATING.has(verb) && !/^(?:clone|compose|open)$/.test(verb)) return { text: `from ${take(free[0])!.text}` };
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
  if (iterates) return { text: `${/^(?:map|reduce)$/.test(verb) ? 'over ' : ''}${direct.text}`, param: direct.param };
  return place ? { text: `${direct.text} to ${tick(place.name)}`, param: direct.param } : direct;
}

const listingFromTo = ([from, to]: NamedParam[]): string => `${tick(from!.name)} to ${tick(to!.name)}`;
