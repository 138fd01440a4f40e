/**
 * Characters that change how a line reads without being seen: bidirectional overrides, joiners and zero-width spaces,
 * control characters. In a text that a person approves they must be visible (the "Trojan Source" attack).
 */
const HIDDEN = /(?![\t\n])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

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
