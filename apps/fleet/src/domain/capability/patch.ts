/** One file of a patch in the `*** Begin Patch` form. Paths are as they stand there: not judged yet. */
export type PatchStep =
  | { readonly kind: 'add'; readonly path: string; readonly text: string }
  | { readonly kind: 'delete'; readonly path: string }
  | { readonly kind: 'update'; readonly path: string; readonly moveTo: string | undefined; readonly hunks: readonly Hunk[] };

/** Lines that stand together, and those that stand there afterwards. */
export interface Hunk {
  /** A line somewhere above, that says where to look: text behind `@@`. */
  readonly anchor: string | undefined;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly atEnd: boolean;
}

/** Why a patch could not be read or applied; no refusal: the next attempt may be better. */
export interface PatchProblem {
  readonly problem: 'patch_malformed' | 'patch_no_match';
  readonly message: string;
}
export const isPatchProblem = (value: unknown): value is PatchProblem => typeof value === 'object' && value !== null && 'problem' in value;
const malformed = (message: string): PatchProblem => ({ problem: 'patch_malformed', message });

const HEADER = /^\*\*\* (Add|Update|Delete) File: (.+)$/;
const MOVE = /^\*\*\* Move to: (.+)$/;
const BEGIN = '*** Begin Patch';
const END = '*** End Patch';
const END_OF_FILE = '*** End of File';

/** Reads a patch: every line of it belongs to a step, or the whole of it is refused. */
export function parsePatch(patchText: string): readonly PatchStep[] | PatchProblem {
  const lines = patchText.replaceAll('\r\n', '\n').trim().split('\n');
  if (lines[0]?.trim() !== BEGIN || lines.at(-1)?.trim() !== END || lines.length < 3) return malformed(`a patch stands between "${BEGIN}" and "${END}"`);
  const steps: PatchStep[] = [];
  const body = lines.slice(1, -1);
  for (let at = 0; at < body.length; ) {
    const header = HEADER.exec(body[at]!);
    if (!header) return malformed(`line ${at + 2} belongs to no file`);
    const end = nextHeader(body, at + 1);
    const step = stepOf(header[1]!, header[2]!, body.slice(at + 1, end));
    if (isPatchProblem(step)) return step;
    steps.push(step);
    at = end;
  }
  return steps;
}

function nextHeader(body: readonly string[], from: number): number {
  const found = body.findIndex((line, index) => index >= from && HEADER.test(line));
  return found < 0 ? body.length : found;
}

function stepOf(kind: string, path: string, lines: readonly string[]): PatchStep | PatchProblem {
  if (kind === 'Delete') return lines.every((line) => line === '') ? { kind: 'delete', path } : malformed(`${path}: a deletion has no lines`);
  if (kind === 'Add') {
    const added = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
    return added.every((line) => line.startsWith('+')) ? { kind: 'add', path, text: added.map((line) => `${line.slice(1)}\n`).join('') } : malformed(`${path}: every line of a new file begins with +`);
  }
  const moveTo = MOVE.exec(lines[0] ?? '')?.[1];
  const hunks = hunksOf(path, moveTo === undefined ? lines : lines.slice(1));
  if (isPatchProblem(hunks)) return hunks;
  return hunks.length === 0 && moveTo === undefined ? malformed(`${path}: nothing is changed`) : { kind: 'update', path, moveTo, hunks };
}

interface OpenHunk {
  anchor: string | undefined;
  before: string[];
  after: string[];
  atEnd: boolean;
}

function hunksOf(path: string, lines: readonly string[]): readonly Hunk[] | PatchProblem {
  const hunks: OpenHunk[] = [];
  let open: OpenHunk | undefined;
  for (const line of lines) {
    if (line.startsWith('@@')) {
      open = { anchor: line.slice(2).trim() || undefined, before: [], after: [], atEnd: false };
      hunks.push(open);
      continue;
    }
    if (!open) hunks.push((open = { anchor: undefined, before: [], after: [], atEnd: false }));
    if (line === END_OF_FILE) open.atEnd = true;
    else if (!takeLine(open, line)) return malformed(`${path}: a line begins with a space, + or -`);
  }
  return hunks.filter(({ before, after }) => before.length + after.length > 0);
}

function takeLine(hunk: OpenHunk, line: string): boolean {
  const [sign, text] = [line[0] ?? ' ', line.slice(1)];
  if (sign !== ' ' && sign !== '+' && sign !== '-') return false;
  if (sign !== '+') hunk.before.push(text);
  if (sign !== '-') hunk.after.push(text);
  return true;
}

/** The text with every hunk applied, in their order; the lines of a hunk must stand there exactly. */
export function applyHunks(path: string, original: string, hunks: readonly Hunk[]): string | PatchProblem {
  const noMatch = (what: string): PatchProblem => ({ problem: 'patch_no_match', message: `${path}: ${what}` });
  const endsWithNewline = original === '' || original.endsWith('\n');
  const source = (endsWithNewline ? original.slice(0, -1) : original).split('\n');
  const lines = original === '' ? [] : source;
  const result: string[] = [];
  let at = 0;
  for (const { anchor, before, after, atEnd } of hunks) {
    const anchored = anchor === undefined ? at - 1 : lines.findIndex((line, index) => index >= at && line.trim() === anchor.trim());
    if (anchor !== undefined && anchored < 0) return noMatch(`there is no line "${anchor.slice(0, 80)}"`);
    const found = before.length === 0 ? placeOfInsert(anchor, anchored, lines.length) : placeOf(lines, before, anchored + (anchor === undefined ? 1 : 0), atEnd);
    if (found === undefined) return noMatch(`the lines from "${(before[0] ?? '').slice(0, 80)}" do not stand there`);
    result.push(...lines.slice(at, found), ...after);
    at = found + before.length;
  }
  const text = [...result, ...lines.slice(at)].join('\n');
  return text === '' || !endsWithNewline ? text : `${text}\n`;
}

/** Pure additions go behind their anchor, else to the end. */
const placeOfInsert = (anchor: string | undefined, anchored: number, end: number): number => (anchor === undefined ? end : anchored + 1);

/** Where `wanted` stands first from `from` on, found in one pass over the lines (Knuth, Morris, Pratt): a patch of equal lines costs no more. */
function placeOf(lines: readonly string[], wanted: readonly string[], from: number, atEnd: boolean): number | undefined {
  const start = Math.max(from, 0, atEnd ? lines.length - wanted.length : 0);
  const back = fallbacks(wanted);
  let matched = 0;
  for (let at = start; at < lines.length; at++) {
    while (matched > 0 && lines[at] !== wanted[matched]) matched = back[matched - 1]!;
    if (lines[at] === wanted[matched]) matched++;
    if (matched === wanted.length) return at + 1 - matched;
  }
  return undefined;
}

/** For each prefix of `wanted`: the length of its longest proper prefix that is also its end. */
function fallbacks(wanted: readonly string[]): number[] {
  const back = [0];
  for (let at = 1, length = 0; at < wanted.length; at++) {
    while (length > 0 && wanted[at] !== wanted[length]) length = back[length - 1]!;
    if (wanted[at] === wanted[length]) length++;
    back[at] = length;
  }
  return back;
}
