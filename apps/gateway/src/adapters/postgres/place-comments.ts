import type { LineComment, LineCommentView, Manifest } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import { misplaced, quoted } from '../../domain/place-comments.js';
import type { Refused } from '../../domain/decide-approval.js';

/** Longer files are not shown line by line, so nobody comments on a line of theirs. */
const MOST_BYTES = 1024 * 1024;

interface Texts {
  readonly path: string;
  readonly before: Buffer | null;
  readonly after: Buffer | null;
}

/** The comments of a review with the lines they are about, read from the stored bytes of the manifest's files; or why one cannot stand where it is. */
export async function placeComments(tx: Tx, manifest: Manifest, comments: readonly LineComment[]): Promise<{ readonly refused: Refused } | { readonly comments: readonly LineCommentView[] }> {
  if (comments.length === 0) return { comments: [] };
  const paths = new Set(comments.map(({ path }) => path));
  const files = manifest.artifacts.filter(({ path }) => paths.has(path));
  const rows = await tx.read<Texts>(sql`select f.path, case when not f.deleted and octet_length(f.content) <= ${MOST_BYTES} then f.content end as after, case when octet_length(b.base_content) <= ${MOST_BYTES} then b.base_content end as before
    from unnest(${files.map(({ id }) => id)}::uuid[], ${files.map(({ base }) => base?.artifact_id ?? null)}::uuid[]) u (id, base_id) join app.artifact f on f.team_id = ${tx.scopeId} and f.id = u.id left join app.artifact b on b.team_id = f.team_id and b.id = u.base_id`);
  const lines = new Map(rows.map(({ path, before, after }) => [path, { before: linesOf(before), after: linesOf(after) }]));
  const refused = misplaced(comments, manifest, new Map([...lines].map(([path, { before, after }]) => [path, { before: before.length, after: after.length }])));
  return refused ? { refused } : { comments: quoted(comments, ({ path, side, line }) => lines.get(path)![side][line - 1]!) };
}

/** As the screens count them: what has a zero byte is no text. */
function linesOf(bytes: Buffer | null): string[] {
  const text = bytes === null || bytes.includes(0) ? '' : bytes.toString('utf8');
  return text === '' ? [] : (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}
