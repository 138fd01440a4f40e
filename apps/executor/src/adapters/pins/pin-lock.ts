import { AppError } from '@countersign/contracts';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process has these pins. Whoever is to follow it tries again when it is gone. */
export class PinsHeldError extends AppError {
  readonly code = 'pins_held';
  readonly retryable = true;
  constructor(folder: string, options?: ErrorOptions) {
    super(`${folder} is in the hands of another executor: two would fork the file of pins; end the other, or give this one a folder of its own`, options);
  }
}

const SQLITE_BUSY = 5;

/**
 * A folder of pins in the hands of this one alone, from here until `release` or the end of its process, in whatever way it ends.
 *
 * The lock is the kernel's (fcntl(2)): a file that names a process would outlive a `kill -9`, and between containers that share
 * a volume a number names nobody. Node reaches it through SQLite only, of which nothing else is used: `pins.lock` stays empty.
 */
export class PinLock {
  private readonly file: DatabaseSync;

  /** Throws `PinsHeldError` at once where somebody else has it. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.file = new DatabaseSync(join(folder, 'pins.lock'), { timeout: 0 });
    try {
      this.file.exec('begin exclusive');
    } catch (cause) {
      this.file.close();
      throw (cause as { errcode?: number }).errcode === SQLITE_BUSY ? new PinsHeldError(folder, { cause }) : cause;
    }
  }

  release(): void {
    this.file.close();
  }
}
