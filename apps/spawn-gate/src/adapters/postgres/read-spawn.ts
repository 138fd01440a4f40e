import { principalOf } from '@countersign/audit';
import { AGENT_ROLES, amountsOfBudget, amountsOfLimit, BUDGET_UNITS, defaultMissionId, InstanceId, NotFoundError, ROOT_ROLE, trialStanding, type AgentRole, type Amounts, type MoveTeam, type TeamId, type TeamScope } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import { full, NOTHING, plus } from '../../domain/amounts.js';
import { freeOf, isClosed, missionGrant, missionTotal, newAccount, reopened, type Account } from '../../domain/budget.js';
import { templateFor, type Parent, type SpawnAsk, type SpawnFacts } from '../../domain/decide-spawn.js';
import { stoppedTemplates, type Owner } from '../../domain/own-agents.js';
import { pickPlace, type Place } from '../../domain/places.js';
import { believedLevel } from '../../domain/sandbox-choice.js';
import { skillHash, type SkillDigests } from '../../domain/skills.js';
import { maySteer } from '../../domain/steer.js';
import { AccountBook, takeTurn } from './account-book.js';
import { latestQuestion, type QuestionRow } from './gate-approvals.js';
import { readInForce, type InForce } from './in-force.js';
import { accountPath } from './instances.js';
import { readPlaces } from './places.js';
import { digestOf, sha256, type SpawnOrder } from './spawn-order.js';
import {
  decisionById,
  goalOf,
  readCertifiedScope,
  readCounts,
  readEarlier,
  readMission,
  readOwners,
  readParent,
  readTeam,
  readWork,
  type Counts,
  type EarlierDecision,
  type EarlierInstance,
  type MissionRow,
  type ParentRow,
  type TeamRow,
  type WorkRow,
} from './spawn-rows.js';
import { readTrial, type Trial } from './trial-rows.js';

/** One spawn as it stands before the rule: what is asked, what is true, and where the result goes. */
export interface SpawnCase {
  readonly order: SpawnOrder;
  readonly digest: string;
  readonly ask: SpawnAsk;
  readonly facts: SpawnFacts;
  readonly inForce: InForce;
  readonly book: AccountBook;
  /** The goal it works for; null for the default mission and for a manager. */
  readonly goalId: string | null;
  /** The mission's account; undefined for a manager. */
  readonly missionId?: string;
  /** The account the slice comes from. */
  readonly payerId: string;
  readonly memberId?: string;
  readonly taskId?: string;
  readonly parentId?: string;
  /** The granted place this run takes. */
  readonly place?: Place;
}

/** A case, with what is known of the same request from before. */
export interface Door {
  readonly spawn: SpawnCase;
  readonly decided: EarlierDecision | undefined;
  readonly question: QuestionRow | undefined;
  readonly earlier: EarlierInstance | undefined;
}

interface Read {
  readonly order: SpawnOrder;
  readonly team: TeamRow;
  readonly certified: TeamScope | undefined;
  /** Read where a person asks. */
  readonly trial: Trial | undefined;
  readonly owners: readonly Owner[];
  readonly work: WorkRow | undefined;
  readonly parent: ParentRow | undefined;
  readonly mission: MissionRow;
  readonly counts: Counts;
  readonly inForce: InForce;
  readonly book: AccountBook;
  readonly places: readonly Place[];
}

/** Reads everything the rule needs in one flush, after taking the team's turn. */
export async function readDoor(tx: Tx, order: SpawnOrder): Promise<Door> {
  const teamId = tx.scopeId as TeamId;
  const digest = digestOf(order, teamId);
  const goal = goalOf(tx, order);
  const above = order.parent === undefined || order.parent === 'manager' ? sql`` : sql` union all ${accountPath(tx, order.parent)}`;
  const [, team, certified, trial, owners, work, parent, mission, counts, inForce, book, places, decided, question, earlier] = await Promise.all([
    tx.read(takeTurn(tx)),
    readTeam(tx),
    readCertifiedScope(tx),
    order.person ? readTrial(tx) : undefined,
    readOwners(tx),
    order.taskId === undefined ? undefined : readWork(tx, order.taskId),
    readParent(tx, order.parent),
    readMission(tx, goal),
    readCounts(tx, goal),
    readInForce(tx),
    AccountBook.read(tx, sql`select coalesce(${goal}, ${defaultMissionId(teamId)}::uuid)${above}`),
    order.supervisor ? readPlaces(tx) : [],
    order.supervisor ? undefined : decisionById(tx, order.id), // a run's decision has a new id each time: a run is known by its instance
    latestQuestion(tx, digest, order.id),
    readEarlier(tx, order),
  ]);
  if (!team) throw new NotFoundError('team');
  return { spawn: caseOf(digest, { order, team, certified, trial, owners, work, parent, mission, counts, inForce, book, places }), decided, question, earlier };
}

function caseOf(digest: string, read: Read): SpawnCase {
  const { order, team, work, parent, mission, inForce, book } = read;
  const ask = askOf(read);
  const facts = factsOf(read, ask);
  const place = placeFor(read, ask);
  return {
    order,
    digest,
    ask,
    facts: place ? { ...facts, place: { ...place, moved: place.goalId !== mission.goal_id } } : facts,
    inForce,
    book,
    goalId: mission.goal_id,
    missionId: mission.goal_id ?? defaultMissionId(team.team_id),
    payerId: isPayer(parent) ? parent.id : (mission.goal_id ?? defaultMissionId(team.team_id)),
    ...(work?.member_id ? { memberId: work.member_id } : {}),
    ...(order.taskId === undefined ? {} : { taskId: order.taskId }),
    ...(parent ? { parentId: parent.id } : {}),
    ...(place ? { place } : {}),
  };
}

/** A worker pays for what it starts; what the manager starts, its mission pays for. */
const isPayer = (parent: ParentRow | undefined): parent is ParentRow => parent !== undefined && !parent.manager;

/** With a task, role, template and reason are the bundle's, found by the skill of whose agent does it, as the fleet finds the agent: nothing of it is the asker's word. */
function askOf({ order, team, work, inForce }: Read): SpawnAsk {
  const { wish, supervisor, epoch, approved } = order;
  const common = { ...(supervisor ? { sandboxLevel: believedLevel(supervisor.sandboxLevel, inForce.sandboxChoice) } : {}), ...(epoch === undefined ? {} : { epoch }), ...(approved ? { approved } : {}) };
  if (wish) return { ...common, role: wish.role, justification: wish.justification, ...(wish.templateId === undefined ? {} : { templateId: wish.templateId }), ...(wish.budgetWish ? { budgetWish: wish.budgetWish } : {}) };
  if (work && work.member_id === null) return { ...common, role: roleNamed(work) ?? 'worker', justification: work.title };
  const entry = team.bundle.members?.find(({ skill }) => skill === (work?.agent_skill ?? work?.skill));
  return {
    ...common,
    role: entry?.role ?? 'worker',
    templateId: entry?.template ?? work?.agent ?? '',
    justification: work?.title ?? '',
    ...(entry?.budget ? { budgetOverride: amountsOfBudget(entry.budget) } : {}),
  };
}

/** A mission's work item names a role where others name a skill. */
const roleNamed = ({ skill }: WorkRow): AgentRole | undefined => AGENT_ROLES.find((role) => role === skill.trim().toLowerCase());

function factsOf(read: Read, ask: SpawnAsk): SpawnFacts {
  const { order, team, trial, work, parent, mission, counts, inForce } = read;
  const root = order.root ?? (order.person ? (maySteer(order.person, team.customer_id) ? ROOT_ROLE : null) : undefined);
  const line = parentFacts(read);
  return {
    team: { state: team.state, epoch: team.epoch },
    ...certifiedFacts(read, ask),
    ...ownerFacts(read, ask),
    ...(trial && trial.endedAt === null && trialStanding(trial, trial.now) !== 'running' ? { trialOver: true } : {}),
    ...(order.taskId === undefined ? {} : { work: workFacts(work) }),
    ...(order.taskId !== undefined && !work ? {} : { mission: missionFacts(mission) }),
    ...ruleFacts(inForce, ask),
    ...(root === undefined ? {} : { root }),
    ...(line === undefined ? {} : { parent: line }),
    counts,
    account: isPayer(parent) ? withDrawn(read.book.get(parent.id) ?? newAccount(NOTHING), order.drawn) : missionAccount(read),
  };
}

const workFacts = (work: WorkRow | undefined): SpawnFacts['work'] => {
  if (!work || (work.member_id === null && roleNamed(work) === undefined)) return null;
  return { taskState: work.task_state, ...(work.member_state === null ? {} : { memberState: work.member_state }), ...(work.agent_state === null ? {} : { agentState: work.agent_state }) };
};

function missionFacts({ goal_id, goal_state, paused, stop, tools, agents }: MissionRow): SpawnFacts['mission'] {
  if (goal_id !== null && goal_state === null) return null;
  const word = stop ?? (paused ? 'paused' : undefined);
  return { ...(goal_state === null ? {} : { goalState: goal_state }), ...(word ? { stop: word } : {}), ...(tools && tools.length > 0 ? { tools } : {}), ...(agents && agents.length > 0 ? { agents } : {}) };
}

/** The parent counts only where it is what the request says: an agent that asks must be running, and a worker starts others for its own mission only. */
function parentFacts({ order, parent, mission }: Read): Parent | null | undefined {
  if (order.parent === undefined || (order.parent === 'manager' && !parent)) return undefined;
  const asks = order.source === 'tool_call';
  if (!parent || (asks && parent.state !== 'running') || (isPayer(parent) && parent.goal_id !== mission.goal_id)) return null;
  const { role, capabilities, depth, children, life_ms, state } = parent;
  return { role, capabilities, depth, children, ...(state === 'running' && life_ms !== null ? { lifeMs: life_ms } : {}) };
}

/** What the supervisor drew already is not free, although the gate has not booked it. */
const withDrawn = (account: Account, drawn: Amounts = {}): Account => ({ ...account, held: plus(account.held, full(drawn)) });

/** The bundle's own agents were certified; who asks for another template's answers to the spawn policy for it. */
function certifiedFacts({ team: { bundle }, certified, inForce }: Pick<Read, 'team' | 'certified' | 'inForce'>, ask: SpawnAsk): Pick<SpawnFacts, 'certified'> {
  const own = [bundle.manager?.template, ...(bundle.members ?? []).map(({ template, agent }) => template ?? agent)];
  return certified && own.includes(templateFor(ask, inForce.templates)?.id) ? { certified } : {};
}

function ownerFacts({ team: { bundle }, owners, inForce }: Pick<Read, 'team' | 'owners' | 'inForce'>, ask: SpawnAsk): Pick<SpawnFacts, 'ownerSuspended'> {
  const template = templateFor(ask, inForce.templates)?.id;
  return template !== undefined && stoppedTemplates(bundle, owners).includes(template) ? { ownerSuspended: true } : {};
}

/** The digests of a template's skills: its own, and no other's of the same file. */
const digestsFor = ({ templates, skillDigests }: InForce, ask: Pick<SpawnAsk, 'role' | 'templateId'>): SkillDigests => skillDigests[templateFor(ask, templates)?.id ?? ''] ?? {};

const ruleFacts = (inForce: InForce, ask: SpawnAsk) => ({ ...inForceFacts(inForce), skillDigests: digestsFor(inForce, ask) });
const inForceFacts = ({ policy, templates, recalledSkills, sandboxChoice }: InForce) => ({ ...(policy ? { policy } : {}), templates, ...(recalledSkills.length > 0 ? { recalledSkills } : {}), ...(sandboxChoice ? { sandboxChoice } : {}) });

/** The mission's account; before its first spawn, and for the default mission whenever it was closed, with what it will be granted. */
function missionAccount({ book, team, mission: { goal_id, limits }, inForce: { policy } }: Pick<Read, 'book' | 'team' | 'mission' | 'inForce'>): Account {
  const known = book.get(goal_id ?? defaultMissionId(team.team_id));
  if (known && (goal_id !== null || !isClosed(known))) return known;
  const wanted = full(amountsOfBudget(team.bundle.budgets?.goal));
  const total = strictest(policy?.missionTotal ?? {}, limits ? amountsOfLimit(limits) : {});
  const teamFree = freeOf(book.get(team.team_id) ?? newAccount(NOTHING));
  return known ? reopened(known, missionTotal(wanted, total), teamFree) : newAccount(missionGrant(wanted, total, teamFree));
}

const strictest = (a: Amounts, b: Amounts): Amounts =>
  Object.fromEntries(BUDGET_UNITS.flatMap((unit) => (a[unit] === undefined && b[unit] === undefined ? [] : [[unit, Math.min(a[unit] ?? Infinity, b[unit] ?? Infinity)]]))) as Amounts;

function placeFor(read: Read, ask: SpawnAsk): Place | undefined {
  const { order, mission, inForce, places } = read;
  const template = templateFor(ask, inForce.templates);
  if (places.length === 0 || !template || order.taskId === undefined || mission.goal_id === null) return undefined;
  return pickPlace(places, {
    taskId: order.taskId,
    goalId: mission.goal_id,
    role: ask.role,
    templateId: template.id,
    skillHash: skillHash(template.skills, digestsFor(inForce, ask), sha256),
    room: freeOf(missionAccount(read)),
  });
}

/** A team's own manager, asked for by the person who deploys or reactivates it; `team` is the team as it will be. */
export async function readManagerSpawn(tx: Tx, team: TeamRow, request: MoveTeam, book: AccountBook, approvedAs?: InstanceId): Promise<SpawnCase> {
  const { teamId: _, ...move } = request;
  const [inForce, certified, counts, member] = await Promise.all([
    readInForce(tx),
    readCertifiedScope(tx),
    tx.one<{ running: number }>(sql`select count(*) as running from app.instance where team_id = ${tx.scopeId} and state in ('queued', 'running') and not (task_id is null and member_id is not null)`),
    tx.one<{ id: string }>(sql`select id from app.member where team_id = ${tx.scopeId} and kind = 'manager'`),
  ]);
  const { manager } = team.bundle;
  // The manager is one of our own services: it runs no foreign code, so it needs no sandbox that a supervisor could report.
  const ask: SpawnAsk = { role: (manager?.role ?? 'orchestrator') satisfies AgentRole, templateId: manager?.template ?? '', justification: move.verb, sandboxLevel: 0, ...(approvedAs === undefined ? {} : { approved: true }) };
  const wish = { role: ask.role, templateId: ask.templateId!, justification: ask.justification };
  const order: SpawnOrder = { id: approvedAs ?? InstanceId.next(), source: 'ui_action', requestedBy: principalOf({ kind: 'person', id: move.by.personId }), root: ROOT_ROLE, wish, move };
  return {
    order,
    digest: digestOf(order, team.team_id, team.epoch),
    ask,
    facts: { team, ...certifiedFacts({ team, certified, inForce }, ask), ...ruleFacts(inForce, ask), root: ROOT_ROLE, counts: { mission: 0, running: counts?.running ?? 0 }, account: book.get(team.team_id) ?? newAccount(NOTHING) },
    inForce,
    book,
    goalId: null,
    payerId: team.team_id,
    ...(member ? { memberId: member.id } : {}),
  };
}
