import { COORDINATION, delegationSeeds, IN_HAND, MOST_REVIEW_EVENTS, MOVES_REVIEW, QUALITY_DAYS, readNamed, reviewOf, seedName, type CoordinationRules, type Actor, type Effect, type GoalId, type TaskEvent } from '@countersign/contracts';
import { platformFacts, readSeeds, readTeamPolicy, sql, type Statement, type Tx } from '@countersign/database';
import type { ArtifactFacts, CheckFacts, DeliverableFacts, DraftFacts, GoalFacts, GoalRow, MemberFacts, ReviewerFacts, RunFacts, SharedFacts, TaskFacts } from '../../domain/facts.js';

type Of<T> = T & { readonly taskId: string };
type OfDraft<T> = T & { readonly draftId: string };
type DraftRow = Of<Omit<DraftFacts, 'files' | 'checks' | 'review'>> & { readonly reviewed: boolean; readonly decision: 'approved' | 'revise' | 'flag' | null };
interface HeadRow extends Omit<GoalRow, 'effectKind' | 'outgoing' | 'author'> {
  readonly now: string;
  readonly teamEpoch: number;
  readonly managerId: GoalFacts['managerId'];
  readonly effectKind: Effect['kind'] | null;
  readonly named: unknown;
  readonly coordination: CoordinationRules | null;
  readonly author: { readonly authorName: string; readonly authorEmail: string } | null;
}

/**
 * Everything about one goal, in one flush. The goal's row stays locked until the transaction ends, so two looks at one goal
 * take turns and the second sees what the first one did. Undefined when there is no such goal in this team, and for a mission,
 * which is driven by events. Two goals `toHandOut` work take turns in their team, so that nobody is given more than one may have;
 * that turn is the last thing waited for.
 */
export async function readGoal(tx: Tx, goalId: GoalId, { toHandOut = false } = {}): Promise<GoalFacts | undefined> {
  const [head, , members, tasks, events, runs, drafts, files, checks, deliverables, reviewers, nudged, precedents, shared, fleet, { terms }] = await Promise.all([
    readHead(tx, goalId),
    toHandOut ? tx.read(sql`select pg_advisory_xact_lock(hashtextextended('hand-out:' || ${tx.scopeId}, 0))`) : undefined,
    readMembers(tx, goalId),
    readTasks(tx, goalId),
    readEvents(tx, goalId),
    readRuns(tx, goalId),
    readDrafts(tx, goalId),
    readFiles(tx, goalId),
    readChecks(tx, goalId),
    readDeliverables(tx, goalId),
    readReviewers(tx),
    readNudged(tx),
    readPrecedents(tx),
    readShared(tx, goalId),
    tx.one<{ atWork: boolean }>(sql`select ops.fleet_at_work() as "atWork"`),
    readTeamPolicy(tx),
  ]);
  if (!head) return undefined;
  const { now, teamEpoch, managerId, effectKind, named, author, coordination, ...goal } = head;
  const effect = readNamed(named);
  const histories = Map.groupBy(events, ({ taskId }) => taskId);
  const fullDrafts = drafts.map((draft) => assembleDraft(draft, files, checks));
  return {
    now,
    team: { id: tx.scopeId as GoalFacts['team']['id'], epoch: teamEpoch },
    managerId,
    members,
    coordination: { ...COORDINATION, ...coordination },
    conduct: terms,
    goal: { ...goal, effectKind: effect?.kind ?? effectKind ?? 'git.push', outgoing: effect && 'body' in effect ? effect : null, author: author && { name: author.authorName, email: author.authorEmail } },
    tasks: tasks.map((task) => ({ ...task, review: reviewOf(histories.get(task.id) ?? []), runs: runs.filter(({ taskId }) => taskId === task.id), drafts: fullDrafts.filter(({ taskId }) => taskId === task.id) })),
    precedents,
    fleetAtWork: fleet!.atWork,
    shared,
    deliverables,
    reviewers,
    nudged,
  };
}

/** What stands there for one of the goal's tasks, whoever wrote it: what the manager writes is another version of it. */
const readShared = (tx: Tx, goalId: GoalId): Promise<SharedFacts[]> =>
  tx.read(sql`select c.id, c.version, encode(c.sha256, 'hex') as sha256 from app.context c join app.task k on k.team_id = c.team_id and k.id = c.task_id where k.team_id = ${tx.scopeId} and k.goal_id = ${goalId}`);

const FACTS = platformFacts();

/** What permits a manager to delegate: seeds that are in force, and whose conditions the platform enforces. */
async function readPrecedents(tx: Tx): Promise<string[]> {
  return delegationSeeds(await readSeeds(tx), FACTS).map(seedName);
}

function assembleDraft({ reviewed, decision, ...draft }: DraftRow, files: readonly OfDraft<ArtifactFacts>[], checks: readonly OfDraft<CheckFacts>[]): Of<DraftFacts> {
  const mine = <T extends { readonly draftId: string }>(rows: readonly T[]): Omit<T, 'draftId'>[] => rows.filter(({ draftId }) => draftId === draft.id).map(({ draftId: _, ...row }) => row);
  return { ...draft, files: mine(files), checks: mine(checks), review: reviewed ? { decision } : null };
}

const stillMs = (since: Statement): Statement => sql`greatest(0, extract(epoch from clock_timestamp() - ${since}) * 1000)::int8`;

/** When anything of a goal last moved: itself, its pause, its tasks, what members did, and what was found out about that. */
const lastMove = (goalId: GoalId): Statement => sql`greatest(g.changed_at, g.running_since, (select max(greatest(k.changed_at, r.queued_at, r.started_at, r.ended_at, d.created_at, d.committed_at, c.at))
  from app.task k left join app.worker_run r on r.team_id = k.team_id and r.task_id = k.id left join app.draft d on d.team_id = r.team_id and d.run_id = r.id left join app.check_run c on c.team_id = d.team_id and c.draft_id = d.id
  where k.team_id = g.team_id and k.goal_id = ${goalId}))`;

/** Specialists, with what each has in hand of other goals that are still at work, and how many tasks each was given lately. */
const readMembers = (tx: Tx, goalId: GoalId): Promise<MemberFacts[]> =>
  tx.read(sql`
    select m.id, m.skill, m.secondary_skills as others, m.state = 'active' as active, m.state = 'suspended' as suspended,
      (select count(*)::int from app.task k join app.goal g on g.team_id = k.team_id and g.id = k.goal_id
        where k.team_id = m.team_id and k.member_id = m.id and k.goal_id <> ${goalId} and k.state = any (${[...IN_HAND]}) and g.finished_at is null and g.state <> 'blocked') as elsewhere,
      (select count(distinct r.task_id)::int from app.worker_run r where r.team_id = m.team_id and r.member_id = m.id and r.queued_at > clock_timestamp() - make_interval(days => ${QUALITY_DAYS})) as given
    from app.member m where m.team_id = ${tx.scopeId} and m.kind = 'specialist' order by m.id`);

/** While a person coordinates the team, what nobody has delegated is a plan, also when it was under way; with a manager again it goes on. */
const MODE = sql`case when t.coordination = 'person' and g.workers is null then 'plan' else g.mode end`;

/** As the gate's flag says, or the team that it made of single agents. */
const STOPPED = sql`(t.coordination = 'individuals' or exists (select from app.mission_stop s where s.team_id = g.team_id and s.mission_id = g.id and s.state = 'cancelled'))`;

const readHead = (tx: Tx, goalId: GoalId): Promise<HeadRow | undefined> =>
  tx.one<HeadRow>(sql`
    select g.id, g.text, g.state, g.paused_at is not null as paused, ${STOPPED} as stopped, ${MODE} as mode, g.workers, g.note, g.mission_revision as "missionRevision", g.submitted_by as "submittedBy", g.repository, g.epoch, t.epoch as "teamEpoch",
      to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as now, t.bundle #>> '{effect,kind}' as "effectKind", g.effect as named, t.bundle #> '{effect,commit}' as author, t.bundle -> 'coordination' as coordination, ${stillMs(lastMove(goalId))} as "stillMs",
      (extract(epoch from greatest(g.running_since, t.state_changed_at)) * 1000)::int8 as "runningSinceMs",
      (select m.id from app.member m where m.team_id = g.team_id and m.kind = 'manager' limit 1) as "managerId"
    from app.goal g join app.team t on t.team_id = g.team_id where g.team_id = ${tx.scopeId} and g.id = ${goalId} and g.origin = 'goal' for update of g`);

const readTasks = (tx: Tx, goalId: GoalId): Promise<Omit<TaskFacts, 'runs' | 'drafts' | 'review'>[]> =>
  tx.read(sql`
    select k.id, k.key, k.title, k.skill, k.member_id as "memberId", coalesce(m.state = 'active' and not exists (select from app.member o where o.team_id = k.team_id and o.skill = k.skill and o.state = 'suspended'), false) as "memberActive", k.criteria, k.depends_on as "dependsOn", k.state, k.round, k.rounds_from as "roundsFrom", k.epoch, k.notes, k.taken_from as "takenFrom", ${stillMs(sql`greatest(k.changed_at, g.running_since)`)} as "stillMs",
      not (k.options ? 'repair') as redoable, (select e.actor from app.task_event e where e.team_id = k.team_id and e.task_id = k.id and e.kind = 'created' limit 1) as "addedBy",
      array(select 'member:' || x.id from (select r.member_id as id from app.worker_run r where r.team_id = k.team_id and r.task_id = k.id union select k.member_id
        union select (e.body ->> 'owner')::uuid from app.task_event e where e.team_id = k.team_id and e.task_id = k.id and e.kind = 'owner_set') x where x.id is not null) as authors
    from app.task k join app.goal g on g.team_id = k.team_id and g.id = k.goal_id left join app.member m on m.team_id = k.team_id and m.id = k.member_id where k.team_id = ${tx.scopeId} and k.goal_id = ${goalId} order by k.ordinal`);

const readRuns = (tx: Tx, goalId: GoalId): Promise<Of<RunFacts>[]> =>
  tx.read(sql`
    select r.id, r.task_id as "taskId", r.round, r.attempt, r.state, r.epoch, r.code, r.detail, ${stillMs(sql`greatest(r.queued_at, g.running_since)`)} as "queuedMs",
      exists (select from app.lease l where l.team_id = r.team_id and l.resource = 'run:' || r.id and l.expires_at > clock_timestamp()) as held
    from app.worker_run r join app.task k on k.team_id = r.team_id and k.id = r.task_id join app.goal g on g.team_id = k.team_id and g.id = k.goal_id where k.team_id = ${tx.scopeId} and k.goal_id = ${goalId} order by r.round, r.attempt`);

const readDrafts = (tx: Tx, goalId: GoalId): Promise<DraftRow[]> =>
  tx.read(sql`
    select d.id, d.task_id as "taskId", d.round, r.epoch, d.state, d.summary, d.tree_id as tree, v.id is not null as reviewed, v.decision,
      to_char(d.committed_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "committedAt"
    from app.draft d join app.task k on k.team_id = d.team_id and k.id = d.task_id join app.worker_run r on r.team_id = d.team_id and r.id = d.run_id
      left join app.review v on v.team_id = d.team_id and v.draft_id = d.id
    where k.team_id = ${tx.scopeId} and k.goal_id = ${goalId} order by d.created_at, d.id`);

const readFiles = (tx: Tx, goalId: GoalId): Promise<OfDraft<ArtifactFacts>[]> =>
  tx.read(sql`
    select f.id, f.draft_id as "draftId", f.path, f.mode, f.media_type as "mediaType", encode(f.sha256, 'hex') as sha256, f.size, f.deleted, f.base_content is not null as replaces
    from app.artifact f join app.draft d on d.team_id = f.team_id and d.id = f.draft_id join app.task k on k.team_id = d.team_id and k.id = d.task_id
    where k.team_id = ${tx.scopeId} and k.goal_id = ${goalId} order by f.path`);

const readChecks = (tx: Tx, goalId: GoalId): Promise<OfDraft<CheckFacts>[]> =>
  tx.read(sql`
    select c.draft_id as "draftId", c.criterion, c.passed, c.exit_code as "exitCode", c.output_tail as "outputTail"
    from app.check_run c join app.draft d on d.team_id = c.team_id and d.id = c.draft_id join app.task k on k.team_id = d.team_id and k.id = d.task_id
    where k.team_id = ${tx.scopeId} and k.goal_id = ${goalId} order by c.at, c.id`);

async function readDeliverables(tx: Tx, goalId: GoalId): Promise<DeliverableFacts[]> {
  const rows = await tx.read<{ id: DeliverableFacts['id']; revision: number; approval: DeliverableFacts['approval']; effect: DeliverableFacts['effect'] }>(sql`
    select d.id, d.revision,
      case when a.id is not null then jsonb_build_object('id', a.id, 'state', a.state, 'reason', a.reason, 'comments', coalesce((select x.comments from app.approval_decision x where x.team_id = a.team_id and x.approval_id = a.id and x.decision = 'request_changes' order by x.at desc limit 1), '[]')) end as approval,
      case when e.id is not null then jsonb_build_object('id', e.id, 'state', e.state, 'code', e.code) end as effect
    from app.deliverable d left join app.approval a on a.team_id = d.team_id and a.deliverable_id = d.id left join app.effect e on e.team_id = a.team_id and e.approval_id = a.id
    where d.team_id = ${tx.scopeId} and d.goal_id = ${goalId} order by d.revision`);
  return rows;
}

/** Of each task's history, that which says how its review stands. */
const readEvents = (tx: Tx, goalId: GoalId): Promise<Of<TaskEvent>[]> =>
  tx.read(sql`
    select e.id, k.id as "taskId", e.kind, e.actor, e.body, (extract(epoch from e.at) * 1000)::int8 as "atMs"
    from app.task k cross join lateral (select x.* from app.task_event x where x.team_id = k.team_id and x.task_id = k.id and x.kind = any (${[...MOVES_REVIEW]}) order by x.at desc, x.id desc limit ${MOST_REVIEW_EVENTS}) e
    where k.team_id = ${tx.scopeId} and k.goal_id = ${goalId} order by e.at, e.id`);

/** How often each was reminded within an hour. */
const readNudged = async (tx: Tx): Promise<GoalFacts['nudged']> =>
  Object.fromEntries((await tx.read<{ who: Actor; times: number }>(sql`select e.body ->> 'reviewer' as who, count(*)::int as times from app.task_event e where e.team_id = ${tx.scopeId} and e.kind = 'review_nudged' and e.at > clock_timestamp() - interval '1 hour' group by 1`)).map(({ who, times }) => [who, times]));

/** Who reviews for the team, with what waits for each: done work of goals that are not over whose history ends with a request that they have not answered. */
const readReviewers = (tx: Tx): Promise<ReviewerFacts[]> =>
  tx.read(sql`
    select w.who, w.who in (select 'person:' || p.id from app.team t cross join lateral ops.governors_of(t.customer_id) p where t.team_id = b.team_id) or exists (select from app.member m where m.team_id = b.team_id and 'member:' || m.id = w.who and m.state = 'active') as active,
      (select count(*)::int from app.goal g join app.task k on k.team_id = g.team_id and k.goal_id = g.id join lateral (select e.kind from app.task_event e where e.team_id = k.team_id and e.task_id = k.id order by e.at desc, e.id desc limit 1) last on last.kind in ('review_requested', 'review_started', 'review_nudged')
        join lateral (select e.body ->> 'reviewer' as reviewer from app.task_event e where e.team_id = k.team_id and e.task_id = k.id and e.kind = 'review_requested' order by e.at desc, e.id desc limit 1) r on r.reviewer = w.who
        where g.team_id = b.team_id and g.finished_at is null and k.state = 'done') as open
    from app.board b cross join lateral unnest(b.reviewers) with ordinality as w (who, place) where b.team_id = ${tx.scopeId} order by w.place`);
