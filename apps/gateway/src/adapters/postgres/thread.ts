import type { ApprovalId, ApprovalThread, EarlierVersion, LineCommentView, TeamId, ThreadItem } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { People } from './people.js';
import { iso, isoOrNull } from './pages.js';

interface ItemRow {
  readonly id: string;
  readonly kind: ThreadItem['kind'];
  readonly at: Date;
  readonly approval_id: string;
  readonly revision: number;
  readonly person_id: string | null;
  readonly agent: string | null;
  readonly text: string;
  readonly until: Date | null;
  readonly comments: LineCommentView[];
}
interface EarlierRow {
  readonly id: string;
  readonly revision: number;
  readonly at: Date;
}

const MOST_EARLIER = 200;

/** What people and agents said about a goal's questions. */
@Injectable()
export class Thread {
  constructor(
    private readonly database: Database,
    private readonly people: People,
  ) {}

  /** For the person who reads it: what they looked at last is theirs alone. */
  async read(teamId: TeamId, id: ApprovalId, readerId: string): Promise<ApprovalThread> {
    const { revision, items, lastSeen, first, earlier } = await this.database.withTeam(teamId, async (tx) => {
      const [approval, rows, seen, before] = await Promise.all([
        tx.one<{ revision: number }>(sql`select revision from app.approval where team_id = ${teamId} and id = ${id}`),
        readItems(tx, id),
        tx.one<EarlierRow>(sql`select a.id, a.revision, s.at from app.approval_seen s join app.approval a on a.team_id = s.team_id and a.id = s.approval_id
          where s.team_id = ${teamId} and s.person_id = ${readerId} and s.approval_id = any (${EARLIER(id)}) order by a.revision desc limit 1`),
        tx.read<EarlierRow>(sql`select a.id, a.revision, a.created_at as at from app.approval a where a.team_id = ${teamId} and a.id = any (${EARLIER(id)}) order by a.revision desc`),
      ]);
      return { revision: approval!.revision, items: rows, lastSeen: seen, first: before.at(-1), earlier: before.slice(0, MOST_EARLIER).map((one) => one.id) };
    });
    const names = await this.namesOf(items);
    return { revision, lastSeen: versionOf(lastSeen), first: versionOf(first), earlier, items: items.map((row) => itemOf(row, names)) };
  }

  private async namesOf(items: readonly ItemRow[]): Promise<ReadonlyMap<string, string>> {
    const ids = [...new Set(items.flatMap(({ person_id }) => person_id ?? []))];
    return new Map(await Promise.all(ids.map(async (id) => [id, (await this.people.byId(id))?.displayName ?? 'somebody'] as const)));
  }
}

/** The context's team is the statement's. */
const goalOf = (id: ApprovalId) => sql`select p.team_id, p.goal_id, p.revision from app.approval p where p.team_id = sec.team() and p.id = ${id}`;
/** Earlier questions about the same goal. */
const EARLIER = (id: ApprovalId) => sql`array(select q.id from app.approval q join (${goalOf(id)}) g on q.team_id = g.team_id and q.goal_id = g.goal_id and q.revision < g.revision)`;
const UP_TO = (id: ApprovalId) => sql`array(select q.id from app.approval q join (${goalOf(id)}) g on q.team_id = g.team_id and q.goal_id = g.goal_id and q.revision <= g.revision)`;

/** The newest are kept where there are more than a page can show. A decision that was taken back is not among them: the state says what stands. */
const readItems = async (tx: Tx, id: ApprovalId): Promise<ItemRow[]> => {
  const rows = await tx.read<ItemRow>(sql`
    with said (id, kind, at, approval_id, person_id, agent, text, until, comments) as (
      select m.id, case m.kind when 'asked' then 'question' else m.kind end, m.at, m.approval_id, m.person_id, null, m.text, m.until, '[]'::jsonb from app.approval_mark m where m.team_id = ${tx.scopeId} and m.approval_id = any (${UP_TO(id)})
      union all select r.question_id, 'answer', r.at, m.approval_id, null, coalesce(b.name, b.agent), r.text, null, '[]' from app.approval_mark m join app.approval_answer r on r.team_id = m.team_id and r.question_id = m.id
        left join app.member b on b.team_id = r.team_id and b.id = r.member_id where m.team_id = ${tx.scopeId} and m.approval_id = any (${UP_TO(id)})
      union all select d.id, a.state, d.at, a.id, d.person_id, null, coalesce(d.reason, ''), null, d.comments from app.approval a
        cross join lateral (select x.id, x.at, x.person_id, x.reason, x.comments from app.approval_decision x where x.team_id = a.team_id and x.approval_id = a.id and x.decision = case a.state when 'denied' then 'deny' else 'request_changes' end order by x.at desc limit 1) d
        where a.team_id = ${tx.scopeId} and a.id = any (${UP_TO(id)}) and a.state in ('denied', 'changes_requested'))
    select s.*, a.revision from said s join app.approval a on a.team_id = ${tx.scopeId} and a.id = s.approval_id order by s.at desc, s.kind desc limit 1000`);
  return rows.reverse();
};

const itemOf = ({ person_id, agent, approval_id, at, until, ...row }: ItemRow, names: ReadonlyMap<string, string>): ThreadItem => ({
  ...row,
  at: iso(at),
  until: isoOrNull(until),
  approvalId: approval_id,
  by: person_id === null ? (agent ?? 'an agent') : names.get(person_id)!,
  fromAgent: person_id === null,
});

const versionOf = (row: EarlierRow | undefined): EarlierVersion | null => (row ? { approvalId: row.id, revision: row.revision, at: iso(row.at) } : null);
