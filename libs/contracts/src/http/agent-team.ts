import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsNumber, IsObject, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import type { Capabilities } from '../files/template.js';
import type { BudgetLimit } from '../files/parts.js';
import { AGENT_ROLES, type AgentRole } from '../files/spawn-policy.js';
import { IsCount, IsListOf, IsNested, IsText } from '../rules.js';
import { ACCOUNT_KINDS, INSTANCE_STATES, SPAWN_SOURCES, type AccountKind, type InstanceState, type SpawnSource } from '../states.js';

/**
 * The original's shapes (reference 2A.4): names, ids and status values are its own. What it does not have is marked "ours"; a
 * member that a client sends and nobody knows is passed over, as the original does.
 */

/** A thing of the gate, by the id the original's clients know it by. */
export class WireIdPath {
  @IsText(120) id!: string;
}
/** Ours: `?team=` narrows to one team; a header `X-Countersign-Team` says the same. */
export class TeamChoiceQuery {
  @IsOptional() @IsText(64) team?: string;
}
export const MOST_LISTED = 500;
/** Ours: `?cursor=` goes on where the `nextCursor` of the page before pointed; `?limit=` is at most as many as the original lists. */
export class ListQuery extends TeamChoiceQuery {
  @IsOptional() @IsString() @Matches(/^\d{1,16}_[0-9a-f-]{36}$/) cursor?: string;
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(MOST_LISTED) limit?: number;
}
/** Ours: there are more. */
export class CompatiblePage {
  @IsCount() count!: number;
  @IsOptional() @IsText(200) nextCursor?: string;
}

const MOST_AMOUNT = 1_000_000_000_000;
const MOST_USD = 1_000_000;
/** Limits as the original writes them; a unit that is not named is not wished for. */
export class BudgetOverride implements BudgetLimit {
  @IsOptional() @IsCount(MOST_AMOUNT) max_tokens?: number;
  @IsOptional() @IsCount(MOST_AMOUNT) max_steps?: number;
  @IsOptional() @IsCount(MOST_AMOUNT) max_tool_calls?: number;
  @IsOptional() @IsCount(MOST_AMOUNT) max_duration_ms?: number;
  @IsOptional() @IsNumber() @Min(0) @Max(MOST_USD) max_cost_usd?: number;
}
/** `source` is taken and passed over: how a request came is known from who brought it. */
export class SpawnBody {
  @IsOptional() @IsText(120, 0) missionID?: string;
  @IsOptional() @IsText(120, 0) parentInstanceID?: string;
  @IsOptional() @IsText(100, 0) templateID?: string;
  @IsIn(AGENT_ROLES) role!: AgentRole;
  @IsOptional() @IsIn(SPAWN_SOURCES) source?: SpawnSource;
  @IsText(4000, 0) justification!: string;
  @IsOptional() @IsNested(() => BudgetOverride) @IsObject() budget_override?: BudgetOverride;
}
export class ReasonBody {
  @IsOptional() @IsText(500, 0) reason?: string;
}

/** `ok: false` with `requiresUserApproval` and an `approvalID`: nothing but a person's yes is missing. Any other no is 403. */
export class SpawnAnswer {
  @IsBoolean() ok!: boolean;
  @IsText(64) missionID!: string;
  @IsOptional() @IsText(64) instanceID?: string;
  @IsOptional() @IsText(64) sessionID?: string;
  @IsOptional() @IsText(64) runID?: string | null;
  @IsOptional() @IsIn(INSTANCE_STATES) status?: InstanceState;
  @IsOptional() @IsText(80) skillHash?: string;
  @IsOptional() @IsText(64) code?: string;
  @IsOptional() @IsText(500, 0) error?: string;
  @IsOptional() @IsBoolean() requiresUserApproval?: boolean;
  @IsOptional() @IsText(64) approvalID?: string;
}

export class BudgetUsage {
  @IsCount() tokensUsed!: number;
  @IsCount() stepsUsed!: number;
  @IsCount() toolCallsUsed!: number;
  @IsNumber() costUsedUsd!: number;
  @IsCount() elapsedMs!: number;
}
/** What the original keeps beside an instance, and ours: its team, its work item, why it ended, and its times. */
export class InstanceMetadata {
  @IsIn(SPAWN_SOURCES) source!: SpawnSource;
  @IsText(4000, 0) justification!: string;
  @IsNested(() => BudgetUsage) budgetUsage!: BudgetUsage;
  @IsText(64) teamID!: string;
  @IsOptional() @IsText(120) workItemID?: string;
  @IsOptional() @IsText(64) endReason?: string;
  @IsCount() startedAtMs!: number;
  @IsOptional() @IsCount() endedAtMs?: number;
  @IsOptional() @IsCount() deadlineAtMs?: number;
}
export class AgentInstance {
  @IsText(64) instanceID!: string;
  @IsText(64) missionID!: string;
  @IsOptional() @IsText(64) parentInstanceID?: string;
  @IsIn(AGENT_ROLES) role!: AgentRole;
  @IsText(100) templateID!: string;
  @IsText(64) sessionID!: string;
  @IsOptional() @IsText(64) runID?: string;
  @IsIn(INSTANCE_STATES) status!: InstanceState;
  @IsNested(() => BudgetOverride) budget!: BudgetLimit;
  @IsText(80) skillHash!: string;
  @IsObject() capabilities!: Capabilities;
  @IsNested(() => InstanceMetadata) metadata!: InstanceMetadata;
}
/** The newest; the original's list has no end, ours has. */
export class AgentInstanceList extends CompatiblePage {
  @IsListOf(() => AgentInstance, MOST_LISTED) instances!: AgentInstance[];
}
export class AgentInstanceFound {
  @IsNested(() => AgentInstance) instance!: AgentInstance;
}
export class InstancesQuery extends ListQuery {
  @IsOptional() @IsText(120) missionID?: string;
  @IsOptional() @IsText(120) parentInstanceID?: string;
  @IsOptional() @IsIn(INSTANCE_STATES) status?: InstanceState;
}
export class InstanceStopped {
  @IsBoolean() ok!: true;
  @IsText(64) instanceID!: string;
  @IsText(64) sessionID!: string;
  @IsIn(INSTANCE_STATES) status!: InstanceState;
}

/** One mission's instances, and what its account has spent. */
export class MissionSummary {
  @IsText(64) missionID!: string;
  @IsCount() instanceCount!: number;
  @IsCount() runningCount!: number;
  @IsCount() completedCount!: number;
  @IsCount() failedCount!: number;
  @IsCount() cancelledCount!: number;
  @IsCount() queuedCount!: number;
  @IsCount() tokenUsedTotal!: number;
  @IsCount() toolCallsUsedTotal!: number;
  @IsCount() stepsUsedTotal!: number;
  @IsNumber() costUsedUsdTotal!: number;
  /** Ours: each team has a default mission of its own. */
  @IsText(64) teamID!: string;
}
export class MissionSummaryList extends CompatiblePage {
  @IsListOf(() => MissionSummary, MOST_LISTED) missions!: MissionSummary[];
}
export class MissionHalted {
  @IsBoolean() ok!: true;
  @IsText(64) missionID!: string;
  @IsCount() cancelledInstances!: number;
}
/** Ours: a pause or its end. */
export class MissionSteered {
  @IsBoolean() ok!: true;
  @IsText(64) missionID!: string;
  @IsIn(['paused', 'running']) status!: 'paused' | 'running';
}

/** What was asked for, in the original's words. A task's own spawn names its work item instead. */
export class AskedSpawn {
  @IsText(64) missionID!: string;
  @IsOptional() @IsText(64) parentInstanceID?: string;
  @IsIn(SPAWN_SOURCES) source!: SpawnSource;
  @IsOptional() @IsIn(AGENT_ROLES) role!: AgentRole | null;
  @IsOptional() @IsText(100) templateID?: string;
  @IsText(4000, 0) justification!: string;
  @IsOptional() @IsNested(() => BudgetOverride) @IsObject() budget_override?: BudgetLimit;
  @IsOptional() @IsText(64) workItemID?: string;
}
export class SpawnApprovalView {
  @IsText(64) approvalID!: string;
  @IsCount() createdAtMs!: number;
  @IsNested(() => AskedSpawn) request!: AskedSpawn;
  @IsText(64) decisionCode!: string;
  @IsText(500, 0) reason!: string;
  /** Ours: whose it is, and when nobody needs to answer any more. */
  @IsText(64) teamID!: string;
  @IsCount() expiresAtMs!: number;
}
export class ToolApprovalView {
  @IsText(64) approvalID!: string;
  @IsOptional() @IsText(64) sessionID?: string;
  @IsText(64) toolCallID!: string;
  @IsOptional() @IsText(100) tool?: string;
  @IsOptional() @IsObject() args?: object;
  @IsIn(['pending']) status!: 'pending';
  /** Ours. */
  @IsText(64) code!: string;
  @IsText(500, 0) reason!: string;
  @IsText(64) teamID!: string;
  @IsCount() createdAtMs!: number;
  @IsCount() expiresAtMs!: number;
}
/** Ours: a budget that is used up, and what it would get. */
export class BudgetApprovalView {
  @IsText(64) approvalID!: string;
  @IsText(64) missionID!: string;
  @IsOptional() @IsText(64) instanceID?: string;
  @IsIn(ACCOUNT_KINDS) account!: AccountKind;
  /** What it was granted so far, and so much more a yes grants. */
  @IsNested(() => BudgetOverride) granted!: BudgetLimit;
  @IsNested(() => BudgetOverride) more!: BudgetLimit;
  @IsText(64) code!: string;
  @IsText(500, 0) reason!: string;
  @IsText(64) teamID!: string;
  @IsCount() createdAtMs!: number;
  @IsCount() expiresAtMs!: number;
}
export class ApprovalQueue extends CompatiblePage {
  @IsListOf(() => SpawnApprovalView, MOST_LISTED) spawnApprovals!: SpawnApprovalView[];
  @IsListOf(() => ToolApprovalView, MOST_LISTED) toolApprovals!: ToolApprovalView[];
  /** Ours; absent where there are none. */
  @IsOptional() @IsListOf(() => BudgetApprovalView, MOST_LISTED) budgetApprovals?: BudgetApprovalView[];
}
/** A yes to a spawn names the instance it made; a yes to a tool call names nothing more. */
export class ApprovalGiven {
  @IsBoolean() ok!: true;
  @IsText(64) approvalID!: string;
  @IsIn(['approved']) decision!: 'approved';
  @IsOptional() @IsText(64) instanceID?: string;
  @IsOptional() @IsText(64) sessionID?: string;
  @IsOptional() @IsText(64) missionID?: string;
  @IsOptional() @IsIn(INSTANCE_STATES) status?: InstanceState;
}
export class ApprovalRefused {
  @IsBoolean() ok!: true;
  @IsText(64) approvalID!: string;
  @IsIn(['denied']) decision!: 'denied';
  @IsText(500, 0) reason!: string;
}

/** Templates as their files write them: the original's format. */
export class TemplateList {
  @IsArray() templates!: object[];
  @IsCount() count!: number;
}
export class TemplateFound {
  @IsObject() template!: object;
}

/** A template as its file would write it, with its `templateID`. One that is there already is replaced. */
export class TemplateBody {
  @IsObject() template!: object;
}
/** What is to be another; what is not named stays. The role may change, the id never. */
export class TemplatePatchBody {
  @IsOptional() @IsText(200, 0) display_name?: string;
  @IsOptional() @IsText(1000, 0) avatar_url?: string;
  @IsOptional() @IsIn(AGENT_ROLES) role?: AgentRole;
  @IsOptional() @IsText(20_000, 0) system_prompt?: string;
  @IsOptional() default_model?: unknown;
  @IsOptional() @IsArray() skills?: object[];
  @IsOptional() @IsObject() default_budget?: object;
  @IsOptional() @IsObject() capabilities?: object;
}
export class TemplateSaved {
  @IsBoolean() ok!: true;
  @IsObject() template!: object;
}
export class TemplateDeleted {
  @IsBoolean() ok!: true;
  @IsBoolean() deleted!: true;
  @IsText(120) templateID!: string;
}

/** Every refusal of the compatible routes. `code` is the original's where it has one; further members name what was asked about. */
export class CompatibleRefusal {
  @IsBoolean() ok!: false;
  @IsText(64) code!: string;
  @IsText(1000, 0) error!: string;
  @IsOptional() @IsBoolean() requiresUserApproval?: boolean;
  @IsOptional() @IsText(64) requestId?: string;
}
