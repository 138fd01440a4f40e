import { git, isFixed, listFiles, parentsOf, type TreeEntry } from '@countersign/git';
import { createHash } from 'node:crypto';
import type { PutFile } from '../../domain/artifacts.js';

/** A drafted file beside what the commit has in its place (null: no ordinary file). */
export interface Difference {
  readonly file: PutFile;
  readonly mode: '100644' | '100755';
  readonly baseContent: Buffer | null;
}

interface Listing {
  readonly entries: ReadonlyMap<string, TreeEntry>;
  readonly folders: ReadonlySet<string>;
}

/** The ordinary files of one commit, each read at most once: a git process costs more than the reading. */
export class BaseFiles {
  private listing: Promise<Listing> | undefined;
  private readonly contents = new Map<string, Promise<Buffer>>();

  constructor(
    private readonly repository: string,
    private readonly commit: string,
    /** Of the commit that its goal began on, where that is another. */
    private readonly begun?: BaseFiles,
  ) {}

  async mode(path: string): Promise<string | undefined> {
    return (await this.ordinary(path))?.mode;
  }

  /** The mode of a drafted file: that of the file it replaces, also where earlier work of the goal took that away; a new one is an ordinary file. */
  async modeOfDraft(path: string): Promise<Difference['mode']> {
    return ((await this.mode(path)) ?? (await this.begun?.mode(path))) === '100755' ? '100755' : '100644';
  }

  /** The bytes of a path, or undefined where the commit has no ordinary file. */
  async read(path: string): Promise<Buffer | undefined> {
    const object = (await this.ordinary(path))?.object;
    if (object === undefined) return undefined;
    const known = this.contents.get(object);
    if (known) return known;
    const content = git(this.repository, ['cat-file', 'blob', object]).then(({ stdout }) => stdout);
    this.contents.set(object, content);
    return content;
  }

  /** Whether the commit holds exactly these bytes at a path (null: no file), told from their names alone. */
  async holds(path: string, content: Uint8Array | null): Promise<boolean> {
    const object = (await this.ordinary(path))?.object;
    return content === null ? object === undefined : object === blobName(content, object?.length ?? 0);
  }

  /** Those of the files that the commit does not hold as they are; a new file is an ordinary one. */
  async differences(files: Iterable<PutFile>): Promise<Difference[]> {
    const found: Difference[] = [];
    for (const file of files) {
      if (await this.holds(file.path, file.content)) continue;
      found.push({ file, mode: await this.modeOfDraft(file.path), baseContent: (await this.read(file.path)) ?? null });
    }
    return found;
  }

  /** Tells what the commit has at a path, above or below it, links and submodules too: whatever could stand in the way of a file there. */
  async around(): Promise<(path: string) => TreeEntry[]> {
    const { entries, folders } = await this.listed();
    const below = (path: string): TreeEntry[] => (folders.has(path) ? [...entries.values()].filter((entry) => entry.path.startsWith(`${path}/`)) : []);
    return (path) => [...[...parentsOf(path), path].flatMap((each) => entries.get(each) ?? []), ...below(path)];
  }

  private async ordinary(path: string): Promise<TreeEntry | undefined> {
    const entry = (await this.listed()).entries.get(path);
    return entry && isFixed(entry) ? undefined : entry;
  }

  private listed(): Promise<Listing> {
    return (this.listing ??= listFiles(this.repository, this.commit).then((all) => ({ entries: new Map(all.map((entry) => [entry.path, entry])), folders: new Set(all.flatMap(({ path }) => parentsOf(path))) })));
  }
}

/** A blob's name: the hash of `blob <size>\0` and its bytes (git-hash-object(1)), by the repository's own hash. */
function blobName(content: Uint8Array, hexLength: number): string {
  return createHash(hexLength === 64 ? 'sha256' : 'sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}
