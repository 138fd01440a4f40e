import { defaultMissionId, type AgentRole, type BudgetLimit, type Bundle, type Capabilities, type Coordination, type GoalId, type GoalState, type HeldSkill, type InstanceId, type InstanceState, type TaskId, type TaskState, type TeamId, type TeamScope, type TeamState } from '@countersign/contracts';
import { raw, sql, type Statement, type Tx } from '@countersign/database';
import type { Full } from '../../domain/amounts.js';
import type { MissionStop } from '../../domain/decide-spawn.js';
import type { Owner } from '../../domain/own-agents.js';
import type { SpawnOrder } from './spawn-order.js';

export interface TeamRow {
  readonly team_id: TeamId;
  readonly customer_id: string;
  readonly name: string;
  readonly state: TeamState;
  readonly epoch: number;
  readonly mode: 'trial' | 'production';
  readonly coordination: Coordination;
  /** The person who coordinates it, while one does. */
  readonly coordinator: string | null;
  /** The bundle as it was when the team was hired. */
  readonly bundle: Partial<Bundle>;
  readonly bundle_id: string;
  readonly bundle_version: number;
}

export const readTeam = (tx: Tx): Promise<TeamRow | undefined> =>
  tx.one<TeamRow>(sql`select team_id, customer_id, name, state, epoch, mode, coordination, coordinator, bundle, bundle_id, bundle_version from app.team where team_id = ${tx.scopeId}`);

/** What the team was certified with, the last time that it was. */
export const readCertifiedScope = async (tx: Tx): Promise<TeamScope | undefined> =>
  (await tx.one<{ scope: TeamScope }>(sql`select scope from app.certification where team_id = ${tx.scopeId} and verdict = 'certified' order by decided_at desc limit 1`))?.scope;

/** Who of the team has an agent of its own. */
export const readOwners = (tx: Tx): Promise<(Owner & { readonly id: string })[]> =>
  tx.read(sql`select id, skill, agent, state = 'suspended' as suspended from app.member where team_id = ${tx.scopeId} and kind = 'specialist' and state in ('active', 'suspended')`);

export interface WorkRow {
  readonly title: string;
  readonly task_state: TaskState;
  /** Null for a work item of a mission, which is no member's: its skill then names a role. */
  readonly member_id: string | null;
  readonly member_state: string | null;
  readonly skill: string;
  /** Whose agent does it: who stands in for another has theirs. */
  readonly agent_skill: string | null;
  readonly agent_state: string | null;
  readonly agent: string | null;
}

export const readWork = (tx: Tx, taskId: TaskId): Promise<WorkRow | undefined> =>
  tx.one<WorkRow>(sql`select k.title, k.state as task_state, m.id as member_id, m.state as member_state, k.skill, a.skill as agent_skill, a.state as agent_state, a.agent
    from app.task k left join app.member m on m.team_id = k.team_id and m.id = k.member_id left join app.member a on a.team_id = k.team_id and a.id = app.agent_of(k.team_id, k.member_id, k.skill) where k.team_id = ${tx.scopeId} and k.id = ${taskId}`);

/** The goal a request is for, as a scalar: the task's, the one it names, its parent's, or none. */
export function goalOf(tx: Tx, { taskId, wish, parent }: Pick<SpawnOrder, 'taskId' | 'wish' | 'parent'>): Statement {
  if (taskId !== undefined) return sql`(select goal_id from app.task where team_id = ${tx.scopeId} and id = ${taskId})`;
  if (wish?.missionId !== undefined) return sql`${wish.missionId}::uuid`;
  return parent === undefined || parent === 'manager' ? sql`null::uuid` : sql`(select goal_id from app.instance where team_id = ${tx.scopeId} and id = ${parent})`;
}

export interface MissionRow {
  readonly goal_id: GoalId | null;
  /** Null where there is no such goal, and for the default mission. */
  readonly goal_state: GoalState | null;
  readonly paused: boolean;
  readonly stop: MissionStop | null;
  readonly limits: BudgetLimit | null;
  /** What its maker lets its agents call; null and none: nothing is said. */
  readonly tools: string[] | null;
  /** Whom it lets work for it, by role or template; null and none: nothing is said. */
  readonly agents: string[] | null;
}

/** What the mission's terms list, where they do. */
const listed = (list: 'allowed_tools' | 'allowed_agents', as: 'tools' | 'agents') =>
  raw(`case when jsonb_typeof(g.spec #> '{capabilities,${list}}') = 'array' then g.spec #> '{capabilities,${list}}' end as ${as}`);


/** Raises the gate's own flag of a mission; the one that stood before is over. */
export const flagMission = (tx: Tx, { missionId, state, reason, by }: { readonly missionId: string; readonly state: MissionStop; readonly reason: string; readonly by: string }): void =>
  tx.write(sql`insert into app.mission_stop (team_id, mission_id, state, reason, stopped_by) values (${tx.scopeId}, ${missionId}, ${state}, ${reason}, ${by})
    on conflict (team_id, mission_id) do update set state = excluded.state, reason = excluded.reason, stopped_by = excluded.stopped_by, stopped_at = clock_timestamp()`);

/** The mission's two flags: the gate's own, and the goal's. */
export const readMission = async (tx: Tx, goal: Statement): Promise<MissionRow> =>
  (await tx.one<MissionRow>(sql`select m.goal_id, g.state as goal_state, g.paused_at is not null as paused, s.state as stop, case when jsonb_typeof(g.spec -> 'budgets') = 'object' then g.spec -> 'budgets' end as limits, ${listed('allowed_tools', 'tools')}, ${listed('allowed_agents', 'agents')}
    from (select ${goal} as goal_id) m left join app.goal g on g.team_id = ${tx.scopeId} and g.id = m.goal_id
      left join app.mission_stop s on s.team_id = ${tx.scopeId} and s.mission_id = coalesce(m.goal_id, ${defaultMissionId(tx.scopeId as TeamId)}::uuid)`))!;

export interface ParentRow {
  readonly id: InstanceId;
  readonly role: AgentRole;
  readonly capabilities: Capabilities;
  readonly state: InstanceState;
  readonly goal_id: GoalId | null;
  readonly manager: boolean;
  readonly life_ms: number | null;
  readonly children: number;
  readonly depth: number;
}

/** The team's running manager, or the instance that is named if it has not ended. */
export function readParent(tx: Tx, parent: SpawnOrder['parent']): Promise<ParentRow | undefined> | undefined {
  if (parent === undefined) return undefined;
  const which = parent === 'manager' ? sql`i.task_id is null and i.member_id is not null and i.state = 'running' order by i.started_at desc limit 1` : sql`i.id = ${parent} and i.state in ('queued', 'running')`;
  return tx.one<ParentRow>(sql`select i.id, i.role, i.capabilities, i.state, i.goal_id, i.task_id is null and i.member_id is not null as manager,
      (extract(epoch from i.deadline_at - clock_timestamp()) * 1000)::int8 as life_ms,
      (select count(*) from app.instance c where c.team_id = i.team_id and c.parent_id = i.id and c.state in ('queued', 'running')) as children,
      (with recursive up as (select i.parent_id as parent_id, 1 as depth union all select p.parent_id, up.depth + 1 from up join app.instance p on p.team_id = ${tx.scopeId} and p.id = up.parent_id) select max(depth) from up) as depth
    from app.instance i where i.team_id = ${tx.scopeId} and ${which}`);
}

export interface Counts {
  readonly mission: number;
  readonly running: number;
}

/** Instances of the team that have not ended, and those the mission ever had; of the default mission, which has no end, those that are there now. */
export const readCounts = async (tx: Tx, goal: Statement): Promise<Counts> =>
  (await tx.one<Counts>(sql`select (select count(*) from app.instance i where i.team_id = ${tx.scopeId} and i.state in ('queued', 'running')) as running,
      case when m.goal_id is null then (select count(*) from app.instance i where i.team_id = ${tx.scopeId} and i.state in ('queued', 'running') and i.goal_id is null and i.member_id is null)
        else (select count(*) from app.instance i where i.team_id = ${tx.scopeId} and i.goal_id = m.goal_id) end as mission
    from (select ${goal} as goal_id) m`))!;

export interface EarlierInstance {
  readonly id: InstanceId;
  readonly task_id: string | null;
  readonly run_id: string | null;
  readonly goal_id: string | null;
  readonly state: InstanceState;
  readonly capabilities: object;
  readonly skills: HeldSkill[];
  readonly slice: Full;
  readonly skill_hash: string;
}

const earlier: Statement = sql`select id, task_id, run_id, goal_id, state, capabilities, skills, slice, skill_hash from app.instance`;
export const instanceAsTold = (tx: Tx, id: string): Promise<EarlierInstance | undefined> => tx.one<EarlierInstance>(sql`${earlier} where team_id = ${tx.scopeId} and id = ${id}`);

/** The instance this run has, or for a mission's spawn the one its task has: such a request is answered with it. */
export function readEarlier(tx: Tx, { taskId, supervisor }: Pick<SpawnOrder, 'taskId' | 'supervisor'>): Promise<EarlierInstance | undefined> | undefined {
  if (supervisor) return tx.one<EarlierInstance>(sql`${earlier} where team_id = ${tx.scopeId} and run_id = ${supervisor.runId}`);
  if (taskId === undefined) return undefined;
  return tx.one<EarlierInstance>(sql`${earlier} where team_id = ${tx.scopeId} and task_id = ${taskId} and state in ('queued', 'running') order by started_at desc limit 1`);
}

/** A decision that was made before under the same id. */
export interface EarlierDecision {
  readonly allowed: boolean;
  readonly code: string;
  readonly violations: { readonly code: string; readonly message: string }[];
  readonly digest: string;
}
export const decisionById = (tx: Tx, id: string): Promise<EarlierDecision | undefined> =>
  tx.one<EarlierDecision>(sql`select allowed, code, violations, digest from app.spawn_decision where team_id = ${tx.scopeId} and id = ${id}`);
