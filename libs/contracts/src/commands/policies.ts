import { ArrayMinSize, IsBoolean, IsIn, IsInt, IsObject, IsOptional, Max, Min } from 'class-validator';
import { defineCommand } from '../command.js';
import { IsTracePlace, MOST_APPLIED, MOST_DRAFT, MOST_REPLAYED, PolicyApplied, PolicyDocument, SIMULATED_KINDS, Simulation, SkillTrace, type SimulatedKind } from '../http/policies.js';
import { IsCount, IsListOf, IsNested, IsSha256, IsText } from '../rules.js';
import { CommandReply, Requester } from './gateway.js';

/** Judges recorded decisions again as if the draft were in force. Changes nothing; for the platform governor. */
export class SimulatePolicy {
  @IsNested(() => Requester) by!: Requester;
  @IsIn(SIMULATED_KINDS) kind!: SimulatedKind;
  @IsText(MOST_DRAFT, 0) draft!: string;
  @IsInt() @Min(1) @Max(MOST_REPLAYED) most!: number;
}
export class PolicySimulated extends CommandReply {
  @IsOptional() @IsNested(() => Simulation) simulation?: Simulation;
}
export const simulatePolicy = defineCommand({ service: 'spawn-gate', verb: 'simulate_policy', caller: 'gateway', request: SimulatePolicy, reply: PolicySimulated });

export const POLICY_CHANGES = ['put', 'patch', 'drop'] as const;
export type PolicyChange = (typeof POLICY_CHANGES)[number];

/**
 * A person changes what is in force for every team: the spawn policy, or a template. `put` makes it or replaces it, `patch` replaces
 * the fields it names, `drop` takes it back. Each is a new version and an entry of the platform's chain. For the platform governor.
 */
export class ChangePolicy {
  @IsNested(() => Requester) by!: Requester;
  @IsIn(SIMULATED_KINDS) kind!: SimulatedKind;
  /** A template's id; `spawn-policy`. */
  @IsText(120) id!: string;
  @IsIn(POLICY_CHANGES) change!: PolicyChange;
  @IsOptional() @IsObject() document?: object;
  /** The version that the person saw; absent: whatever is there. */
  @IsOptional() @IsCount() ifVersion?: number;
}
export class PolicyChanged extends CommandReply {
  @IsOptional() @IsCount() version?: number;
  @IsOptional() @IsText(64) sha256?: string;
  /** As it is in force now. */
  @IsOptional() @IsObject() document?: object;
}
export const changePolicy = defineCommand({ service: 'spawn-gate', verb: 'change_policy', caller: 'gateway', request: ChangePolicy, reply: PolicyChanged });

/** A person puts several in force at once: all in one transaction, or none. Each that changes is a new version and an entry of the platform's chain. For the platform governor. */
export class ApplyPolicies {
  @IsNested(() => Requester) by!: Requester;
  @ArrayMinSize(1) @IsListOf(() => PolicyDocument, MOST_APPLIED) documents!: PolicyDocument[];
  /** The revision that the person saw. */
  @IsCount() ifRevision!: number;
  /** Let customers' caps fall away that the policy in force names and the next one does not. */
  @IsOptional() @IsBoolean() dropCustomerBudgets?: boolean;
  @IsOptional() @IsBoolean() dryRun?: boolean;
}
export class AppliedPolicies extends CommandReply {
  @IsOptional() @IsCount() revision?: number;
  @IsOptional() @IsListOf(() => PolicyApplied, MOST_APPLIED) applied?: PolicyApplied[];
}
export const applyPolicies = defineCommand({ service: 'spawn-gate', verb: 'apply_policies', caller: 'gateway', request: ApplyPolicies, reply: AppliedPolicies });

/** Who holds or held the skill, and what was made with it. With a reason: nothing may be started with it any more, and what holds it is stopped. For the platform governor. */
class AboutSkill {
  @IsNested(() => Requester) by!: Requester;
  @IsSha256() sha256!: string;
}
/** Each list from its place on, or from the newest. */
export class TraceSkill extends AboutSkill {
  @IsTracePlace() instances?: string;
  @IsTracePlace() outputs?: string;
}
export class RecallSkill extends AboutSkill {
  @IsText(500) reason!: string;
}
export class SkillTraced extends CommandReply {
  @IsOptional() @IsNested(() => SkillTrace) trace?: SkillTrace;
}
export const traceSkill = defineCommand({ service: 'spawn-gate', verb: 'trace_skill', caller: 'gateway', request: TraceSkill, reply: SkillTraced });
export const liftRecall = defineCommand({ service: 'spawn-gate', verb: 'lift_recall', caller: 'gateway', request: RecallSkill, reply: SkillTraced });
export const recallSkill = defineCommand({ service: 'spawn-gate', verb: 'recall_skill', caller: 'gateway', request: RecallSkill, reply: SkillTraced });
