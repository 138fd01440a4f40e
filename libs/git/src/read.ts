import { git, GitError, gitText } from './run.js';

/** One file of a tree. */
export interface TreeEntry {
  readonly path: string;
  readonly mode: string;
  readonly object: string;
}

/** The commit a ref points to, or undefined. */
export async function resolveRef(repository: string, ref: string): Promise<string | undefined> {
  const { exitCode, stdout } = await git(repository, ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], { accept: [1] });
  return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
}

export const treeOf = (repository: string, commit: string): Promise<string> => gitText(repository, ['rev-parse', '--verify', `${commit}^{tree}`]);

/** Files and bytes of a commit, submodules left out. An object that is missing counts as nothing: whoever reads it learns so. */
export async function sizeOf(repository: string, commit: string): Promise<{ readonly files: number; readonly bytes: number }> {
  const { stdout } = await git(repository, ['ls-tree', '-r', '-l', '-z', '--full-tree', commit]);
  const sizes = [...stdout.toString('latin1').matchAll(/(?:^|\0)\d+ blob [0-9a-f]+ +(\d+|BAD)\t/g)].map(([, size]) => (size === 'BAD' ? 0 : Number(size)));
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** All blobs of a commit, symbolic links and submodules included (their modes tell). */
export async function listFiles(repository: string, commit: string): Promise<TreeEntry[]> {
  const { stdout } = await git(repository, ['ls-tree', '-r', '-z', '--full-tree', commit]);
  return stdout.toString('utf8').split('\0').filter(Boolean).map((line) => {
    const [meta, path] = [line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1)];
    const [mode = '', , object = ''] = meta.split(' ');
    return { path, mode, object };
  });
}

/** The bytes of a path at a commit, or undefined when there is no file at that path. */
export async function readFileAt(repository: string, commit: string, path: string): Promise<Buffer | undefined> {
  const { stdout } = await git(repository, ['ls-tree', '-z', '--full-tree', commit, '--', `:(literal)${path}`]);
  const [mode, kind, object] = stdout.toString('utf8').split('\t')[0]!.split(' ');
  if (kind !== 'blob' || mode === '120000' || object === undefined) return undefined;
  return (await git(repository, ['cat-file', 'blob', object])).stdout;
}

/** The bytes of many blobs, in their order, read by one process. */
export async function readBlobs(repository: string, objects: readonly string[]): Promise<Buffer[]> {
  if (objects.length === 0) return [];
  const { stdout } = await git(repository, ['cat-file', '--batch'], { input: `${objects.join('\n')}\n` });
  const blobs: Buffer[] = [];
  for (let at = 0; at < stdout.length; ) {
    const end = stdout.indexOf('\n', at);
    const [object, kind, size] = stdout.toString('utf8', at, end).split(' ');
    if (kind !== 'blob') throw new GitError('cat-file', 0, `${object ?? ''} is no blob`);
    blobs.push(stdout.subarray(end + 1, end + 1 + Number(size)));
    at = end + 2 + Number(size);
  }
  return blobs;
}

/** Moves a ref only if it still shows `expected` (null: it must not exist); throws `GitError` otherwise. */
export async function moveRef(repository: string, ref: string, commit: string, expected: string | null): Promise<void> {
  await git(repository, ['update-ref', ref, commit, expected ?? '0'.repeat(40)]);
}
