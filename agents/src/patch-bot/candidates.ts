/** What a repair spec may hold, and what each candidate makes of the files. Pure but for the reading of files, which comes in. */
import type { FileChange } from '@countersign/contracts/worker';
import { applyDiff, parseDiff, PatchError } from './unified-diff.js';

export type Edit = { path: string; find: string; replace: string } | { path: string; content: string } | { path: string; deleted: true };
export interface Candidate {
  name: string;
  edits: Edit[];
  diff?: string;
}

export interface RepairSpec {
  /** The command that must exit 0. */
  check: string;
  cwd?: string;
  candidates: Candidate[];
}

/** The spec is not one; the message says which member. */
export class RepairSpecError extends Error {
  readonly code = 'malformed_repair_spec';
  readonly retryable = false;
  override readonly name = 'RepairSpecError';
}

/** Reads a repair spec from a task's options: their member `repair`, or the options themselves. */
export function repairSpecOf(given: Record<string, unknown>): RepairSpec {
  const inner = given['repair'];
  const options = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : given;
  const { check, cwd } = options;
  if (typeof check !== 'string' || check.trim() === '') throw new RepairSpecError('options.check: the command that must pass is missing');
  if (cwd !== undefined && typeof cwd !== 'string') throw new RepairSpecError('options.cwd: not a path');
  const list = options['candidates'] ?? [];
  if (!Array.isArray(list)) throw new RepairSpecError('options.candidates: not a list');
  return { check, ...(cwd !== undefined && { cwd }), candidates: (list as unknown[]).map((item, at) => candidateOf(item, `candidate ${at + 1}`)) };
}

/** One candidate in any of its forms: an edit, a list of edits, or a unified diff. */
export function candidateOf(item: unknown, fallbackName: string): Candidate {
  if (typeof item === 'string') return { name: fallbackName, edits: [], diff: item };
  if (typeof item !== 'object' || item === null) throw new RepairSpecError(`${fallbackName}: neither an edit nor a diff`);
  const fields = item as Record<string, unknown>;
  const name = typeof fields['name'] === 'string' ? fields['name'] : fallbackName;
  if (typeof fields['diff'] === 'string') return { name, edits: [], diff: fields['diff'] };
  const edits = Array.isArray(fields['edits']) ? (fields['edits'] as unknown[]) : [fields];
  return { name, edits: edits.map((edit) => editOf(edit, name)) };
}

function editOf(item: unknown, name: string): Edit {
  const { path, find, replace, content, deleted } = (typeof item === 'object' && item !== null ? item : {}) as Record<string, unknown>;
  if (typeof path !== 'string' || path === '') throw new RepairSpecError(`${name}: an edit without a path`);
  if (typeof find === 'string' && typeof replace === 'string') return { path, find, replace };
  if (typeof content === 'string') return { path, content };
  if (deleted === true) return { path, deleted };
  throw new RepairSpecError(`${name}: an edit of ${path} needs find and replace, content, or deleted`);
}

export interface BaseFile {
  text: string;
  sha256: string;
}
/** The text of a file of the input; undefined where there is none. */
export type ReadBase = (path: string) => Promise<BaseFile | undefined>;

/** The changes a candidate makes to the input; throws `PatchError` when it does not fit. Paths are checked by the host. */
export async function changesOf(candidate: Candidate, read: ReadBase): Promise<FileChange[]> {
  const texts = new Map<string, string | undefined>();
  const bases = new Map<string, BaseFile | undefined>();
  const current = async (path: string): Promise<string | undefined> => {
    if (!bases.has(path)) {
      bases.set(path, await read(path));
      texts.set(path, bases.get(path)?.text);
    }
    return texts.get(path);
  };
  for (const edit of candidate.edits) texts.set(edit.path, edited(edit, await current(edit.path)));
  if (candidate.diff !== undefined) await applyTo(candidate.diff, current, texts);
  const changed = [...texts].filter(([path, text]) => text !== bases.get(path)?.text);
  if (changed.length === 0) throw new PatchError('it changes nothing');
  return changed.map(([path, text]) => {
    const base = bases.get(path);
    return { path, ...(text === undefined ? { deleted: true } : { text }), ...(base && { baseSha256: base.sha256 }) };
  });
}

function edited(edit: Edit, text: string | undefined): string | undefined {
  if ('content' in edit) return edit.content;
  if (text === undefined) throw new PatchError(`${edit.path} does not exist`);
  if ('deleted' in edit) return undefined;
  const first = text.indexOf(edit.find);
  if (edit.find === '' || first < 0) throw new PatchError(`the text to find is not in ${edit.path}`);
  if (text.indexOf(edit.find, first + 1) >= 0) throw new PatchError(`the text to find is in ${edit.path} more than once`);
  return text.slice(0, first) + edit.replace + text.slice(first + edit.find.length);
}

async function applyTo(diff: string, current: (path: string) => Promise<string | undefined>, texts: Map<string, string | undefined>): Promise<void> {
  for (const file of parseDiff(diff)) {
    const before = file.oldPath === undefined ? '' : await current(file.oldPath);
    if (before === undefined) throw new PatchError(`${file.oldPath!} does not exist`);
    if (file.oldPath === undefined && (await current(file.newPath!)) !== undefined) throw new PatchError(`${file.newPath!} exists already`);
    const after = applyDiff(before, file);
    if (file.newPath !== undefined) {
      await current(file.newPath);
      texts.set(file.newPath, after);
    }
    if (file.oldPath !== undefined && file.oldPath !== file.newPath) texts.set(file.oldPath, undefined);
  }
}
