import { ChainBrokenError, ChainTrees, openCheckpoint, parseVkey, rangeRoot, readEntriesOf, teamOfOrigin, type ExportEntry, type TreeHead } from '@countersign/audit';
import { NoReplyError, type CommandClient } from '@countersign/bus';
import { cover, type TeamId } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import type { Order } from '../domain/order.js';
import { rangesOf, saysGranted, standsUnder } from './receipt-proof.js';
import type { StoredApproval } from './postgres/effect-store.js';

/** Whether what is to be carried out stands under a signed head: `waits` may pass, and says for what; `foreign`: its entries say something else. */
export type Covered = { readonly is: 'covered' | 'foreign' } | { readonly is: 'waits'; readonly why: string };

/** A notary that signs answers within a tenth of this; where it is away, the next sweep asks again. */
const HEAD_MS = 2_000;

/**
 * The notary's word before an effect begins: the entries of the decision stand in the history that it signs, and that history begins
 * with the head that the question was asked under. So nothing is carried out of which no receipt can be had.
 */
export class Receipts {
  private readonly trees: ChainTrees;
  private silentSince: number | undefined;

  constructor(
    private readonly database: Database,
    private readonly notary: Pick<CommandClient, 'request'>,
    private readonly waitMs = HEAD_MS,
  ) {
    this.trees = new ChainTrees(database);
  }

  async covered({ teamId, id, digest, entryIds }: StoredApproval, { checkpoint }: Order): Promise<Covered> {
    const entries = await this.database.withTeam(teamId, (tx) => readEntriesOf(tx, entryIds));
    if (entries.length < entryIds.length || !saysGranted(entries, { id, digest })) return { is: 'foreign' };
    const head = await this.headOf(teamId);
    if (typeof head === 'string') return { is: 'waits', why: head };
    const earlier = { size: checkpoint.size, root: Buffer.from(checkpoint.root, 'hex') };
    if (head.size <= Math.max(...entries.map(({ seq }) => seq)) || head.size < earlier.size) return { is: 'waits', why: 'head_short' };
    return (await this.fits(teamId, entries, earlier, head)) ? { is: 'covered' } : { is: 'waits', why: 'history_rewritten' };
  }

  /** For how long whatever was asked of the notary got no answer; undefined since it gave one, also a no. */
  get silentMs(): number | undefined {
    return this.silentSince === undefined ? undefined : performance.now() - this.silentSince;
  }

  /** The head that the notary signs now, or why there is none. */
  private async headOf(teamId: TeamId): Promise<TreeHead | string> {
    try {
      const { ok, code, note, vkey } = await this.notary.request(cover, { teamId }, { timeoutMs: this.waitMs });
      this.silentSince = undefined;
      if (!ok || note === undefined || vkey === undefined) return code;
      const head = openCheckpoint(note, parseVkey(vkey));
      return teamOfOrigin(head.origin) === teamId ? head : 'head_foreign';
    } catch (cause) {
      this.silentSince = cause instanceof NoReplyError ? (this.silentSince ?? performance.now()) : undefined;
      if (cause instanceof NoReplyError) return 'notary_away';
      throw cause;
    }
  }

  /** What is kept in memory of the chain is given up before its history is called another one. */
  private async fits(teamId: TeamId, entries: readonly ExportEntry[], earlier: TreeHead, head: TreeHead): Promise<boolean> {
    const ranges = rangesOf(entries, earlier, head);
    for (const again of [true, false]) {
      try {
        const known = await this.trees.hashes(teamId, ranges);
        if (standsUnder(entries, earlier, head, ranges.map((range) => rangeRoot(range, known)))) return true;
      } catch (cause) {
        if (!(cause instanceof ChainBrokenError)) throw cause;
      }
      this.trees.forget(teamId);
      if (!again) return false;
    }
    return false;
  }
}
