import { isMirror, RefusedError, type CustomerId } from '@countersign/contracts';
import { git, gitText, resolveRef } from '@countersign/git';
import { randomUUID } from 'node:crypto';
import { lstat, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredMirror } from '../../domain/forget-mirrors.js';
import { removeTree } from '../remove-tree.js';

/** A mirror's own configuration is ours: what the launcher or a person's clone left in it could run programs. */
const CLEAN_CONFIG = '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n';

/** Entries of a repository whose own folder must hold them: a link would show git, and what is removed, the files of another place. */
const OWN_FOLDERS = ['objects', 'objects/info', 'objects/pack', 'refs', 'refs/heads', 'info'];

/** What names a mirror: customers have a folder each. */
export interface MirrorName {
  readonly customerId: CustomerId;
  readonly mirror: string;
}

/** The bare repositories the fleet owns, one per repository that a customer's person had mirrored. Whose a name may be is for the rows to say. */
export class Mirrors {
  constructor(private readonly directory: string) {}

  /** The path of a mirror; throws when the name could leave the folder or there is none. */
  async path(name: MirrorName): Promise<string> {
    const wanted = await this.place(name, '.git');
    const found = await realpath(wanted).catch(() => undefined);
    if (found !== wanted) throw missing(name);
    return found;
  }

  /** The path of a goal's mirror; one that its team's customer has not adopted is not there, whatever lies in the folder. */
  adopted(repository: MirrorName & { readonly adopted: boolean }): Promise<string> {
    if (!repository.adopted) return Promise.reject(missing(repository));
    return this.path(repository);
  }

  /** Makes a mirror that the launcher put there safe to use, and returns its branches. Nothing of it can run afterwards. */
  async clean(name: MirrorName): Promise<Record<string, string>> {
    const repository = await this.path(name);
    await refuseLinks(repository, name);
    for (const entry of ['hooks', 'info/attributes', 'config.worktree', 'commondir', 'objects/info/alternates']) await rm(join(repository, entry), { recursive: true, force: true });
    const config = join(repository, `config.${randomUUID()}`);
    await writeFile(config, CLEAN_CONFIG, { flag: 'wx' });
    await rename(config, join(repository, 'config')); // never written through what stands there
    if ((await gitText(repository, ['rev-parse', '--is-bare-repository'])) !== 'true') throw new RefusedError('mirror_not_bare', `${name.mirror} is not a bare repository`);
    const { stdout } = await git(repository, ['for-each-ref', '--format=%(refname:short) %(objectname)', 'refs/heads']);
    return Object.fromEntries(stdout.toString('utf8').split('\n').filter(Boolean).map((line) => line.split(' ') as [string, string]));
  }

  /** Dependencies the launcher put beside a mirror, to be shown read-only to a suite; undefined when there are none. */
  async dependencies(name: MirrorName): Promise<string | undefined> {
    const wanted = join(await this.place(name, '.deps'), 'node_modules');
    const entries = await readdir(wanted).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? undefined : Promise.reject(error)));
    return entries ? wanted : undefined;
  }

  /** Everything that lies in customers' folders under a mirror's name, with its dependencies. */
  async stored(): Promise<StoredMirror[]> {
    const found: StoredMirror[] = [];
    for (const customerId of await foldersIn(this.directory)) {
      for (const name of await foldersIn(join(this.directory, customerId))) {
        const mirror = /^(.+)\.(?:git|deps)$/.exec(name)?.[1];
        const path = join(this.directory, customerId, name);
        if (mirror !== undefined && isMirror(mirror)) found.push({ customerId, mirror, path, changedAt: (await stat(path)).mtime });
      }
    }
    return found;
  }

  /** Removes it, whatever a repository's own programs may have left in it. */
  remove({ path }: StoredMirror): Promise<void> {
    return removeTree(path);
  }

  private async place({ customerId, mirror }: MirrorName, ending: string): Promise<string> {
    if (!isMirror(mirror)) throw new RefusedError('mirror_name', 'a mirror is named by letters, digits, dots and dashes');
    return join(await realpath(this.directory), customerId, `${mirror}${ending}`);
  }
}

/** At the top no entry is a link, and none of {@link OWN_FOLDERS}. */
async function refuseLinks(repository: string, { mirror }: MirrorName): Promise<void> {
  for (const entry of [...(await readdir(repository)), ...OWN_FOLDERS]) {
    const found = await lstat(join(repository, entry)).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? undefined : Promise.reject(error)));
    if (found?.isSymbolicLink()) throw new RefusedError('mirror_link', `${mirror} holds a link where a repository has files of its own: ${entry}`);
  }
}

const foldersIn = async (directory: string): Promise<string[]> => (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name);

const missing = ({ mirror }: MirrorName): RefusedError => new RefusedError('mirror_missing', `there is no mirror ${mirror}`);

export const goalRef = (goalId: string): string => `refs/heads/countersign/goal-${goalId}`;

/** The commit a goal's next draft starts from: its branch in the mirror, or the commit it was submitted with. */
export const goalHead = async (repository: string, goalId: string, base: string): Promise<string | undefined> =>
  (await resolveRef(repository, goalRef(goalId))) ?? (await resolveRef(repository, base));
