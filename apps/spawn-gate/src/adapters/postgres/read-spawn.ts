import { amountsOfBudget, InstanceId, NotFoundError, ROOT_ROLE, type AgentRole, type Bundle, type Capabilities, type GoalState, type InstanceState, type SpawnRequest, type TaskState, type TeamState } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import { full, NOTHING } from '../../domain/amounts.js';
import { freeOf, missionGrant, newAccount, type Account } from '../../domain/budget.js';
import type { SpawnAsk, SpawnFacts } from '../../domain/decide-spawn.js';
import { AccountBook, takeTurn } from './account-book.js';
import { readInForce, type InForce } from './in-force.js';

export interface TeamRow {
  readonly team_id: string;
  readonly customer_id: string;
  readonly name: string;
  readonly state: TeamState;
  readonly epoch: number;
  readonly mode: 'trial' | 'production';
  /** The bundle as it was when the team was hired. */
  readonly bundle: Partial<Bundle>;
  readonly bundle_id: string;
  readonly bundle_version: number;
}

interface WorkRow {
  readonly goal_id: string;
  readonly title: string;
  readonly task_state: TaskState;
  readonly goal_state: GoalState;
  readonly member_id: string;
  readonly member_state: string;
  readonly skill: string;
  readonly agent: string;
}

interface EarlierRow {
  readonly id: InstanceId;
  readonly task_id: string;
  readonly state: InstanceState;
  readonly capabilities: object;
  readonly slice: Record<string, number>;
  readonly skill_hash: string;
}

/** One spawn as it stands before the rule: what is asked, what is true, and where the result goes. */
export interface SpawnCase {
  /** Id of the decision, and of the instance if it is allowed. */
  readonly id: InstanceId;
  readonly ask: SpawnAsk;
  readonly facts: SpawnFacts;
  readonly inForce: InForce;
  readonly book: AccountBook;
  readonly memberId?: string;
  readonly taskId?: string;
  readonly runId?: string;
  readonly goalId?: string;
  readonly parentId?: string;
}

/** An instance this run got before: the request came twice. */
export interface Repeated {
  readonly earlier: EarlierRow;
}

export const readTeam = (tx: Tx): Promise<TeamRow | undefined> =>
  tx.one<TeamRow>(sql`select team_id, customer_id, name, state, epoch, mode, bundle, bundle_id, bundle_version from app.team where team_id = ${tx.scopeId}`);

/** Reads everything the rule needs in one flush, after taking the team's turn. */
export async function readSpawn(tx: Tx, request: SpawnRequest): Promise<SpawnCase | Repeated> {
  const [, team, work, earlier, parent, counts, inForce, book] = await Promise.all([
    tx.read(takeTurn(tx)),
    readTeam(tx),
    tx.one<WorkRow>(sql`select k.goal_id, k.title, k.state as task_state, g.state as goal_state, m.id as member_id, m.state as member_state, m.skill, m.agent
      from app.task k join app.goal g on g.team_id = k.team_id and g.id = k.goal_id join app.member m on m.team_id = k.team_id and m.id = k.member_id
      where k.team_id = ${tx.scopeId} and k.id = ${request.taskId}`),
    tx.one<EarlierRow>(sql`select id, task_id, state, capabilities, slice, skill_hash from app.instance where team_id = ${tx.scopeId} and run_id = ${request.runId}`),
    readManager(tx),
    readCounts(tx, request.taskId),
    readInForce(tx),
    AccountBook.read(tx, sql`select goal_id from app.task where team_id = ${tx.scopeId} and id = ${request.taskId}`),
  ]);
  if (earlier) return { earlier };
  if (!team) throw new NotFoundError('team');
  const facts = { team, work: work ? { taskState: work.task_state, memberState: work.member_state } : null, ...(work ? { mission: { goalState: work.goal_state } } : {}), ...ruleFacts(inForce), ...(parent ? { parent: { role: parent.role, capabilities: parent.capabilities, depth: 1, children: parent.children } } : {}), counts };
  return {
    id: InstanceId.next(),
    ask: { ...askFor(team, work), sandboxLevel: request.sandboxLevel, ...(request.epoch === undefined ? {} : { epoch: request.epoch }) },
    facts: { ...facts, account: missionAccount(book, team, work?.goal_id, inForce) },
    inForce,
    book,
    taskId: request.taskId,
    runId: request.runId,
    ...(work ? { memberId: work.member_id, goalId: work.goal_id } : {}),
    ...(parent ? { parentId: parent.id } : {}),
  };
}

export const ruleFacts = ({ policy, templates, skillDigests }: InForce) => ({ ...(policy ? { policy } : {}), templates, skillDigests });

/** Role, template and budget are the bundle's, found by the member's skill: nothing of it is the asker's word. */
function askFor({ bundle }: TeamRow, work: WorkRow | undefined): Pick<SpawnAsk, 'role' | 'templateId' | 'justification' | 'budgetOverride'> {
  const entry = bundle.members?.find(({ skill }) => skill === work?.skill);
  return {
    role: entry?.role ?? 'worker',
    templateId: entry?.template ?? work?.agent ?? '',
    justification: work?.title ?? '',
    ...(entry?.budget ? { budgetOverride: amountsOfBudget(entry.budget) } : {}),
  };
}

/** The mission's account; before its first spawn, what it will be granted. */
function missionAccount(book: AccountBook, team: TeamRow, goalId: string | undefined, { policy }: InForce): Account {
  const known = goalId === undefined ? undefined : book.get(goalId);
  if (known) return known;
  const teamAccount = book.get(team.team_id);
  const wanted = full(amountsOfBudget(team.bundle.budgets?.goal));
  return newAccount(teamAccount ? missionGrant(wanted, policy?.missionTotal ?? {}, freeOf(teamAccount)) : NOTHING);
}

interface ParentRow {
  readonly id: string;
  readonly role: AgentRole;
  readonly capabilities: Capabilities;
  readonly children: number;
}

/** The team's running manager: the parent of every worker, and so the limit of what they may touch. */
const readManager = (tx: Tx): Promise<ParentRow | undefined> =>
  tx.one<ParentRow>(sql`select m.id, m.role, m.capabilities, (select count(*) from app.instance c where c.team_id = m.team_id and c.parent_id = m.id and c.state in ('queued', 'running')) as children from app.instance m where m.team_id = ${tx.scopeId} and m.task_id is null and m.state = 'running' order by m.started_at desc limit 1`);

async function readCounts(tx: Tx, taskId: string): Promise<SpawnFacts['counts']> {
  const row = await tx.one<SpawnFacts['counts']>(sql`select count(*) filter (where state in ('queued', 'running')) as running,
      count(*) filter (where goal_id = (select goal_id from app.task where team_id = ${tx.scopeId} and id = ${taskId})) as mission
    from app.instance where team_id = ${tx.scopeId}`);
  return row ?? { mission: 0, running: 0 };
}

/** A team's own manager, asked for by the person who deploys or reactivates it; `team` is the team as it will be. */
export async function readManagerSpawn(tx: Tx, team: TeamRow, verb: string, book: AccountBook): Promise<SpawnCase> {
  const [inForce, counts, member] = await Promise.all([
    readInForce(tx),
    tx.one<{ running: number }>(sql`select count(*) as running from app.instance where team_id = ${tx.scopeId} and state in ('queued', 'running') and task_id is not null`),
    tx.one<{ id: string; agent: string }>(sql`select id, agent from app.member where team_id = ${tx.scopeId} and kind = 'manager'`),
  ]);
  const { manager } = team.bundle;
  return {
    id: InstanceId.next(),
    // The manager is one of our own services: it runs no foreign code, so it needs no sandbox that a supervisor could report.
    ask: { role: (manager?.role ?? 'orchestrator') satisfies AgentRole, templateId: manager?.template ?? '', justification: verb, sandboxLevel: 0 },
    facts: { team, ...ruleFacts(inForce), root: ROOT_ROLE, counts: { mission: 0, running: counts?.running ?? 0 }, account: book.get(team.team_id) ?? newAccount(NOTHING) },
    inForce,
    book,
    ...(member ? { memberId: member.id } : {}),
  };
}
