import { ArrayMaxSize, IsArray, IsBoolean, IsObject, IsOptional, IsString, Length } from 'class-validator';
import { applyDecorators } from '../apply-decorators.js';
import { defineCommand } from '../command.js';
import type { GoalId, TeamId } from '../ids.js';
import { MissionEventBody } from '../mission-events.js';
import type { MissionCommand, MissionState, OrchestratorCancellations, OrchestratorSpawn } from '../missions.js';
import { IsCount, IsId, IsListOf, IsNested, IsText } from '../rules.js';
import { MOST_LINKS } from '../team-words.js';
import { CommandReply, Requester } from './gateway.js';

export const MOST_WORK_ITEMS = MOST_LINKS;
const IsNames = (max: number, chars = 200): PropertyDecorator => applyDecorators(IsArray(), ArrayMaxSize(max), IsString({ each: true }), Length(1, chars, { each: true }));

/** One work item as it is asked for. Without an id it gets one; `depends_on` names other items of the same mission. */
export class NewWorkItem {
  @IsOptional() @IsText(120) work_item_id?: string;
  @IsText(200) title!: string;
  @IsOptional() @IsText(4000, 0) detail?: string;
  @IsOptional() @IsText(64) assigned_agent?: string;
  @IsOptional() @IsNames(MOST_LINKS, 120) depends_on?: string[];
  @IsOptional() @IsObject() metadata?: object;
}
export class NewMissionBudgets {
  @IsOptional() @IsCount() max_steps?: number;
  @IsOptional() @IsCount() max_tool_calls?: number;
  @IsOptional() @IsCount() max_duration_ms?: number;
}
export class NewMissionCapabilities {
  @IsOptional() @IsNames(200) allowed_tools?: string[];
  @IsOptional() @IsNames(50) allowed_agents?: string[];
  @IsOptional() @IsNames(50) allowed_memory_tiers?: string[];
}
/** What a mission is made of, in the original's words. */
export class NewMission {
  @IsText(200) title!: string;
  @IsText(4000) goal!: string;
  @IsListOf(() => NewWorkItem, MOST_WORK_ITEMS) work_items!: NewWorkItem[];
  @IsOptional() @IsNames(50, 1000) success_criteria?: string[];
  @IsOptional() @IsText(500) entrypoint?: string;
  @IsOptional() @IsNested(() => NewMissionBudgets) @IsObject() budgets?: NewMissionBudgets;
  @IsOptional() @IsNested(() => NewMissionCapabilities) @IsObject() capabilities?: NewMissionCapabilities;
  @IsOptional() @IsObject() metadata?: object;
}

/** Makes a mission: a goal without a repository, driven by events. The caller's id makes a repeat harmless. */
export class CreateMission {
  @IsId() teamId!: TeamId;
  @IsId() missionId!: GoalId;
  @IsNested(() => Requester) by!: Requester;
  @IsNested(() => NewMission) mission!: NewMission;
}
/**
 * `code` is `ok`, or `unchanged` where the mission was there already or the event changes nothing. A refusal carries no
 * mission, except `revision_conflict`, which shows it as it is now.
 */
export class MissionReply extends CommandReply {
  @IsOptional() @IsObject() mission?: MissionState;
  @IsOptional() @IsArray() commands?: MissionCommand[];
  /** Empty unless the event started or resumed the mission. */
  @IsOptional() @IsArray() orchestratorSpawns?: OrchestratorSpawn[];
  @IsOptional() @IsObject() orchestratorCancellations?: OrchestratorCancellations;
  /** This event key was used before: code and commands are those of then, the mission is as it is now. */
  @IsOptional() @IsBoolean() replayed?: boolean;
  @IsOptional() @IsCount() expectedRevision?: number;
  @IsOptional() @IsCount() currentRevision?: number;
}
export const createMission = defineCommand({ service: 'manager-agent', verb: 'create_mission', caller: 'gateway', request: CreateMission, reply: MissionReply });

/** Something happened to a mission, or shall. Also for a goal the manager drives: then only pause, resume and cancel change it. */
export class PostMissionEvent {
  @IsId() teamId!: TeamId;
  /** The mission of the path; an event about another one is refused. */
  @IsId() missionId!: GoalId;
  @IsNested(() => Requester) by!: Requester;
  /** The same key with the same event is answered as the first time and does nothing; with another event it is refused. */
  @IsText(200) eventKey!: string;
  @IsOptional() @IsCount() expectedRevision?: number;
  @IsNested(() => MissionEventBody) event!: MissionEventBody;
}
export const missionEvent = defineCommand({ service: 'manager-agent', verb: 'mission_event', caller: 'gateway', request: PostMissionEvent, reply: MissionReply });

/** Stops a goal without ending it: its manager does nothing, its members stop, no deadline of it runs. */
export class PauseGoal {
  @IsId() teamId!: TeamId;
  @IsId() goalId!: GoalId;
  @IsNested(() => Requester) by!: Requester;
  @IsText(500) reason!: string;
}
export const pauseGoal = defineCommand({ service: 'manager-agent', verb: 'pause_goal', caller: 'gateway', request: PauseGoal, reply: CommandReply });

export class ResumeGoal {
  @IsId() teamId!: TeamId;
  @IsId() goalId!: GoalId;
  @IsNested(() => Requester) by!: Requester;
}
export const resumeGoal = defineCommand({ service: 'manager-agent', verb: 'resume_goal', caller: 'gateway', request: ResumeGoal, reply: CommandReply });
