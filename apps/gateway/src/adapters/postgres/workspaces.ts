import { NotFoundError, SHARED_WITH_WORK, type ContextDetail, type ContextSummary, type ContextVersionDetail, type ContextVersionView, type CustomerId, type TeamId, type Workspace } from '@countersign/contracts';
import { Database, raw, readTeamPolicy, sql, type Tx } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { iso, isoOrNull } from './pages.js';

const MOST_VERSIONS = 100;

interface SummaryRow extends Omit<ContextSummary, 'at'> {
  readonly at: Date;
}
interface VersionRow extends Omit<ContextVersionView, 'at' | 'erasedAt'> {
  readonly at: Date;
  readonly erasedAt: Date | null;
  readonly content?: Buffer | null;
}

/** What a team shares, as people see it. */
@Injectable()
export class Workspaces {
  constructor(private readonly database: Database) {}

  read(teamId: TeamId): Promise<Workspace> {
    return this.database.withTeam(teamId, async (tx) => {
      const [items, size, { terms }] = await Promise.all([
        tx.read<SummaryRow>(sql`${summariesOf(teamId)} order by s."taskId" is not null, s.name, s.id limit 500`),
        tx.one<{ used: number; exceededAt: Date | null }>(sql`
          select (select coalesce(sum(v.kept), 0) from app.context_version v where v.team_id = ${teamId})::int8 + (select coalesce(sum(f.kept), 0) from app.artifact f where f.team_id = ${teamId})::int8 as used,
            (select x.raised_at from app.escalation x where x.team_id = ${teamId} and x.trigger = 'context_full' and x.state <> 'resolved' order by x.raised_at desc limit 1) as "exceededAt"`),
        readTeamPolicy(tx),
      ]);
      return { items: items.map(summaryOf), usedBytes: size!.used, limitBytes: terms.escalation.contextBytes, exceededAt: isoOrNull(size!.exceededAt) };
    });
  }

  async detail(teamId: TeamId, customerId: CustomerId, contextId: string): Promise<ContextDetail> {
    const people = await this.people(customerId);
    return this.database.withTeam(teamId, async (tx) => {
      const [row, versions, members] = await Promise.all([tx.one<SummaryRow>(sql`${summariesOf(teamId)} where s.id = ${contextId}`), readVersions(tx, contextId), readMembers(tx)]);
      if (!row) throw new NotFoundError('context');
      const names = new Map([...people, ...members]);
      const content = versions[0]?.content?.toString('utf8') ?? null;
      return { ...summaryOf(row), content, versions: versions.map((version) => viewOf(version, names)) };
    });
  }

  /** One version, however old; its content where that was not erased. */
  async version(teamId: TeamId, customerId: CustomerId, contextId: string, version: number): Promise<ContextVersionDetail> {
    const people = await this.people(customerId);
    return this.database.withTeam(teamId, async (tx) => {
      const [[row], members] = await Promise.all([tx.read<VersionRow>(sql`select ${versionColumns}, content from app.context_version where team_id = ${teamId} and context_id = ${contextId} and version = ${version}`), readMembers(tx)]);
      if (!row) throw new NotFoundError('context');
      return { ...viewOf(row, new Map([...people, ...members])), content: row.content?.toString('utf8') ?? null };
    });
  }

  private async people(customerId: CustomerId): Promise<Named[]> {
    const people = await this.database.withCustomer(customerId, (tx) => tx.read<{ id: string; name: string }>(sql`select id, display_name as name from app.person where customer_id = ${customerId}`));
    return people.map(({ id, name }) => [`person:${id}`, name]);
  }
}

type Named = readonly [writer: string, name: string];
const [TEXTS, CHARACTERS] = [raw(String(SHARED_WITH_WORK.texts)), raw(String(SHARED_WITH_WORK.characters))];

/** With how much of each members get: of what is for all, and for each task, the newest. */
const summariesOf = (teamId: TeamId) => sql`
  select s.* from (select c.id, c.name, c.visibility, c.task_id as "taskId", c.version, encode(c.sha256, 'hex') as sha256, c.size, c.changed_at as at,
      case when v.content is null or row_number() over (partition by c.task_id, v.content is null order by c.changed_at desc, c.id) > ${TEXTS} then 'none' when length(convert_from(v.content, 'utf8')) > ${CHARACTERS} then 'cut' else 'whole' end as reaches
    from app.context c join app.context_version v on v.team_id = c.team_id and v.context_id = c.id and v.version = c.version where c.team_id = ${teamId}) s`;
const summaryOf = ({ at, ...row }: SummaryRow): ContextSummary => ({ ...row, at: iso(at) });

const versionColumns = sql`version, encode(sha256, 'hex') as sha256, size, writer, case when writer like 'member:%' then 'manager' else 'person' end as by, coalesce((provenance ->> 'expected')::int, version - 1) as expected,
  provenance ->> 'task' as "fromTaskId", replaced is not null as overwrote, at, erased_at as "erasedAt"`;
const viewOf = ({ at, erasedAt, writer, content: _, ...version }: VersionRow, names: ReadonlyMap<string, string>): ContextVersionView => ({ ...version, writer: names.get(writer) ?? '', at: iso(at), erasedAt: isoOrNull(erasedAt) });

/** The newest first, and of that one the content. */
const readVersions = (tx: Tx, contextId: string): Promise<VersionRow[]> =>
  tx.read<VersionRow>(sql`select ${versionColumns}, case when version = max(version) over () then content end as content from app.context_version
    where team_id = ${tx.scopeId} and context_id = ${contextId} order by version desc limit ${MOST_VERSIONS}`);

async function readMembers(tx: Tx): Promise<Named[]> {
  const members = await tx.read<{ id: string; name: string }>(sql`select id, name from app.member where team_id = ${tx.scopeId}`);
  return members.map(({ id, name }) => [`member:${id}`, name]);
}
