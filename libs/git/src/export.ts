import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, normalize, posix } from 'node:path';
import { git } from './run.js';
import { listFiles, type TreeEntry } from './read.js';

const SYMLINK = '120000';
const SUBMODULE = '160000';

/**
 * Writes a commit's files below `directory`, byte for byte as stored: no line-ending conversion, no export filters, no `.git`.
 *
 * Submodules are left out. A symbolic link is made only when it stays inside the tree, so that nothing that follows it can leave.
 * Returns the paths written.
 */
export async function exportTree(repository: string, commit: string, directory: string): Promise<string[]> {
  const entries = (await listFiles(repository, commit)).filter(({ mode, path }) => mode !== SUBMODULE && isPlainPath(path));
  const contents = await readObjects(repository, entries);
  const written: string[] = [];
  for (const [index, entry] of entries.entries()) {
    if (await writeEntry(directory, entry, contents[index]!)) written.push(entry.path);
  }
  return written;
}

/** A relative path without `.`, `..`, empty or `.git` parts: git refuses such trees itself, a hand-made one may still hold them. */
export const isPlainPath = (path: string): boolean =>
  !path.includes('\0') && !path.startsWith('/') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git');

async function writeEntry(directory: string, { path, mode }: TreeEntry, content: Buffer): Promise<boolean> {
  const target = join(directory, normalize(path));
  await mkdir(dirname(target), { recursive: true });
  if (mode !== SYMLINK) {
    await writeFile(target, content, { mode: mode === '100755' ? 0o755 : 0o644 });
    return true;
  }
  const link = content.toString('utf8');
  const resolved = posix.normalize(posix.join(posix.dirname(path), link));
  if (posix.isAbsolute(link) || resolved.startsWith('..')) return false;
  await symlink(link, target);
  return true;
}

/** All blobs in one `cat-file --batch`: header line `<object> blob <size>`, bytes, newline (git-cat-file(1)). */
async function readObjects(repository: string, entries: readonly TreeEntry[]): Promise<Buffer[]> {
  if (entries.length === 0) return [];
  const { stdout } = await git(repository, ['cat-file', '--batch'], { input: entries.map(({ object }) => `${object}\n`).join('') });
  const contents: Buffer[] = [];
  let at = 0;
  while (contents.length < entries.length) {
    const end = stdout.indexOf(0x0a, at);
    const size = Number(stdout.subarray(at, end).toString('utf8').split(' ')[2]);
    contents.push(stdout.subarray(end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return contents;
}
