import { UNSEEN } from '@countersign/contracts/characters';

/** In a text that a person approves nothing may be unseen but what every text has between its words and lines. */
const HIDDEN = new RegExp(`(?![\\t\\n])${UNSEEN.source}`, UNSEEN.flags);

export interface TextPart {
  readonly text: string;
  /** The name of a character that is not seen by itself. */
  readonly hidden?: string;
}

/** The text in parts, each hidden character a part of its own with its code point as its name. */
export function revealInvisible(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let start = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > start) parts.push({ text: text.slice(start, match.index) });
    parts.push({ text: match[0], hidden: match[0] === '\r' ? '␍' : `U+${match[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}` });
    start = match.index + match[0].length;
  }
  if (start < text.length || parts.length === 0) parts.push({ text: text.slice(start) });
  return parts;
}

export const hasInvisible = (text: string): boolean => text.search(HIDDEN) >= 0;

/** The same as one text, where there is no place for parts. */
export const inSight = (text: string): string => revealInvisible(text).map((part) => (part.hidden === undefined ? part.text : `‹${part.hidden}›`)).join('');
