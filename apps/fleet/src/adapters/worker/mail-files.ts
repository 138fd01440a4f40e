import { ATTACHMENT_NAME, type MailFile } from '@countersign/contracts';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const READ_ONLY = 0o444;

/** Puts the files of a message below `folder`, each in one of its hash, and says where the worker sees them. Only bytes that are those of the hash lie there. */
export async function layOutFiles(folder: string, seen: string, files: readonly MailFile[], read: (sha256: string) => Promise<Buffer | undefined>): Promise<Readonly<Record<string, string>>> {
  const paths: Record<string, string> = {};
  for (const { name, sha256 } of files) {
    const bytes = ATTACHMENT_NAME.test(name) ? await read(sha256) : undefined;
    if (!bytes || createHash('sha256').update(bytes).digest('hex') !== sha256) continue;
    const place = sha256.slice(0, 16);
    await mkdir(join(folder, place), { recursive: true });
    await writeFile(join(folder, place, name), bytes, { mode: READ_ONLY, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error; // it came with an earlier look
    });
    paths[sha256] = `${seen}/${place}/${name}`;
  }
  return paths;
}
