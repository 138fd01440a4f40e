import { createHash } from 'node:crypto';
import type { TeamId } from '@countersign/contracts';
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
  /** Part of the goal's work, or approved by its review and not joined to it yet. */
  readonly state: 'committed' | 'approved';
  /** What a person said of the newest request that had exactly this file; null: nobody was asked about it. */
  readonly approval: string | null;
}
type Fault = 'missing' | 'damaged';

/** Everything that a team has made, as an archive: what the customer keeps, however the team ended. */
@Injectable()
export class TeamExport {
  constructor(private readonly database: Database) {}

  /**
   * One member after the other: each goal's files as they stand last, then `index.json` with every file's hash. What was sent back or flagged is none of it.
   * A file whose bytes were erased, or are not what was recorded, is left out, and the index says so: the rest is the customer's all the same.
   */
  async *archive(teamId: TeamId): AsyncGenerator<Buffer> {
    const { name, goals, files } = await this.database.withTeam(teamId, async (tx) => {
      const [team, goalRows, fileRows] = await Promise.all([
        tx.one<{ name: string }>(sql`select name from app.team where team_id = ${teamId}`),
        tx.read<GoalRow>(sql`select g.id, g.text, g.state, g.created_at, d.revision, d.summary from app.goal g
          left join lateral (select x.revision, x.summary from app.deliverable x where x.team_id = g.team_id and x.goal_id = g.id order by x.revision desc limit 1) d on true where g.team_id = ${teamId} order by g.created_at, g.id`),
        tx.read<FileRow>(sql`select f.* from (select distinct on (k.goal_id, a.path) a.id, k.goal_id, a.path, a.mode, encode(a.sha256, 'hex') as sha256, a.size, a.deleted, case w.state when 'committed' then 'committed' else 'approved' end as state,
            (select p.state from app.deliverable d join app.approval p on p.team_id = d.team_id and p.deliverable_id = d.id where d.team_id = k.team_id and d.goal_id = k.goal_id and d.files @> jsonb_build_array(jsonb_build_object('artifactId', a.id)) order by d.revision desc, p.created_at desc limit 1) as approval
          from app.task k join app.draft w on w.team_id = k.team_id and w.task_id = k.id and (w.state = 'committed' or (w.state = 'submitted' and exists (select from app.review r where r.team_id = w.team_id and r.draft_id = w.id and r.decision = 'approved')))
          join app.artifact a on a.team_id = w.team_id and a.draft_id = w.id where k.team_id = ${teamId} order by k.goal_id, a.path, w.committed_at desc nulls last, w.created_at desc, a.version desc) f where not f.deleted order by f.goal_id, f.path`),
      ]);
      return { name: team!.name, goals: goalRows, files: fileRows };
    });
    const faults = new Map<string, Fault>();
    for (const file of files) {
      const content = await this.content(teamId, file);
      if (typeof content === 'string') faults.set(file.id, content);
      else yield tarEntry({ path: placeOf(file), content, executable: file.mode === '100755' });
    }
    yield tarEntry({ path: 'index.json', content: indexOf(teamId, name, goals, files, faults) });
    yield TAR_END;
  }

  private async content(teamId: TeamId, { id, sha256 }: FileRow): Promise<Buffer | Fault> {
    const row = await this.database.withTeam(teamId, (tx) => tx.one<{ content: Buffer | null }>(sql`select content from app.artifact where team_id = ${teamId} and id = ${id}`));
    if (!row?.content) return 'missing';
    return createHash('sha256').update(row.content).digest('hex') === sha256 ? row.content : 'damaged';
  }
}

const placeOf = ({ goal_id, path }: FileRow): string => `goals/${goal_id}/${path}`;

function indexOf(teamId: TeamId, name: string, goals: readonly GoalRow[], files: readonly FileRow[], faults: ReadonlyMap<string, Fault>): Buffer {
  const shown = goals.map(({ id, text, state, created_at, revision, summary }) => ({
    id, text, state, submittedAt: iso(created_at), ...(revision === null ? {} : { deliverable: { revision, summary } }),
    files: files.filter((file) => file.goal_id === id).map((file) => ({ path: placeOf(file), size: file.size, sha256: file.sha256, state: file.state, approval: file.approval, ...(faults.has(file.id) ? { fault: faults.get(file.id) } : {}) })),
  }));
  return Buffer.from(`${JSON.stringify({ team: { id: teamId, name }, goals: shown }, null, 2)}\n`);
}
