import { firstOf, MOST_COMMENT_CHARS, type LineComment, type LineCommentView, type Manifest } from '@countersign/contracts';
import { refused, type Refused } from './decide-approval.js';

/** Of one file of the manifest, by path: how many lines it has on each side; 0 where there is nothing of it. */
export type LinesOf = ReadonlyMap<string, Readonly<Record<LineComment['side'], number>>>;

/** Whether every comment stands on a line that is there, of a file the manifest names; undefined: it does. */
export function misplaced(comments: readonly LineComment[], manifest: Pick<Manifest, 'artifacts'>, lines: LinesOf): Refused | undefined {
  if (comments.reduce((sum, { text }) => sum + text.length, 0) > MOST_COMMENT_CHARS) return refused('comments_too_long', `the comments of one review have ${MOST_COMMENT_CHARS} characters together`);
  for (const [index, { path, line, side, text }] of comments.entries()) {
    const at = { details: { comment: index } };
    if (text.trim() === '') return { ...refused('comment_misplaced', 'a comment says nothing'), ...at };
    if (!manifest.artifacts.some((file) => file.path === path)) return { ...refused('comment_misplaced', 'a comment is on a file that is not part of this request'), ...at };
    if (line > (lines.get(path)?.[side] ?? 0)) return { ...refused('comment_misplaced', 'a comment is on a line that is not there'), ...at };
  }
  return undefined;
}

/** Each with the line it is about, so that it is understood when the file has changed. */
export const quoted = (comments: readonly LineComment[], lineOf: (comment: LineComment) => string): LineCommentView[] =>
  comments.map(({ path, line, side, text }) => ({ path, line, side, text, quote: firstOf(lineOf({ path, line, side, text }), 400) }));
