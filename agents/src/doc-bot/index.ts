/** The doc-bot: doc comments for exported declarations that have none. It inserts comment lines and changes nothing else. */
import { ModelHelp } from '../model-help.js';
import type { Task, TaskOutcome, WorkerContext } from '../plugin.js';
import { isGenerated, isMachinePath, isTestPath, listFiles, readJson, readSource, UnreadableFileError, type SourceText } from '../source/files.js';
import { scriptKindOf } from '../source/parse.js';
import { documented, type Documented, type DocumentOptions } from './document.js';
import { improvedDocs } from './model.js';

/** One draft stays reviewable; the rest is named in the notes. */
const MAX_FILES_PER_TASK = 40;

let context: WorkerContext;

export function init(ctx: WorkerContext): void {
  context = ctx;
}

export async function onTask(task: Task): Promise<TaskOutcome> {
  const notes: string[] = [];
  const paths = task.files?.filter((path) => scriptKindOf(path) !== undefined) ?? (await listFiles(task.inputDir, isSource));
  const typeNeutral = await checksJavaScript(task.inputDir);
  const help = new ModelHelp(context, task, notes);
  if (help.isRehearsal && task.round > 1 && (task.notes?.length ?? 0) > 0) notes.push('No model is configured: the comments follow from the code alone and are the same as before the review.');
  const limit = typeof task.options?.['maxFiles'] === 'number' ? task.options['maxFiles'] : MAX_FILES_PER_TASK;
  let comments = 0;
  let files = 0;
  for (const [at, path] of paths.entries()) {
    task.signal.throwIfAborted();
    if (files >= limit) {
      notes.push(`Stopped after ${files} files; ${paths.length - at} more were not looked at.`);
      break;
    }
    const result = await documentFile(task, path, { typeNeutral }, help, notes);
    if (!result || 'refused' in result || result.drafts.length === 0) continue;
    files += 1;
    comments += result.drafts.length;
    task.progress(`${path}: ${count(result.drafts.length, 'doc comment')}`, { fraction: (at + 1) / paths.length });
  }
  return { status: 'done', summary: files === 0 ? 'Every exported declaration in scope already has a doc comment.' : `Added ${count(comments, 'doc comment')} in ${count(files, 'file')}; only comment lines were inserted.`, ...(notes.length > 0 && { notes }) };
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
const isSource = (path: string): boolean => scriptKindOf(path) !== undefined && !isTestPath(path) && !isMachinePath(path);

async function documentFile(task: Task, path: string, options: DocumentOptions, help: ModelHelp, notes: string[]): Promise<Documented | undefined> {
  const source = await readSource(task.inputDir, path).catch((error: unknown) => {
    if (!(error instanceof UnreadableFileError)) throw error;
    notes.push(`${path} ${error.message}; left as it is.`);
    return undefined;
  });
  if (!source || isGenerated(source.text)) return undefined;
  const result = await written(task, source, options, help, notes);
  if ('refused' in result) {
    notes.push(`${path} ${result.refused}; left as it is.`);
    return result;
  }
  if (result.left.length > 0) notes.push(`${path}: left without a comment: ${result.left.join(', ')}.`);
  if (result.text !== source.text) await task.put({ path, text: result.text, baseSha256: source.sha256 });
  return result;
}

/** With the model's words; without one, or when its words break the file, with those that follow from the code. */
async function written(task: Task, source: SourceText, options: DocumentOptions, help: ModelHelp, notes: string[]): Promise<Documented> {
  const improve: DocumentOptions['improve'] = (drafts, text) => improvedDocs(help, source.path, drafts, text, task);
  const result = await documented(source.path, source.text, { ...options, improve });
  if (!('refused' in result)) return result;
  const plain = await documented(source.path, source.text, options);
  if (!('refused' in plain)) notes.push(`${source.path}: the model's words could not stand in the file (${result.refused}); the comments follow from the code alone.`);
  return plain;
}

/** Whether the project type-checks its JavaScript, so that a type in a comment would change what is checked. */
async function checksJavaScript(root: string): Promise<boolean> {
  for (const name of ['tsconfig.json', 'jsconfig.json']) {
    const config = await readJson(root, name);
    const options = config?.['compilerOptions'];
    if (typeof options === 'object' && options !== null && (options as Record<string, unknown>)['checkJs'] === true) return true;
  }
  return false;
}
