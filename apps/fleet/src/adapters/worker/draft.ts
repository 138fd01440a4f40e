import { inTheWay, type TreeEntry } from '@countersign/git';
import { putFile, type PutFile, type PutOutcome } from '../../domain/artifacts.js';

/** What a run hands in so far, by `artifact/put` and by its tools: the one truth, of which a work folder is only a view. */
export class Draft {
  files: ReadonlyMap<string, PutFile> = new Map();

  /** `around`: what the run's base has at a path, above or below it. */
  constructor(private readonly around: (path: string) => readonly TreeEntry[]) {}

  /** Keeps one file; nothing changes when it is refused. */
  put(change: Parameters<typeof putFile>[1]): PutOutcome {
    const stands = change.deleted === true ? undefined : this.inTheWay(change.path);
    if (stands !== undefined) return { ok: false, code: 'path_in_the_way', message: `${stands} is there: delete it first, or name the file that a link leads to` };
    const outcome = putFile(this.files, change);
    if (outcome.ok) this.files = outcome.files;
    return outcome;
  }

  /** What a file written at a path would push aside, of what was there before and of what is drafted. */
  private inTheWay(path: string): string | undefined {
    const others = [...this.files.values()].filter((file) => file.path !== path);
    return inTheWay(this.around(path), [...others, { path, content: Buffer.alloc(0) }]).find((each) => each.path === path)?.stands;
  }
}
