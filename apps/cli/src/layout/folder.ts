import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { UsageError } from '../commands/command.js';
import type { LayoutFiles } from './team-layout.js';

/** A team's files are small; what is larger is none of them. */
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_FILES = 5_000;

/** Writes files into a folder that is new or empty: nothing of somebody else's is replaced. */
export function writeFolder(folder: string, files: LayoutFiles): void {
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new UsageError(`"${folder}" is not empty`, 'name a new folder');
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content, { mode: 0o600 });
  }
}

/** Every plain file of `teams/` and `tasks/` below a folder, by its path with slashes; links are not followed. */
export function readFolder(folder: string): LayoutFiles {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new UsageError(`there is no folder "${folder}"`);
  const found = new Map<string, string>();
  for (const top of ['teams', 'tasks']) {
    if (!existsSync(join(folder, top))) continue;
    for (const entry of readdirSync(join(folder, top), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      if (statSync(path).size > MOST_BYTES) throw new UsageError(`"${path}" is too large for a team's file`);
      if (found.size >= MOST_FILES) throw new UsageError(`"${folder}" holds more files than a team's folder has`);
      found.set(path.slice(join(folder, sep).length).split(sep).join('/'), readFileSync(path, 'utf8'));
    }
  }
  return found;
}
