import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const FOLDER = 0o700;
const FILE = 0o600;
export const TEAM_FILES_DIR = Symbol('TEAM_FILES_DIR');
/** Says that the folder is ours to keep: a folder that holds something else is never written to. */
export const MARKER = '.countersign-team-files';
const NAME_OF_TEAM = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Another process may be about to put one in its place. */
const FRESH = 'new-';
const FRESH_MS = 60_000;

/** What stands in every path that is written: nothing of it climbs, hides or is absolute. */
const PART = /^[a-z0-9][a-z0-9._-]{0,99}$/;

type Files = ReadonlyMap<string, string>;

/**
 * A folder whose content is said by somebody else: what differs is put right, and what does not belong in a team's folder goes. Beside
 * those folders only what is named like one goes: the rest was put there by somebody. A file is replaced as a whole, a link in the place of a file or folder is removed and never followed, and nobody but the owner may look.
 */
export class TeamFolder {
  /** By entry below the root, how it was left. */
  private readonly left = new Map<string, string>();

  private claimed = false;

  constructor(readonly root: string) {}

  /** Whether the folder is ours: made or found empty, and marked; or marked before. Once it is, it is put right whatever becomes of it. */
  async claim(): Promise<boolean> {
    this.claimed ||= await isOurs(this.root);
    if (!this.claimed) return false;
    await realFolder(this.root);
    await putFile(join(this.root, MARKER), 'Countersign writes this folder again whenever it differs from the database.\n');
    return true;
  }

  /** Whether an entry is as `put` left it: any change of it moves a time that nobody can set. */
  async isAsLeft(name: string): Promise<boolean> {
    return this.left.has(name) && this.left.get(name) === (await stampOf(join(this.root, name)));
  }

  /** Makes a folder below the root hold these files and no others. */
  async put(name: string, files: Files): Promise<void> {
    for (const path of [name, ...files.keys()]) path.split('/').forEach(plain);
    const folder = join(this.root, name);
    const folders = [...new Set([...files.keys()].flatMap((path) => (path.includes('/') ? [dirname(path)] : [])))];
    for (const path of [folder, ...folders.map((each) => join(folder, each))]) await realFolder(path);
    await removeOthers(folder, new Set([...files.keys(), ...folders]));
    for (const each of folders) await removeOthers(join(folder, each), new Set([...files.keys()].filter((path) => dirname(path) === each).map((path) => path.slice(each.length + 1))));
    for (const [path, content] of files) await putFile(join(folder, path), content);
    this.left.set(name, await stampOf(folder));
  }

  /** The file beside the folders, and of these only the named. Claim the folder first. */
  async index(content: string, names: readonly string[]): Promise<void> {
    await removeOthers(this.root, new Set(names), (name) => NAME_OF_TEAM.test(name) || name.startsWith(FRESH));
    for (const gone of [...this.left.keys()].filter((name) => !names.includes(name))) this.left.delete(gone);
    await putFile(join(this.root, 'index.json'), content);
  }
}

function plain(part: string): void {
  if (!PART.test(part)) throw new TypeError('not a name for a file');
}

/** A folder of our own at this path: what else stands there goes. */
async function realFolder(path: string): Promise<void> {
  const stat = await lookAt(path);
  if (stat && !stat.isDirectory()) await rm(path, { force: true });
  if (!stat?.isDirectory()) await mkdir(path, { mode: FOLDER });
  else if ((stat.mode & 0o777) !== FOLDER) await chmod(path, FOLDER);
}

async function isOurs(root: string): Promise<boolean> {
  const stat = await lookAt(root);
  if (!stat) return true;
  if (!stat.isDirectory()) return false;
  const names = await readdir(root);
  return names.length === 0 || names.includes(MARKER);
}

async function removeOthers(folder: string, wanted: ReadonlySet<string>, ours: (name: string) => boolean = () => true): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!wanted.has(name) && ours(name) && !(await isFresh(join(folder, name), name))) await rm(join(folder, name), { recursive: true, force: true });
  }
}

const isFresh = async (path: string, name: string): Promise<boolean> => name.startsWith(FRESH) && Date.now() - ((await lookAt(path))?.ctimeMs ?? 0) < FRESH_MS;

async function putFile(path: string, content: string): Promise<void> {
  const bytes = Buffer.from(content, 'utf8');
  if (await holds(path, bytes)) return;
  if ((await lookAt(path))?.isDirectory()) await rm(path, { recursive: true, force: true });
  const fresh = join(dirname(path), `${FRESH}${randomUUID()}`);
  const file = await open(fresh, 'wx', FILE);
  try {
    await file.writeFile(bytes);
  } finally {
    await file.close();
  }
  await rename(fresh, path);
}

/** Whether an ordinary file of ours with no second name holds exactly this. */
async function holds(path: string, bytes: Buffer): Promise<boolean> {
  const stat = await lookAt(path);
  if (!stat?.isFile() || stat.nlink !== 1 || (stat.mode & 0o777) !== FILE || stat.size !== bytes.length) return false;
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return (await file.readFile()).equals(bytes);
  } finally {
    await file.close();
  }
}

const lookAt = (path: string) => lstat(path).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? undefined : Promise.reject(error)));

/** Every entry below, by what changes with it. */
async function stampOf(path: string): Promise<string> {
  const stat = await lookAt(path);
  if (!stat) return 'gone';
  const own = `${stat.ino} ${stat.mode} ${stat.size} ${stat.ctimeMs}`;
  if (!stat.isDirectory()) return own;
  const below = await Promise.all((await readdir(path)).sort().map(async (name) => `${name}: ${await stampOf(join(path, name))}`));
  return [own, ...below].join('\n');
}
