import { NOT_THEIR_FAILURE, QUALITY_DAYS, uuidv7, type MemberId, type MemberQuality, type RecommendationTerms } from '@countersign/contracts';
import { json, readTeamPolicy, sql, type Tx } from '@countersign/database';
import type { Audit } from '@countersign/service';
import { recommend, type JudgedMember } from '../../domain/recommend.js';
import { readAnsweredTeam } from './answer.js';

type MemberRow = Omit<JudgedMember, 'quality'> & MemberQuality;

/**
 * Judges the team's members by what came of their work, and writes down what whoever certifies should know. Two managers at once take turns.
 * `later`: the team is suspended. While it is active, a suspension waits for this transaction.
 */
export async function writeRecommendations(tx: Tx, audit: Audit): Promise<'done' | 'later'> {
  const [, team, manager, { terms: { recommendations: terms } }] = await Promise.all([
    tx.read(sql`select pg_advisory_xact_lock(hashtextextended('recommend:' || ${tx.scopeId}, 0))`),
    readAnsweredTeam(tx),
    tx.one<{ id: MemberId }>(sql`select id from app.member where team_id = ${tx.scopeId} and kind = 'manager'`),
    readTeamPolicy(tx),
  ]);
  if (team?.state !== 'active') return team?.state === 'suspended' ? 'later' : 'done';
  const due = recommend(await readJudged(tx, terms), terms);
  for (const { member, reason, evidence } of due) {
    const id = uuidv7();
    tx.write(sql`insert into app.recommendation (team_id, id, member_id, reason, evidence) values (${tx.scopeId}, ${id}, ${member}, ${reason}, ${json(evidence)})`);
    const said = { recommendation_id: id, manager_id: manager!.id, team_member_id: member, recommends: 'suspension', reason, ...evidence } as const;
    await audit(tx, 'MANAGER-RECOMMENDED', said, { actor: { kind: 'agent', id: manager!.id } });
  }
  return 'done';
}

const theirFailure = sql`(r.state = 'failed' and coalesce(r.code, '') <> all (${[...NOT_THEIR_FAILURE]}))`;

async function readJudged(tx: Tx, { failedInARow, standDays }: RecommendationTerms): Promise<JudgedMember[]> {
  const rows = await tx.read<MemberRow>(sql`
    select m.id, m.state = 'active' as active, coalesce(q.given, 0) as given, coalesce(q.approved, 0) as approved, coalesce(q.at_once, 0) as "atOnce", coalesce(q.revised, 0) as revised, coalesce(q.flagged, 0) as flagged, coalesce(q.failed, 0) as failed,
      array(select not bool_or(r.state = 'submitted') from app.worker_run r where r.team_id = m.team_id and r.member_id = m.id group by r.task_id, r.round
        having not bool_or(r.state in ('queued', 'running')) and bool_or(r.state = 'submitted' or ${theirFailure}) order by max(r.queued_at) desc limit ${failedInARow}) as "latestFailed",
      coalesce((select jsonb_agg(jsonb_build_object('reason', s.reason, 'recent', s.at > clock_timestamp() - make_interval(days => ${standDays}), 'evidence', s.evidence)) from (select distinct on (x.reason) x.reason, x.at, x.evidence
        from app.recommendation x where x.team_id = m.team_id and x.member_id = m.id and x.at > clock_timestamp() - make_interval(days => ${QUALITY_DAYS}) order by x.reason, x.at desc) s), '[]') as said
    from app.member m left join app.member_quality(${tx.scopeId}, ${QUALITY_DAYS}) q on q.member_id = m.id where m.team_id = ${tx.scopeId} and m.kind = 'specialist' and m.state <> 'removed' order by m.id`);
  return rows.map(({ id, active, latestFailed, said, ...quality }) => ({ id, active, latestFailed, said, quality }));
}
