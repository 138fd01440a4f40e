import { AppError } from '@countersign/contracts';
import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, readSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { hashOfLine, lineOf, NOTHING_BEFORE, Pinned, readLine, type Pin } from '../../domain/pins.js';

/** The file is not what this executor wrote: it was cut, edited, reordered or lost. Nothing is carried out until a person has looked. */
export class PinsTamperedError extends AppError {
  readonly code = 'pins_tampered';
  readonly retryable = false;
  constructor(path: string, line: number, what: string) {
    super(`${path}: line ${line}: ${what}; put the copy back; README, "Whose yes counts", says what to do without one`);
  }
}

interface Head {
  readonly lines: number;
  readonly hash: string;
  readonly bytes: number;
}
type Noted = Pick<Head, 'lines' | 'hash'>;
const START: Head = { lines: 0, hash: NOTHING_BEFORE, bytes: 0 };
const LINE_END = 0x0a;
/** Read at a time, however long the file has become; hundreds of times a line. */
export const CHUNK_BYTES = 256 * 1024;

/**
 * Pins on disk, in the executor's own folder: `pins.ndjson`, appended to and never changed, each line with the hash of the one
 * before, on disk before `append` returns; and `pins.head`, which names the last line, so that a cut end is noticed as well. A
 * line that was being written when the process died is taken away; anything else that does not fit throws `PinsTamperedError`.
 */
export class PinFile {
  readonly pinned = new Pinned();
  private readonly path: string;
  private readonly headPath: string;
  private readonly file: number;
  private head = START;

  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    [this.path, this.headPath] = [join(folder, 'pins.ndjson'), join(folder, 'pins.head')];
    const noted = this.noted();
    if (!existsSync(this.path) && noted.lines > 0) throw new PinsTamperedError(this.path, 1, 'the file is gone');
    this.file = openSync(this.path, 'a+', 0o600);
    this.follow();
    if (this.head.lines < noted.lines) throw new PinsTamperedError(this.path, this.head.lines + 1, `the file ends before line ${noted.lines}`);
    if (fstatSync(this.file).size > this.head.bytes) ftruncateSync(this.file, this.head.bytes);
  }

  append(pin: Pin, at: number): void {
    this.follow();
    const line = lineOf(pin, at, this.head.hash);
    const bytes = Buffer.from(`${line}\n`);
    this.write(bytes);
    this.take(line, pin, at, bytes.length);
    this.note();
  }

  /** All of it or nothing: of a line that a full disk cut off no part stays. */
  private write(bytes: Buffer): void {
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.file, bytes, done);
      fsyncSync(this.file);
    } catch (error) {
      ftruncateSync(this.file, this.head.bytes);
      throw error;
    }
  }

  /** Reads what another process of this folder has appended meanwhile. */
  follow(): void {
    const { size } = fstatSync(this.file);
    if (size < this.head.bytes) throw new PinsTamperedError(this.path, this.head.lines, 'the file became shorter');
    if (size === this.head.bytes) return;
    const noted = this.noted();
    while (this.head.bytes < size && this.readSome(size, noted)) continue;
  }

  /** The next whole lines; false where there is none, or only one that was being written. */
  private readSome(size: number, noted: Noted): boolean {
    const bytes = Buffer.alloc(Math.min(size - this.head.bytes, CHUNK_BYTES));
    readSync(this.file, bytes, 0, bytes.length, this.head.bytes);
    const whole = bytes.subarray(0, bytes.lastIndexOf(LINE_END) + 1);
    for (const line of whole.toString('utf8').split('\n').slice(0, -1)) this.read(line, noted);
    return whole.length > 0;
  }

  close(): void {
    closeSync(this.file);
  }

  private read(line: string, noted: Noted): void {
    const found = readLine(line, this.head.hash);
    if (!found) throw new PinsTamperedError(this.path, this.head.lines + 1, 'it does not follow the line before');
    this.take(line, found.pin, found.at, Buffer.byteLength(line) + 1);
    if (noted.lines === this.head.lines && noted.hash !== this.head.hash) throw new PinsTamperedError(this.path, noted.lines, 'it is not the line that was written there');
  }

  private take(line: string, pin: Pin, at: number, bytes: number): void {
    this.pinned.apply(pin, at);
    this.head = { lines: this.head.lines + 1, hash: hashOfLine(line), bytes: this.head.bytes + bytes };
  }

  private noted(): Noted {
    return existsSync(this.headPath) ? (JSON.parse(readFileSync(this.headPath, 'utf8')) as Noted) : START;
  }

  private note(): void {
    const fresh = `${this.headPath}.new`;
    const file = openSync(fresh, 'w', 0o600);
    writeSync(file, JSON.stringify({ lines: this.head.lines, hash: this.head.hash }));
    fsyncSync(file);
    closeSync(file);
    renameSync(fresh, this.headPath);
    const folder = openSync(this.folder, 'r');
    fsyncSync(folder);
    closeSync(folder);
  }
}
