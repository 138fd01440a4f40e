import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from './remove-tree.js';
import { processIsAlive } from './sandbox/index.js';

/** This process's own folder below `parent`, empty. What a process left behind that is no more is removed. */
export async function openWorkFolder(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const isMine = name === String(process.pid); // of a life before this one, under the same number
    if (/^\d+$/.test(name) && (isMine || !processIsAlive(Number(name)))) await removeTree(join(parent, name));
  }
  const folder = join(parent, String(process.pid));
  await mkdir(folder, { recursive: true });
  return folder;
}
