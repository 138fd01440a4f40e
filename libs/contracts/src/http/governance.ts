import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsObject, IsOptional, Max, Min } from 'class-validator';
import { CONFIRMATION_IDS, type ConfirmationId } from '../certification/evolution.js';
import { EVOLUTION_VERBS, REVIEW_VERDICTS, type EvolutionVerb, type ReviewVerdict } from '../commands/governance.js';
import { CLASSES, REVIEWERS, type Classification, type Reviewer } from '../files/certification-policy.js';
import { IsCount, IsId, IsListOf, IsNested, IsSha256, IsText, IsTexts } from '../rules.js';
import { EVOLUTION_STATES, type EvolutionState } from '../states.js';
import { IsTime, IsTimeOrNull, pageOf } from './common.js';

export class BundleVersionPath {
  @IsText(64) bundleId!: string;
  @Type(() => Number) @IsInt() @Min(1) @Max(100_000) version!: number;
}
export class EvolutionPath {
  @IsText(32) evolutionId!: string;
}

/** What a reviewer thinks of exactly this text. `waived`: the governor says why `role` need not look at it. */
export class ReviewBody {
  @IsIn(REVIEWERS) role!: Reviewer;
  @IsIn(REVIEW_VERDICTS) verdict!: ReviewVerdict;
  /** Of the text that was looked at; another one by now is refused. */
  @IsOptional() @IsSha256() sha256?: string;
  /** Of a bundle, what a team of it could be and touch, as an earlier review or the certification showed it; another by now is refused. */
  @IsOptional() @IsSha256() scopeSha256?: string;
  @IsText(4000) notes!: string;
}
export class ReviewView {
  @IsId() id!: string;
  @IsIn(REVIEWERS) role!: Reviewer;
  @IsIn(REVIEW_VERDICTS) verdict!: ReviewVerdict;
  @IsSha256() sha256!: string;
  /** Of a bundle: what a team of it could be and touch then, by the templates in force; under others the review does not count. */
  @IsOptional() @IsSha256() scopeSha256!: string | null;
  @IsText(4000) notes!: string;
  /** Name of who said it; null: a person who is not there any more. */
  @IsOptional() @IsText(200) by!: string | null;
  @IsTime() at!: string;
}
export class ReviewList {
  @IsListOf(() => ReviewView, 500) items!: ReviewView[];
  /** Of the text as it stands now: a review that is sent with it is of this one, or refused. */
  @IsSha256() sha256!: string;
  /** Of a bundle: what a team of it could be and touch now. */
  @IsOptional() @IsSha256() scopeSha256!: string | null;
}
/** Where a review stands that is waited for. */
export class ReviewStandingView {
  @IsIn(REVIEWERS) role!: Reviewer;
  @IsIn(['missing', ...REVIEW_VERDICTS]) state!: 'missing' | ReviewVerdict;
}

export class ProofView {
  @IsText(1000) claim!: string;
  @IsBoolean() holds!: boolean;
}
export class HeadingView {
  @IsText(64) heading!: string;
  /** With its number, for people. */
  @IsText(100) name!: string;
  @IsText(8000, 0) says!: string;
  @IsListOf(() => ProofView, 100) evidence!: ProofView[];
}
export class ChecklistView {
  /** `team`, or the way of working. */
  @IsText(64) subject!: string;
  @IsText(200) version!: string;
  @IsListOf(() => HeadingView, 20) headings!: HeadingView[];
}
export class AlignmentInputView {
  @IsText(200) name!: string;
  @IsBoolean() met!: boolean;
}
export class RiskView {
  @IsText(64) id!: string;
  @IsText(500) risk!: string;
  @IsText(500) mitigation!: string;
  @Min(0) @Max(100) points!: number;
  @IsCount(100) of!: number;
  @IsListOf(() => AlignmentInputView, 50) inputs!: AlignmentInputView[];
}
export class CertificationCriteria {
  @IsTexts(200, 1000) increasesScope!: string[];
  @IsTexts(200, 1000) reducesApprovals!: string[];
  @IsTexts(200, 1000) addsAccess!: string[];
  @IsTexts(200, 1000) weakensSafety!: string[];
}
/** What a team was certified by; while it is not, what it would be certified by now, and what stands against it. */
export class CertificationView {
  /** Of the decision; null: not certified. */
  @IsOptional() @IsId() id!: string | null;
  @IsTimeOrNull() certifiedAt!: string | null;
  @IsText(80) bundle!: string;
  @IsIn(CLASSES) classification!: Classification;
  @IsNested(() => CertificationCriteria) criteria!: CertificationCriteria;
  @IsListOf(() => ChecklistView, 20) checklists!: ChecklistView[];
  @IsListOf(() => ReviewStandingView, 10) reviews!: ReviewStandingView[];
  /** The approved evolution that lets it go further; null where it goes no further, or none does. */
  @IsOptional() @IsText(32) evolution!: string | null;
  /** What it may be and touch, as one hash: a review counts for this one alone. */
  @IsSha256() scopeSha256!: string;
  /** 0 to 100; the risks' points add up to it. */
  @IsCount(100) alignment!: number;
  @IsListOf(() => RiskView, 20) risks!: RiskView[];
  @IsTexts(100, 100) precedents!: string[];
  @IsTexts(20, 500) notes!: string[];
  /** Why Genesis cannot certify it now. */
  @IsOptional() @IsText(64) refusal!: string | null;
  @IsOptional() @IsText(10_000) refusalWords!: string | null;
}

/** What certifying a team of a draft would come to, were it published as it is. */
export class CertificationForecast {
  @IsIn(CLASSES) classification!: Classification;
  @IsNested(() => CertificationCriteria) criteria!: CertificationCriteria;
  /** Whose review it would wait for. */
  @IsIn(REVIEWERS, { each: true }) reviews!: Reviewer[];
  /** Whether it would wait for an approved evolution that names the published version. */
  @IsBoolean() evolution!: boolean;
  /** What else would stand against it, in a sentence each. */
  @IsTexts(100, 2000) lacks!: string[];
  @IsCount(100) alignment!: number;
}

/** A proposal by `evolution.schema.json`. */
export class EvolutionBody {
  @IsObject() proposal!: object;
}
export class ConfirmEvolutionBody {
  @IsIn(CONFIRMATION_IDS) question!: ConfirmationId;
  @IsBoolean() accepted!: boolean;
  @IsOptional() @IsText(1000, 0) note?: string;
}
export class DecideEvolutionBody {
  @IsIn(EVOLUTION_VERBS) verb!: EvolutionVerb;
  @IsTexts(20, 500) rationale!: string[];
}
export class ConfirmationView {
  @IsIn(CONFIRMATION_IDS) question!: ConfirmationId;
  /** As the governor is asked. */
  @IsText(500) words!: string;
  /** Null: not answered. */
  @IsOptional() @IsBoolean() accepted!: boolean | null;
  @IsText(1000, 0) note!: string;
}
export class EvolutionView {
  @IsText(32) id!: string;
  @IsText(200) title!: string;
  @IsIn(EVOLUTION_STATES) state!: EvolutionState;
  @IsTime() proposedAt!: string;
  /** Who may take it back, and decides nothing else about it; null: it was decided before this platform kept evolutions, and its record is the precedent of the operator's file. */
  @IsOptional() @IsId() proposedBy!: string | null;
  /** Their name; null: a person who is not there any more, or nobody who is on record. */
  @IsOptional() @IsText(200) proposer!: string | null;
  @IsSha256() sha256!: string;
  @IsObject() proposal!: object;
  @IsListOf(() => ConfirmationView, 10) answers!: ConfirmationView[];
  @IsListOf(() => ReviewStandingView, 10) reviews!: ReviewStandingView[];
  @IsTimeOrNull() decidedAt!: string | null;
  /** Name of who decided; of a file's, the role. */
  @IsOptional() @IsText(200) decider!: string | null;
  /** Empty until it is decided. */
  @IsTexts(20, 500) rationale!: string[];
  /** The precedent that it became. */
  @IsOptional() @IsText(32) seed!: string | null;
}
export const EvolutionPage = pageOf(EvolutionView);
