import { IsBoolean, IsIn, IsObject, IsOptional } from 'class-validator';
import { CONFIRMATION_IDS, type ConfirmationId } from '../certification/evolution.js';
import { defineCommand } from '../command.js';
import { REVIEWERS, type Reviewer } from '../files/certification-policy.js';
import { IsCount, IsId, IsNested, IsSha256, IsText, IsTexts } from '../rules.js';
import { CommandReply, Requester } from './gateway.js';

export const REVIEW_VERDICTS = ['recommended', 'rejected', 'waived'] as const;
export type ReviewVerdict = (typeof REVIEW_VERDICTS)[number];
export const REVIEWED_KINDS = ['bundle', 'evolution'] as const;
export type ReviewedKind = (typeof REVIEWED_KINDS)[number];

/** Genesis, the architect or the guardian says what they think of exactly this text; or the governor says why one of them need not. */
export class RecordReview {
  @IsNested(() => Requester) by!: Requester;
  @IsId() reviewId!: string;
  @IsIn(REVIEWED_KINDS) kind!: ReviewedKind;
  /** A bundle's or an evolution's. */
  @IsText(64) id!: string;
  /** A bundle's version; 1 of an evolution. */
  @IsCount(100_000) version!: number;
  @IsIn(REVIEWERS) role!: Reviewer;
  @IsIn(REVIEW_VERDICTS) verdict!: ReviewVerdict;
  /** The text that was looked at; another one is no longer the one that is reviewed. */
  @IsOptional() @IsSha256() sha256?: string;
  /** What a team of it could be and touch when it was looked at. */
  @IsOptional() @IsSha256() scopeSha256?: string;
  @IsText(4000) notes!: string;
}
export const recordReview = defineCommand({ service: 'spawn-gate', verb: 'record_review', caller: 'gateway', request: RecordReview, reply: CommandReply });

export class ProposeEvolution {
  @IsNested(() => Requester) by!: Requester;
  @IsId() requestId!: string;
  @IsObject() proposal!: object;
}
export class EvolutionReply extends CommandReply {
  @IsOptional() @IsText(32) evolutionId?: string;
}
export const proposeEvolution = defineCommand({ service: 'spawn-gate', verb: 'propose_evolution', caller: 'gateway', request: ProposeEvolution, reply: EvolutionReply });

/** The governor confirms one of the six questions, or does not. */
export class ConfirmEvolution {
  @IsNested(() => Requester) by!: Requester;
  @IsText(32) evolutionId!: string;
  @IsIn(CONFIRMATION_IDS) question!: ConfirmationId;
  @IsBoolean() accepted!: boolean;
  @IsText(1000, 0) note!: string;
}
export const confirmEvolution = defineCommand({ service: 'spawn-gate', verb: 'confirm_evolution', caller: 'gateway', request: ConfirmEvolution, reply: EvolutionReply });

export const EVOLUTION_VERBS = ['approve', 'reject', 'withdraw'] as const;
export type EvolutionVerb = (typeof EVOLUTION_VERBS)[number];
export class DecideEvolution {
  @IsNested(() => Requester) by!: Requester;
  @IsText(32) evolutionId!: string;
  @IsIn(EVOLUTION_VERBS) verb!: EvolutionVerb;
  /** Why; an approval's become the seed's. */
  @IsTexts(20, 500) rationale!: string[];
}
export const decideEvolution = defineCommand({ service: 'spawn-gate', verb: 'decide_evolution', caller: 'gateway', request: DecideEvolution, reply: EvolutionReply });
