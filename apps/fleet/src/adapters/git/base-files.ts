import { git, listFiles, type TreeEntry } from '@countersign/git';
import { createHash } from 'node:crypto';
import type { PutFile } from '../../domain/artifacts.js';

const LINK = '120000';
const SUBMODULE = '160000';

/** A drafted file beside what the commit has in its place (null: no ordinary file). */
export interface Difference {
  readonly file: PutFile;
  readonly mode: '100644' | '100755';
  readonly baseContent: Buffer | null;
}

/** The ordinary files of one commit, each read at most once: a git process costs more than the reading. */
export class BaseFiles {
  private listing: Promise<Map<string, TreeEntry>> | undefined;
  private readonly contents = new Map<string, Promise<Buffer>>();

  constructor(
    private readonly repository: string,
    private readonly commit: string,
  ) {}

  async mode(path: string): Promise<string | undefined> {
    return (await this.entries()).get(path)?.mode;
  }

  /** The mode of a drafted file: that of the file it replaces; a new one is an ordinary file. */
  async modeOfDraft(path: string): Promise<Difference['mode']> {
    return (await this.mode(path)) === '100755' ? '100755' : '100644';
  }

  /** The bytes of a path, or undefined where the commit has no ordinary file. */
  async read(path: string): Promise<Buffer | undefined> {
    const object = (await this.entries()).get(path)?.object;
    if (object === undefined) return undefined;
    const known = this.contents.get(object);
    if (known) return known;
    const content = git(this.repository, ['cat-file', 'blob', object]).then(({ stdout }) => stdout);
    this.contents.set(object, content);
    return content;
  }

  /** Whether the commit holds exactly these bytes at a path (null: no file), told from their names alone. */
  async holds(path: string, content: Uint8Array | null): Promise<boolean> {
    const object = (await this.entries()).get(path)?.object;
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

  private entries(): Promise<Map<string, TreeEntry>> {
    return (this.listing ??= listFiles(this.repository, this.commit).then((all) => new Map(all.filter(({ mode }) => mode !== LINK && mode !== SUBMODULE).map((entry) => [entry.path, entry]))));
  }
}

/** A blob's name: the hash of `blob <size>\0` and its bytes (git-hash-object(1)), by the repository's own hash. */
function blobName(content: Uint8Array, hexLength: number): string {
  return createHash(hexLength === 64 ? 'sha256' : 'sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}
