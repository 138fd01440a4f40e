import { readEntries, type ExportEntry } from '@countersign/audit';
import { NotFoundError, type AuditEntryView, type CheckpointView, type TeamId } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { iso, pageOfRows, type Page } from './pages.js';

const DEFAULT_LIMIT = 100;

/** A team's audit chain as it is stored. */
@Injectable()
export class AuditEntries {
  constructor(private readonly database: Database) {}

  async page(teamId: TeamId, after = -1, limit = DEFAULT_LIMIT): Promise<Page<AuditEntryView>> {
    const rows = await this.database.withTeam(teamId, (tx) => readEntries(tx, after + 1, Number.MAX_SAFE_INTEGER, limit + 1));
    return pageOfRows(rows, limit, ({ seq }) => String(seq), viewOf);
  }

  /** The newest signed head. */
  async checkpoint(teamId: TeamId): Promise<Omit<CheckpointView, 'vkey'>> {
    const row = await this.database.withTeam(teamId, (tx) =>
      tx.one<{ size: number; root: Buffer; note: string; signed_at: Date }>(sql`select size, root, note, signed_at from audit.checkpoint where team_id = ${teamId} order by size desc limit 1`),
    );
    if (row === undefined) throw new NotFoundError('checkpoint');
    return { teamId, size: row.size, root: row.root.toString('hex'), note: row.note, signedAt: iso(row.signed_at) };
  }
}

function viewOf(entry: ExportEntry): AuditEntryView {
  const payload = entry.payload === null ? null : (JSON.parse(entry.payload.toString('utf8')) as { action?: string; result?: string });
  return { seq: entry.seq, at: iso(new Date(entry.atMs)), action: payload?.action ?? 'pruned', result: payload?.result ?? '', payload, entryHash: entry.entryHash.toString('hex') };
}
