import { IsBoolean, IsIn, IsObject, IsOptional } from 'class-validator';
import { defineCommand } from '../command.js';
import { AGENT_ROLES, type AgentRole } from '../files/spawn-policy.js';
import type { GoalId, InstanceId, TaskId, TeamId } from '../ids.js';
import { IsCount, IsId, IsListOf, IsNested, IsText } from '../rules.js';
import { GATE_APPROVAL_KINDS, GATE_APPROVAL_STATES, INSTANCE_STATES, type Amounts, type GateApprovalKind, type GateApprovalState, type InstanceState } from '../states.js';
import { CommandReply, Requester } from './gateway.js';

/** One rule that says no, with its code. */
export class SpawnViolation {
  @IsText(64) code!: string;
  @IsText(500, 0) message!: string;
}

/**
 * What every door of the gate answers. `ok` with an instance, or `ok: false` with the first rule's code and all that say no;
 * `requiresUserApproval` means that nothing but a person's yes is missing, and `approvalId` is the question that waits for it.
 */
export class SpawnOutcome extends CommandReply {
  @IsListOf(() => SpawnViolation, 50) violations!: SpawnViolation[];
  @IsBoolean() requiresUserApproval!: boolean;
  @IsOptional() @IsId() instanceId?: InstanceId;
  /** A goal's id, or `mission-default`. */
  @IsOptional() @IsText(64) missionId?: string;
  /** `queued` until a supervisor holds it. */
  @IsOptional() @IsIn(INSTANCE_STATES) status?: InstanceState;
  @IsOptional() @IsText(80) skillHash?: string;
  @IsOptional() @IsId() approvalId?: string;
  /** What the instance holds. Of an agent's child this is taken from the agent's own slice. */
  @IsOptional() @IsObject() slice?: Amounts;
}

/** What somebody may wish for. Who wishes it is never part of it: that comes from the credential, or from the process the fleet holds (P12). */
export class SpawnWish {
  @IsId() teamId!: TeamId;
  /** Made by the caller. The same request again gets the same answer, and learns what became of the question it had to ask. */
  @IsId() requestId!: string;
  @IsIn(AGENT_ROLES) role!: AgentRole;
  /** Absent: the first template, by id, that is made for the role. */
  @IsOptional() @IsText(100) templateId?: string;
  @IsText(4000, 0) justification!: string;
  /** Absent: the parent's mission, else the team's default mission. */
  @IsOptional() @IsId() missionId?: GoalId;
  /** Only ever less than role and template give. */
  @IsOptional() @IsObject() budgetOverride?: Amounts;
}

/** A person asks. The person's own edge applies; with a parent, the parent's as well. */
export class RequestSpawn extends SpawnWish {
  @IsNested(() => Requester) by!: Requester;
  @IsOptional() @IsId() parentInstanceId?: InstanceId;
}
export const requestSpawn = defineCommand({ service: 'spawn-gate', verb: 'request_spawn', caller: 'gateway', request: RequestSpawn, reply: SpawnOutcome });

/** An agent asks, by tool or by method. `instanceId` is the instance that the fleet bound to the process, never a word of the agent's. */
export class SpawnAgent extends SpawnWish {
  @IsId() instanceId!: InstanceId;
  /** What the agent has drawn of its slice and the gate does not know yet. */
  @IsOptional() @IsObject() drawn?: Amounts;
}
export const spawnAgent = defineCommand({ service: 'spawn-gate', verb: 'spawn_agent', caller: 'fleet', request: SpawnAgent, reply: SpawnOutcome });

/** A mission's work item needs an instance. Role, template and reason are read from the task; the parent is the team's manager. Idempotent also by task. */
export class MissionSpawn {
  @IsId() teamId!: TeamId;
  @IsId() requestId!: string;
  @IsId() taskId!: TaskId;
}
export const missionSpawn = defineCommand({ service: 'spawn-gate', verb: 'mission_spawn', caller: 'manager-agent', request: MissionSpawn, reply: SpawnOutcome });

export const GATE_DECISIONS = ['approve', 'deny'] as const;
export type GateDecisionWord = (typeof GATE_DECISIONS)[number];

/** A person answers a question of the gate. There is no such verb for an agent, and the requester never answers the own question (P11). */
export class DecideGateApproval {
  @IsId() teamId!: TeamId;
  @IsId() approvalId!: string;
  @IsNested(() => Requester) by!: Requester;
  @IsIn(GATE_DECISIONS) decision!: GateDecisionWord;
  @IsText(500, 0) reason!: string;
}
/** A yes to a spawn runs the whole gate again and overrides only `spawn_requires_approval`: `ok: false` with `state: 'approved'` is a yes that came too late for another rule. */
export class GateDecision extends SpawnOutcome {
  @IsOptional() @IsIn(GATE_APPROVAL_KINDS) kind?: GateApprovalKind;
  @IsOptional() @IsIn(GATE_APPROVAL_STATES) state?: GateApprovalState;
}
export const decideGateApproval = defineCommand({ service: 'spawn-gate', verb: 'decide_gate_approval', caller: 'gateway', request: DecideGateApproval, reply: GateDecision });

/**
 * A tool call that needs a person's yes. The question is known by instance, tool and arguments: asking again gets its state, and
 * a yes is answered `approved` to one call only. The same call may ask again.
 */
export class AskTool {
  @IsId() teamId!: TeamId;
  @IsId() instanceId!: InstanceId;
  @IsId() callId!: string;
  @IsText(100) tool!: string;
  /** What the person is shown; at most 32 KiB as JSON. */
  @IsObject() args!: Record<string, unknown>;
  /** Why a person is needed: the capability's code. */
  @IsText(64) code!: string;
  @IsText(500, 0) reason!: string;
}
export class ToolAnswer {
  @IsIn(GATE_APPROVAL_STATES) outcome!: GateApprovalState;
  @IsId() approvalId!: string;
  /** Why not, in the deny codes' style; `ok` for a yes, `tool_requires_approval` while nobody has answered. */
  @IsText(64) code!: string;
  @IsText(500, 0) reason!: string;
}
export const askTool = defineCommand({ service: 'spawn-gate', verb: 'ask_tool', caller: 'fleet', request: AskTool, reply: ToolAnswer });

/** Ends one instance and everything it started. A team's manager ends with its team. */
export class CancelInstance {
  @IsId() teamId!: TeamId;
  @IsId() instanceId!: InstanceId;
  @IsNested(() => Requester) by!: Requester;
  @IsText(500, 0) reason!: string;
}
export class InstanceCancelled extends CommandReply {
  @IsOptional() @IsIn(INSTANCE_STATES) status?: InstanceState;
}
export const cancelInstance = defineCommand({ service: 'spawn-gate', verb: 'cancel_instance', caller: 'gateway', request: CancelInstance, reply: InstanceCancelled });

export const MISSION_STOP_VERBS = ['cancel', 'pause', 'resume'] as const;
export type MissionStopVerb = (typeof MISSION_STOP_VERBS)[number];

/**
 * The mission's flag at the gate. `cancel` ends its instances and is for good (the default mission, which has no goal, can be
 * resumed); `pause` lets nothing new start; `resume` lifts a pause. The goal's own row is the manager's.
 */
export class HaltMission {
  @IsId() teamId!: TeamId;
  /** Absent: the default mission. */
  @IsOptional() @IsId() missionId?: GoalId;
  @IsIn(MISSION_STOP_VERBS) verb!: MissionStopVerb;
  @IsText(500, 0) reason!: string;
}
export class StopMission extends HaltMission {
  @IsNested(() => Requester) by!: Requester;
}
export class MissionStopped extends CommandReply {
  /** Instances that this command ended; those that had ended before do not count. */
  @IsCount() cancelledInstances!: number;
}
export const stopMission = defineCommand({ service: 'spawn-gate', verb: 'stop_mission', caller: 'gateway', request: StopMission, reply: MissionStopped });
/** The same from the mission's own reducer. */
export const haltMission = defineCommand({ service: 'spawn-gate', verb: 'halt_mission', caller: 'manager-agent', request: HaltMission, reply: MissionStopped });
