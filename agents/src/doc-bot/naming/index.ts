/** What a function's name and parameters say it does. Pure text; the syntax tree stays outside. */
import { startsWithVerb } from '../english/verbs.js';
import { conversionPlan } from './conversions.js';
import { nounPlan } from './nouns.js';
import type { NameFacts, Plan } from './plan.js';
import { predicatePlan } from './predicates.js';
import { mannerPlan, verbPlan } from './verbs.js';
import { wellKnownPlan } from './well-known.js';

export { nounOf, type NamedParam, type NameFacts, type Plan } from './plan.js';

/** The first way of reading the name that fits; undefined where no sentence follows from it. */
export function planOf(facts: NameFacts): Plan | undefined {
  const { words, adverb } = withoutAdverb(facts.words);
  const trimmed = { ...facts, words };
  const plan = predicatePlan(trimmed) ?? wellKnownPlan(trimmed) ?? mannerPlan(trimmed) ?? conversionPlan(trimmed) ?? verbPlan(trimmed) ?? nounPlan(trimmed);
  if (!plan) return undefined;
  return { ...plan, summary: adverb === '' ? plan.summary : `${plan.summary} ${adverb}` };
}

function withoutAdverb(words: string[]): { words: string[]; adverb: string } {
  const last = words.at(-1);
  if (words.length > 1 && (last === 'sync' || last === 'synchronously')) return { words: words.slice(0, -1), adverb: 'synchronously' };
  if (words.length > 1 && (last === 'async' || last === 'asynchronously')) return { words: words.slice(0, -1), adverb: '' };
  if (words.length > 1 && last === 'once' && startsWithVerb(words)) return { words: words.slice(0, -1), adverb: 'once' };
  if (words[0] === 'pretty' && words[1] === 'print') return { words: ['pretty-print', ...words.slice(2)], adverb: '' };
  if (words.length > 1 && (words[0] === 'do' || words[0] === 'async') && startsWithVerb(words.slice(1))) return { words: words.slice(1), adverb: '' };
  return { words, adverb: '' };
}
