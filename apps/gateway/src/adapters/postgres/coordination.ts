import { COORDINATION, evennessOf, IN_HAND, QUALITY_DAYS, type CoordinationView, type MemberWork, type RecommendationView, type TeamId, type TeamRecommendation } from '@countersign/contracts';
import { Database, readTeamPolicy, readTeamTerms, sql, type Tx } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { iso } from './pages.js';

/** How the manager shares a team's work out, and what it thinks of the members, as people see it. */
@Injectable()
export class CoordinationReads {
  constructor(private readonly database: Database) {}

  read(teamId: TeamId): Promise<CoordinationView> {
    return this.database.withTeam(teamId, async (tx) => {
      const [team, members, tasks, recommendations] = await Promise.all([
        tx.one<{ most: number | null }>(sql`select (bundle #>> '{coordination,mostTasksPerMember}')::int as most from app.team where team_id = ${teamId}`),
        readMembers(tx),
        readTasks(tx),
        readRecommendations(tx),
      ]);
      const evenness = evennessOf(sharesOf(members, tasks));
      return { fairnessPercent: evenness === null ? null : Math.round(evenness * 100), mostPerMember: team?.most ?? COORDINATION.mostTasksPerMember, members, recommendations };
    });
  }

  /** What managers have said lately, whichever team it is of. */
  async recommended(): Promise<TeamRecommendation[]> {
    const { terms: { recommendations: { standDays } } } = await readTeamTerms(this.database);
    const rows = await this.database.ops<RecommendationRow>('recommendations_lately', standDays);
    return rows.map(({ id, team_id, team_name, member_id, member, reason, evidence: { reviewed, revised, flagged, failed }, at }) => ({ id, teamId: team_id, teamName: team_name, memberId: member_id, member, recommends: 'suspension', reason, reviewed, revised, flagged, failed, at: iso(at) }));
  }
}

interface RecommendationRow {
  readonly id: string;
  readonly team_id: string;
  readonly team_name: string;
  readonly member_id: string;
  readonly member: string;
  readonly reason: RecommendationView['reason'];
  readonly evidence: Pick<RecommendationView, 'reviewed' | 'revised' | 'flagged' | 'failed'>;
  readonly at: Date;
}

interface TasksRow {
  readonly skill: string;
  readonly memberId: string;
  readonly tasks: number;
}
/** Of each skill, the tasks of each active member who can do such work. */
const sharesOf = (members: readonly MemberWork[], rows: readonly TasksRow[]): number[][] =>
  [...Map.groupBy(rows, ({ skill }) => skill)].map(([skill, given]) =>
    members.filter((member) => member.state === 'active' && [member.skill, ...member.secondarySkills].includes(skill)).map(({ id }) => given.find(({ memberId }) => memberId === id)?.tasks ?? 0));

/** Tasks, not rounds: a task that is sent back stays with its owner, and nobody chooses anew. */
const readTasks = (tx: Tx): Promise<TasksRow[]> =>
  tx.read<TasksRow>(sql`
    select k.skill, r.member_id as "memberId", count(distinct r.task_id)::int as tasks from app.worker_run r join app.task k on k.team_id = r.team_id and k.id = r.task_id
    where r.team_id = ${tx.scopeId} and r.queued_at > clock_timestamp() - make_interval(days => ${QUALITY_DAYS}) group by k.skill, r.member_id`);

const readMembers = (tx: Tx): Promise<MemberWork[]> =>
  tx.read<MemberWork>(sql`
    select m.id, m.name, m.skill, m.secondary_skills as "secondarySkills", m.state,
      (select count(*)::int from app.task k join app.goal g on g.team_id = k.team_id and g.id = k.goal_id where k.team_id = m.team_id and k.member_id = m.id and k.state = any (${[...IN_HAND]}) and g.finished_at is null) as "inHand",
      coalesce(q.given, 0) as given, coalesce(q.approved, 0) as approved, coalesce(q.at_once, 0) as "atOnce", coalesce(q.revised, 0) as revised, coalesce(q.flagged, 0) as flagged, coalesce(q.failed, 0) as failed
    from app.member m left join app.member_quality(${tx.scopeId}, ${QUALITY_DAYS}) q on q.member_id = m.id where m.team_id = ${tx.scopeId} and m.kind = 'specialist' and m.state <> 'removed' order by m.name`);

async function readRecommendations(tx: Tx): Promise<RecommendationView[]> {
  const { terms: { recommendations: { standDays } } } = await readTeamPolicy(tx);
  const rows = await tx.read<Omit<RecommendationView, 'at' | 'recommends'> & { readonly at: Date }>(sql`
    select r.id, r.member_id as "memberId", m.name as member, r.reason, (r.evidence ->> 'reviewed')::int as reviewed, (r.evidence ->> 'revised')::int as revised, (r.evidence ->> 'flagged')::int as flagged, (r.evidence ->> 'failed')::int as failed, r.at
    from app.recommendation r join app.member m on m.team_id = r.team_id and m.id = r.member_id and m.state <> 'removed' where r.team_id = ${tx.scopeId} and r.at > clock_timestamp() - make_interval(days => ${standDays}) order by r.at desc limit 50`);
  return rows.map(({ at, ...row }) => ({ ...row, recommends: 'suspension', at: iso(at) }));
}
