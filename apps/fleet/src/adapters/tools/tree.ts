import { closeSync, constants, fstatSync, openSync, readlinkSync, type Stats } from 'node:fs';
import { lstat, mkdir, open, opendir, rename, unlink, type FileHandle } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { removeTree } from '../remove-tree.js';
import { refuse } from '../../domain/capability/refusal.js';
import { BeneathError, inside, O_PATH, openBeneath, type OpenBeneath } from './beneath.js';
import { DeniedError, ToolProblem } from './outcomes.js';

/** One opened place of a tree. `path` is where it really is, whatever way led to it. */
export interface Place extends Disposable {
  readonly fd: number;
  readonly path: string;
  readonly stat: Stats;
}

export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'link' | 'other';
}

export interface FoundFile {
  readonly path: string;
  readonly stat: Stats;
}

/** Entries looked at in one walk, and how deep. */
export interface WalkLimits {
  readonly entries: number;
  readonly depth: number;
}

/**
 * A directory that untrusted code has written to. Every way into it starts at one opened descriptor and follows no link out of it;
 * what a rule judges (`Place.path`) and what is read are one opened thing, so that nothing can be swapped in between.
 */
export class Tree implements Disposable {
  private readonly fd: number;
  private readonly root: string;

  constructor(
    directory: string,
    private readonly opener: OpenBeneath = openBeneath(),
  ) {
    this.fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    this.root = readlinkSync(`/proc/self/fd/${this.fd}`);
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }

  /** Opens what a path leads to. Throws `DeniedError` where a link leads out, `ToolProblem` where there is nothing. */
  open(path: string, followLast = true): Place {
    const fd = this.descriptor(path, followLast);
    try {
      const stat = fstatSync(fd);
      if (stat.nlink === 0) throw missing(path);
      const real = this.placeOf(fd);
      if (real === undefined) throw leadsOut(path);
      return { fd, path: real, stat, [Symbol.dispose]: () => closeSync(fd) };
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** The same, or undefined where there is nothing. */
  find(path: string, followLast = true): Place | undefined {
    try {
      return this.open(path, followLast);
    } catch (error) {
      if (error instanceof ToolProblem && error.code === 'file_not_found') return undefined;
      throw error;
    }
  }

  /** The bytes of an opened ordinary file. A file that grows while it is read is too large at the limit, not endless. */
  async read({ fd, path, stat }: Place, maxBytes: number): Promise<Buffer> {
    if (stat.isDirectory()) throw new ToolProblem('is_a_directory', `${path} is a directory`);
    if (!stat.isFile()) throw new DeniedError(refuse('path_special_file', `${path} is no ordinary file`));
    if (stat.nlink > 1) throw new DeniedError(refuse('path_hard_link', `${path} has a second name`));
    if (stat.size > maxBytes) throw tooLarge(path, maxBytes);
    // Through the descriptor itself: the very file that was looked at, opened once more to be read.
    const file = await open(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY).catch(unreadable(path));
    try {
      return await readUpTo(file, path, maxBytes);
    } finally {
      await file.close();
    }
  }

  /** What a directory holds, in order; `truncated` where that is more than `most`. */
  async list({ fd, path, stat }: Place, most: number): Promise<{ entries: Entry[]; truncated: boolean }> {
    if (!stat.isDirectory()) throw new ToolProblem('not_a_directory', `${path} is no directory`);
    const entries: Entry[] = [];
    // One after the other: a directory of millions is not read to its end.
    for await (const entry of await opendir(`/proc/self/fd/${fd}`).catch(unreadable(path))) {
      if (entries.length >= most) return { entries: entries.sort(byName), truncated: true };
      entries.push({ name: entry.name, kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'link' : 'other' });
    }
    return { entries: entries.sort(byName), truncated: false };
  }

  /** The ordinary files at and below a place, in order; links are not followed. `truncated`: the limits ended the walk. */
  async walk(start: Place, limits: WalkLimits): Promise<{ files: FoundFile[]; truncated: boolean }> {
    if (!start.stat.isDirectory()) return { files: start.stat.isFile() ? [{ path: start.path, stat: start.stat }] : [], truncated: false };
    const files: FoundFile[] = [];
    const waiting = [start.path];
    let seen = 0;
    for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
      using place = this.find(directory, false);
      if (!place?.stat.isDirectory() || place.path !== directory) continue; // it was swapped meanwhile
      const below: string[] = [];
      const { entries, truncated } = await this.list(place, limits.entries - seen);
      seen += entries.length;
      for (const { name, kind } of entries) {
        const path = directory === '.' ? name : `${directory}/${name}`;
        if (kind === 'directory' && path.split('/').length <= limits.depth) below.push(path);
        if (kind !== 'file') continue;
        const stat = await lstat(inside(place.fd, name)).catch(ignoreMissing); // gone meanwhile, or of a name that is no text
        if (stat) files.push({ path, stat });
      }
      if (truncated) return { files, truncated };
      waiting.push(...below.reverse());
    }
    return { files, truncated: false };
  }

  has(path: string): boolean {
    using found = this.find(path, false);
    return found !== undefined;
  }

  /** Makes a path a directory unless something stands there. */
  async ensure(path: string): Promise<void> {
    if (!this.has(path)) await this.within(path.split('/'), () => Promise.resolve());
  }

  /**
   * Puts one file at exactly this path, as a commit would: a link or a file on the way becomes a directory, what stands at its
   * place is replaced and never written into. null removes it. The file appears whole or not at all.
   */
  async place(path: string, content: Uint8Array | null, mode = 0o644): Promise<void> {
    const parts = path.split('/');
    const name = parts.pop()!;
    await this.within(parts, async (directory) => {
      const found = await lstat(inside(directory, name)).catch(ignoreMissing);
      if (content === null || found?.isDirectory()) await removeTree(inside(directory, name));
      if (content === null) return;
      const draft = inside(directory, `.${randomUUID()}`);
      const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode);
      try {
        await file.writeFile(content);
      } finally {
        await file.close();
      }
      await rename(draft, inside(directory, name));
    }).catch(swapped(path)).catch(unreadable(path));
  }

  /** Works in the directory at these parts, made real on the way, held open until the work is done. */
  private async within(parts: readonly string[], work: (directory: number) => Promise<void>): Promise<void> {
    const held: number[] = [];
    try {
      for (const part of parts) held.push(await this.directoryIn(held.at(-1) ?? this.fd, part));
      await work(held.at(-1) ?? this.fd);
    } finally {
      for (const fd of held) closeSync(fd);
    }
  }

  private async directoryIn(parent: number, name: string): Promise<number> {
    const found = await lstat(inside(parent, name)).catch(ignoreMissing);
    if (found && !found.isDirectory()) await unlink(inside(parent, name));
    if (!found?.isDirectory()) await mkdir(inside(parent, name));
    return openSync(inside(parent, name), O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  }

  private descriptor(path: string, followLast: boolean): number {
    try {
      return this.opener(this.fd, path, followLast);
    } catch (error) {
      if (!(error instanceof BeneathError)) throw error;
      if (error.code === 'escape') throw leadsOut(path);
      if (error.code === 'unreadable') throw new ToolProblem('file_unreadable', `${path} cannot be opened`);
      throw missing(path);
    }
  }

  /** Where a descriptor is now, relative to the tree; undefined when that is not inside it. */
  private placeOf(fd: number): string | undefined {
    const place = readlinkSync(`/proc/self/fd/${fd}`);
    if (place === this.root) return '.';
    return place.startsWith(`${this.root}/`) ? place.slice(this.root.length + 1) : undefined;
  }
}

const leadsOut = (path: string): DeniedError => new DeniedError(refuse('path_link_escape', `${path} leads through a link out of the workspace`));
const byName = (a: Entry, b: Entry): number => (a.name < b.name ? -1 : 1);
const missing = (path: string): ToolProblem => new ToolProblem('file_not_found', `there is no ${path}`);
const tooLarge = (path: string, maxBytes: number): ToolProblem => new ToolProblem('file_too_large', `${path} has more than ${maxBytes} bytes`, true);

const unreadable = (path: string) => (error: NodeJS.ErrnoException): never => {
  if (error.code === 'EACCES' || error.code === 'EPERM') throw new ToolProblem('file_unreadable', `${path} cannot be opened`);
  throw error;
};
/** Somebody renamed things meanwhile: the write found another place than it had looked at, and did nothing there. */
const swapped = (path: string) => (error: NodeJS.ErrnoException): never => {
  if (['ENOENT', 'EEXIST', 'ENOTDIR', 'ENOTEMPTY', 'ELOOP', 'EISDIR', 'ERR_FS_EISDIR'].includes(error.code ?? '')) throw new ToolProblem('file_changed', `${path} changed while it was written`);
  throw error;
};
const ignoreMissing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error;
};

async function readUpTo(file: FileHandle, path: string, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of file.createReadStream({ autoClose: false, end: maxBytes })) {
    bytes += chunks[chunks.push(chunk as Buffer) - 1]!.length;
    if (bytes > maxBytes) throw tooLarge(path, maxBytes);
  }
  return Buffer.concat(chunks);
}
