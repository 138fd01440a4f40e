import { createHash } from 'node:crypto';
import { imageSize, NotFoundError, refusesFile, type AttachedFile, type AttachmentStored, type TeamId } from '@countersign/contracts';
import { attachmentsTurn, Database, sql } from '@countersign/database';
import { forEachOf } from '@countersign/service';
import { Injectable } from '@nestjs/common';
import { HttpRefusal } from '../../domain/problem.js';
import type { ArtifactBytes } from './artifacts.js';

const MIB = 1024 * 1024;
/** What waits in a team for a message that names it. */
const MOST_WAITING = 100 * MIB;
const WAITS_HOURS = 24;
/** What a team keeps of them in all. */
const MOST_KEPT = 1024 * MIB;

/** Files that people hand in for messages: once for each content of a team, under its hash. */
@Injectable()
export class Attachments {
  constructor(private readonly database: Database) {}

  /** The same bytes again are the same file; what was erased and is handed in again is there again. */
  put(teamId: TeamId, by: string, content: Buffer): Promise<AttachmentStored> {
    const size = imageSize(content);
    const unfit = refusesFile({ bytes: content.length, image: size });
    if (unfit) return Promise.reject(new HttpRefusal(unfit.code, unfit.message));
    const hash = createHash('sha256').update(content).digest();
    const mediaType = size?.mediaType ?? (isText(content) ? 'text/plain' : 'application/octet-stream');
    return this.database.withTeam(teamId, async (tx) => {
      await attachmentsTurn(tx);
      const { waiting, kept } = (await tx.one<{ waiting: number; kept: number }>(sql`select coalesce(sum(size) filter (where ${unnamed}), 0)::float8 as waiting, coalesce(sum(size), 0)::float8 as kept from app.attachment f where f.team_id = ${teamId} and f.erased_at is null and f.sha256 <> ${hash}`))!;
      if (kept + content.length > MOST_KEPT) throw new HttpRefusal('attachments_full', 'the team keeps as many files of messages as it may; erase messages that nobody needs');
      if (waiting + content.length > MOST_WAITING) throw new HttpRefusal('attachments_waiting', 'too many files wait in this team for a message that names them; send it, or wait a day');
      tx.ledgerOnly();
      tx.write(sql`insert into app.attachment as f (team_id, sha256, size, media_type, width, height, content, by) values (${teamId}, ${hash}, ${content.length}, ${mediaType}, ${size?.width ?? null}, ${size?.height ?? null}, ${content}, ${by})
        on conflict (team_id, sha256) do update set content = excluded.content, erased_at = null, by = excluded.by, at = clock_timestamp() where f.erased_at is not null`);
      return { sha256: hash.toString('hex'), bytes: content.length, mediaType };
    });
  }

  /** Sizes of these files, for those that are there. */
  async sizes(teamId: TeamId, hashes: readonly string[]): Promise<ReadonlyMap<string, AttachedFile>> {
    const rows = await this.database.withTeam(teamId, (tx) => tx.read<{ sha256: string; bytes: number; width: number | null; height: number | null }>(sql`
      select encode(sha256, 'hex') as sha256, size::int as bytes, width, height from app.attachment where team_id = ${teamId} and erased_at is null and sha256 = any (select decode(h, 'hex') from unnest(${[...hashes]}::text[]) h)`));
    return new Map(rows.map(({ sha256, bytes, width, height }) => [sha256, { bytes, ...(width === null || height === null ? {} : { image: { width, height } }) }]));
  }

  async read(teamId: TeamId, sha256: string): Promise<ArtifactBytes> {
    const row = await this.database.withTeam(teamId, (tx) =>
      tx.one<{ content: Buffer; media_type: string; name: string | null }>(sql`select content, media_type, (select a.name from app.message_attachment a where a.team_id = f.team_id and a.sha256 = f.sha256 order by a.message_id desc limit 1) as name from app.attachment f where team_id = ${teamId} and sha256 = ${Buffer.from(sha256, 'hex')} and erased_at is null`));
    if (!row) throw new NotFoundError('attachment');
    return { path: row.name ?? sha256, mediaType: row.media_type, sha256, content: row.content };
  }

  /** Erases what no message has named for a day. */
  async forgetUnnamed(): Promise<void> {
    await forEachOf(await this.database.ops<{ team_id: TeamId }>('attachments_waiting', WAITS_HOURS), ({ team_id }) => this.forget(team_id));
  }

  private forget(teamId: TeamId): Promise<void> {
    return this.database.withTeam(teamId, async (tx) => {
      await attachmentsTurn(tx);
      tx.ledgerOnly();
      tx.write(sql`update app.attachment f set content = null, erased_at = clock_timestamp() where f.team_id = ${teamId} and f.erased_at is null and f.at < clock_timestamp() - make_interval(hours => ${WAITS_HOURS}) and ${unnamed}`);
    });
  }
}

const unnamed = sql`not exists (select from app.message_attachment a where a.team_id = f.team_id and a.sha256 = f.sha256)`;

function isText(bytes: Buffer): boolean {
  try {
    return !new TextDecoder('utf-8', { fatal: true }).decode(bytes).includes('\0');
  } catch {
    return false; // it is asked, not assumed: bytes that are no text are a file like any other
  }
}
