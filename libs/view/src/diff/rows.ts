import { diffWordsWithSpace } from 'diff';

export interface DiffPart {
  readonly text: string;
  /** The words that differ from the line's other side. */
  readonly changed: boolean;
}
export interface DiffRow {
  readonly kind: 'same' | 'added' | 'removed';
  /** Line numbers, from 1. */
  readonly before?: number;
  readonly after?: number;
  readonly parts: readonly DiffPart[];
}

const plain = (text: string): readonly DiffPart[] => [{ text, changed: false }];
/** Below this share of equal text two lines are not two versions of one line, and marking words would only confuse. */
const ALIKE = 0.35;
const MAX_WORD_DIFF_CHARS = 2_000;

export const sameRow = (text: string, before: number, after: number): DiffRow => ({ kind: 'same', before, after, parts: plain(text) });

/** Removed lines and the lines that took their place, with the words that differ where a pair is alike. */
export function changedRows(removed: readonly string[], added: readonly string[], before: number, after: number): DiffRow[] {
  const pairs = removed.map((line, index) => wordParts(line, added[index]));
  const gone = removed.map((line, index): DiffRow => ({ kind: 'removed', before: before + index, parts: pairs[index]?.old ?? plain(line) }));
  const come = added.map((line, index): DiffRow => ({ kind: 'added', after: after + index, parts: pairs[index]?.new ?? plain(line) }));
  return [...gone, ...come];
}

function wordParts(before: string, after: string | undefined): { old: readonly DiffPart[]; new: readonly DiffPart[] } | undefined {
  if (after === undefined || before.length + after.length > MAX_WORD_DIFF_CHARS) return undefined;
  const changes = diffWordsWithSpace(before, after);
  const equal = changes.filter(({ added, removed }) => !added && !removed).reduce((sum, { value }) => sum + value.trim().length, 0);
  if (equal < ALIKE * Math.max(before.trim().length, after.trim().length)) return undefined;
  return {
    old: changes.filter(({ added }) => !added).map(({ value, removed }) => ({ text: value, changed: removed })),
    new: changes.filter(({ removed }) => !removed).map(({ value, added }) => ({ text: value, changed: added })),
  };
}
