import type { LineComment } from '@countersign/contracts';

/** Where a remark stands. */
export type Place = Pick<LineComment, 'path' | 'line' | 'side'>;
const LIMITS = { comments: 50, chars: 8_000, each: 2_000 } as const;

export const samePlace = (a: Place, b: Place): boolean => a.path === b.path && a.line === b.line && a.side === b.side;

/** The draft with this remark at its place, in the order of files and lines; an empty text takes it away. */
export function withRemark(draft: readonly LineComment[], place: Place, text: string): LineComment[] {
  const others = draft.filter((remark) => !samePlace(remark, place));
  const said = text.trim();
  if (said === '') return others;
  return [...others, { path: place.path, line: place.line, side: place.side, text: said.slice(0, LIMITS.each) }].sort((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1));
}

/** Why no further remark fits; undefined: one does. */
export function isFull(draft: readonly LineComment[]): string | undefined {
  if (draft.length >= LIMITS.comments) return `A review has ${LIMITS.comments} comments at most.`;
  return draft.reduce((sum, { text }) => sum + text.length, 0) >= LIMITS.chars ? `A review has ${LIMITS.chars} characters at most.` : undefined;
}

/** The text of a file's side, as it was when a remark was written, or as it is now. */
export type SideText = (when: 'then' | 'now', of: Pick<Place, 'path' | 'side'>) => string | undefined;

/**
 * What was written on lines of an earlier version, as far as it still fits a later one: the line that it is about is there word for
 * word, at its place or at exactly one other. The rest has no line to stand on.
 */
export function carriedOver(draft: readonly LineComment[], textOf: SideText): { readonly fit: LineComment[]; readonly lost: LineComment[] } {
  const [fit, lost]: [LineComment[], LineComment[]] = [[], []];
  for (const remark of draft) {
    const line = lineNow(remark, textOf('then', remark), textOf('now', remark));
    if (line === undefined) lost.push(remark);
    else fit.push({ ...remark, line });
  }
  return { fit, lost };
}

function lineNow({ line }: Place, then: string | undefined, now: string | undefined): number | undefined {
  const words = then?.split('\n')[line - 1];
  if (words === undefined || now === undefined) return undefined;
  const lines = now.split('\n');
  if (lines[line - 1] === words) return line;
  const at = lines.indexOf(words);
  return at >= 0 && words.trim() !== '' && lines.lastIndexOf(words) === at ? at + 1 : undefined;
}

/** What a browser kept of a draft, as far as it is one: whatever else stands there is nobody's remark. */
export function readDraft(kept: string | null): LineComment[] {
  if (kept === null) return [];
  try {
    const value = JSON.parse(kept) as unknown;
    return Array.isArray(value) ? value.filter(isRemark).slice(0, LIMITS.comments) : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

function isRemark(value: unknown): value is LineComment {
  if (typeof value !== 'object' || value === null) return false;
  const { path, line, side, text } = value as Partial<Record<keyof LineComment, unknown>>;
  return typeof path === 'string' && Number.isInteger(line) && (side === 'before' || side === 'after') && typeof text === 'string' && text !== '';
}
