/** distance, currentUser, middleware: names without a verb. */
import { isAdjective, PREPOSITIONS } from '../english/adjectives.js';
import { isPlural, listing, phrase, withArticle, withThe } from '../english/words.js';
import { data, self, tick, type NamedParam, type NameFacts, type Plan } from './plan.js';

export function nounPlan(facts: NameFacts): Plan | undefined {
  const { words, returns } = facts;
  const noun = `${withThe(words)}${isAdjective(words.at(-1)!) ? ' value' : ''}`;
  const plain = (summary: string, result?: string): Plan => ({ summary, predicate: false, ...(result !== undefined && { result }) });
  const last = words.at(-1)!;
  const [asked] = facts.params;
  if (returns.boolean === true && isAdjective(last) && (asked?.role === 'data' || facts.owner)) {
    const who = self(facts) ?? tick(asked!.name);
    return { summary: `Checks whether ${who} is ${phrase(words)}`, predicate: true, ...(self(facts) === undefined && { subject: { param: asked!.name, infinitive: 'to check' } }) };
  }
  // `on`, `all`, `after`, `ready`: what they do is a convention of the project, not in the name.
  if (words.length === 1 && (PREPOSITIONS.has(last) || isAdjective(last) || /^(?:all|any|every|each|none|some|then|once|next|else)$/.test(last))) return undefined;
  if (returns.iterates) return plain(`Yields ${isPlural(words.at(-1)!) ? phrase(words) : noun}`);
  if (returns.makesFunction || returns.makesNew) return plain(`Creates ${withArticle(isAdjective(last) ? [...words, 'value'] : words)}`, `the new ${phrase(words)}${isAdjective(last) ? ' value' : ''}`);
  if (!returns.value) return plain(words.length === 1 && words[0] === 'main' ? 'Runs the program' : `Handles ${noun}`);
  const subjects = data(facts).map((p) => tick(p.name));
  if (subjects.length === 2 && /^(?:distance|difference|ratio|interval|relation|overlap|intersection|midpoint)$/.test(words.at(-1)!)) return plain(`Returns ${noun} between ${listing(subjects)}`, noun);
  const about = facts.params.length === 1 && subjects.length === 1 && !alreadyNamed(words, facts.params[0]!) ? ` of ${subjects[0]!}` : '';
  return plain(`Returns ${noun}${about}`, noun);
}

const alreadyNamed = (words: string[], param: NamedParam): boolean => param.words.some((word) => words.includes(word));
