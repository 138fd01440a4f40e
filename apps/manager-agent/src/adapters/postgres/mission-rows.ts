import { fromWireId, MalformedIdError, missionView, workItemIdOf, type CustomerId, type GoalId, type MemberId, type MissionRow, type MissionState, type PersonId, type TeamId, type WorkItemRow } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import type { MissionFacts, PastEvent } from '../../domain/mission-facts.js';

export interface TeamRow {
  readonly id: TeamId;
  readonly customerId: CustomerId;
  readonly state: string;
  readonly epoch: number;
  readonly managerId: MemberId;
}
interface HeadRow extends MissionRow {
  readonly nowMs: number;
  readonly pausedAtMs: number | null;
  readonly pausedMs: number;
  readonly startedAtMs: number | null;
}
interface EventRow {
  readonly type: PastEvent['type'];
  readonly workItemId: string;
  readonly id: string;
  readonly actor: PersonId;
}

/** A goal of either origin as a mission, its row locked until the transaction ends: two events about it take turns. */
export interface StoredMission {
  readonly team: TeamRow;
  readonly row: HeadRow;
  readonly tasks: readonly WorkItemRow[];
  readonly facts: MissionFacts;
  /** Who reported a work item's runs, where no instance of the mission did them. */
  authorsOf(workItemId: string): PersonId[];
}

/** An active team is fenced as it is read: a suspension waits for this transaction, or this transaction sees it (P9). */
export const readTeam = (tx: Tx): Promise<TeamRow | undefined> =>
  tx.one<TeamRow>(sql`
    select t.team_id as id, t.customer_id as "customerId", t.state, case when t.state = 'active' then sec.fence(t.epoch) else t.epoch end as epoch,
      (select m.id from app.member m where m.team_id = t.team_id and m.kind = 'manager' limit 1) as "managerId"
    from app.team t where t.team_id = ${tx.scopeId}`);

/** Everything about one mission, in one flush. Undefined when there is no such goal in this team. */
export async function readMission(tx: Tx, goalId: GoalId): Promise<StoredMission | undefined> {
  const [team, row, tasks, events, agents] = await Promise.all([readTeam(tx), readHead(tx, goalId), readItems(tx, goalId), readEvents(tx, goalId), readAgents(tx, goalId)]);
  if (!team || !row) return undefined;
  const mission = missionView(row, tasks);
  return {
    team,
    row,
    tasks,
    facts: { mission, nowMs: row.nowMs, deadlineMs: deadlineOf(row, mission), rounds: new Map(tasks.map((task) => [workItemIdOf(row.origin, task), task.round])), past: events },
    authorsOf: (id) => events.filter(({ type, workItemId, id: runId }) => workItemId === id && (type === 'run_started' || type === 'run_finished') && !isAgentsRun(runId, agents)).map(({ actor }) => actor),
  };
}

/** The wire's view of a goal of either origin, without a lock. */
export async function readMissionView(tx: Tx, goalId: GoalId): Promise<MissionState | undefined> {
  const [row, tasks] = await Promise.all([tx.one<MissionRow>(sql`select ${missionColumns} from app.goal g where g.team_id = ${tx.scopeId} and g.id = ${goalId}`), readItems(tx, goalId)]);
  return row && missionView(row, tasks);
}

const ms = (column: string) => ({ text: `(extract(epoch from ${column}) * 1000)::int8`, values: [] });
const missionColumns = sql`g.id, g.origin, g.title, g.text, g.state, g.paused_at is not null as paused, g.spec as terms, g.mission_revision as revision, ${ms('g.changed_at')} as "updatedAtMs"`;

const readHead = (tx: Tx, goalId: GoalId): Promise<HeadRow | undefined> =>
  tx.one<HeadRow>(sql`
    select ${missionColumns}, ${ms('clock_timestamp()')} as "nowMs", ${ms('g.paused_at')} as "pausedAtMs", g.paused_ms as "pausedMs", ${ms('g.started_at')} as "startedAtMs"
    from app.goal g where g.team_id = ${tx.scopeId} and g.id = ${goalId} for update of g`);

const readItems = (tx: Tx, goalId: GoalId): Promise<WorkItemRow[]> =>
  tx.read<WorkItemRow>(sql`
    select k.id, k.key, k.title, k.detail, k.state, k.round, k.depends_on as "dependsOn", k.skill, k.options ->> 'runId' as "runId", k.artifact_refs as "artifactRefs", k.metadata
    from app.task k where k.team_id = ${tx.scopeId} and k.goal_id = ${goalId} order by k.ordinal`);

/** Only those that changed something: who posted once more what was known is nobody's author. */
const readEvents = (tx: Tx, goalId: GoalId): Promise<EventRow[]> =>
  tx.read<EventRow>(sql`
    select e.type, e.body ->> 'work_item_id' as "workItemId", coalesce(e.body ->> 'run_id', e.body ->> 'approval_id') as id, e.actor
    from app.mission_event e where e.team_id = ${tx.scopeId} and e.goal_id = ${goalId} and e.type in ('run_started', 'run_finished', 'approval_granted', 'approval_denied') and (e.reply ->> 'changed')::boolean order by e.seq`);

/** Instances of the mission and their runs. */
const readAgents = async (tx: Tx, goalId: GoalId): Promise<ReadonlySet<string>> => {
  const rows = await tx.read<{ id: string }>(sql`select unnest(array[i.id, i.run_id]) as id from app.instance i where i.team_id = ${tx.scopeId} and i.goal_id = ${goalId}`);
  return new Set(rows.map(({ id }) => id));
};

/** A run id of a client's own making names no instance of ours. */
const isAgentsRun = (runId: string, agents: ReadonlySet<string>): boolean => (['instance', 'session', 'run'] as const).some((kind) => agents.has(uuidIn(kind, runId) ?? ''));
function uuidIn(kind: 'instance' | 'session' | 'run', text: string): string | undefined {
  try {
    return fromWireId(kind, text);
  } catch (cause) {
    if (cause instanceof MalformedIdError) return undefined;
    throw cause;
  }
}

/** Pauses do not count. */
function deadlineOf({ startedAtMs, pausedMs, pausedAtMs, nowMs }: HeadRow, { spec }: MissionState): number | null {
  const most = spec.budgets.max_duration_ms;
  if (most === undefined || startedAtMs === null) return null;
  return startedAtMs + most + pausedMs + (pausedAtMs === null ? 0 : nowMs - pausedAtMs);
}
