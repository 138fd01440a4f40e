import { putFile, type PutFile, type PutOutcome } from '../../domain/artifacts.js';

/** What a run hands in so far, by `artifact/put` and by its tools: the one truth, of which a work folder is only a view. */
export class Draft {
  files: ReadonlyMap<string, PutFile> = new Map();

  /** Keeps one file; nothing changes when it is refused. */
  put(change: Parameters<typeof putFile>[1]): PutOutcome {
    const outcome = putFile(this.files, change);
    if (outcome.ok) this.files = outcome.files;
    return outcome;
  }
}
