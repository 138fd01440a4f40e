import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** One file of the input, as read. */
export interface SourceText {
  path: string;
  text: string;
  sha256: string;
}

/** Larger files are generated or data; nobody reviews comments in them. */
export const MAX_SOURCE_BYTES = 512 * 1024;
const MAX_FILES = 20_000;
const SKIPPED_FOLDERS = new Set(['node_modules', 'bower_components', 'vendor', 'third_party', 'dist', 'build', 'out', 'coverage', '.git', '.svn', '.hg', '.next', '.nuxt', '.cache', '.turbo', '.yarn']);

/** Paths below a directory that hold source text people write, sorted; relative, with `/`. Links are not followed. */
export async function listFiles(root: string, wanted: (path: string) => boolean): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (found.length >= MAX_FILES) return;
      if (entry.isDirectory() && !SKIPPED_FOLDERS.has(entry.name)) await walk(path);
      else if (entry.isFile() && wanted(path)) found.push(path);
    }
  };
  await walk('');
  return found;
}

/** Why a file of the input was not read; the caller tells the reviewer. */
export class UnreadableFileError extends Error {
  readonly code = 'unreadable_file';
  readonly retryable = false;
  override readonly name = 'UnreadableFileError';
}

/** Reads one file as UTF-8 text; throws `UnreadableFileError` on binary, oversized and missing files and on paths that leave the root. */
export async function readSource(root: string, path: string): Promise<SourceText> {
  if (path.startsWith('/') || path.split('/').includes('..')) throw new UnreadableFileError('is outside of the input');
  const size = await stat(join(root, path)).then(
    (found) => (found.isFile() ? found.size : -1),
    (error: unknown) => {
      throw new UnreadableFileError('cannot be read', { cause: error });
    },
  );
  if (size < 0) throw new UnreadableFileError('is not a file');
  if (size > MAX_SOURCE_BYTES) throw new UnreadableFileError(`is larger than ${MAX_SOURCE_BYTES} bytes`);
  const bytes = await readFile(join(root, path));
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { path, text, sha256: createHash('sha256').update(bytes).digest('hex') };
  } catch (error) {
    throw new UnreadableFileError('is not UTF-8 text', { cause: error });
  }
}

/** Reads a JSON file that may have comments and trailing commas, as tools allow; undefined when it is missing or malformed. */
export async function readJson(root: string, path: string): Promise<Record<string, unknown> | undefined> {
  const source = await readSource(root, path).catch((error: unknown) => (error instanceof UnreadableFileError ? undefined : Promise.reject(error as Error)));
  if (!source) return undefined;
  const { default: ts } = await import('./typescript.cjs');
  const { config } = ts.parseConfigFileTextToJson(path, source.text) as { config?: unknown };
  return typeof config === 'object' && config !== null ? (config as Record<string, unknown>) : undefined;
}

/** Whether a path is a test by the usual names and folders. */
export const isTestPath = (path: string): boolean => /(?:^|\/)(?:__tests__|__mocks__|tests?|specs?|e2e|fixtures?|__fixtures__|examples?|benchmarks?|bench)\//.test(path) || /(?:[.\-_](?:test|spec|bench|e2e|stories)|^test)\.[a-z]+$/.test(path.split('/').at(-1) ?? '');

/** Whether a path is minified, generated or a tool's configuration. */
export const isMachinePath = (path: string): boolean => /(?:\.min|\.bundle|\.generated|\.gen|[-.]lock)\.[a-z]+$/.test(path) || /(?:^|\/)(?:\.[^/]+|[^/]*\.config)\.[a-z]+$/.test(path) || /(?:^|\/)\./.test(path);

/** Text that a program wrote: it says so at its top, or its lines are too long for people. */
export const isGenerated = (text: string): boolean =>
  /@generated\b|\bauto-?generated\b|\bgenerated (?:by|from|file|code)\b|\bdo not (?:edit|modify)\b/i.test(text.slice(0, 600)) || (text.length > 2000 && text.length / text.split('\n').length > 250);
