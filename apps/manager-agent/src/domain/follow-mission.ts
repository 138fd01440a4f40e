import { goalMachine, isTerminal, wireId, type GoalOrigin, type GoalState, type InstanceState, type MissionStopVerb, type OrchestratorSpawn, type TaskId, type TaskState } from '@countersign/contracts';
import { roleOf } from './plan-mission.js';

/** What the rows of manager and gate say about one mission: whether the two agree, and who of it is at work. */
export interface BridgeFacts {
  readonly origin: GoalOrigin;
  readonly state: GoalState;
  readonly paused: boolean;
  readonly teamActive: boolean;
  /** Since when it is at work: the mission's last start or resumption, or the team's. */
  readonly since: string;
  /** The gate's flag. */
  readonly stop: 'paused' | 'cancelled' | null;
  readonly items: readonly AssignedItem[];
}
/** A work item, the newest instance made for it, and the gate's newest answer since the mission was last started or resumed. */
export interface AssignedItem {
  readonly taskId: TaskId;
  readonly workItemId: string;
  readonly agent: string;
  readonly state: TaskState;
  readonly instance: { readonly id: string; readonly state: InstanceState } | null;
  readonly decision: { readonly allowed: boolean; readonly code: string; readonly message: string } | null;
}
export interface Due {
  readonly halt?: MissionStopVerb;
  /** The gate stopped the mission for good, and its own row does not say so yet. */
  readonly cancel: boolean;
  readonly spawns: readonly TaskId[];
}

const NEEDS_AN_AGENT: readonly TaskState[] = ['todo', 'in_progress', 'assigned'];
const isLive = ({ instance }: AssignedItem): boolean => instance?.state === 'queued' || instance?.state === 'running';

/**
 * What is still to be done at the gate. Nothing is remembered of what was asked before: the gate's own rows say what it
 * answered, so a crash between a commit and its consequences loses nothing, and nothing is asked twice.
 */
export function dueOf(facts: BridgeFacts): Due {
  const { state, stop, paused, origin, teamActive } = facts;
  if (state === 'cancelled') return { ...(stop === 'cancelled' ? {} : { halt: 'cancel' as const }), cancel: false, spawns: [] };
  if (isTerminal(goalMachine, state)) return { cancel: false, spawns: [] };
  if (stop === 'cancelled') return { cancel: true, spawns: [] };
  const runs = origin === 'mission' && state === 'running' && !paused && teamActive;
  const halt = paused === (stop === 'paused') ? {} : { halt: paused ? ('pause' as const) : ('resume' as const) };
  return { ...halt, cancel: false, spawns: runs ? facts.items.filter(waitsForAgent).map(({ taskId }) => taskId) : [] };
}

const waitsForAgent = (item: AssignedItem): boolean => roleOf(item.agent) !== undefined && NEEDS_AN_AGENT.includes(item.state) && !isLive(item) && item.decision === null;

/** One line per work item that names an agent and is not over, in the original's words. */
export const spawnRows = ({ items }: BridgeFacts): OrchestratorSpawn[] =>
  items.filter(({ agent, state }) => agent !== '' && state !== 'done' && state !== 'blocked' && state !== 'cancelled').map(spawnRow);

function spawnRow(item: AssignedItem): OrchestratorSpawn {
  const { workItemId: workItemID, agent, instance, decision } = item;
  if (roleOf(agent) === undefined) return { workItemID, agent, ok: false, code: 'UNSUPPORTED_ASSIGNED_AGENT', error: 'assigned_agent names no agent-team role' };
  if (instance && (isLive(item) || decision?.allowed)) return { workItemID, agent, ok: true, instanceID: wireId('instance', instance.id), sessionID: wireId('session', instance.id), status: instance.state };
  if (decision && !decision.allowed) return { workItemID, agent, ok: false, code: decision.code, error: decision.message };
  return { workItemID, agent, ok: false, code: 'spawn_pending', error: 'the gate has not answered yet; it is asked again' };
}
