import { AppError } from '@countersign/contracts/errors';
import { realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { readSource, type Source } from '../repo/source.js';

/** A folder that whoever started the server has not named: other programs get no goal on it. */
export class NotOfferedError extends AppError {
  readonly code = 'repository_not_offered';
  readonly retryable = false;
  constructor() {
    super('no goal is created on this folder: the person who starts the server names the folders with --repo');
  }
}

/** Reads a repository that lies below one of the folders. Judged twice: by the name, before anything is looked at, and by where it really is. */
export async function readOffered(roots: readonly string[], repository: string): Promise<Source> {
  if (!roots.some((root) => isBelow(resolve(root), resolve(repository)))) throw new NotOfferedError();
  const source = await readSource(repository);
  if (!roots.some((root) => isBelow(realpathSync(root), realpathSync(source.folder)))) throw new NotOfferedError();
  return source;
}

function isBelow(root: string, folder: string): boolean {
  const way = relative(root, folder);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
