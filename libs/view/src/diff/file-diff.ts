import { diffLines } from 'diff';
import { changedRows, sameRow, type DiffRow } from './rows.js';

/** Rows to show, or equal rows that are folded away until asked for. */
export interface DiffBlock {
  readonly kind: 'shown' | 'folded';
  readonly rows: readonly DiffRow[];
}
export interface FileDiff {
  readonly blocks: readonly DiffBlock[];
  readonly added: number;
  readonly removed: number;
  /** The last line of one side has no line end, the other's has. */
  readonly endOfFile?: 'added' | 'removed';
}
export interface DiffOptions {
  /** Equal lines kept around a change. */
  readonly context?: number;
  /** Two texts that take longer are shown as removed and added as a whole. */
  readonly timeoutMs?: number;
}

const CONTEXT = 3;
const TIMEOUT_MS = 1_000;

/** A unified diff as rows. `undefined` on one side means that the file is not there on that side. */
export function fileDiff(before: string | undefined, after: string | undefined, { context = CONTEXT, timeoutMs = TIMEOUT_MS }: DiffOptions = {}): FileDiff {
  const rows = before === undefined || after === undefined ? changedRows(linesOf(before), linesOf(after), 1, 1) : diffRows(before, after, timeoutMs);
  const count = (kind: DiffRow['kind']): number => rows.filter((row) => row.kind === kind).length;
  return { blocks: fold(rows, context), added: count('added'), removed: count('removed'), ...endOfFile(before, after) };
}

function diffRows(before: string, after: string, timeoutMs: number): DiffRow[] {
  const changes = diffLines(before, after, { timeout: timeoutMs });
  if (changes === undefined) return changedRows(linesOf(before), linesOf(after), 1, 1);
  const rows: DiffRow[] = [];
  const at = { before: 1, after: 1 };
  let removed: string[] = [];
  const flush = (added: string[]): void => {
    rows.push(...changedRows(removed, added, at.before, at.after));
    at.before += removed.length;
    at.after += added.length;
    removed = [];
  };
  for (const change of changes) {
    const lines = linesOf(change.value);
    if (change.removed) removed = lines;
    else if (change.added) flush(lines);
    else {
      flush([]);
      for (const line of lines) rows.push(sameRow(line, at.before++, at.after++));
    }
  }
  flush([]);
  return rows;
}

/** Lines without their ends; a carriage return stays, because a changed line end is a change. */
function linesOf(text: string | undefined): string[] {
  if (text === undefined || text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

function endOfFile(before: string | undefined, after: string | undefined): Pick<FileDiff, 'endOfFile'> {
  if (!before || !after || before.endsWith('\n') === after.endsWith('\n')) return {};
  return { endOfFile: after.endsWith('\n') ? 'added' : 'removed' };
}

/** Equal rows farther than `context` from a change are folded; a fold of one or two rows would hide nothing worth it. */
function fold(rows: readonly DiffRow[], context: number): DiffBlock[] {
  const near = new Set<number>();
  rows.forEach((row, index) => {
    if (row.kind !== 'same') for (let i = index - context; i <= index + context; i++) near.add(i);
  });
  const blocks: { kind: DiffBlock['kind']; rows: DiffRow[] }[] = [];
  rows.forEach((row, index) => {
    const kind = near.has(index) ? 'shown' : 'folded';
    const last = blocks.at(-1);
    if (last?.kind === kind) last.rows.push(row);
    else blocks.push({ kind, rows: [row] });
  });
  return joinSmall(blocks);
}

const WORTH_FOLDING = 3;
function joinSmall(blocks: readonly { kind: DiffBlock['kind']; rows: DiffRow[] }[]): DiffBlock[] {
  const joined: { kind: DiffBlock['kind']; rows: DiffRow[] }[] = [];
  for (const block of blocks) {
    const kind = block.kind === 'folded' && block.rows.length >= WORTH_FOLDING ? 'folded' : 'shown';
    const last = joined.at(-1);
    if (kind === 'shown' && last?.kind === 'shown') last.rows.push(...block.rows);
    else joined.push({ kind, rows: [...block.rows] });
  }
  return joined;
}

/** Texts are shown as lines, anything with a zero byte or broken UTF-8 is not a text. */
export function textOf(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** A text for itself, all of its lines shown and none of them new: what somebody gets who has seen nothing before. */
export function wholeText(text: string): FileDiff {
  const { blocks } = fileDiff(undefined, text);
  return { blocks: blocks.map(({ rows }) => ({ kind: 'shown', rows: rows.map((row) => ({ ...row, kind: 'same' })) })), added: 0, removed: 0 };
}
