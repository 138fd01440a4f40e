import { ArrayMinSize, IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { applyDecorators } from '../apply-decorators.js';
import { IsCount, IsId, IsListOf, IsNested, IsSha256, IsText } from '../rules.js';
import { INSTANCE_STATES, SPAWN_SOURCES, type InstanceState, type SpawnSource } from '../states.js';
import { IsTime } from './common.js';

/** How a spawn was judged: `asks` means that nothing but a person's yes was missing. */
export const SPAWN_VERDICTS = ['allowed', 'asks', 'denied'] as const;
export type SpawnVerdict = (typeof SPAWN_VERDICTS)[number];

export class RuleBroken {
  @IsText(64) code!: string;
  @IsText(500, 0) message!: string;
}

/** The version a decision was made under. */
export class PolicyVersion {
  /** 0 where no policy was in force. */
  @IsCount() version!: number;
  /** SHA-256 of the policy file; null where none was in force. */
  @IsOptional() @IsSha256() sha256!: string | null;
  /** It is the newest, and nobody has taken it back. */
  @IsBoolean() inForce!: boolean;
}

/** Why a spawn was allowed, asked about or denied, as it was written down. What the asker gave as a reason is the customer's and not part of it. */
export class SpawnDecisionView {
  @IsId() id!: string;
  @IsId() teamId!: string;
  @IsTime() decidedAt!: string;
  @IsIn(SPAWN_SOURCES) source!: SpawnSource;
  @IsText(40) role!: string;
  @IsOptional() @IsText(100) templateId!: string | null;
  /** 0 where there was no such template. */
  @IsCount() templateVersion!: number;
  @IsIn(SPAWN_VERDICTS) verdict!: SpawnVerdict;
  /** `ok`, or the first of the rules that said no. */
  @IsText(64) code!: string;
  /** All rules that said no, in the order of judgement. */
  @IsListOf(() => RuleBroken, 50) violations!: RuleBroken[];
  @IsNested(() => PolicyVersion) policy!: PolicyVersion;
  /** SHA-256 of what the rule was given. */
  @IsSha256() inputsSha256!: string;
}

/** The newest version of the spawn policy; its ETag is needed to change it. */
export class PolicyView {
  /** 0 where there never was one. */
  @IsCount() version!: number;
  @IsOptional() @IsSha256() sha256!: string | null;
  /** As written, in the original's format; null where none is in force: then nothing is started. */
  @IsOptional() @IsObject() document!: object | null;
}
export class PutPolicyBody {
  @IsObject() document!: object;
}

/** A skill by the SHA-256 of its content, or all skills of an instance by its `skillHash` without the prefix. */
export class SkillPath {
  @IsSha256() sha256!: string;
}
export class RecallBody {
  @IsSha256() sha256!: string;
  @IsText(500) reason!: string;
}
export const MOST_TRACED = 200;
const PLACE = /^\d{1,16}_[0-9a-f-]{36}$/;
export const IsTracePlace = (): PropertyDecorator => applyDecorators(IsOptional(), IsString(), Matches(PLACE));
/** Where a list of the trace goes on: the `nextCursor` it had. */
export class SkillTraceQuery {
  @IsTracePlace() instances?: string;
  @IsTracePlace() outputs?: string;
}
export class SkillHolder {
  @IsId() teamId!: string;
  @IsId() instanceId!: string;
  @IsIn(INSTANCE_STATES) state!: InstanceState;
  @IsOptional() @IsText(64) endReason!: string | null;
}
export class SkillHolderList {
  @IsCount() count!: number;
  /** The newest. */
  @IsListOf(() => SkillHolder, MOST_TRACED) newest!: SkillHolder[];
  @IsOptional() @IsText(200) nextCursor!: string | null;
}
/** What an instance that held the skill has handed in. What it says is the customer's. */
export class SkillOutput {
  @IsId() teamId!: string;
  @IsId() goalId!: string;
  @IsId() taskId!: string;
  @IsId() instanceId!: string;
  @IsId() draftId!: string;
  @IsText(40) state!: string;
  /** The commit on the goal's branch that it became part of. */
  @IsOptional() @IsText(64) commit!: string | null;
  @IsTime() submittedAt!: string;
}
export class SkillOutputList {
  @IsCount() count!: number;
  /** The newest. */
  @IsListOf(() => SkillOutput, MOST_TRACED) newest!: SkillOutput[];
  @IsOptional() @IsText(200) nextCursor!: string | null;
}
/** Who holds or held a skill, and what was made with it. */
export class SkillTrace {
  @IsSha256() sha256!: string;
  @IsBoolean() recalled!: boolean;
  @IsNested(() => SkillHolderList) instances!: SkillHolderList;
  @IsNested(() => SkillOutputList) outputs!: SkillOutputList;
}

export const SIMULATED_KINDS = ['spawn-policy', 'template'] as const;
export type SimulatedKind = (typeof SIMULATED_KINDS)[number];

/** The spawn policy together with how often it and the templates have changed; the ETag is needed to change several at once. */
export class PoliciesView {
  /** Grows with each change of the spawn policy or of a template, whoever makes it. */
  @IsCount() revision!: number;
  @IsNested(() => PolicyView) spawnPolicy!: PolicyView;
}
export class PolicyDocument {
  @IsIn(SIMULATED_KINDS) kind!: SimulatedKind;
  /** As its file would be. */
  @IsObject() document!: object;
}
export const MOST_APPLIED = 200;
export class ApplyPoliciesBody {
  @ArrayMinSize(1) @IsListOf(() => PolicyDocument, MOST_APPLIED) documents!: PolicyDocument[];
  /** Let customers' caps fall away that the policy in force names and this one does not; otherwise that is refused. */
  @IsOptional() @IsBoolean() dropCustomerBudgets?: boolean;
  /** Only say what it would do. */
  @IsOptional() @IsBoolean() dryRun?: boolean;
}
export class PolicyApplied {
  @IsIn(SIMULATED_KINDS) kind!: SimulatedKind;
  @IsText(120) id!: string;
  @IsCount() version!: number;
  /** It says something else than what was in force. */
  @IsBoolean() changed!: boolean;
}
/** What was put in force, in the order it was named in. */
export class PoliciesApplied {
  @IsCount() revision!: number;
  @IsListOf(() => PolicyApplied, MOST_APPLIED) applied!: PolicyApplied[];
}

export const MOST_DRAFT = 262_144;
export const MOST_REPLAYED = 10_000;

/** A policy or template as its file would be, YAML or JSON. */
export class SimulateBody {
  @IsText(MOST_DRAFT, 0) draft!: string;
  /** Absent: known by what is in it. */
  @IsOptional() @IsIn(SIMULATED_KINDS) kind?: SimulatedKind;
  /** How many of the newest decisions are judged again; 2000 when absent. */
  @IsOptional() @IsInt() @Min(1) @Max(MOST_REPLAYED) most?: number;
}

/** A decision that the draft would turn. */
export class TurnedDecision {
  @IsId() id!: string;
  @IsId() teamId!: string;
  @IsTime() decidedAt!: string;
  @IsText(40) role!: string;
  @IsOptional() @IsText(100) templateId!: string | null;
  @IsText(64) was!: string;
  @IsText(64) code!: string;
  @IsListOf(() => RuleBroken, 50) violations!: RuleBroken[];
}
export const MOST_TURNED = 100;
export class TurnedList {
  @IsCount() count!: number;
  /** The newest. */
  @IsListOf(() => TurnedDecision, MOST_TURNED) newest!: TurnedDecision[];
}
export class Simulation {
  @IsIn(SIMULATED_KINDS) kind!: SimulatedKind;
  @IsCount() replayed!: number;
  /** Decisions that today's gate would judge otherwise even under their own policy: the draft is not why, so they are in no list. */
  @IsCount() incomparable!: number;
  @IsNested(() => TurnedList) newlyDenied!: TurnedList;
  @IsNested(() => TurnedList) newlyAsking!: TurnedList;
  @IsNested(() => TurnedList) newlyAllowed!: TurnedList;
}
