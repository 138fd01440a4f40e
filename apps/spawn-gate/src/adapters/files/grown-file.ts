import { open, stat, type FileHandle } from 'node:fs/promises';

/** Of a file that was not read yet, its end is enough. */
const MOST_AT_FIRST = 8 * 1024 * 1024;
const AT_ONCE = 1024 * 1024;

/** Whole lines, bounded: `more` says that there are others. */
export interface Grown {
  readonly lines: readonly string[];
  readonly more: boolean;
}

/**
 * A file that another process writes at its end, read as it grows. Where it was cut, it is read from its beginning; where another has its
 * name (rotated), it is read to its end first, and then the other from its beginning.
 */
export class GrownFile {
  private handle: FileHandle | undefined;
  private offset = 0;
  /** The beginning of a line whose end is not written yet. */
  private rest = '';
  private known = false;

  constructor(private readonly path: string) {}

  /** What was written since the last call; undefined where there is no such file (yet). */
  async lines(): Promise<Grown | undefined> {
    // asked before the old one is read: whoever writes to the new one writes no more to that
    const replaced = this.handle !== undefined && (await this.isReplaced(this.handle));
    this.handle ??= await this.begin();
    if (!this.handle) return undefined;
    const grown = await this.read(this.handle);
    if (!replaced || grown.more) return grown;
    await this.close();
    return { ...grown, more: true };
  }

  async close(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    await handle?.close();
  }

  private async read(handle: FileHandle): Promise<Grown> {
    const { size } = await handle.stat();
    if (size < this.offset) [this.offset, this.rest] = [0, ''];
    const { bytesRead, buffer } = await handle.read({ buffer: Buffer.alloc(Math.min(AT_ONCE, size - this.offset)), position: this.offset });
    this.offset += bytesRead;
    // one byte, one character: a line is cut where the chunk ends, and what is looked for is ASCII
    const lines = (this.rest + buffer.toString('latin1', 0, bytesRead)).split('\n');
    this.rest = lines.pop() ?? '';
    return { lines, more: this.offset < size };
  }

  /** An empty one is not written to yet. Held open, no other file gets the old one's number. */
  private async isReplaced(handle: FileHandle): Promise<boolean> {
    const [held, named] = await Promise.all([handle.stat(), orNone(stat(this.path))]);
    return named !== undefined && named.ino !== held.ino && named.size > 0;
  }

  private async begin(): Promise<FileHandle | undefined> {
    const handle = await orNone(open(this.path));
    if (!handle) return undefined;
    const { size } = await handle.stat();
    this.offset = this.known ? 0 : Math.max(0, size - MOST_AT_FIRST);
    this.rest = '';
    this.known = true;
    return handle;
  }
}

const orNone = <T>(work: Promise<T>): Promise<T | undefined> =>
  work.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
