/** Unified diffs (the format of `git diff` and `diff -u`): read strictly, applied exactly. Pure. */

/** The diff cannot be read, or does not fit the text. */
export class PatchError extends Error {
  readonly code = 'patch_does_not_apply';
  readonly retryable = false;
  override readonly name = 'PatchError';
}

interface Hunk {
  /** 1-based line of the old text; 0 for an empty one. */
  oldStart: number;
  lines: { kind: ' ' | '-' | '+'; text: string; noNewline?: boolean }[];
}
export interface FileDiff {
  /** Absent: the file is new. */
  oldPath?: string;
  /** Absent: the file goes. */
  newPath?: string;
  hunks: Hunk[];
}

/** Reads a diff of one or several files. */
export function parseDiff(text: string): FileDiff[] {
  const lines = text.split('\n');
  const files: FileDiff[] = [];
  for (let at = 0; at < lines.length; at++) {
    if (!lines[at]!.startsWith('--- ') || !lines[at + 1]?.startsWith('+++ ')) continue;
    const oldPath = pathOf(lines[at]!);
    const newPath = pathOf(lines[at + 1]!);
    const file: FileDiff = { ...(oldPath !== undefined && { oldPath }), ...(newPath !== undefined && { newPath }), hunks: [] };
    at += 2;
    while (lines[at]?.startsWith('@@')) {
      const { hunk, next } = readHunk(lines, at);
      file.hunks.push(hunk);
      at = next;
    }
    if (file.hunks.length === 0) throw new PatchError(`no hunk for ${newPath ?? oldPath ?? 'the file'}`);
    files.push(file);
    at -= 1;
  }
  if (files.length === 0) throw new PatchError('no file header (--- and +++ lines)');
  return files;
}

function pathOf(line: string): string | undefined {
  const path = line.slice(4).replace(/\t.*$/, '').replace(/\r$/, '').trim();
  return path === '/dev/null' ? undefined : path.replace(/^[ab]\//, '');
}

function readHunk(lines: readonly string[], start: number): { hunk: Hunk; next: number } {
  const header = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(lines[start]!);
  if (!header) throw new PatchError(`malformed hunk header: ${lines[start]!.slice(0, 60)}`);
  let [old, fresh] = [Number(header[2] ?? 1), Number(header[3] ?? 1)];
  const hunk: Hunk = { oldStart: Number(header[1]), lines: [] };
  let at = start + 1;
  for (; at < lines.length && (old > 0 || fresh > 0); at++) {
    const line = lines[at]!;
    // Editors and models drop the space of an empty context line.
    const kind = line === '' ? ' ' : line[0];
    if (kind === '\\') markNoNewline(hunk);
    else if (kind === ' ' || kind === '-' || kind === '+') {
      hunk.lines.push({ kind, text: line.slice(1) });
      if (kind !== '+') old -= 1;
      if (kind !== '-') fresh -= 1;
    } else throw new PatchError(`unexpected line in a hunk: ${line.slice(0, 60)}`);
  }
  if (old !== 0 || fresh !== 0) throw new PatchError('the hunk is shorter or longer than its header says');
  if (lines[at]?.startsWith('\\')) {
    markNoNewline(hunk);
    at += 1;
  }
  return { hunk, next: at };
}

function markNoNewline(hunk: Hunk): void {
  const last = hunk.lines.at(-1);
  if (last) last.noNewline = true;
}

/**
 * The text with the hunks applied. Context and removed lines must match exactly (a carriage return before the newline is not
 * compared); a hunk may have moved, but must fit in exactly one place nearest to where it says.
 */
export function applyDiff(text: string, { hunks }: FileDiff): string {
  const eol = /\r\n/.test(text) ? '\r\n' : '\n';
  const endsWithNewline = text === '' || text.endsWith('\n');
  const lines = text === '' ? [] : (endsWithNewline ? text.slice(0, -1) : text).split('\n').map((line) => line.replace(/\r$/, ''));
  const out: string[] = [];
  let taken = 0;
  let finalNewline = endsWithNewline;
  for (const hunk of hunks) {
    const before = hunk.lines.filter(({ kind }) => kind !== '+').map(({ text: line }) => line.replace(/\r$/, ''));
    const at = place(lines, before, Math.max(hunk.oldStart - 1, 0), taken);
    out.push(...lines.slice(taken, at));
    out.push(...hunk.lines.filter(({ kind }) => kind !== '-').map(({ text: line }) => line.replace(/\r$/, '')));
    taken = at + before.length;
    if (taken === lines.length) finalNewline = !hunk.lines.some(({ kind, noNewline }) => kind !== '-' && noNewline === true);
  }
  out.push(...lines.slice(taken));
  return out.length === 0 ? '' : out.join(eol) + (finalNewline ? eol : '');
}

function place(lines: readonly string[], before: readonly string[], wanted: number, from: number): number {
  if (before.length === 0) return Math.max(from, Math.min(wanted, lines.length));
  const fits = (at: number): boolean => before.every((line, i) => lines[at + i] === line);
  const places = lines.map((_, at) => at).filter((at) => at >= from && fits(at));
  const nearest = places.toSorted((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted))[0];
  if (nearest === undefined) throw new PatchError(`the hunk at line ${wanted + 1} does not fit the text`);
  if (nearest !== wanted && places.filter((at) => Math.abs(at - wanted) === Math.abs(nearest - wanted)).length > 1) throw new PatchError(`the hunk at line ${wanted + 1} fits in several places`);
  return nearest;
}
