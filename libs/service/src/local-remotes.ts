import { localPath } from '@countersign/contracts';
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** The one folder below the stack's home that is the people's: the demo's repository and its remote. */
const PEOPLES = 'demo';

/**
 * Which remotes on this machine nobody's work may be pushed to: what lies in the stack's own home, beside this service's folder,
 * or in the fleet's mirrors, which are other customers' as well; in production every one.
 *
 * Folders are known by what they are (device and inode), not by their name: a link or a mount gives them another. A repository on
 * the way may point on: what counts is every folder that git would come to and write in.
 */
export class LocalRemotes {
  constructor(
    private readonly home: string,
    private readonly mirrors: string,
    private readonly production: boolean,
  ) {}

  async bars(remote: string): Promise<boolean> {
    const path = localPath(remote);
    if (path === undefined) return false;
    if (this.production) return true;
    const root = dirname(this.home);
    const [own, peoples] = await Promise.all([Promise.all([root, this.mirrors].map(identityOf)), identityOf(join(root, PEOPLES))]);
    for (const candidate of await writtenBy(path)) {
      const lineage = await Promise.all(upwards(await nearest(candidate)).map(identityOf));
      const first = lineage.find((folder) => folder !== undefined && (folder === peoples || own.includes(folder)));
      if (first !== undefined && first !== peoples) return true;
    }
    return false;
  }
}

/** As git tries them (`enter_repo`): the first that is a repository, or a file that points to one. */
const NAMES = ['/.git', '', '.git/.git', '.git'];
/** Where a push puts something, if these are links of their own. */
const PARTS = ['objects', 'refs'];

/** Every folder that git, told to push to this path, may come to: by a `.git` file (`gitdir: …`), and from a work tree's folder on to the repository it belongs to. */
async function writtenBy(path: string): Promise<string[]> {
  const found = await Promise.all(NAMES.map(async (name) => {
    const named = `${path}${name}`;
    const pointer = await textOf(named);
    const folder = pointer?.startsWith('gitdir: ') ? resolve(dirname(named), pointer.slice('gitdir: '.length)) : named;
    const common = await textOf(join(folder, 'commondir'));
    const folders = common === undefined ? [folder] : [folder, resolve(folder, common)];
    return [named, ...folders, ...folders.flatMap((each) => PARTS.map((part) => join(each, part)))];
  }));
  return found.flat();
}

/** Git refuses a pointer that is longer. */
const MOST_BYTES = 1 << 20;

/** What a regular file says, without the end of its line; undefined for everything else: a pipe would never be read to its end. */
async function textOf(file: string): Promise<string | undefined> {
  try {
    const about = await stat(file);
    return about.isFile() && about.size <= MOST_BYTES ? (await readFile(file, 'utf8')).replace(/[\r\n]+$/, '') : undefined;
  } catch (error) {
    if (isOutOfReach(error)) return undefined;
    throw error;
  }
}

/** What a path leads to; where it leads nowhere yet, the folder it would lie in. */
async function nearest(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isOutOfReach(error) || path === dirname(path)) throw error;
    return nearest(dirname(path));
  }
}

const upwards = (path: string): string[] => (path === dirname(path) ? [path] : [path, ...upwards(dirname(path))]);

/** Undefined for what is not there, or not to be seen by this service: git, run by it, gets no further. */
async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if (isOutOfReach(error)) return undefined;
    throw error;
  }
}

/** Anything else (a broken disk, no file handles left) says nothing about the folder: the question stays open rather than being a yes. */
const isOutOfReach = (error: unknown): boolean => ['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? '');
