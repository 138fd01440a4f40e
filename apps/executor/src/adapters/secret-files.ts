import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

const MAX_BYTES = 4096;
/** Nobody but the owner: neither group nor others. */
const SHARED = 0o077;

/**
 * The operator's secrets, one file for each alias, readable by the executor's user alone. Read on each use, so that one that was taken
 * back is not used again.
 */
export class SecretFiles {
  constructor(private readonly folder: string) {}

  /** Undefined where there is none, or it is not kept as it must be: an ordinary file with mode 0600. */
  async text(alias: string): Promise<string | undefined> {
    const file = await open(join(this.folder, alias), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ELOOP') return undefined;
      throw error;
    });
    if (!file) return undefined;
    try {
      const stat = await file.stat();
      return stat.isFile() && (stat.mode & SHARED) === 0 && stat.size <= MAX_BYTES ? await file.readFile('utf8') : undefined;
    } finally {
      await file.close();
    }
  }
}
