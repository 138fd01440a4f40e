import { ArrayMinSize, IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { MOST_IN_TEAM, PLATFORM_COSTS, TARIFFS, type PlatformCost, type Tariff } from '../files/price-table.js';
import { IsCount, IsListOf, IsNested, IsSha256, IsText, IsTexts } from '../rules.js';
import { Money } from './common.js';

export class QuotedComposition {
  /** Of the specialists, each once in a team; what one costs alone is by its skill. */
  @IsTexts(MOST_IN_TEAM - 1, 63) @ArrayMinSize(1) skills!: string[];
  /** Absent: no team, every agent alone. */
  @IsOptional() @IsIn(TARIFFS) tariff?: Tariff;
}
/** Either a published bundle or a composition. */
export class QuoteBody {
  @IsOptional() @Matches(/^[a-z0-9-]{1,64}$/) bundle?: string;
  @IsOptional() @IsNested(() => QuotedComposition) composition?: QuotedComposition;
  @IsInt() @Min(1) @Max(120) months!: number;
}

/** An amount that may be less than nothing. */
export class Balance {
  @IsInt() amountMicros!: number;
  @IsIn(['INR']) currency!: 'INR';
}
/** One agent at its own price, a month. */
export class QuotedAgent {
  @IsText(63) skill!: string;
  @IsNested(() => Money) monthly!: Money;
}
export class PlatformCostLine {
  @IsIn(PLATFORM_COSTS) what!: PlatformCost;
  @IsNested(() => Money) usd!: Money;
  @IsNested(() => Money) inr!: Money;
}
/** What it costs the platform to carry the team, an estimate; for the platform's governor. */
export class PlatformCostView {
  /** A month each. */
  @IsListOf(() => PlatformCostLine, 20) lines!: PlatformCostLine[];
  /** Rupees for a dollar. */
  @IsText(20) inrPerUsd!: string;
  /** Over all months. */
  @IsNested(() => Money) cost!: Money;
  @IsNested(() => Balance) margin!: Balance;
  /** The most that models may cost besides, over the team's life; null where nothing caps it. */
  @IsOptional() @IsNested(() => Money) models!: Money | null;
  /** The margin when all of that is spent. */
  @IsOptional() @IsNested(() => Balance) leastMargin!: Balance | null;
  /** How many such teams pay for the platform's month, in thousandths; null where they pay nothing. */
  @IsOptional() @IsCount() breakEvenThousandths!: number | null;
}
export class QuotedBundle {
  @IsText(64) id!: string;
  @IsCount(100_000) version!: number;
}
export class PriceTableVersion {
  @IsCount() version!: number;
  @IsSha256() sha256!: string;
}
/** It adds up: the lines, less the discount and with the floor, are a month; the months of that are the total. */
export class QuoteView {
  @IsOptional() @IsNested(() => QuotedBundle) bundle!: QuotedBundle | null;
  /** The table it was made from; a published bundle's own price stands as it was published. */
  @IsNested(() => PriceTableVersion) priceTable!: PriceTableVersion;
  @IsCount(120) months!: number;
  @IsListOf(() => QuotedAgent, 20) lines!: QuotedAgent[];
  /** Taken off, a month. */
  @IsNested(() => Money) discount!: Money;
  /** Put on top where the lines are less than a team costs at least, a month. */
  @IsNested(() => Money) floor!: Money;
  @IsNested(() => Money) monthly!: Money;
  @IsNested(() => Money) total!: Money;
  /** Null for customers. */
  @IsOptional() @IsNested(() => PlatformCostView) platform!: PlatformCostView | null;
}
