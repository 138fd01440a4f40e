import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { IsCount, IsId, IsListOf, IsNested, IsText } from '../rules.js';
import { COORDINATIONS, TEAM_MODES, TEAM_STATES, TRIAL_OUTCOMES, type Coordination, type TeamMode, type TeamState, type TrialOutcome } from '../states.js';
import { CONDITIONS, TRIAL_STANDINGS, type TrialStanding } from '../trial.js';
import { IsTime, pageOf } from './common.js';
import { GoalSummary } from './goals.js';

export class TeamSummary {
  @IsId() id!: string;
  @IsText(200) name!: string;
  @IsIn(TEAM_STATES) state!: TeamState;
  @IsIn(TEAM_MODES) mode!: TeamMode;
  @IsText(64) bundleId!: string;
  @IsTime() createdAt!: string;
  /** The newest signed head of the team's record (C2SP signed note): ids and hashes, for whoever remembers an earlier one. Null before the first, and in a list for platform staff. */
  @IsOptional() @IsText(2000) head!: string | null;
}
export const TeamSummaryPage = pageOf(TeamSummary);

export class MemberSummary {
  @IsId() id!: string;
  @IsText(200) name!: string;
  @IsText(64) skill!: string;
  @IsIn(['manager', 'specialist']) kind!: 'manager' | 'specialist';
  @IsText(64) agent!: string;
  @IsIn(['active', 'suspended', 'removed']) state!: 'active' | 'suspended' | 'removed';
}
/** `granted - held - spent` is free. Milliseconds, micro-dollars, or counts. */
export class BudgetLine {
  @IsCount() granted!: number;
  @IsCount() held!: number;
  @IsCount() spent!: number;
  /** The most that calls under way can come to beyond what they hold; 0 where each is bounded by what it holds. */
  @IsCount() overshoot!: number;
}
export class TeamBudget {
  @IsNested(() => BudgetLine) tokens!: BudgetLine;
  @IsNested(() => BudgetLine) steps!: BudgetLine;
  @IsNested(() => BudgetLine) tool_calls!: BudgetLine;
  @IsNested(() => BudgetLine) ms!: BudgetLine;
  @IsNested(() => BudgetLine) usd_micros!: BudgetLine;
}
export class TeamDetail extends TeamSummary {
  @IsCount() epoch!: number;
  /** Who coordinates it: its manager, a governor of the platform for a while, or nobody. */
  @IsIn(COORDINATIONS) coordination!: Coordination;
  @IsText(500, 0) stateReason!: string;
  @IsTime() stateChangedAt!: string;
  @IsListOf(() => MemberSummary, 20) members!: MemberSummary[];
  @IsNested(() => TeamBudget) budget!: TeamBudget;
  @IsListOf(() => GoalSummary, 100) goals!: GoalSummary[];
}

/** One condition of the promotion test that is not met, with its figures. */
export class UnmetCondition {
  @IsIn(CONDITIONS) condition!: (typeof CONDITIONS)[number];
  @IsText(200) words!: string;
}
export class TrialView {
  /** `grace`: what is under way is finished and decided, nothing new begins. */
  @IsIn(TRIAL_STANDINGS) standing!: TrialStanding;
  @IsTime() endsAt!: string;
  @IsTime() graceUntil!: string;
  @IsOptional() @IsIn(TRIAL_OUTCOMES) outcome!: TrialOutcome | null;
  /** Tasks it may plan in all, and those that it has planned. */
  @IsCount() tasks!: number;
  @IsCount() planned!: number;
  @IsCount() extended!: number;
  @IsCount() mostExtensions!: number;
  /** What to do where it does not give enough, for people. */
  @IsText(500) beyond!: string;
  /** What stands against production; empty: a governor may decide for it. */
  @IsListOf(() => UnmetCondition, 10) unmet!: UnmetCondition[];
}
export class RateTeamBody {
  @IsInt() @Min(1) @Max(5) stars!: number;
}

export class HireTeamBody {
  @IsText(64) bundleId!: string;
  @IsIn(TEAM_MODES) mode!: TeamMode;
  /** The newest published version unless named. */
  @IsOptional() @IsCount(100_000) bundleVersion?: number;
}
/** Why a team moves to another state; needed to suspend, reject or dissolve. */
export class TeamVerbBody {
  @IsOptional() @IsText(500, 0) reason?: string;
}
/** How the team stands after what was asked; with `approvalId` that waits for a person's yes to the team's manager, and is done with it. */
export class TeamStanding {
  @IsIn(TEAM_STATES) state!: TeamState;
  /** The question, as `GET /agent-team/approvals` lists it. */
  @IsOptional() @IsText(80) approvalId?: string;
}
