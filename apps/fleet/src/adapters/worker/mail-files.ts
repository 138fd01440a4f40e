import { ATTACHMENT_NAME, type MailFile } from '@countersign/contracts';
import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const READ_ONLY = 0o444;
/** Far below the 255 bytes that file systems take: a name of 200 signs may have 800. */
const MOST_NAME_BYTES = 120;
/** Of one run. */
const MOST_BYTES = 256 * 1024 ** 2;

/** A file of a message, as far as it has to be known to be laid out. */
export type FileToLay = Pick<MailFile, 'name' | 'sha256'>;
/** By hash, where the worker sees them. */
export type FilePaths = Readonly<Record<string, string>>;

/** Where the bytes come from, and who hears of a file that could not be laid out. */
export interface FileSource {
  /** Undefined: they are gone. */
  file(sha256: string): Promise<Buffer | undefined>;
  mailTrouble(error: unknown): void;
}

/**
 * The files of one run's messages, each in a folder of its hash. Only bytes that are those of the hash lie there. One that cannot be written, or for
 * which the run has no room, is passed over: its message comes without its place.
 */
export class MailFiles {
  private readonly laid = new Map<string, string>();
  private bytes = 0;
  private closed = false;
  private busy: Promise<unknown> = Promise.resolve();

  /** `folder` is there; the worker sees it as `seen`. */
  constructor(
    private readonly folder: string,
    private readonly seen: string,
    private readonly source: FileSource,
  ) {}

  layOut(files: readonly FileToLay[]): Promise<FilePaths> {
    const laid = this.busy.then(() => this.each(files));
    this.busy = laid.catch(() => undefined); // whoever asked hears of it
    return laid;
  }

  /** Nothing is written any more once this resolves. */
  async close(): Promise<void> {
    this.closed = true;
    await this.busy;
  }

  private async each(files: readonly FileToLay[]): Promise<FilePaths> {
    const paths: Record<string, string> = {};
    for (const file of files) {
      const place = join(file.sha256.slice(0, 16), entryName(file.name));
      const path = this.laid.get(place) ?? (this.closed ? undefined : await this.one(file, place));
      if (path !== undefined) paths[file.sha256] = path;
    }
    return paths;
  }

  private async one({ name, sha256 }: FileToLay, place: string): Promise<string | undefined> {
    const bytes = ATTACHMENT_NAME.test(name) && this.bytes < MOST_BYTES ? await this.source.file(sha256) : undefined;
    if (!bytes || createHash('sha256').update(bytes).digest('hex') !== sha256) return undefined;
    try {
      await write(join(this.folder, place), bytes);
    } catch (error) {
      this.source.mailTrouble(error);
      return undefined;
    }
    this.bytes += bytes.length;
    this.laid.set(place, `${this.seen}/${place}`);
    return this.laid.get(place);
  }
}

async function write(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(path, bytes, { mode: READ_ONLY, flag: 'wx' });
  } catch (error) {
    await rm(path, { force: true }); // a part of it is not it
    throw error;
  }
}

/** The name as it is, where it fits; else its beginning, in whole signs, and its ending. */
function entryName(name: string): string {
  if (Buffer.byteLength(name) <= MOST_NAME_BYTES) return name;
  const ending = /\.[A-Za-z0-9]{1,16}$/.exec(name)?.[0] ?? '';
  let kept = '';
  for (const sign of name.slice(0, name.length - ending.length)) {
    if (Buffer.byteLength(kept + sign + ending) > MOST_NAME_BYTES) break;
    kept += sign;
  }
  return kept + ending;
}
