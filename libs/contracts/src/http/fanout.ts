import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { IsPlaces, MOST_PLACES } from '../commands/fanout.js';
import { AGENT_ROLES, type AgentRole } from '../files/spawn-policy.js';
import { IsListOf, IsText } from '../rules.js';
import { GOAL_MODES, GOAL_STATES, type GoalMode, type GoalState } from '../states.js';
import { IsTime } from './common.js';

export class FanOutBody {
  @IsPlaces() places!: number;
}
/** A granted agent that waits for work, by the id that `/agent-team/instances` shows. */
export class PlaceView {
  @IsText(64) instanceID!: string;
  @IsIn(AGENT_ROLES) role!: AgentRole;
  @IsText(100) templateID!: string;
  /** Unused until then, it ends and gives back what it holds. */
  @IsTime() until!: string;
  @IsIn(['granted', 'kept']) how!: 'granted' | 'kept';
}
export class PlaceRefused {
  @IsIn(AGENT_ROLES) role!: AgentRole;
  @IsText(100) templateID!: string;
  @IsText(64) code!: string;
  @IsText(500, 0) reason!: string;
  /** For `GET /v1/spawn-decisions/{id}`. */
  @IsText(64) decisionID!: string;
  @IsOptional() @IsText(64) approvalID?: string;
}
/** With fewer places than wanted, `refused` says why, and what is ready stays ready. */
export class PlacesView {
  @IsInt() @Min(1) @Max(MOST_PLACES) wanted!: number;
  @IsListOf(() => PlaceView, 200) ready!: PlaceView[];
  @IsListOf(() => PlaceRefused, MOST_PLACES) refused!: PlaceRefused[];
}

export class DelegateBody {
  /** The most that work on the goal at a time. */
  @IsPlaces() workers!: number;
}
export class DelegatedView {
  @IsIn(GOAL_STATES) state!: GoalState;
  @IsIn(GOAL_MODES) mode!: GoalMode;
  /** The mode it was in before, where that was another. */
  @IsOptional() @IsIn(GOAL_MODES) switchedFrom?: GoalMode;
}
