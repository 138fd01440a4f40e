import { BRIEF } from './rules.js';

/** What the customer said about a campaign: `Label: value` lines, and facts as a list. */
export interface Brief {
  readonly title: string;
  readonly brand: string;
  readonly product: string;
  readonly audience: string;
  readonly offer: string;
  readonly link: string;
  readonly facts: readonly string[];
}

/** What is not there, in a sentence for the customer. */
export interface Lacking {
  readonly lacks: string;
}

const NEEDED = ['brand', 'product', 'offer', 'link'] as const;

/** Reads a brief; the first heading is its title. What a campaign cannot do without is asked for by name. */
export function readBrief(text: string): Brief | Lacking {
  const lines = text.split('\n').map((line) => line.trim());
  const values = new Map(lines.flatMap((line) => {
    const [, label, value] = /^([A-Za-z]+):\s+(\S.*)$/.exec(line) ?? [];
    return label === undefined ? [] : [[label.toLowerCase(), value!] as const];
  }));
  const facts = lines.flatMap((line) => /^[-*]\s+(\S.*)$/.exec(line)?.[1] ?? []);
  const missing = NEEDED.filter((name) => !values.has(name)).map((name) => `"${name[0]!.toUpperCase()}${name.slice(1)}: …"`);
  if (missing.length > 0) return { lacks: `${BRIEF} needs ${missing.join(', ')}.` };
  if (facts.length === 0) return { lacks: `${BRIEF} needs at least one fact, as a line that begins with "- ".` };
  const of = (name: string, otherwise = ''): string => values.get(name) ?? otherwise;
  return { title: /^#\s+(\S.*)$/m.exec(text)?.[1] ?? of('product'), brand: of('brand'), product: of('product'), audience: of('audience'), offer: of('offer'), link: of('link'), facts };
}
