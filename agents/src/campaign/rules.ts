/**
 * What a campaign's copy has to keep to, whoever wrote it: how long a channel lets it be, and that it claims nothing that the
 * customer's brief does not say. The bots hold themselves to it, and the fleet judges drafts by it in its own sandbox, where
 * this file is shown alone: it imports nothing.
 */

/** The customer's own words, at the root of the repository; no draft may change it. */
export const BRIEF = 'brief.md';

/** Fields (`Subject: …`) and sections (`## X`) whose channel cuts what is longer. */
const MOST: Readonly<Record<string, number>> = { Title: 60, Description: 160, Slug: 60, Subject: 60, Preheader: 100, X: 280, LinkedIn: 3000, Instagram: 2200 };
const FIELD = /^([A-Z][A-Za-z]+): (.*)$/;
const SECTION = /^## (.+)$/;
/** A section that is an address of its own text, not a heading inside an article. */
const isPart = (name: string): boolean => Object.hasOwn(MOST, name);

export interface Part {
  readonly name: string;
  readonly text: string;
  readonly line: number;
}

/** The fields and sections of a text that a channel limits. */
export function partsOf(text: string): Part[] {
  const parts: { name: string; lines: string[]; line: number }[] = [];
  let open: string[] | undefined;
  for (const [at, line] of text.split('\n').entries()) {
    const [, section] = SECTION.exec(line) ?? [];
    const [, field = '', value = ''] = FIELD.exec(line) ?? [];
    if (section !== undefined) {
      open = undefined;
      if (isPart(section)) parts.push({ name: section, lines: (open = []), line: at + 1 });
    } else if (open) open.push(line);
    else if (isPart(field)) parts.push({ name: field, lines: [value], line: at + 1 });
  }
  return parts.map(({ name, lines, line }) => ({ name, text: lines.join('\n').trim(), line }));
}

/** Each part that is empty or longer than its channel shows, in characters as people count them. */
export function misfits(path: string, text: string): string[] {
  return partsOf(text).flatMap(({ name, text: words, line }) => {
    const length = [...words].length;
    if (length === 0) return [`${path}:${line}: ${name} is empty`];
    return length > MOST[name]! ? [`${path}:${line}: ${name} has ${length} characters, the channel shows ${MOST[name]}`] : [];
  });
}

/** Addresses and links, then figures with their currency or percent sign. */
const ADDRESS = /https?:\/\/[^\s<>()[\]"']+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b(?:[a-z0-9-]+\.)+(?:com|org|net|in|io|example|test|dev|shop|app)(?:\/[^\s<>()[\]"']*)?/gi;
const FIGURE = /(?:[₹$€£]|\b(?:Rs\.?|INR|USD)) ?\d[\d,.]*\d|(?:[₹$€£]|\b(?:Rs\.?|INR|USD)) ?\d|\d[\d,.]*\d? ?(?:%|percent\b|per cent\b)|\d(?:[\d,.:]*\d)?/g;
/** Words that promise something: only the customer may. */
const PROMISES = /\b(?:free|guarantee[ds]?|cheapest|lowest|award-winning|certified|organic|clinically|proven|risk-free|refund(?:ed|s)?|unlimited|exclusive|limited[- ]time|only today|world's|number one)\b/gi;

const plain = (claim: string): string => claim.toLowerCase().replace(/\s+/g, '').replace(/per?cent/, '%').replace(/(\d),(?=\d)/g, '$1').replace(/[.,:;!?]+$/, '');

export interface Claim {
  readonly words: string;
  readonly line: number;
}

/** What a line claims, and the line without it. */
function split(line: string): { readonly found: readonly string[]; readonly rest: string } {
  const found: string[] = [];
  const take = (pattern: RegExp, from: string): string =>
    from.replace(pattern, (words) => {
      found.push(words);
      return ' ';
    });
  return { rest: take(PROMISES, take(FIGURE, take(ADDRESS, line))), found };
}

/** Everything in a text that can be true or false by itself. */
export const claimsIn = (text: string): Claim[] => text.split('\n').flatMap((line, at) => split(line).found.map((words) => ({ words, line: at + 1 })));

/** A text without what it claims: for where its words are taken out of their sentences, in which a claim could become another. */
export const bare = (text: string): string => text.split('\n').map((line) => split(line).rest).join('\n');

/** Each figure, address and promise of a text that the brief does not have. */
export function inventions(path: string, text: string, brief: string): string[] {
  const known = new Set(claimsIn(brief).map(({ words }) => plain(words)));
  return claimsIn(text).filter(({ words }) => !known.has(plain(words))).map(({ words, line }) => `${path}:${line}: "${words}" does not stand in ${BRIEF}`);
}
