import { createHash } from 'node:crypto';
import type { ApplyPatchArgs, ApplyPatchResult, Capabilities, DraftedResult, EditArgs, EditResult, ListArgs, ListResult, ReadArgs, ReadResult, ToolContent, WriteArgs } from '@countersign/contracts';
import { ARTIFACT_LIMITS, type PutFile } from '../../domain/artifacts.js';
import { applyHunks, isPatchProblem, parsePatch, type PatchProblem, type PatchStep } from '../../domain/capability/patch.js';
import { judgePath, refuseReal, refuseScope } from '../../domain/capability/paths.js';
import { refuse } from '../../domain/capability/refusal.js';
import type { Draft } from '../worker/draft.js';
import { check, DeniedError, granted, ToolProblem } from './outcomes.js';
import type { Place, Tree } from './tree.js';
import type { Workbench } from './workbench.js';

const MAX_READ = 262_144;
const MAX_ENTRIES = 2000;
const MAX_PATCHED_FILES = 1000;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Text where the bytes are UTF-8 without NUL, else base64. */
export function contentOf(bytes: Buffer): ToolContent {
  const text = bytes.toString('utf8');
  return !text.includes('\0') && Buffer.from(text, 'utf8').equals(bytes) ? { text } : { contentBase64: bytes.toString('base64') };
}

/** read, list, write, edit, apply_patch: a path is judged as text, then as the place that was opened; what is written is drafted. */
export class FileTools {
  constructor(
    private readonly capabilities: Capabilities,
    private readonly bench: Workbench,
    private readonly draft: Draft,
  ) {}

  read({ path, offset = 0, limit = MAX_READ }: ReadArgs): Promise<ReadResult> {
    return this.onReadable(path, async (tree, place) => {
      const bytes = await tree.read(place, ARTIFACT_LIMITS.maxFileBytes);
      const part = bytes.subarray(offset, offset + limit);
      return { path: place.path, ...contentOf(part), bytes: bytes.length, sha256: sha256(bytes), truncated: offset + part.length < bytes.length };
    });
  }

  list({ path = '.' }: ListArgs): Promise<ListResult> {
    return this.onReadable(path, (tree, place) => tree.list(place, MAX_ENTRIES));
  }

  write({ path, content, contentBase64 }: WriteArgs): Promise<DraftedResult> {
    const judged = granted(judgePath(this.capabilities, 'write', path));
    return this.bench.take((tree) => Promise.resolve(this.put(this.target(tree, judged), content === undefined ? Buffer.from(contentBase64!, 'base64') : Buffer.from(content, 'utf8'))));
  }

  edit({ path, old, new: replacement, replaceAll = false }: EditArgs): Promise<EditResult> {
    const judged = granted(judgePath(this.capabilities, 'write', path));
    granted(judgePath(this.capabilities, 'read', path));
    return this.bench.take(async (tree) => {
      const target = this.target(tree, judged);
      const text = await this.textOf(tree, target);
      const pieces = text.split(old);
      const found = pieces.length - 1;
      if (found === 0) throw new ToolProblem('edit_no_match', `${target} does not hold the old text`);
      if (found > 1 && !replaceAll) throw new ToolProblem('edit_ambiguous', `${target} holds the old text ${found} times`);
      if (text.length + found * (replacement.length - old.length) > ARTIFACT_LIMITS.maxFileBytes) throw new ToolProblem('file_too_large', `${target} would be longer than a file may be`, true);
      return { ...this.put(target, Buffer.from(pieces.join(replacement), 'utf8')), replaced: found };
    });
  }

  /** Reads and judges every step before the first is drafted; all of them are drafted, or none. */
  applyPatch({ patchText }: ApplyPatchArgs): Promise<ApplyPatchResult> {
    const steps = solved(parsePatch(patchText));
    if (steps.length > MAX_PATCHED_FILES) throw new ToolProblem('patch_malformed', `a patch may change at most ${MAX_PATCHED_FILES} files`);
    for (const path of steps.flatMap(pathsOf)) granted(judgePath(this.capabilities, 'write', path));
    return this.bench.take(async (tree) => {
      const before = this.draft.files;
      try {
        const changed: ApplyPatchResult['changed'] = [];
        for (const step of steps) changed.push(...(await this.applyStep(tree, step)));
        return { changed };
      } catch (error) {
        this.draft.files = before;
        throw error;
      }
    });
  }

  private async applyStep(tree: Tree, step: PatchStep): Promise<ApplyPatchResult['changed']> {
    const target = this.target(tree, granted(judgePath(this.capabilities, 'write', step.path)));
    const drafted = this.draft.files.get(target)?.content;
    if (step.kind === 'add') {
      if (drafted || (drafted === undefined && tree.has(target))) throw new ToolProblem('patch_no_match', `${target} is there already`);
      this.put(target, Buffer.from(step.text, 'utf8'));
      return [{ path: target, change: 'added' }];
    }
    if (step.kind === 'delete') {
      if (drafted === null || (drafted === undefined && !tree.has(target))) throw new ToolProblem('patch_no_match', `there is no ${target}`);
      this.put(target, null);
      return [{ path: target, change: 'deleted' }];
    }
    granted(judgePath(this.capabilities, 'read', step.path));
    const text = solved(applyHunks(target, await this.textOf(tree, target), step.hunks));
    if (step.moveTo === undefined) return [this.changed(target, text, 'updated')];
    const moved = this.target(tree, granted(judgePath(this.capabilities, 'write', step.moveTo)));
    this.put(target, null);
    return [{ path: target, change: 'deleted' }, this.changed(moved, text, 'added')];
  }

  private changed(path: string, text: string, change: 'added' | 'updated'): ApplyPatchResult['changed'][number] {
    this.put(path, Buffer.from(text, 'utf8'));
    return { path, change };
  }

  private onReadable<T>(path: string, work: (tree: Tree, place: Place) => Promise<T>): Promise<T> {
    const judged = granted(judgePath(this.capabilities, 'read', path));
    return this.bench.take(async (tree) => {
      using place = tree.open(judged);
      check(refuseReal(this.capabilities, 'read', judged, place.path));
      return await work(tree, place); // it is open until then
    });
  }

  /**
   * Where a judged path may be drafted: the directories on its way followed and judged where they lead, its own name not.
   * A new file's place is known by the nearest directory that exists.
   */
  private target(tree: Tree, path: string): string {
    const parts = path.split('/');
    if (path === '.') throw new ToolProblem('is_a_directory', 'the workspace itself is a directory');
    for (let known = parts.length - 1; known >= 0; known--) {
      using above = tree.find(parts.slice(0, known).join('/') || '.');
      if (!above) continue;
      if (!above.stat.isDirectory()) throw new ToolProblem('not_a_directory', `${above.path} is no directory`);
      const real = [...(above.path === '.' ? [] : [above.path]), ...parts.slice(known)].join('/');
      check(refuseReal(this.capabilities, 'write', path, real));
      if (known === parts.length - 1) refuseStanding(tree, real);
      return real;
    }
    throw new ToolProblem('file_not_found', `there is no ${path}`);
  }

  /** The text of a target as the draft has it, else as the workspace has it. */
  private async textOf(tree: Tree, target: string): Promise<string> {
    const drafted = this.draft.files.get(target);
    if (drafted?.content === null) throw new ToolProblem('file_not_found', `there is no ${target}`);
    const bytes = drafted?.content ?? (await this.bytesOf(tree, target));
    const content = contentOf(bytes);
    if ('text' in content) return content.text;
    throw new ToolProblem('not_text', `${target} is not text`);
  }

  private async bytesOf(tree: Tree, target: string): Promise<Buffer> {
    using place = tree.open(target, false);
    check(refuseScope(this.capabilities, 'read', place.path));
    return await tree.read(place, ARTIFACT_LIMITS.maxFileBytes);
  }

  private put(path: string, content: Buffer | null): DraftedResult {
    return drafted(this.draft, path, content);
  }
}

/** Drafts one file under the limits of a draft. */
export function drafted(draft: Draft, path: string, content: Buffer | null): DraftedResult & Pick<PutFile, 'sha256'> {
  const outcome = draft.put({ path, ...(content === null ? { deleted: true } : { contentBase64: content.toString('base64') }) });
  if (outcome.ok) return { path: outcome.file.path, sha256: outcome.file.sha256 };
  throw new ToolProblem(outcome.code === 'too_large' ? 'file_too_large' : `draft_${outcome.code}`, outcome.message, outcome.code === 'too_large' || outcome.code === 'too_many');
}

/** What stands at a place is replaced only when it is a file with one name. */
function refuseStanding(tree: Tree, path: string): void {
  using standing = tree.find(path, false);
  if (!standing) return;
  const { stat } = standing;
  if (stat.isDirectory()) throw new ToolProblem('is_a_directory', `${path} is a directory`);
  if (stat.isSymbolicLink()) throw new DeniedError(refuse('path_link_refused', `${path} is a link: name the file it leads to`));
  if (!stat.isFile()) throw new DeniedError(refuse('path_special_file', `${path} is no ordinary file`));
  if (stat.nlink > 1) throw new DeniedError(refuse('path_hard_link', `${path} has a second name`));
}

const pathsOf = (step: PatchStep): string[] => [step.path, ...(step.kind === 'update' && step.moveTo !== undefined ? [step.moveTo] : [])];

function solved<T>(value: T | PatchProblem): T {
  if (isPatchProblem(value)) throw new ToolProblem(value.problem, value.message);
  return value;
}
