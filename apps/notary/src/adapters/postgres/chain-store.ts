import { PLATFORM_CHAIN, TeamId } from '@countersign/contracts';
import { sql, type Database, type Tx } from '@countersign/database';

import type { ChainEntry, StoredChain } from '../../domain/decide-checkpoint.js';

/** A signed head as it is stored. */
export interface SignedHead {
  readonly size: number;
  readonly root: Buffer;
  readonly note: string;
}

/** What the notary sees of the database: sizes of all chains, leaves without their payloads, and the heads it signed. */
export class ChainStore {
  constructor(private readonly database: Database) {}

  /** Of all, or of one alone. */
  async chains(only?: string): Promise<Map<string, StoredChain>> {
    const rows = await this.database.ops<{ team_id: string; next_seq: number; signed_size: number }>('audit_heads', only ?? null);
    return new Map(rows.map((row) => [row.team_id, { size: row.next_seq, signedSize: row.signed_size }]));
  }

  /** Entries from `fromSeq` on, below `toSeq`, in order of seq, at most `limit`. */
  entries(teamId: string, fromSeq: number, toSeq: number, limit: number): Promise<ChainEntry[]> {
    return this.within(teamId, async (tx) => {
      const rows = await tx.read<EntryRow>(sql`select seq, at_ms, prev_hash, payload_hash, entry_hash from audit.entry
        where team_id = (select sec.chain()) and seq >= ${fromSeq} and seq < ${toSeq} order by seq limit ${limit}`);
      return rows.map((row) => ({ teamId, seq: row.seq, atMs: row.at_ms, prevHash: row.prev_hash, payloadHash: row.payload_hash, entryHash: row.entry_hash }));
    });
  }

  /** Stores a signed head; returns false when another note stands for the same size. Doing it again changes nothing. */
  publish(teamId: string, { size, root, note }: SignedHead): Promise<boolean> {
    return this.within(teamId, async (tx) => {
      const [there] = await tx.read<{ note: string }>(sql`select note from audit.checkpoint where team_id = (select sec.chain()) and size = ${size}`);
      if (there !== undefined) return there.note === note;
      tx.ledgerOnly();
      tx.write(sql`insert into audit.checkpoint (team_id, size, root, note) values (sec.chain(), ${size}, ${root}, ${note})`);
      return true;
    });
  }

  private within<T>(teamId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return teamId === PLATFORM_CHAIN ? this.database.withPlatform(work) : this.database.withTeam(TeamId.parse(teamId), work);
  }
}

interface EntryRow {
  readonly seq: number;
  readonly at_ms: number;
  readonly prev_hash: Buffer;
  readonly payload_hash: Buffer;
  readonly entry_hash: Buffer;
}
