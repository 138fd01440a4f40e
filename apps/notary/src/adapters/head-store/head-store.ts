import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';

import { isFrontier, rootOf } from '@countersign/audit';

import type { Head } from '../../domain/decide-checkpoint.js';
import { HeadStoreDamagedError, NotaryRunningError } from '../../errors.js';

/** A notary that is just stopping has this long to let go. */
const LOCK_WAIT_MS = 2_000;
const HASH_BYTES = 32;

/** One chain's step from the head it had (none at first) to the next. */
export interface HeadChange {
  readonly teamId: string;
  readonly from: Head | undefined;
  readonly to: Head;
}

/**
 * The last head claimed for every chain, outside the database: what a restored backup or a cut tail is compared with.
 *
 * SQLite, because a claim must be on disk before anything is signed, for many chains in one sync, and because its file lock
 * ends with the process that holds it, also after a kill. The lock is held from opening to closing: there is one notary.
 */
export class HeadStore {
  private constructor(private readonly db: DatabaseSync) {}

  /** Opens or creates the store and takes its lock; throws `NotaryRunningError` when another process keeps it. */
  static open(file: string, lockWaitMs = LOCK_WAIT_MS): HeadStore {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const db = new DatabaseSync(file, { timeout: lockWaitMs });
    try {
      db.exec('pragma synchronous = extra');
      // Exclusive mode only once the lock is held: in that mode even a look at the file keeps a shared lock, and starters
      // who all hold one wait for each other until nobody has won.
      db.exec(`begin exclusive; pragma locking_mode = exclusive; create table if not exists head (
        team_id text primary key, size integer not null, root blob not null, frontier blob not null,
        last_hash blob not null, last_at_ms integer not null, claimed_at_ms integer not null) strict; commit`);
    } catch (cause) {
      db.close();
      if (/locked|busy/.test((cause as Error).message)) throw new NotaryRunningError(file, { cause });
      throw cause;
    }
    return new HeadStore(db);
  }

  /** Every chain a head was ever claimed for; throws `HeadStoreDamagedError` when one does not fit its own frontier. */
  all(): Map<string, Head> {
    const rows = this.db.prepare('select * from head').all();
    return new Map(rows.map((row) => [String(row['team_id']), headOf(row)]));
  }

  get(teamId: string): Head | undefined {
    const row = this.db.prepare('select * from head where team_id = ?').get(teamId);
    return row === undefined ? undefined : headOf(row);
  }

  /**
   * Compares and swaps all of these in one transaction; they are on disk when it returns.
   *
   * Throws `HeadStoreDamagedError`, and changes nothing, when a stored head is not the one a change starts from.
   */
  swap(changes: readonly HeadChange[]): void {
    if (changes.length === 0) return;
    this.db.exec('begin immediate');
    try {
      for (const change of changes) this.swapOne(change);
      this.db.exec('commit');
    } catch (cause) {
      this.abandon();
      throw cause;
    }
  }

  close(): void {
    this.db.close();
  }

  /** SQLite has already rolled back when the disk was full; asking once more would hide that error behind another. */
  private abandon(): void {
    if (this.db.isTransaction !== false) this.db.exec('rollback');
  }

  private swapOne({ teamId, from, to }: HeadChange): void {
    const values = [to.size, to.root, Buffer.concat(to.frontier.hashes), to.lastHash, to.lastAtMs, to.claimedAtMs];
    const { changes } =
      from === undefined
        ? this.db.prepare('insert into head (size, root, frontier, last_hash, last_at_ms, claimed_at_ms, team_id) values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing').run(...values, teamId)
        : this.db
            .prepare('update head set size = ?, root = ?, frontier = ?, last_hash = ?, last_at_ms = ?, claimed_at_ms = ? where team_id = ? and size = ? and root = ?')
            .run(...values, teamId, from.size, from.root);
    if (Number(changes) !== 1 || (from !== undefined && to.size <= from.size)) throw new HeadStoreDamagedError(`the stored head of ${teamId} is not the one to go on from`);
  }
}

function headOf(row: Record<string, SQLOutputValue>): Head {
  const blob = (name: string): Buffer => Buffer.from(row[name] as Uint8Array);
  const packed = blob('frontier');
  const hashes = Array.from({ length: packed.length / HASH_BYTES }, (_, index) => packed.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES));
  const frontier = { size: Number(row['size']), hashes };
  const head = { size: frontier.size, root: blob('root'), frontier, lastHash: blob('last_hash'), lastAtMs: Number(row['last_at_ms']), claimedAtMs: Number(row['claimed_at_ms']) };
  if (!isFrontier(frontier) || !rootOf(frontier).equals(head.root)) throw new HeadStoreDamagedError(`the stored head of ${String(row['team_id'])} does not fit its own tree`);
  return head;
}
