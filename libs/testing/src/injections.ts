import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A text that somebody writes to be taken for an order, or for somebody else's words. */
export interface Injection {
  /** Stands in it as it is, and nowhere else. */
  readonly mark: string;
  readonly disguise: string;
  readonly text: string;
}

interface Disguise {
  readonly name: string;
  readonly form: string;
  /** Put in between its letters. */
  readonly between?: string;
  readonly tags?: boolean;
  readonly alike?: boolean;
  readonly base64?: boolean;
}

const DATA = resolve(import.meta.dirname, '../data/injections.json');
const FILL = 'Sed ut perspiciatis unde omnis iste natus error sit voluptatem. '.repeat(30);
const ALIKE: Readonly<Record<string, string>> = { a: 'а', c: 'с', e: 'е', i: 'і', o: 'о', p: 'р', s: 'ѕ', x: 'х', A: 'А', E: 'Е', I: 'І', O: 'О', P: 'Р' };

/** Every text of the data file in every disguise. */
export function injections(): readonly Injection[] {
  const { texts, disguises } = JSON.parse(readFileSync(DATA, 'utf8')) as { readonly texts: readonly string[]; readonly disguises: readonly Disguise[] };
  return disguises.flatMap((disguise, n) => texts.map((text, index) => dressed(text, disguise, `INJ${String(n * texts.length + index).padStart(4, '0')}Q`)));
}

function dressed(text: string, disguise: Disguise, mark: string): Injection {
  const { name, form, tags } = disguise;
  const inner = hidden(text, disguise);
  return { mark, disguise: name, text: form.replaceAll('TEXT', () => inner).replaceAll('FILL', FILL).replaceAll('SELECTORS', () => inSelectors(text)).replaceAll('MARK', mark) + (tags ? inTags(text) : '') };
}

function hidden(text: string, { between, alike, base64 }: Disguise): string {
  if (between !== undefined) return [...text].join(between);
  if (alike) return text.replaceAll(/[aceiopsxAEIOP]/g, (letter) => ALIKE[letter]!);
  return base64 ? Buffer.from(text).toString('base64') : text;
}

/** Characters of the block "Tags" have no picture, and models read them all the same. */
const inTags = (text: string): string => [...text].map((letter) => String.fromCodePoint(0xe0000 + letter.codePointAt(0)!)).join('');

/** So are the 256 variation selectors: one for each byte. */
const inSelectors = (text: string): string => [...Buffer.from(text)].map((byte) => String.fromCodePoint(byte < 16 ? 0xfe00 + byte : 0xe0100 + byte - 16)).join('');
