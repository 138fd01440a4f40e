/** isEmpty, hasKey, startsWith: names that ask. */
import { isAdjective, PREPOSITIONS } from '../english/adjectives.js';
import { isMass, isPlural, phrase, withArticle, withThe } from '../english/words.js';
import { MANNERS } from './manners.js';
import { data, self, tick, type NamedParam, type NameFacts, type Plan } from './plan.js';

const THIRD_PERSON_QUESTIONS = new Set(['contains', 'includes', 'matches', 'starts', 'ends', 'equals', 'exists', 'supports', 'allows', 'accepts', 'overlaps', 'intersects', 'needs', 'requires', 'uses', 'belongs', 'implements', 'applies']);
const RELATIONS = /^(?:equal|identical|same|similar|compatible|disjoint|equivalent|congruent|alike)$/;

export function predicatePlan(facts: NameFacts): Plan | undefined {
  const [first, ...rest] = facts.words;
  if (first === undefined || facts.returns.boolean === false) return undefined;
  const clause = questionClause(first, rest, facts) ?? comparisonClause(facts) ?? existenceClause(facts);
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

/** `fileExists(path)`. */
function existenceClause({ words }: NameFacts): string | undefined {
  return words.length > 1 && words.at(-1) === 'exists' ? `${withThe(words.slice(0, -1))} exists` : undefined;
}

export function questionClause(first: string, rest: string[], facts: NameFacts): string | undefined {
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
    return bothFree ? `${withThe(noun)} of ${subject} is ${last}` : `${withThe(noun)} is ${last}`;
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
