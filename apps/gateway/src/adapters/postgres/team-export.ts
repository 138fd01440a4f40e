import { createHash } from 'node:crypto';
import { RefusedError, type TeamId } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { TAR_END, tarEntry } from '../../domain/tar.js';
import { iso } from './pages.js';

interface GoalRow {
  readonly id: string;
  readonly text: string;
  readonly state: string;
  readonly created_at: Date;
  readonly revision: number | null;
  readonly summary: string | null;
}
interface FileRow {
  readonly id: string;
  readonly goal_id: string;
  readonly path: string;
  readonly mode: string;
  readonly sha256: string;
  readonly size: number;
}

/** Everything that a team has made, as an archive: what the customer keeps, however the team ended. */
@Injectable()
export class TeamExport {
  constructor(private readonly database: Database) {}

  /** One member after the other: `index.json` with every file's hash, then each goal's files as they stand last. Throws where the bytes are not what was recorded. */
  async *archive(teamId: TeamId): AsyncGenerator<Buffer> {
    const { name, goals, files } = await this.database.withTeam(teamId, async (tx) => {
      const [team, goalRows, fileRows] = await Promise.all([
        tx.one<{ name: string }>(sql`select name from app.team where team_id = ${teamId}`),
        tx.read<GoalRow>(sql`select g.id, g.text, g.state, g.created_at, d.revision, d.summary from app.goal g
          left join lateral (select x.revision, x.summary from app.deliverable x where x.team_id = g.team_id and x.goal_id = g.id order by x.revision desc limit 1) d on true where g.team_id = ${teamId} order by g.created_at, g.id`),
        tx.read<FileRow>(sql`select f.* from (select distinct on (k.goal_id, a.path) a.id, k.goal_id, a.path, a.mode, encode(a.sha256, 'hex') as sha256, a.size, a.deleted or a.content is null as gone from app.task k
          join app.draft w on w.team_id = k.team_id and w.task_id = k.id and w.state in ('submitted', 'committed') join app.artifact a on a.team_id = w.team_id and a.draft_id = w.id
          where k.team_id = ${teamId} order by k.goal_id, a.path, w.committed_at desc nulls last, w.created_at desc, a.version desc) f where not f.gone order by f.goal_id, f.path`),
      ]);
      return { name: team!.name, goals: goalRows, files: fileRows };
    });
    yield tarEntry({ path: 'index.json', content: indexOf(teamId, name, goals, files) });
    for (const file of files) yield tarEntry({ path: placeOf(file), content: await this.content(teamId, file), executable: file.mode === '100755' });
    yield TAR_END;
  }

  private async content(teamId: TeamId, { id, sha256 }: FileRow): Promise<Buffer> {
    const row = await this.database.withTeam(teamId, (tx) => tx.one<{ content: Buffer | null }>(sql`select content from app.artifact where team_id = ${teamId} and id = ${id}`));
    if (!row?.content || createHash('sha256').update(row.content).digest('hex') !== sha256) throw new RefusedError('digest_mismatch', 'the stored bytes are not what was recorded');
    return row.content;
  }
}

const placeOf = ({ goal_id, path }: FileRow): string => `goals/${goal_id}/${path}`;

function indexOf(teamId: TeamId, name: string, goals: readonly GoalRow[], files: readonly FileRow[]): Buffer {
  const shown = goals.map(({ id, text, state, created_at, revision, summary }) => ({
    id, text, state, submittedAt: iso(created_at), ...(revision === null ? {} : { deliverable: { revision, summary } }),
    files: files.filter((file) => file.goal_id === id).map((file) => ({ path: placeOf(file), size: file.size, sha256: file.sha256 })),
  }));
  return Buffer.from(`${JSON.stringify({ team: { id: teamId, name }, goals: shown }, null, 2)}\n`);
}
