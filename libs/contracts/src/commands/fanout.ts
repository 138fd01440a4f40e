import { IsBoolean, IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { applyDecorators } from '../apply-decorators.js';
import { defineCommand } from '../command.js';
import { AGENT_ROLES, type AgentRole } from '../files/spawn-policy.js';
import type { GoalId, InstanceId, TeamId } from '../ids.js';
import { GOAL_MODES, type GoalMode } from '../states.js';
import { IsId, IsInstant, IsListOf, IsNested, IsText } from '../rules.js';
import { CommandReply, Requester } from './gateway.js';

/** The most places one fan-out makes ready, and what it makes ready where no number is said. The policy's own limits come on top. */
export const MOST_PLACES = 16;
export const USUAL_PLACES = 4;
export const IsPlaces = (): PropertyDecorator => applyDecorators(IsInt(), Min(1), Max(MOST_PLACES));

/** Makes sure that so many places of the team stand ready. What stands there already counts, so asking again makes nothing more. */
export class FanOut {
  @IsId() teamId!: TeamId;
  @IsNested(() => Requester) by!: Requester;
  @IsPlaces() places!: number;
}
/** A granted instance that waits for work: it holds its slice, runs nothing, and gives it back when its time is over. */
export class ReadyPlace {
  @IsId() instanceId!: InstanceId;
  @IsIn(AGENT_ROLES) role!: AgentRole;
  @IsText(100) templateId!: string;
  @IsInstant() until!: string;
  /** Granted by this fan-out, not by one before it. */
  @IsBoolean() fresh!: boolean;
}
/** One place that the gate refused. No further one of its template was asked for. */
export class RefusedPlace {
  @IsIn(AGENT_ROLES) role!: AgentRole;
  @IsText(100) templateId!: string;
  @IsId() decisionId!: string;
  @IsText(64) code!: string;
  @IsText(500, 0) message!: string;
  /** The question that waits for a person, where nothing else is missing. */
  @IsOptional() @IsId() approvalId?: string;
}
/** `ok` with all that were asked for; else `fanout_short`, and what is ready stays ready. */
export class FannedOut extends CommandReply {
  @IsListOf(() => ReadyPlace, 200) ready!: ReadyPlace[];
  @IsListOf(() => RefusedPlace, MOST_PLACES) refused!: RefusedPlace[];
}
export const fanOut = defineCommand({ service: 'spawn-gate', verb: 'fan_out', caller: 'gateway', request: FanOut, reply: FannedOut });

/** The team's manager delegates a goal to at most so many workers at a time. A goal in `plan` mode is switched to `orchestrate` first. */
export class DelegateGoal {
  @IsId() teamId!: TeamId;
  @IsId() goalId!: GoalId;
  @IsNested(() => Requester) by!: Requester;
  @IsPlaces() workers!: number;
}
/** `unchanged` where it was delegated like this already. */
export class GoalDelegated extends CommandReply {
  /** The mode it was in, where that was another. */
  @IsOptional() @IsIn(GOAL_MODES) switchedFrom?: GoalMode;
}
export const delegateGoal = defineCommand({ service: 'manager-agent', verb: 'delegate_goal', caller: 'gateway', request: DelegateGoal, reply: GoalDelegated });
