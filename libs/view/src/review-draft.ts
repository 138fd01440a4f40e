import type { LineComment } from '@countersign/contracts';
import { firstOf } from '@countersign/contracts/characters';
import { MOST_CHARS_EACH, MOST_COMMENT_CHARS, MOST_COMMENTS } from '@countersign/contracts/review-limits';

/** Where a remark stands. */
export type Place = Pick<LineComment, 'path' | 'line' | 'side'>;
/** Said where a review's remarks say enough by themselves. */
export const SEE_COMMENTS = 'See the comments on the lines.';

export const samePlace = (a: Place, b: Place): boolean => a.path === b.path && a.line === b.line && a.side === b.side;

/** The draft with this remark at its place, in the order of files and lines; an empty text takes it away. */
export function withRemark(draft: readonly LineComment[], place: Place, text: string): LineComment[] {
  const others = draft.filter((remark) => !samePlace(remark, place));
  const said = text.trim();
  if (said === '') return others;
  return [...others, { path: place.path, line: place.line, side: place.side, text: firstOf(said, MOST_CHARS_EACH) }].sort((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1));
}

const charsOf = (draft: readonly LineComment[]): number => draft.reduce((sum, { text }) => sum + text.length, 0);
const TOO_MANY = `A review has ${MOST_COMMENTS} comments at most.`;
const TOO_LONG = `A review has ${MOST_COMMENT_CHARS} characters at most.`;

/** Why no further remark fits; undefined: one does. */
export function isFull(draft: readonly LineComment[]): string | undefined {
  if (draft.length >= MOST_COMMENTS) return TOO_MANY;
  return charsOf(draft) >= MOST_COMMENT_CHARS ? TOO_LONG : undefined;
}

/** How long the remark at this place may be. */
export const roomFor = (draft: readonly LineComment[], place: Place): number =>
  Math.max(0, Math.min(MOST_CHARS_EACH, MOST_COMMENT_CHARS - charsOf(draft.filter((remark) => !samePlace(remark, place)))));

/** Why these could never be sent together, and what to do; undefined: they can. Where two tabs wrote, or some came back, there may be more than fit. */
export function beyondLimits(draft: readonly LineComment[]): string | undefined {
  const [many, long] = [draft.length - MOST_COMMENTS, charsOf(draft) - MOST_COMMENT_CHARS];
  if (many > 0) return `${TOO_MANY} Take ${many} of them away.`;
  return long > 0 ? `${TOO_LONG} Shorten yours by ${long}.` : undefined;
}

/** Those that can be added to a draft, one after the other: where nothing stands yet, and as long as there is room. */
export function fitting<R extends LineComment>(draft: readonly LineComment[], remarks: readonly R[]): readonly R[] {
  let full = [...draft];
  return remarks.filter((remark) => {
    const fits = full.length < MOST_COMMENTS && remark.text.length <= roomFor(full, remark) && !full.some((other) => samePlace(other, remark));
    if (fits) full = [...full, remark];
    return fits;
  });
}

/** As it stands in a later version, and as it was written. */
export interface CarriedOver extends LineComment {
  readonly was: LineComment;
}

/** The text of a file's side, as it was when a remark was written, or as it is now. */
export type SideText = (when: 'then' | 'now', of: Pick<Place, 'path' | 'side'>) => string | undefined;

/**
 * What was written on lines of an earlier version, as far as it still fits a later one: the line that it is about is there word for
 * word, at its place or at exactly one other. The rest has no line to stand on.
 */
export function carriedOver(draft: readonly LineComment[], textOf: SideText): { readonly fit: CarriedOver[]; readonly lost: LineComment[] } {
  const [fit, lost]: [CarriedOver[], LineComment[]] = [[], []];
  for (const remark of draft) {
    const line = lineNow(remark, textOf('then', remark), textOf('now', remark));
    if (line === undefined) lost.push(remark);
    else fit.push({ ...remark, line, was: remark });
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
    return Array.isArray(value) ? value.filter(isRemark) : [];
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
