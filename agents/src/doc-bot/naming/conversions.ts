/** hexToRgb, toArray, fromJson, convertBase64ToBuffer. */
import { isAdjective } from '../english/adjectives.js';
import { startsWithVerb } from '../english/verbs.js';
import { phrase, withArticle } from '../english/words.js';
import { data, NOTATION, self, tick, type NameFacts, type Plan } from './plan.js';

const NOT_TARGETS = new Set(['end', 'start', 'front', 'back', 'top', 'bottom']);

export function conversionPlan(facts: NameFacts): Plan | undefined {
  const { words } = facts;
  const at = words.findIndex((word) => word === 'to' || word === '2');
  const [subject] = data(facts);
  const acted = subject ? { subject: { param: subject.name, infinitive: 'to convert' } } : {};
  if (at === 0 && words.length > 1 && !NOT_TARGETS.has(words.at(-1)!)) {
    const target = words.slice(1);
    const source = self(facts) ?? (subject ? tick(subject.name) : undefined);
    const to = isAdjective(target.at(-1)!) ? phrase(target) : withArticle(target);
    return { summary: `Converts ${source === undefined ? '' : `${source} `}to ${to}`, predicate: false, verb: 'convert', object: target, result: `the ${phrase(target)}${isAdjective(target.at(-1)!) || NOTATION.test(phrase(target)) ? ' value' : ''}`, ...(self(facts) === undefined && acted) };
  }
  if (at > 0 && at < words.length - 1 && !startsWithVerb(words) && facts.returns.value) {
    const [from, to] = [words.slice(0, at), words.slice(at + 1)];
    return { summary: `Converts ${withArticle(from)} to ${withArticle(to)}`, predicate: false, verb: 'convert', object: to, result: `the ${phrase(to)}${NOTATION.test(phrase(to)) ? ' value' : ''}`, ...acted };
  }
  const [first, ...rest] = words;
  if (first !== undefined && /^(?:as|with|without)$/.test(first) && rest.length > 0 && facts.returns.value && subject && (first === 'as' || !facts.owner)) {
    return { summary: `Returns ${tick(subject.name)} ${first} ${withArticle(rest)}`, predicate: false, ...acted };
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

/** `convertBase64ToBuffer`: like `base64ToBuffer`. */
export function convertingPlan(facts: NameFacts, head: string[], target: string[]): Plan {
  const [subject] = data(facts);
  const from = head.length > 0 ? withArticle(head) : subject ? tick(subject.name) : (self(facts) ?? 'the input');
  const to = isAdjective(target.at(-1)!) ? phrase(target) : withArticle(target);
  return { summary: `Converts ${from} to ${to}`, predicate: false, verb: 'convert', result: `the ${phrase(target)}${NOTATION.test(phrase(target)) ? ' value' : ''}`, ...(subject && { subject: { param: subject.name, infinitive: 'to convert' } }) };
}
