import { IsArray, IsBoolean, IsIn, IsObject, IsOptional } from 'class-validator';
import type { NamedEffect } from '../effects.js';
import { defineCommand } from '../command.js';
import { IsCount, IsId, IsNested, IsText } from '../rules.js';
import { GOAL_MODES, TASK_ANSWERS, TEAM_CHANGES_NAMED, TEAM_MODES, TEAM_VERBS_NAMED, type Amounts, type GoalMode, type TaskAnswer, type TeamChange, type TeamMode, type TeamVerb } from '../states.js';
import type { CustomerId, GoalId, PersonId, TaskId, TeamId } from '../ids.js';
import { RECORDED_KINDS, type RecordedKind } from '../escalations.js';
import { Done } from './fleet.js';

/** The person behind a command, as the gateway's session knows them. */
export class Requester {
  @IsId() personId!: PersonId;
  @IsId() customerId!: CustomerId;
  @IsArray() roles!: string[];
}

export class HireTeam {
  @IsId() teamId!: TeamId;
  @IsNested(() => Requester) by!: Requester;
  @IsText(64) bundleId!: string;
  @IsCount(100_000) bundleVersion!: number;
  @IsIn(TEAM_MODES) mode!: TeamMode;
}
/** A refusal is a reply with `ok: false`, its code and sentence: the gateway shows it as it stands. */
export class CommandReply extends Done {
  @IsText(64) code!: string;
  @IsText(500, 0) message!: string;
}
export const hireTeam = defineCommand({ service: 'spawn-gate', verb: 'hire', caller: 'gateway', request: HireTeam, reply: CommandReply });

/** One lifecycle verb on one team; which role may do which is the gate's rule. */
export class MoveTeam {
  @IsId() teamId!: TeamId;
  @IsNested(() => Requester) by!: Requester;
  @IsIn(TEAM_VERBS_NAMED) verb!: TeamVerb;
  @IsText(500, 0) reason!: string;
}
/** Refused with `spawn_requires_approval` and an `approvalId`: the move waits for a person's yes to the team's manager, and is made with it. */
export class TeamMoved extends CommandReply {
  @IsOptional() @IsId() approvalId?: string;
}
export const moveTeam = defineCommand({ service: 'spawn-gate', verb: 'move_team', caller: 'gateway', request: MoveTeam, reply: TeamMoved });

/** A person changes the terms that a team works on; which role may do which is the gate's rule. `refused` with every condition that is not met, where there are some. */
export class ChangeTeam {
  @IsId() teamId!: TeamId;
  @IsNested(() => Requester) by!: Requester;
  @IsIn(TEAM_CHANGES_NAMED) change!: TeamChange;
  @IsText(500, 0) reason!: string;
}
export const changeTeam = defineCommand({ service: 'spawn-gate', verb: 'change_team', caller: 'gateway', request: ChangeTeam, reply: CommandReply });

/** Whoever an escalation is for says that they have seen it, or how it ended. The nil team is the platform. */
export class SteerEscalation {
  @IsId() teamId!: TeamId;
  @IsId() escalationId!: string;
  @IsNested(() => Requester) by!: Requester;
  @IsIn(['acknowledge', 'resolve']) verb!: 'acknowledge' | 'resolve';
  @IsText(1000, 0) words!: string;
}
export const steerEscalation = defineCommand({ service: 'spawn-gate', verb: 'steer_escalation', caller: 'gateway', request: SteerEscalation, reply: CommandReply });

/** A person records what no row shows, for whoever has to look at it; an ethics flag stops whom it names, or the team. */
export class RecordIncident {
  @IsId() teamId!: TeamId;
  @IsId() incidentId!: string;
  @IsNested(() => Requester) by!: Requester;
  @IsIn(RECORDED_KINDS) kind!: RecordedKind;
  @IsOptional() @IsId() memberId?: string;
  @IsText(2000) words!: string;
}
export const recordIncident = defineCommand({ service: 'spawn-gate', verb: 'record_incident', caller: 'gateway', request: RecordIncident, reply: CommandReply });

/** How fast the API answered within the last minute: all but the slowest twentieth within so many milliseconds. */
export class ReportPace {
  @IsCount() requests!: number;
  @IsCount() p95Ms!: number;
}
export const reportPace = defineCommand({ service: 'spawn-gate', verb: 'report_pace', caller: 'gateway', request: ReportPace, reply: CommandReply });

export const MEMBER_VERBS = ['suspend', 'reinstate', 'replace'] as const;
export type MemberVerb = (typeof MEMBER_VERBS)[number];

/** One member stops, may work again, or makes room for a fresh one that has its skill and its agent. */
export class SteerMember {
  @IsId() teamId!: TeamId;
  @IsId() memberId!: string;
  @IsNested(() => Requester) by!: Requester;
  @IsIn(MEMBER_VERBS) verb!: MemberVerb;
  @IsText(500, 0) reason!: string;
  /** To `replace`: who the fresh one will be. */
  @IsOptional() @IsId() replacementId?: string;
}
export const steerMember = defineCommand({ service: 'spawn-gate', verb: 'steer_member', caller: 'gateway', request: SteerMember, reply: CommandReply });

/** What a governor thinks of the own team, out of five; the newest of each person counts. */
export class RateTeam {
  @IsId() teamId!: TeamId;
  @IsNested(() => Requester) by!: Requester;
  @IsCount(5) stars!: number;
}
export const rateTeam = defineCommand({ service: 'spawn-gate', verb: 'rate_team', caller: 'gateway', request: RateTeam, reply: CommandReply });

/** A person asks for more for a team or a mission, of any unit. What waits about exactly this already is the answer. */
export class RequestRaise {
  @IsId() teamId!: TeamId;
  @IsId() accountId!: string;
  @IsNested(() => Requester) by!: Requester;
  @IsObject() more!: Amounts;
  @IsText(500) reason!: string;
}
export class RaiseAsked extends CommandReply {
  @IsOptional() @IsId() approvalId?: string;
}
export const requestRaise = defineCommand({ service: 'spawn-gate', verb: 'request_raise', caller: 'gateway', request: RequestRaise, reply: RaiseAsked });

/** A repository the launcher mirrored: `mirror` is the name of a bare mirror the fleet owns, never a path of the person's. */
export class GoalRepository {
  @IsText(120) mirror!: string;
  /** Commit the work starts from. */
  @IsText(64) base!: string;
  /** Where the approved branch goes: a URL or path the executor can push to with the person's credentials. */
  @IsText(1000) remote!: string;
  @IsText(200) branch!: string;
}
/** A repair for the patch member: the check that must pass, and candidate patches to try in order. */
export class RepairSpec {
  @IsText(500) check!: string;
  @IsArray() candidates!: object[];
}
export class SubmitGoal {
  @IsId() teamId!: TeamId;
  @IsId() goalId!: GoalId;
  @IsNested(() => Requester) by!: Requester;
  @IsText(4000) text!: string;
  @IsNested(() => GoalRepository) repository!: GoalRepository;
  @IsOptional() @IsNested(() => RepairSpec) repair?: RepairSpec;
  /** Absent: `orchestrate`. */
  @IsOptional() @IsIn(GOAL_MODES) mode?: GoalMode;
  /** Absent: what the bundle says. Whole, and allowed by the operator for the customer; `readNamed` reads it. */
  @IsOptional() @IsObject() effect?: NamedEffect;
}
export const submitGoal = defineCommand({ service: 'manager-agent', verb: 'submit_goal', caller: 'gateway', request: SubmitGoal, reply: CommandReply });

export class CancelGoal {
  @IsId() teamId!: TeamId;
  @IsId() goalId!: GoalId;
  @IsNested(() => Requester) by!: Requester;
  @IsText(500, 0) reason!: string;
}
export const cancelGoal = defineCommand({ service: 'manager-agent', verb: 'cancel_goal', caller: 'gateway', request: CancelGoal, reply: CommandReply });

/** An alert stands in the gateway's rows: the manager's agent stops, with the goals it says. */
export class PauseAgent {
  @IsId() teamId!: TeamId;
  @IsId() alertId!: string;
}
export const pauseAgent = defineCommand({ service: 'manager-agent', verb: 'pause_agent', caller: 'gateway', request: PauseAgent, reply: CommandReply });

/** A person's answer to a blocked task. A retry hands the note to the member; a task that is not blocked takes none. */
export class AnswerTask {
  @IsId() teamId!: TeamId;
  @IsId() goalId!: GoalId;
  @IsId() taskId!: TaskId;
  @IsNested(() => Requester) by!: Requester;
  @IsIn(TASK_ANSWERS) answer!: TaskAnswer;
  @IsText(2000, 0) note!: string;
}
export const answerTask = defineCommand({ service: 'manager-agent', verb: 'answer_task', caller: 'gateway', request: AnswerTask, reply: CommandReply });

export class AskHelpdesk {
  @IsId() teamId!: TeamId;
  @IsNested(() => Requester) by!: Requester;
  @IsId() messageId!: string;
  @IsText(2000) text!: string;
}
export class HelpdeskAnswer extends CommandReply {
  @IsOptional() @IsText(4000, 0) answer?: string;
  @IsOptional() @IsCount() seq?: number;
}
/** What a person of the customer leaves for a person of the platform while the helpdesk speaks; once by its id. */
export class LeaveNote {
  @IsId() teamId!: TeamId;
  @IsNested(() => Requester) by!: Requester;
  @IsId() messageId!: string;
  @IsText(2000) text!: string;
}
export const leaveNote = defineCommand({ service: 'helpdesk-agent', verb: 'leave_note', caller: 'gateway', request: LeaveNote, reply: CommandReply });

export const askHelpdesk = defineCommand({ service: 'helpdesk-agent', verb: 'ask', caller: 'gateway', request: AskHelpdesk, reply: HelpdeskAnswer });

/** Asks for a signed head that covers everything committed so far. */
export class CheckpointRequest {
  @IsId() teamId!: string;
}
export class CheckpointReply {
  @IsBoolean() ok!: boolean;
  @IsText(64) code!: string;
  @IsOptional() @IsCount() size?: number;
  @IsOptional() @IsText(2000) note?: string;
  /** The key that checks `note`, in the C2SP form `name+id+base64`. */
  @IsOptional() @IsText(300) vkey?: string;
  /** Where the history is not the one that was signed, as far as the notary knows. */
  @IsOptional() @IsCount() seq?: number;
}
export const checkpoint = defineCommand({ service: 'notary', verb: 'checkpoint', caller: 'gateway', request: CheckpointRequest, reply: CheckpointReply });
/** The same, for the executor: what it carries out stands under a signed head first. */
export const cover = defineCommand({ service: 'notary', verb: 'cover', caller: 'executor', request: CheckpointRequest, reply: CheckpointReply });

/** The launcher put a repository under the home, in the folder of the person's customer; the fleet checks it and notes whose it is. */
export class AdoptMirror {
  @IsNested(() => Requester) by!: Requester;
  @IsText(120) mirror!: string;
  /** The only place that work on it may be pushed to. */
  @IsText(1000) remote!: string;
}
export class AdoptReply extends CommandReply {
  @IsOptional() @IsObject() heads?: Record<string, string>;
}
export const adoptMirror = defineCommand({ service: 'fleet', verb: 'adopt_mirror', caller: 'gateway', request: AdoptMirror, reply: AdoptReply });
