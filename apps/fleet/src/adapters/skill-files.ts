import { createHash } from 'node:crypto';
import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { HeldSkill, SpawnDenyCode } from '@countersign/contracts';

/** The content of a skill, as it was hashed. */
export interface SkillContent {
  readonly file: string;
  readonly bytes: Buffer;
}

/** Why a worker does not start: in the codes by which the gate refuses the same. */
export interface SkillFault {
  readonly code: Extract<SpawnDenyCode, 'spawn_skill_hash_mismatch' | 'spawn_required_skill_missing'>;
  readonly detail: string;
}

/** Skills as they lie below the policies folder. Each is read once: what is compared with the gate's digest is what the worker gets. */
export class SkillFiles {
  constructor(private readonly folder: string) {}

  async read(skills: readonly HeldSkill[]): Promise<readonly SkillContent[] | SkillFault> {
    const contents: SkillContent[] = [];
    for (const { file, sha256 } of skills) {
      const bytes = await this.content(file);
      if (!bytes) return { code: 'spawn_required_skill_missing', detail: `there is no content of ${file} any more` };
      if (createHash('sha256').update(bytes).digest('hex') !== sha256) return { code: 'spawn_skill_hash_mismatch', detail: `the content of ${file} is not what the gate has judged` };
      contents.push({ file, bytes });
    }
    return contents;
  }

  private async content(file: string): Promise<Buffer | undefined> {
    try {
      const root = await realpath(this.folder);
      const path = await realpath(join(root, file));
      return isInside(root, path) ? await readFile(path) : undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      return undefined;
    }
  }
}

const READ_ONLY = 0o444;

/** Writes the contents below a new folder, under the names they have below the policies folder. Nothing where there are none. */
export async function layOut(folder: string, contents: readonly SkillContent[]): Promise<void> {
  for (const { file, bytes } of contents) {
    const path = join(folder, file);
    if (!isInside(folder, path)) throw new TypeError(`a skill outside its folder: ${file}`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes, { mode: READ_ONLY });
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`);
}
