import { RefusedError } from '@countersign/contracts';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parentsOf } from './in-the-way.js';
import { linksInside } from './links.js';
import { listFiles, readBlobs, sizeOf, type TreeEntry } from './read.js';

const SYMLINK = '120000';
const SUBMODULE = '160000';

/** As much of a commit as is held in memory and written for one run. */
export interface ExportLimits {
  readonly files: number;
  readonly bytes: number;
}
export const EXPORT_LIMITS: ExportLimits = { files: 100_000, bytes: 1024 ** 3 };

interface StoredFile extends TreeEntry {
  readonly content: Buffer;
}

/**
 * Writes a commit's files below `directory`, byte for byte as stored: no line-ending conversion, no export filters, no `.git`.
 *
 * Submodules are left out. A symbolic link is made only when it stays inside the tree whatever other links stand on its way,
 * and after all files, so that nothing is ever written through one. Only what `wanted` says yes to. Returns the paths written; throws `GitError`
 * before the first is written where the repository lacks an object, and `RefusedError('base_too_large')` for a commit beyond the limits.
 */
export async function exportTree(repository: string, commit: string, directory: string, wanted: (path: string) => boolean = () => true, limits: ExportLimits = EXPORT_LIMITS): Promise<string[]> {
  const { files: count, bytes } = await sizeOf(repository, commit);
  if (count > limits.files || bytes > limits.bytes) throw new RefusedError('base_too_large', `the repository has ${count} files of ${bytes} bytes at this commit; at most ${limits.files} files and ${limits.bytes} bytes can be worked on`);
  const entries = placeable((await listFiles(repository, commit)).filter(({ mode, path }) => mode !== SUBMODULE && isPlainPath(path) && wanted(path)));
  const contents = await readBlobs(repository, entries.map(({ object }) => object));
  const stored = entries.map((entry, index) => ({ ...entry, content: contents[index]! }));
  const files = stored.filter(({ mode }) => mode !== SYMLINK);
  const links = new Map(stored.filter(({ mode }) => mode === SYMLINK).map(({ path, content }) => [path, content.toString('utf8')]));
  for (const file of files) await writeStored(directory, file);
  const inside = linksInside(links);
  for (const path of inside) await symlink(links.get(path)!, await placeOf(directory, path));
  return [...files.map(({ path }) => path), ...inside];
}

/** A relative path without `.`, `..`, empty or `.git` parts: git refuses such trees itself, a hand-made one may still hold them. */
export const isPlainPath = (path: string): boolean =>
  !path.includes('\0') && !path.startsWith('/') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git');

/** One entry for each path, and none where a folder has to be: a hand-made tree may hold a name twice. */
function placeable(entries: readonly TreeEntry[]): TreeEntry[] {
  const folders = new Set(entries.flatMap(({ path }) => parentsOf(path)));
  return [...new Map(entries.filter(({ path }) => !folders.has(path)).map((entry) => [entry.path, entry])).values()];
}

const writeStored = async (directory: string, { path, mode, content }: StoredFile): Promise<void> =>
  writeFile(await placeOf(directory, path), content, { mode: mode === '100755' ? 0o755 : 0o644 });

async function placeOf(directory: string, path: string): Promise<string> {
  const place = join(directory, path);
  await mkdir(dirname(place), { recursive: true });
  return place;
}
