import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsObject, IsOptional, Max, Min } from 'class-validator';
import { NewMission, type NewWorkItem } from '../commands/missions.js';
import { MISSION_EVENT_TYPES, MissionEventBody, type MissionEventType } from '../mission-events.js';
import type { MissionCommand, MissionState, OrchestratorCancellations, OrchestratorSpawn } from '../missions.js';
import { IsCount, IsId, IsListOf, IsNested } from '../rules.js';
import { CompatiblePage, TeamChoiceQuery } from './agent-team.js';

/** Missions in the original's shapes (reference 2A.5); the states themselves are `MissionState` as it stands. */
export class CreateMissionBody extends NewMission {
  @IsOptional() override work_items: NewWorkItem[] = [];
}

export class MissionFound {
  @IsObject() mission!: MissionState;
}
export const MOST_LISTED_MISSIONS = 200;
/** Ours: pages of missions, by their ids. */
export class MissionsQuery extends TeamChoiceQuery {
  @IsOptional() @IsId() cursor?: string;
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(MOST_LISTED_MISSIONS) limit?: number;
}
export class MissionList extends CompatiblePage {
  @IsArray() missions!: MissionState[];
}
/** Ours: `expected_revision` refuses an event that was made from an older state. */
export class MissionEventInput {
  @IsNested(() => MissionEventBody) @IsObject() event!: MissionEventBody;
  @IsOptional() @IsCount() expected_revision?: number;
}
export class MissionEventAnswer {
  @IsObject() mission!: MissionState;
  @IsArray() commands!: MissionCommand[];
  @IsArray() orchestratorSpawns!: OrchestratorSpawn[];
  @IsObject() orchestratorCancellations!: OrchestratorCancellations;
}

/** Ours: what was told about a mission, oldest first. */
export class MissionEventView {
  @IsCount() seq!: number;
  @IsCount() timestampMs!: number;
  @IsIn(MISSION_EVENT_TYPES) type!: MissionEventType;
  @IsObject() event!: object;
  /** False: it was kept, and changed nothing. */
  @IsBoolean() changed!: boolean;
}
export class MissionEventsQuery {
  /** Events with a larger `seq`. */
  @IsOptional() @Type(() => Number) @IsInt() @Min(0) @Max(Number.MAX_SAFE_INTEGER) after?: number;
}
export const MOST_MISSION_EVENTS = 500;
export class MissionEventList {
  @IsListOf(() => MissionEventView, MOST_MISSION_EVENTS) events!: MissionEventView[];
  @IsCount() count!: number;
}
