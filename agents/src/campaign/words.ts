import { bare, claimsIn } from './rules.js';

/** At most so many characters, cut between words and never inside one; an ellipsis says that something is missing. */
export function fit(text: string, most: number): string {
  if ([...text].length <= most) return text;
  const cut = [...text].slice(0, most - 1).join('');
  return `${cut.replace(/\s+\S*$/, '').replace(/[\s,;:.–-]+$/, '')}…`;
}

/** As the end of a sentence. */
export const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** Words for a search engine's index: what an article says most, and no word that says nothing or claims something. */
export function keywords(text: string, most: number): string[] {
  const counts = new Map<string, number>();
  for (const word of bare(text).toLowerCase().match(/\p{L}{4,}/gu) ?? []) if (!SAYS_NOTHING.has(word)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, most).map(([word]) => word);
}

const SAYS_NOTHING = new Set('about after again also because been before being both could does each ever every from have here into just like more most much only other over people same shall should some such than that their them then there these they this those under until very want well were what when where which while whom will with would your yours https http'.split(' '));

/** A name for an address, without claims: a figure, an address or a promise is another one when it is cut to letters and hyphens. May be nothing. */
export function slugOf(text: string): string {
  const slug = hyphened(bare(text));
  return claimsIn(slug).length === 0 ? slug : slugOf(slug);
}
const hyphened = (text: string): string => text.toLowerCase().normalize('NFKD').replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60).replace(/-+$/, '');
