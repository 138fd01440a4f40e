import { NotFoundError, type ContextDetail, type ContextSummary, type ContextVersionView, type CustomerId, type TeamId, type Workspace } from '@countersign/contracts';
import { Database, readTeamPolicy, sql, type Tx } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { iso, isoOrNull } from './pages.js';

const MOST_VERSIONS = 100;

interface SummaryRow extends Omit<ContextSummary, 'at'> {
  readonly at: Date;
}
interface VersionRow extends Omit<ContextVersionView, 'at' | 'erasedAt'> {
  readonly at: Date;
  readonly erasedAt: Date | null;
}

/** What a team shares, as people see it. */
@Injectable()
export class Workspaces {
  constructor(private readonly database: Database) {}

  read(teamId: TeamId): Promise<Workspace> {
    return this.database.withTeam(teamId, async (tx) => {
      const [items, size, { terms }] = await Promise.all([
        tx.read<SummaryRow>(sql`${summaries} where c.team_id = ${teamId} order by c.name, c.id limit 500`),
        tx.one<{ used: number; exceededAt: Date | null }>(sql`
          select (select coalesce(sum(v.kept), 0) from app.context_version v where v.team_id = ${teamId})::int8 + (select coalesce(sum(f.kept), 0) from app.artifact f where f.team_id = ${teamId})::int8 as used,
            (select x.raised_at from app.escalation x where x.team_id = ${teamId} and x.trigger = 'context_full' and x.state <> 'resolved' order by x.raised_at desc limit 1) as "exceededAt"`),
        readTeamPolicy(tx),
      ]);
      return { items: items.map(summaryOf), usedBytes: size!.used, limitBytes: terms.escalation.contextBytes, exceededAt: isoOrNull(size!.exceededAt) };
    });
  }

  async detail(teamId: TeamId, customerId: CustomerId, contextId: string): Promise<ContextDetail> {
    const people = await this.database.withCustomer(customerId, (tx) => tx.read<{ id: string; name: string }>(sql`select id, display_name as name from app.person where customer_id = ${customerId}`));
    const names = new Map(people.map(({ id, name }) => [`person:${id}`, name]));
    return this.database.withTeam(teamId, async (tx) => {
      const [row, versions, content] = await Promise.all([tx.one<SummaryRow>(sql`${summaries} where c.team_id = ${teamId} and c.id = ${contextId}`), readVersions(tx, contextId), readContent(tx, contextId)]);
      if (!row) throw new NotFoundError('context');
      return { ...summaryOf(row), content: content?.content?.toString('utf8') ?? null, versions: versions.map(({ at, erasedAt, writer, ...version }) => ({ ...version, writer: names.get(writer) ?? '', at: iso(at), erasedAt: isoOrNull(erasedAt) })) };
    });
  }
}

const summaries = sql`select c.id, c.name, c.visibility, c.task_id as "taskId", c.version, encode(c.sha256, 'hex') as sha256, c.size, c.changed_at as at from app.context c`;
const summaryOf = ({ at, ...row }: SummaryRow): ContextSummary => ({ ...row, at: iso(at) });

const readVersions = (tx: Tx, contextId: string): Promise<VersionRow[]> =>
  tx.read<VersionRow>(sql`select version, encode(sha256, 'hex') as sha256, size, writer, replaced is not null as overwrote, at, erased_at as "erasedAt" from app.context_version
    where team_id = ${tx.scopeId} and context_id = ${contextId} order by version desc limit ${MOST_VERSIONS}`);

const readContent = (tx: Tx, contextId: string): Promise<{ content: Buffer | null } | undefined> =>
  tx.one(sql`select content from app.context_version where team_id = ${tx.scopeId} and context_id = ${contextId} order by version desc limit 1`);
