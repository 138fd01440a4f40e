import { createHash } from 'node:crypto';
import { NotFoundError, RefusedError, type ArtifactDetail, type ArtifactId, type ArtifactKind, type ArtifactSummary, type TeamId } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { iso, limitOf, pageOfRows, type Page, type PageRequest } from './pages.js';

export interface ArtifactBytes {
  readonly path: string;
  readonly mediaType: string;
  readonly sha256: string;
  readonly content: Buffer;
}
interface ArtifactRow {
  readonly path: string;
  readonly media_type: string;
  readonly sha256: Buffer;
  readonly content: Buffer | null;
  readonly base_content: Buffer | null;
}
interface SummaryRow extends Omit<ArtifactSummary, 'at'> {
  readonly at: Date;
}

const hashOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** What a team keeps, and the bytes of one version, given out only if they still are what their row says. */
@Injectable()
export class Artifacts {
  constructor(private readonly database: Database) {}

  /** Texts and files in one order, by their ids, which is nearly the newest first. */
  list(teamId: TeamId, { kind, cursor, ...page }: PageRequest & { readonly kind?: ArtifactKind }): Promise<Page<ArtifactSummary>> {
    const limit = limitOf(page);
    const [before, most] = [cursor ?? LAST_ID, limit + 1];
    return this.database.withTeam(teamId, async (tx) => {
      const [texts, files] = await Promise.all([
        kind === 'file' ? [] : tx.read<SummaryRow>(sql`${textsOf(teamId)} and c.id < ${before} order by c.id desc limit ${most}`),
        kind === 'text' ? [] : tx.read<SummaryRow>(sql`${filesOf(teamId)} and f.id < ${before} order by f.id desc limit ${most}`),
      ]);
      return pageOfRows([...texts, ...files].sort((one, other) => (one.id < other.id ? 1 : -1)), limit, ({ id }) => id, summaryOf);
    });
  }

  /** Undefined where the team has nothing of that id. */
  async kind(teamId: TeamId, id: ArtifactId): Promise<ArtifactKind | undefined> {
    const [row] = await this.database.withTeam(teamId, (tx) => tx.read<{ kind: ArtifactKind }>(sql`
      select 'text' as kind from app.context where team_id = ${teamId} and id = ${id} union all select 'file' from app.artifact where team_id = ${teamId} and id = ${id} and not deleted`));
    return row?.kind;
  }

  /** A file with who made it; undefined where there is none of that id. */
  async file(teamId: TeamId, id: ArtifactId): Promise<ArtifactDetail | undefined> {
    const row = await this.database.withTeam(teamId, (tx) => tx.one<SummaryRow & { writer: string }>(sql`
      select f.*, coalesce(m.name, '') as writer from (${filesOf(teamId)} and f.id = ${id}) f join app.worker_run r on r.team_id = ${teamId} and r.id = f."runId" left join app.member m on m.team_id = r.team_id and m.id = r.member_id`));
    if (row === undefined) return undefined;
    const { writer, ...rest } = row;
    const { version, sha256, size, erased, at, ...summary } = summaryOf(rest);
    return { ...summary, version, sha256, size, erased, at, content: null, versions: [{ version, sha256, size, writer, by: 'member', overwrote: false, erased, at }] };
  }

  async content(teamId: TeamId, artifactId: ArtifactId, version: number): Promise<ArtifactBytes> {
    const row = await this.row(teamId, artifactId, version);
    if (row.content === null) throw new NotFoundError('content');
    if (!hashOf(row.content).equals(row.sha256)) throw new RefusedError('digest_mismatch', 'the stored bytes are not what was recorded');
    return bytesOf(row, row.content);
  }

  /** What the file was before; absent for a new file. */
  async base(teamId: TeamId, artifactId: ArtifactId, version: number): Promise<ArtifactBytes> {
    const row = await this.row(teamId, artifactId, version);
    if (row.base_content === null) throw new NotFoundError('content');
    return bytesOf(row, row.base_content);
  }

  private async row(teamId: TeamId, artifactId: ArtifactId, version: number): Promise<ArtifactRow> {
    const row = await this.database.withTeam(teamId, (tx) =>
      tx.one<ArtifactRow>(sql`select path, media_type, sha256, content, base_content from app.artifact where team_id = ${teamId} and id = ${artifactId} and version = ${version}
        union all select c.name || '.txt', 'text/plain', v.sha256, v.content, null from app.context c join app.context_version v on v.team_id = c.team_id and v.context_id = c.id where c.team_id = ${teamId} and c.id = ${artifactId} and v.version = ${version}`),
    );
    if (row === undefined) throw new NotFoundError('artifact');
    return row;
  }
}

const bytesOf = (row: ArtifactRow, content: Buffer): ArtifactBytes => ({ path: row.path, mediaType: row.media_type, sha256: hashOf(content).toString('hex'), content });

const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const textsOf = (teamId: TeamId) => sql`
  select c.id, 'text' as kind, c.name, 'text/plain' as "mediaType", c.version, encode(c.sha256, 'hex') as sha256, c.size, c.task_id as "taskId", v.content is null as erased, c.changed_at as at
  from app.context c join app.context_version v on v.team_id = c.team_id and v.context_id = c.id and v.version = c.version where c.team_id = ${teamId}`;
/** Not what a draft takes away: that is no file. */
const filesOf = (teamId: TeamId) => sql`
  select f.id, 'file' as kind, f.path as name, f.media_type as "mediaType", f.version, encode(f.sha256, 'hex') as sha256, f.size, d.task_id as "taskId", d.run_id as "runId", f.content is null as erased, d.created_at as at
  from app.artifact f join app.draft d on d.team_id = f.team_id and d.id = f.draft_id where f.team_id = ${teamId} and not f.deleted`;
const summaryOf = ({ id, kind, name, mediaType, version, sha256, size, taskId, erased, at }: SummaryRow): ArtifactSummary => ({ id, kind, name, mediaType, version, sha256, size, taskId, erased, at: iso(at) });
