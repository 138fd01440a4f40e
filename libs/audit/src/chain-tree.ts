import type { TeamId } from '@countersign/contracts';
import { sql, type Database, type Tx } from '@countersign/database';

import { ChainBrokenError } from './errors.js';
import { HashList } from './hash-list.js';
import type { LeafRange } from './proof.js';
import { rangeRoot, type KnownHashes } from './tree.js';

/** Leaves under one held hash. Every part of a proof that is narrower lies inside one such group, so a request reads a few groups at most. */
const GROUP = 2 ** 8;
/** Groups read at a time: 16,384 hashes, half a megabyte. */
const GROUPS_AT_ONCE = 64;
/** Chains whose group hashes are held; 1,000,000 entries take 125 kB. */
const MOST_CHAINS = 256;
const HASH_BYTES = 32;

interface Held {
  readonly groups: HashList;
  /** Readings of one chain go on from each other. */
  turn: Promise<unknown>;
}

/**
 * The tree hashes of chains, for proofs: read from the entries, with the hash over each full group of 256 kept in memory.
 *
 * What is kept follows from what was read and is checked by nobody here: a proof has to be compared with a signed head before
 * it is given out, and where it does not fit, `forget` has everything read anew. The first proof of a chain reads all its
 * hashes once, later ones what is new and the few groups they touch.
 */
export class ChainTrees {
  private readonly chains = new Map<string, Held>();

  constructor(private readonly database: Pick<Database, 'withTeam'>) {}

  /** The hashes that the roots of these ranges need; throws `ChainBrokenError` where an entry is missing. */
  async hashes(teamId: TeamId, ranges: readonly LeafRange[]): Promise<KnownHashes> {
    const end = Math.max(0, ...ranges.map(({ to }) => to));
    const [groups, leaves] = await Promise.all([this.upTo(teamId, Math.floor(end / GROUP)), this.leaves(teamId, ranges)]);
    return ({ from, to }) => {
      if (to - from === 1) return leaves.get(from);
      return to - from === GROUP && from % GROUP === 0 ? groups.at(from / GROUP) : undefined;
    };
  }

  forget(teamId: TeamId): void {
    this.chains.delete(teamId);
  }

  private async upTo(teamId: TeamId, count: number): Promise<HashList> {
    const held = this.heldFor(teamId);
    const read = held.turn.then(() => this.extend(teamId, held.groups, count));
    held.turn = read.catch(() => undefined); // the one who asked is told; the next one tries again
    await read;
    return held.groups;
  }

  /** Moves the chain to the end of those asked for lately; the one that stands first goes when there are too many. */
  private heldFor(teamId: TeamId): Held {
    const held = this.chains.get(teamId) ?? { groups: new HashList(), turn: Promise.resolve() };
    this.chains.delete(teamId);
    this.chains.set(teamId, held);
    const [oldest] = this.chains.keys();
    if (this.chains.size > MOST_CHAINS && oldest !== undefined) this.chains.delete(oldest);
    return held;
  }

  private async extend(teamId: TeamId, groups: HashList, count: number): Promise<void> {
    while (groups.length < count) {
      const [first, last] = [groups.length, Math.min(groups.length + GROUPS_AT_ONCE, count)];
      const rows = await this.database.withTeam(teamId, (tx) => readGroups(tx, first * GROUP, last * GROUP));
      for (let at = first; at < last; at += 1) {
        const hashes = rows[at - first]?.hashes;
        if (hashes?.length !== GROUP * HASH_BYTES) throw new ChainBrokenError(at * GROUP, (at + 1) * GROUP - 1);
        groups.push(rangeRoot({ from: 0, to: GROUP }, ({ from, to }) => (to - from === 1 ? hashes.subarray(from * HASH_BYTES, to * HASH_BYTES) : undefined)));
      }
    }
  }

  /** The leaves of those groups of which a range takes a part. */
  private async leaves(teamId: TeamId, ranges: readonly LeafRange[]): Promise<ReadonlyMap<number, Buffer>> {
    const parts = ranges.map(({ from, to }) => ({ from: to - from < GROUP ? from : to - (to % GROUP), to })).filter(({ from, to }) => from < to);
    if (parts.length === 0) return new Map();
    const starts = [...new Set(parts.map(({ from }) => from - (from % GROUP)))];
    const rows = await this.database.withTeam(teamId, (tx) => Promise.all(starts.map((start) => readLeaves(tx, start, start + GROUP))));
    const leaves = new Map(rows.flat().map(({ seq, entry_hash }) => [seq, entry_hash]));
    for (const { from, to } of parts) for (let seq = from; seq < to; seq += 1) if (!leaves.has(seq)) throw new ChainBrokenError(seq, seq);
    return leaves;
  }
}

/** One row per group that has entries, in their order; a group of which one is missing is short. */
const readGroups = (tx: Tx, from: number, to: number): Promise<{ hashes: Buffer }[]> =>
  tx.read<{ hashes: Buffer }>(sql`select string_agg(entry_hash, ''::bytea order by seq) as hashes from audit.entry
    where team_id = (select sec.chain()) and seq >= ${from} and seq < ${to} group by seq >> 8 order by seq >> 8`);

const readLeaves = (tx: Tx, from: number, to: number): Promise<{ seq: number; entry_hash: Buffer }[]> =>
  tx.read<{ seq: number; entry_hash: Buffer }>(sql`select seq, entry_hash from audit.entry where team_id = (select sec.chain()) and seq >= ${from} and seq < ${to}`);
