import { COORDINATION, fairnessOf, IN_HAND, QUALITY_DAYS, type CoordinationView, type MemberWork, type RecommendationView, type TeamId } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { iso } from './pages.js';

/** How the manager shares a team's work out, and what it thinks of the members, as people see it. */
@Injectable()
export class CoordinationReads {
  constructor(private readonly database: Database) {}

  read(teamId: TeamId): Promise<CoordinationView> {
    return this.database.withTeam(teamId, async (tx) => {
      const [team, members, recommendations] = await Promise.all([
        tx.one<{ most: number | null }>(sql`select (bundle #>> '{coordination,mostTasksPerMember}')::int as most from app.team where team_id = ${teamId}`),
        readMembers(tx),
        readRecommendations(tx),
      ]);
      const given = members.filter(({ state }) => state === 'active').map((member) => member.given);
      const fairnessPercent = given.some((rounds) => rounds > 0) ? Math.round(fairnessOf(given) * 100) : null;
      return { fairnessPercent, mostPerMember: team?.most ?? COORDINATION.mostTasksPerMember, members, recommendations };
    });
  }
}

const readMembers = (tx: Tx): Promise<MemberWork[]> =>
  tx.read<MemberWork>(sql`
    select m.id, m.name, m.skill, m.secondary_skills as "secondarySkills", m.state,
      (select count(*)::int from app.task k join app.goal g on g.team_id = k.team_id and g.id = k.goal_id where k.team_id = m.team_id and k.member_id = m.id and k.state = any (${[...IN_HAND]}) and g.finished_at is null) as "inHand",
      coalesce(q.given, 0) as given, coalesce(q.approved, 0) as approved, coalesce(q.at_once, 0) as "atOnce", coalesce(q.revised, 0) as revised, coalesce(q.flagged, 0) as flagged, coalesce(q.failed, 0) as failed
    from app.member m left join app.member_quality(${tx.scopeId}, ${QUALITY_DAYS}) q on q.member_id = m.id where m.team_id = ${tx.scopeId} and m.kind = 'specialist' order by m.name`);

async function readRecommendations(tx: Tx): Promise<RecommendationView[]> {
  const rows = await tx.read<Omit<RecommendationView, 'at' | 'recommends'> & { readonly at: Date }>(sql`
    select r.id, r.member_id as "memberId", m.name as member, r.reason, (r.evidence ->> 'reviewed')::int as reviewed, (r.evidence ->> 'revised')::int as revised, (r.evidence ->> 'flagged')::int as flagged, (r.evidence ->> 'failed')::int as failed, r.at
    from app.recommendation r join app.member m on m.team_id = r.team_id and m.id = r.member_id where r.team_id = ${tx.scopeId} order by r.at desc limit 50`);
  return rows.map(({ at, ...row }) => ({ ...row, recommends: 'suspension', at: iso(at) }));
}
