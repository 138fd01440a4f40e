import { open } from 'node:fs/promises';

/** Of a file that was not read yet, its end is enough. */
const MOST_AT_FIRST = 8 * 1024 * 1024;
const AT_ONCE = 1024 * 1024;

/** A file that another process writes at its end, read as it grows; a new one under the same name (rotated, cut) is read from its beginning. */
export class GrownFile {
  private file = 0;
  private offset = -1;
  /** The beginning of a line whose end is not written yet. */
  private rest = '';

  constructor(private readonly path: string) {}

  /** Whole lines since the last call, bounded: `more` says that there are others. None where there is no such file (yet). */
  async lines(): Promise<{ readonly lines: readonly string[]; readonly more: boolean }> {
    const handle = await open(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (!handle) return { lines: [], more: false };
    try {
      const { ino, size } = await handle.stat();
      if (ino !== this.file || size < this.offset) this.begin(ino, size);
      const { bytesRead, buffer } = await handle.read({ buffer: Buffer.alloc(Math.min(AT_ONCE, size - this.offset)), position: this.offset });
      this.offset += bytesRead;
      // one byte, one character: a line is cut where the chunk ends, and what is looked for is ASCII
      const lines = (this.rest + buffer.toString('latin1', 0, bytesRead)).split('\n');
      this.rest = lines.pop() ?? '';
      return { lines, more: this.offset < size };
    } finally {
      await handle.close();
    }
  }

  private begin(file: number, size: number): void {
    this.offset = this.file === 0 ? Math.max(0, size - MOST_AT_FIRST) : 0;
    this.file = file;
    this.rest = '';
  }
}
