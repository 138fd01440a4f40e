import { ChainBrokenError, ChainTrees, consistencyRanges, entryLine, inclusionRanges, rangeRoot, readEntries, verifyConsistency, verifyInclusion, type ExportEntry, type LeafRange } from '@countersign/audit';
import { NotFoundError, RefusedError, type AuditProofView, type TeamId } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { Injectable } from '@nestjs/common';

/** Above every size: the head below it is the newest. */
const NEWEST = Number.MAX_SAFE_INTEGER;

/** Which entry: by its place in the chain, or by its id. */
export type EntryChoice = { readonly index: number } | { readonly entryId: string };

interface SignedHead {
  readonly size: number;
  readonly root: Buffer;
  readonly note: string;
}

/**
 * Proofs about a team's chain, each compared with the signed head it leads to before it is given out.
 *
 * What does not fit is `history_rewritten` with the entries concerned, in place of a proof that the reader would have to
 * puzzle over. That is a service, not the safeguard: the reader checks the proof all the same.
 */
@Injectable()
export class AuditProofs {
  private readonly trees: ChainTrees;

  constructor(private readonly database: Database) {
    this.trees = new ChainTrees(database);
  }

  /** Proves an entry under the signed head of this size, or the newest. */
  async inclusion(teamId: TeamId, choice: EntryChoice, size?: number): Promise<AuditProofView> {
    const { head, entry } = await this.database.withTeam(teamId, async (tx) => ({ head: await readHead(tx, size), entry: await readEntry(tx, choice) }));
    if (entry === undefined) throw this.absent(choice, head);
    const { seq: index } = entry;
    if (index >= head.size) throw new RefusedError('entry_not_covered', `the head of ${head.size} does not cover entry ${index}: ask without a size for the newest`, { index, size: head.size });
    const path = await this.fitting(teamId, head, inclusionRanges(index, head.size), (hashes) => verifyInclusion({ leaf: entry.entryHash, index, ...head, path: hashes }));
    return { ...viewOf(teamId, head, path), index, entry: entryLine(entry).trimEnd() };
  }

  /** Proves that the signed head of `to` entries, or the newest, begins with the first `from`. */
  async consistency(teamId: TeamId, from: number, to?: number): Promise<AuditProofView> {
    const head = await this.database.withTeam(teamId, (tx) => readHead(tx, to));
    if (from > head.size) throw new RefusedError('head_beyond_chain', `the signed head covers ${head.size} entries, not ${from}: keep yours, it shows that the end was cut off`, { from, size: head.size });
    if (from === 0) return { ...viewOf(teamId, head, []), from };
    const [start, ...ranges] = [{ from: 0, to: from }, ...consistencyRanges(from, head.size)];
    const [, ...path] = await this.fitting(teamId, head, [start, ...ranges], ([root, ...hashes]) => verifyConsistency({ from: { size: from, root: root! }, to: head, path: hashes }));
    return { ...viewOf(teamId, head, path), from };
  }

  /** Where the entries are not those under the signed heads, read anew; nothing where they are. */
  async misfitOf(teamId: TeamId): Promise<{ seq?: number; toSeq?: number }> {
    this.trees.forget(teamId);
    const head = await this.database.withTeam(teamId, (tx) => headUpTo(tx));
    if (head === undefined) return {};
    try {
      const [root] = await this.roots(teamId, [{ from: 0, to: head.size }]);
      return root!.equals(head.root) ? {} : await this.misfit(teamId, head);
    } catch (error) {
      if (error instanceof RefusedError) return error.details;
      throw error;
    }
  }

  /** A place under a signed head is never empty, unless somebody emptied it. */
  private absent(choice: EntryChoice, { size }: SignedHead): Error {
    if (!('index' in choice) || choice.index >= size) return new NotFoundError('entry');
    return rewritten(choice.index, choice.index);
  }

  /** The roots of these ranges, once they fit the head: what is kept in memory is given up before the history is called rewritten. */
  private async fitting(teamId: TeamId, head: SignedHead, ranges: readonly LeafRange[], fits: (hashes: Buffer[]) => boolean): Promise<Buffer[]> {
    for (const again of [true, false]) {
      const hashes = await this.roots(teamId, ranges);
      if (fits(hashes)) return hashes;
      this.trees.forget(teamId);
      if (!again) break;
    }
    const { seq, toSeq } = await this.misfit(teamId, head);
    throw rewritten(seq, toSeq);
  }

  private async roots(teamId: TeamId, ranges: readonly LeafRange[]): Promise<Buffer[]> {
    try {
      const known = await this.trees.hashes(teamId, ranges);
      return ranges.map((range) => rangeRoot(range, known));
    } catch (cause) {
      if (!(cause instanceof ChainBrokenError)) throw cause;
      throw rewritten(cause.seq, cause.toSeq);
    }
  }

  /** The entries after the last signed head that still fits, up to the first that does not: fitting heads all come before the others. */
  private async misfit(teamId: TeamId, head: SignedHead): Promise<{ seq: number; toSeq: number }> {
    const heads = await this.database.withTeam(teamId, (tx) => tx.read<Omit<SignedHead, 'note'>>(sql`select size, root from audit.checkpoint where team_id = (select sec.chain()) and size <= ${head.size} order by size`));
    let [fits, last] = [-1, heads.length - 1];
    while (last - fits > 1) {
      const middle = Math.floor((fits + last) / 2);
      const { size, root } = heads[middle]!;
      const [now] = await this.roots(teamId, [{ from: 0, to: size }]);
      if (now!.equals(root)) fits = middle;
      else last = middle;
    }
    return { seq: heads[fits]?.size ?? 0, toSeq: (heads[last]?.size ?? head.size) - 1 };
  }
}

const rewritten = (seq: number, toSeq: number): RefusedError => new RefusedError('history_rewritten', `the entries from ${seq} to ${toSeq} are not those that were signed`, { seq, toSeq });

const headUpTo = (tx: Tx, size: number = NEWEST): Promise<SignedHead | undefined> => tx.one<SignedHead>(sql`select size, root, note from audit.checkpoint where team_id = (select sec.chain()) and size <= ${size} order by size desc limit 1`);

async function readHead(tx: Tx, size: number = NEWEST): Promise<SignedHead> {
  const head = await headUpTo(tx, size);
  if (head !== undefined && (head.size === size || size === NEWEST)) return head;
  if (size === NEWEST) throw new RefusedError('no_checkpoint', 'nothing of this chain is signed yet: ask again in a moment');
  throw new RefusedError('unknown_size', `no head of ${size} entries was signed: ask without a size for the newest`, { size });
}

async function readEntry(tx: Tx, choice: EntryChoice): Promise<ExportEntry | undefined> {
  const index = 'index' in choice ? choice.index : (await tx.one<{ seq: number }>(sql`select seq from audit.entry where team_id = (select sec.chain()) and entry_id = ${choice.entryId}`))?.seq;
  return index === undefined ? undefined : (await readEntries(tx, index, index + 1, 1))[0];
}

const viewOf = (teamId: TeamId, { size, root, note }: SignedHead, path: readonly Buffer[]): AuditProofView => ({ teamId, size, root: root.toString('hex'), note, path: path.map((hash) => hash.toString('hex')) });
