import { createHash } from 'node:crypto';
import { NotFoundError, RefusedError, type ArtifactId, type TeamId } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';

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

const hashOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** The bytes of one artifact version, given out only if they still are what their row says. */
@Injectable()
export class Artifacts {
  constructor(private readonly database: Database) {}

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
      tx.one<ArtifactRow>(sql`select path, media_type, sha256, content, base_content from app.artifact where team_id = ${teamId} and id = ${artifactId} and version = ${version}`),
    );
    if (row === undefined) throw new NotFoundError('artifact');
    return row;
  }
}

const bytesOf = (row: ArtifactRow, content: Buffer): ArtifactBytes => ({ path: row.path, mediaType: row.media_type, sha256: hashOf(content).toString('hex'), content });
