import { person, personal } from '@countersign/audit';
import { readNamed, SHARED_WITH_WORK, TaskId, type CustomerId, type GoalId, type MemberId, type PlaybookTask as BundleTask, type SubmitGoal } from '@countersign/contracts';
import { json, readSeeds, sql, type Tx } from '@countersign/database';
import type { Audit } from '@countersign/service';
import { createHash } from 'node:crypto';
import { checkSubmission } from '../../domain/check-submission.js';
import { refusesWork } from '../../domain/new-work.js';
import { planGoal, type PlannedTask, type PlaybookTask } from '../../domain/plan-goal.js';
import { precedentsOfPlan } from '../../domain/plan-precedents.js';
import { citedTexts, textsToPlanWith, type PlanText, type SharedWithTeam } from '../../domain/plan-texts.js';
import { emitCreated } from './mission-news.js';
import { readWorkTerms } from './work-terms.js';

export interface Refusal {
  readonly code: string;
  readonly message: string;
}
interface TeamRow {
  readonly customerId: CustomerId;
  readonly state: string;
  readonly epoch: number;
  readonly playbook: readonly BundleTask[] | null;
  readonly adoptedRemote: string | null;
}
interface MemberRow {
  readonly id: MemberId;
  readonly kind: 'manager' | 'specialist';
  readonly skill: string;
  readonly others: readonly string[];
  readonly active: boolean;
  readonly suspended: boolean;
}

/**
 * Stores a submitted goal with its planned tasks, or says why not. Returns the team's epoch it was stored in. A goal that is
 * there already is left alone: the caller's id makes a repeated command harmless. The transaction's principal is the submitter.
 */
export async function storeNewGoal(tx: Tx, audit: Audit, request: SubmitGoal): Promise<{ readonly epoch: number } | Refusal> {
  const [team, members, existing] = await Promise.all([readTeam(tx, request.repository.mirror), readMembers(tx), tx.one<{ id: GoalId }>(sql`select id from app.goal where team_id = ${request.teamId} and id = ${request.goalId}`)]);
  if (existing && team?.customerId === request.by.customerId) return { epoch: team.epoch }; // also when the team was stopped since: it was taken
  const refusal = checkSubmission(request, team);
  if (refusal) return refusal;
  const { epoch, playbook } = team!;
  const manager = members.find(({ kind }) => kind === 'manager');
  if (!manager?.active) return { code: 'no_manager', message: 'The team has no active manager.' };
  const repair = request.repair ?? null;
  const [shared, seeds] = await Promise.all([readShared(tx), readSeeds(tx)]);
  const texts = textsToPlanWith(shared, manager.id);
  const plan = planGoal({ texts, playbook: (playbook ?? []).map(toPlaybook), repair, members: members.filter(({ kind }) => kind === 'specialist'), nextId: TaskId.next });
  if (!plan.ok) return plan;
  const terms = await readWorkTerms(tx);
  const refused = refusesWork(terms, plan.tasks.length, 'goal');
  if (refused) return refused;
  // a person coordinates: what they have not delegated, nobody works on
  insertGoal(tx, terms.coordination === 'person' ? { ...request, mode: 'plan' } : request, epoch);
  for (const task of plan.tasks) insertTask(tx, request, task, epoch);
  await writeEntries(tx, audit, request, manager.id, { tasks: plan.tasks, texts, precedents: precedentsOfPlan(seeds) });
  emitCreated(tx, { missionID: request.goalId, revision: 1, status: 'draft', workItemCount: plan.tasks.length });
  return { epoch };
}

/** What the bundle leaves out, filled in. */
const toPlaybook = ({ key, title, skill, criteria, when = 'always', dependsOn = [] }: BundleTask): PlaybookTask => ({ key, title, skill, criteria, when, dependsOn, options: {} });

/** An active team is fenced as it is read: a suspension waits for this transaction, or this transaction sees it (P9). */
const readTeam = (tx: Tx, mirror: string): Promise<TeamRow | undefined> =>
  tx.one<TeamRow>(sql`
    select customer_id as "customerId", state, case when state = 'active' then sec.fence(epoch) else epoch end as epoch, bundle -> 'playbook' as playbook,
      ops.adopted_remote(${mirror}) as "adoptedRemote"
    from app.team where team_id = ${tx.scopeId}`);

const readMembers = (tx: Tx): Promise<MemberRow[]> => tx.read<MemberRow>(sql`select id, kind, skill, secondary_skills as others, state = 'active' as active, state = 'suspended' as suspended from app.member where team_id = ${tx.scopeId} order by id`);

/** What the team shares with all, the newest first, and no more of it than a plan is made with. */
const readShared = (tx: Tx): Promise<SharedWithTeam[]> =>
  tx.read<SharedWithTeam>(sql`select c.id, c.name, c.version, encode(c.sha256, 'hex') as sha256, v.writer, left(convert_from(v.content, 'utf8'), ${SHARED_WITH_WORK.characters}) as text
    from app.context c join app.context_version v on v.team_id = c.team_id and v.context_id = c.id and v.version = c.version
    where c.team_id = ${tx.scopeId} and c.visibility = 'team' and v.content is not null order by c.changed_at desc, c.id limit ${SHARED_WITH_WORK.texts}`);

/** What stands beside a goal that is only planned. */
const PLAN_NOTE = 'This is the plan. Nobody works on it before it is delegated.';

function insertGoal(tx: Tx, { teamId, goalId, text, by, repository, repair, effect, mode = 'orchestrate' }: SubmitGoal, epoch: number): void {
  const { mirror, base, remote, branch } = repository;
  tx.write(sql`insert into app.goal (team_id, id, text, state, mode, note, submitted_by, repository, repair, effect, epoch)
    values (${teamId}, ${goalId}, ${text}, 'planned', ${mode}, ${mode === 'plan' ? PLAN_NOTE : ''}, ${by.personId}, ${json({ mirror, base, remote, branch })}, ${repair ? json(repair) : null}, ${effect ? json(readNamed(effect)) : null}, ${epoch})`);
}

function insertTask(tx: Tx, { teamId, goalId }: SubmitGoal, task: PlannedTask, epoch: number): void {
  const { id, ordinal, key, title, skill, memberId, criteria, options, dependsOn, planNotes } = task;
  tx.write(sql`insert into app.task (team_id, id, goal_id, ordinal, key, title, skill, member_id, criteria, options, depends_on, plan_notes, state, epoch)
    values (${teamId}, ${id}, ${goalId}, ${ordinal}, ${key}, ${title}, ${skill}, ${memberId}, ${json(criteria)}, ${json(options)}, ${[...dependsOn]}::uuid[], ${json(planNotes)}, 'todo', ${epoch})`);
}

interface PlannedWith {
  readonly tasks: readonly PlannedTask[];
  readonly texts: readonly PlanText[];
  readonly precedents: readonly string[];
}

async function writeEntries(tx: Tx, audit: Audit, { goalId, text, by, repository }: SubmitGoal, managerId: MemberId, { tasks, texts, precedents }: PlannedWith): Promise<void> {
  const who = person(by.personId);
  const submitted = { goal_id: goalId, customer_governor_id: who, goal_text: personal(by.personId, text), base_commit: repository.base, branch: repository.branch };
  await audit(tx, 'GOAL-SUBMITTED', submitted);
  const plan_sha256 = createHash('sha256').update(json(tasks)).digest('hex');
  await audit(tx, 'GOAL-PLANNED', { goal_id: goalId, manager_id: managerId, tasks: tasks.length, plan_sha256, precedents, ...(texts.length > 0 ? { texts: citedTexts(texts) } : {}) }, { actor: { kind: 'agent', id: managerId } });
}
