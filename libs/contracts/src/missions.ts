import { firstOf } from './characters.js';
import type { GoalId, TaskId } from './ids.js';
import type { GoalState, Machine, TaskState } from './states.js';

/**
 * A goal and its tasks in the words of the original's missions: same rows, same ids, other names (decisions C-23).
 *
 * Everything here that has underscores travels as it stands; `canceled` has one l because the original's missions have.
 */
export const MISSION_STATUSES = ['draft', 'running', 'paused', 'succeeded', 'failed', 'canceled'] as const;
export type MissionStatus = (typeof MISSION_STATUSES)[number];
/** Work that is reported before anybody started the mission counts, as in the original, so a draft may succeed. */
export const missionMachine: Machine<MissionStatus> = {
  draft: ['running', 'succeeded', 'failed', 'canceled'],
  running: ['paused', 'succeeded', 'failed', 'canceled'],
  paused: ['running', 'failed', 'canceled'],
  succeeded: [],
  failed: [],
  canceled: [],
};

export const WORK_ITEM_STATUSES = ['todo', 'in_progress', 'blocked', 'review', 'test', 'rework', 'done'] as const;
export type WorkItemStatus = (typeof WORK_ITEM_STATUSES)[number];
/** A run that only its end is known of leads from `todo` straight to the review gate. */
export const workItemMachine: Machine<WorkItemStatus> = {
  todo: ['in_progress', 'review', 'rework', 'blocked'],
  in_progress: ['review', 'rework', 'blocked'],
  review: ['test', 'rework', 'blocked'],
  test: ['done', 'rework', 'blocked'],
  rework: ['in_progress', 'review', 'blocked'],
  blocked: [],
  done: [],
};

export interface WorkItem {
  readonly work_item_id: string;
  readonly title: string;
  readonly detail?: string;
  readonly status: WorkItemStatus;
  readonly depends_on: readonly string[];
  readonly assigned_agent?: string;
  readonly run_id?: string;
  readonly artifact_refs: readonly string[];
  readonly metadata?: object;
}

/** Limits of the whole mission; what is absent is limited by bundle and policy only. */
export interface MissionBudgets {
  readonly max_steps?: number;
  readonly max_tool_calls?: number;
  readonly max_duration_ms?: number;
}
/** An empty list narrows nothing. */
export interface MissionCapabilities {
  readonly allowed_tools: readonly string[];
  readonly allowed_agents: readonly string[];
  readonly allowed_memory_tiers: readonly string[];
}
/** What a mission's row keeps beside title and goal. */
export interface MissionTerms {
  readonly success_criteria: readonly string[];
  readonly entrypoint: string | null;
  readonly budgets: MissionBudgets;
  readonly capabilities: MissionCapabilities;
  readonly metadata?: object;
}
export const NO_TERMS: MissionTerms = { success_criteria: [], entrypoint: null, budgets: {}, capabilities: { allowed_tools: [], allowed_agents: [], allowed_memory_tiers: [] } };

export interface MissionSpec extends MissionTerms {
  readonly mission_id: string;
  readonly title: string;
  readonly goal: string;
  readonly knowledge: object;
}
/** There is no shared memory of agents here, and the wire says so. */
export const NO_KNOWLEDGE = { enabled: false, reuse_mode: 'disabled', trust_floor: 'promoted', read_spaces: [], promote_spaces: [] } as const;

export interface MissionState {
  readonly mission_id: string;
  readonly status: MissionStatus;
  readonly spec: MissionSpec;
  readonly work_items: readonly WorkItem[];
  /** Rises by one with every change; a client that sends the one it saw is told when it was not the newest. */
  readonly revision: number;
  readonly updated_at_ms: number;
}

/** `goal`: planned and driven by the manager. `mission`: driven by events. */
export const GOAL_ORIGINS = ['goal', 'mission'] as const;
export type GoalOrigin = (typeof GOAL_ORIGINS)[number];

/** A goal's row, as far as a mission is concerned. */
export interface MissionRow {
  readonly id: GoalId;
  readonly origin: GoalOrigin;
  readonly title: string;
  readonly text: string;
  readonly state: GoalState;
  readonly paused: boolean;
  readonly terms: Partial<MissionTerms>;
  readonly revision: number;
  readonly updatedAtMs: number;
}
/** A task's row, as far as a work item is concerned. */
export interface WorkItemRow {
  readonly id: TaskId;
  readonly key: string;
  readonly title: string;
  readonly detail: string;
  readonly state: TaskState;
  readonly round: number;
  readonly dependsOn: readonly TaskId[];
  /** The kind of member who does it; of a mission's work item the agent it names, or nothing. */
  readonly skill: string;
  readonly runId: string | null;
  readonly artifactRefs: readonly string[];
  readonly metadata: object;
}

const OPEN_AS: Readonly<Record<GoalState, MissionStatus>> = {
  planned: 'draft',
  running: 'running',
  proposed: 'running',
  changes_requested: 'running',
  executing: 'running',
  // it waits for a person and may go on: the original has no other word for that
  blocked: 'paused',
  done: 'succeeded',
  denied: 'failed',
  expired: 'failed',
  failed: 'failed',
  cancelled: 'canceled',
};

export function missionStatusOf({ state, paused }: Pick<MissionRow, 'state' | 'paused'>): MissionStatus {
  const status = OPEN_AS[state];
  return paused && (status === 'draft' || status === 'running') ? 'paused' : status;
}

/** `assigned` after the first round is rework; `approved` stands at the test gate: checks passed, not settled. */
export function workItemStatusOf({ state, round }: Pick<WorkItemRow, 'state' | 'round'>): WorkItemStatus {
  switch (state) {
    case 'assigned':
      return round > 1 ? 'rework' : 'in_progress';
    case 'approved':
      return 'test';
    case 'cancelled':
      return 'blocked';
    default:
      return state;
  }
}

/** What a mission's work item is stored as; `workItemStatusOf` leads back. */
export const taskStateOf = (status: WorkItemStatus): TaskState => (status === 'test' ? 'approved' : status === 'rework' ? 'assigned' : status);

/** A mission's own work items keep the ids their creator chose; a goal's tasks are known by their ids. */
export const workItemIdOf = (origin: GoalOrigin, { id, key }: Pick<WorkItemRow, 'id' | 'key'>): string => (origin === 'mission' ? key : id);

/** The wire's view of a goal, wherever it was made. */
export function missionView(row: MissionRow, tasks: readonly WorkItemRow[]): MissionState {
  const wireIds = new Map(tasks.map((task) => [task.id, workItemIdOf(row.origin, task)]));
  return {
    mission_id: row.id,
    status: missionStatusOf(row),
    spec: { mission_id: row.id, title: row.title === '' ? firstLine(row.text) : row.title, goal: row.text, knowledge: NO_KNOWLEDGE, ...NO_TERMS, ...row.terms },
    work_items: tasks.map((task) => ({
      work_item_id: wireIds.get(task.id)!,
      title: task.title,
      ...(task.detail === '' ? {} : { detail: task.detail }),
      status: workItemStatusOf(task),
      depends_on: task.dependsOn.flatMap((id) => wireIds.get(id) ?? []),
      ...(task.skill === '' ? {} : { assigned_agent: task.skill }),
      ...(task.runId === null ? {} : { run_id: task.runId }),
      artifact_refs: task.artifactRefs,
      ...(Object.keys(task.metadata).length === 0 ? {} : { metadata: task.metadata }),
    })),
    revision: row.revision,
    updated_at_ms: row.updatedAtMs,
  };
}

const TITLE_CHARS = 200;
const firstLine = (text: string): string => firstOf(text.trim().split('\n')[0] ?? '', TITLE_CHARS);

/** What the reducer asks its caller to do next. */
export type MissionCommand = { readonly mission_id: string } & (
  | { readonly type: 'start_run'; readonly work_item_id: string; readonly agent: string | null; readonly prompt: string }
  | { readonly type: 'request_approval'; readonly work_item_id: string; readonly kind: 'review' | 'test'; readonly summary: string }
  | { readonly type: 'persist_artifact'; readonly work_item_id: string; readonly artifact_ref: string; readonly metadata: object | null }
  | { readonly type: 'schedule_timer'; readonly timer_id: string; readonly due_at_ms: number }
  | { readonly type: 'emit_notice'; readonly event_type: string; readonly properties: object }
);

/** One line of `orchestratorSpawns`. */
export type OrchestratorSpawn = { readonly workItemID: string; readonly agent: string } & (
  | { readonly ok: true; readonly instanceID: string; readonly sessionID: string; readonly status: string }
  | { readonly ok: false; readonly code: string; readonly error: string }
);
export interface OrchestratorCancellations {
  readonly triggered: boolean;
  readonly reason?: string;
  /** Those that ran or waited and were ended by this: what had finished before is not among them. */
  readonly cancelledInstances: number;
}
