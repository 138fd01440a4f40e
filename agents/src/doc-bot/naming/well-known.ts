/** Names everybody knows: toString, on, sleep, onMessage, assertArray. */
import { isAdjective } from '../english/adjectives.js';
import { startsWithVerb, thirdPerson } from '../english/verbs.js';
import { capitalize, phrase } from '../english/words.js';
import { data, self, tick, type NameFacts, type Plan } from './plan.js';
import { questionClause } from './predicates.js';

export function wellKnownPlan(facts: NameFacts): Plan | undefined {
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
  if (/^(?:off|remove listener|remove event listener)$/.test(name) && a && (b?.role === 'function' || (facts.params.length === 1 && /(?:event|type|name)$/i.test(a.name)))) return plain(`Removes ${b ? 'a listener' : 'the listeners'} for ${tick(a.name)}`);
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
