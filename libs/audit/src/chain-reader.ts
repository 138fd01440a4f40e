import { PLATFORM_CHAIN, TeamId } from '@countersign/contracts';
import { sql, type Database, type Tx } from '@countersign/database';

import { exportLines, type ExportEntry, type ExportHeader } from './export.js';

const PAGE = 500;

/** Rows of `audit.entry` in order of seq, from `fromSeq` up to (not including) `toSeq`, at most `limit`. */
export async function readEntries(tx: Tx, fromSeq: number, toSeq: number, limit: number): Promise<ExportEntry[]> {
  const rows = await tx.read<EntryRow>(sql`select seq, at_ms, prev_hash, payload_hash, entry_hash, payload from audit.entry
    where team_id = (select sec.chain()) and seq >= ${fromSeq} and seq < ${toSeq} order by seq limit ${limit}`);
  return rows.map((row) => entryOf(tx, row));
}

const entryOf = (tx: Tx, row: EntryRow): ExportEntry => ({
  teamId: tx.chainId,
  seq: row.seq,
  atMs: row.at_ms,
  prevHash: row.prev_hash,
  payloadHash: row.payload_hash,
  entryHash: row.entry_hash,
  payload: row.payload,
});

/** Those with these ids, as far as they are there, the oldest first. */
export async function readEntriesOf(tx: Tx, ids: readonly string[]): Promise<ExportEntry[]> {
  const rows = await tx.read<EntryRow>(sql`select seq, at_ms, prev_hash, payload_hash, entry_hash, payload from audit.entry where team_id = (select sec.chain()) and entry_id = any (${[...ids]}::uuid[]) order by seq`);
  return rows.map((row) => entryOf(tx, row));
}

/** The signed notes of a chain, smallest first. */
export async function readCheckpoints(tx: Tx): Promise<string[]> {
  const rows = await tx.read<{ note: string }>(sql`select note from audit.checkpoint where team_id = (select sec.chain()) order by size`);
  return rows.map(({ note }) => note);
}

/**
 * A chain's export as NDJSON lines.
 *
 * Read page by page in transactions of their own: rows below the size read first never change, so the pages fit together.
 */
export async function* exportChain(database: Database, header: ExportHeader): AsyncGenerator<string> {
  const within = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => (header.team === PLATFORM_CHAIN ? database.withPlatform(work) : database.withTeam(TeamId.parse(header.team), work));
  const { notes, size } = await within(async (tx) => {
    const [stored, [row]] = await Promise.all([
      readCheckpoints(tx),
      tx.read<{ size: number }>(sql`select coalesce(max(seq) + 1, 0) as size from audit.entry where team_id = (select sec.chain())`),
    ]);
    return { notes: stored, size: row?.size ?? 0 };
  });
  yield* exportLines(header, pages(within, size), notes);
}

type Within = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;

async function* pages(within: Within, size: number): AsyncGenerator<ExportEntry> {
  for (let from = 0; from < size; ) {
    const start = from;
    const page = await within((tx) => readEntries(tx, start, size, PAGE));
    yield* page;
    // A hole in the rows is the verifier's to name: the export goes on to the end all the same.
    from = (page.at(-1)?.seq ?? size) + 1;
  }
}

interface EntryRow {
  readonly seq: number;
  readonly at_ms: number;
  readonly prev_hash: Buffer;
  readonly payload_hash: Buffer;
  readonly entry_hash: Buffer;
  readonly payload: Buffer | null;
}
