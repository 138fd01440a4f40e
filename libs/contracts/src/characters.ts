/** Cuts between characters, as the database and the rules count them: a cut in the middle of one leaves half of it, which no row of JSON and no signed bytes can hold. */
export const firstOf = (text: string, most: number): string => (text.length <= most ? text : [...text.slice(0, 2 * most)].slice(0, most).join(''));

export function lastOf(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = [...text.slice(Math.max(0, text.length - 2 * most))];
  return end.slice(Math.max(0, end.length - most)).join('');
}

/** The whole text, or its beginning with a sign that more of it follows. */
export const shorten = (text: string, most: number): string => (firstOf(text, most) === text ? text : `${firstOf(text, most - 1)}…`);

/** Whether the database can hold every text in this: it has no place for U+0000, nor for half a character. */
export function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, member]) => isStorable(name) && isStorable(member));
}

/**
 * Characters that change how a line reads, or carry a text of their own, without being seen: controls, bidirectional overrides, joiners
 * (the "Trojan Source" attack), variation selectors, fillers, letters that are blank. Which picture an emoji has is seen.
 */
export const UNSEEN = /(?!(?<=(?![#*\d])\p{Emoji})[\ufe0e\ufe0f]|(?<=[#*\d])\ufe0f\u20e3)[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800\u{1d159}]/gu;
export const hasUnseen = (text: string): boolean => text.search(UNSEEN) >= 0;
/** For words of ours around it, where there is no place to name what was left out. */
export const withoutUnseen = (text: string): string => text.replaceAll(UNSEEN, '');
