import { isAdjective } from '../english/adjectives.js';
import { phrase, wordsOf } from '../english/words.js';

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

export const tick = (name: string): string => `\`${name}\``;
export const data = (facts: NameFacts): NamedParam[] => facts.params.filter((p) => p.role === 'data');
/** "this cache" inside a class; undefined for functions and static members. */
export const self = (facts: NameFacts): string | undefined => (facts.owner && !facts.isStatic ? `this ${phrase(facts.owner)}` : undefined);

/** Notations rather than things. */
export const NOTATION = /^(?:hex|RGBA?|HSL|base64(?:url)?|UTF-8)$/;

/** How a parameter is called in a sentence; a single letter is a value. */
export function nounOf(name: string): string {
  if (name.length === 1) return 'value';
  const words = wordsOf(name.replace(/^_+|_+$/g, '').replace(/(?<=[a-z]{2})\d$/, ''));
  return words.length === 0 ? 'value' : `${phrase(words)}${isAdjective(words.at(-1)!) || NOTATION.test(phrase(words)) ? ' value' : ''}`;
}
