import { IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { BUNDLE_ASPECTS, CHANGE_WEIGHTS, type BundleAspect, type ChangeWeight } from '../bundle-changes.js';
import { IsCount, IsId, IsListOf, IsNested, IsSha256, IsText, IsTexts } from '../rules.js';
import { FieldViolation, IsTime, IsTimeOrNull, Money, pageOf } from './common.js';
import { CertificationForecast } from './governance.js';
import { QuoteView } from './prices.js';

export class BundleMember {
  @IsText(64) name!: string;
  @IsText(64) skill!: string;
  @IsText(64) agent!: string;
  @IsIn(['manager', 'specialist']) kind!: 'manager' | 'specialist';
}
export class BundleSummary {
  @IsText(64) id!: string;
  @IsCount(100_000) version!: number;
  @IsText(200) title!: string;
  @IsText(2000, 0) description!: string;
  @IsListOf(() => BundleMember, 20) members!: BundleMember[];
  /** What the customer pays a month. */
  @IsNested(() => Money) monthly!: Money;
}
export const BundleSummaryPage = pageOf(BundleSummary);
export class BundleDetail extends BundleSummary {
  /** The bundle file as published. */
  @IsObject() document!: object;
}

/** A bundle as its file or as its fields, one of them. Mistakes do not keep a draft from being stored. */
export class BundleDraftBody {
  @IsOptional() @IsString() @Length(1, 256 * 1024) text?: string;
  @IsOptional() @IsObject() document?: object;
}
export class PublishBundleBody {
  /** Why; it is on record. */
  @IsText(500) comment!: string;
}
export class RollBackBundleBody {
  @IsInt() @Min(1) @Max(100_000) version!: number;
  @IsText(500) reason!: string;
}
/** A broken rule at its line and column in the text, and at its field. */
export class DraftFault extends FieldViolation {
  @IsCount() line!: number;
  @IsCount() column!: number;
}
/** What is different for the customer, in a sentence. `wider`: agents may do or spend more, people are asked less, or it costs more. */
export class BundleChangeView {
  @IsIn(BUNDLE_ASPECTS) aspect!: BundleAspect;
  @IsIn(CHANGE_WEIGHTS) weight!: ChangeWeight;
  @IsText(5000) words!: string;
}
/** What one agent may do: what is not listed it may not. */
export class MemberRights {
  @IsText(64) skill!: string;
  @IsTexts(200, 500) rights!: string[];
}
export class DraftSummary {
  /** The bundle's. */
  @IsText(64) id!: string;
  /** Of the text: the draft's ETag, which a change, a review and the publication must name. */
  @IsSha256() sha256!: string;
  /** Null: the operator's file. */
  @IsOptional() @IsId() editedBy!: string | null;
  @IsTime() editedAt!: string;
  /** This text was reviewed. */
  @IsBoolean() reviewed!: boolean;
  @IsOptional() @IsId() reviewedBy!: string | null;
  @IsTimeOrNull() reviewedAt!: string | null;
}
export const DraftSummaryPage = pageOf(DraftSummary);
export class BundleDraftView extends DraftSummary {
  @IsText(256 * 1024) text!: string;
  /** What the text says, whatever is wrong with it; null where it is no map of fields. */
  @IsOptional() @IsObject() document!: object | null;
  /** Version it will replace; 0 where it is the first. */
  @IsCount(100_000) replaces!: number;
  /** Everything that keeps it from being published. */
  @IsListOf(() => DraftFault, 100) faults!: DraftFault[];
  @IsListOf(() => BundleChangeView, 500) changes!: BundleChangeView[];
  /** Each agent's rights by the templates in force. */
  @IsListOf(() => MemberRights, 20) rights!: MemberRights[];
  /** Null where the text does not follow the bundle's own rules. */
  @IsOptional() @IsNested(() => CertificationForecast) certification!: CertificationForecast | null;
  /** A month of it, by the price table in force; null where the text does not follow the bundle's own rules. */
  @IsOptional() @IsNested(() => QuoteView) quote!: QuoteView | null;
}
export class BundlePublished {
  @IsText(64) id!: string;
  @IsCount(100_000) version!: number;
  /** Of the document, its members in order. */
  @IsSha256() sha256!: string;
  /** Of a version that was put back: rupees a month by the price table of now, which may be another price than it had. */
  @IsOptional() @IsCount() monthly?: number;
}
export class BundleVersion extends BundlePublished {
  @IsTime() publishedAt!: string;
  /** Null: the operator's file. */
  @IsOptional() @IsId() publishedBy!: string | null;
  /** The older version that this one is again. */
  @IsOptional() @IsCount(100_000) restores!: number | null;
  /** Teams that work by it. */
  @IsCount() teams!: number;
}
export class BundleVersionList {
  @IsListOf(() => BundleVersion, 100_000) items!: BundleVersion[];
}
