import { IsIn, IsOptional, IsString, Matches } from 'class-validator';
import { IsCount, IsId, IsListOf, IsNested, IsText } from '../rules.js';
import { ACCOUNT_KINDS, type AccountKind } from '../states.js';
import { PAGE_LIMIT, PageQuery } from './common.js';

/** Milliseconds, micro-dollars, or counts. Of a customer `held` is what its teams were granted and have not spent. */
export class AccountLine {
  /** Null: not limited; of a customer only. */
  @IsOptional() @IsCount() granted!: number | null;
  @IsCount() held!: number;
  @IsCount() spent!: number;
  /** What can still be given: `granted - held - spent`, and nothing where the limit was lowered below that. */
  @IsOptional() @IsCount() free!: number | null;
  /** The most that calls under way below it can come to beyond what they hold. */
  @IsCount() overshoot!: number;
}
export class AccountLines {
  @IsNested(() => AccountLine) tokens!: AccountLine;
  @IsNested(() => AccountLine) steps!: AccountLine;
  @IsNested(() => AccountLine) tool_calls!: AccountLine;
  @IsNested(() => AccountLine) ms!: AccountLine;
  @IsNested(() => AccountLine) usd_micros!: AccountLine;
}
export const BUDGET_ACCOUNT_KINDS = ['customer', ...ACCOUNT_KINDS] as const;
/** One account of the tree customer → team → mission → instance (an instance's may hang below another's). */
export class BudgetAccount {
  @IsId() id!: string;
  @IsIn(BUDGET_ACCOUNT_KINDS) kind!: 'customer' | AccountKind;
  @IsOptional() @IsId() parentId!: string | null;
  @IsOptional() @IsId() teamId!: string | null;
  @IsText(200, 0) name!: string;
  /** Of the team, goal or instance; empty for a customer and for a default mission. */
  @IsText(64, 0) state!: string;
  @IsNested(() => AccountLines) amounts!: AccountLines;
}
const MOST_RAISED = 1_000_000_000_000;
export class RaiseAmounts {
  @IsOptional() @IsCount(MOST_RAISED) tokens?: number;
  @IsOptional() @IsCount(MOST_RAISED) steps?: number;
  @IsOptional() @IsCount(MOST_RAISED) tool_calls?: number;
  @IsOptional() @IsCount(MOST_RAISED) ms?: number;
  @IsOptional() @IsCount(MOST_RAISED) usd_micros?: number;
}
export class RaiseBody {
  @IsNested(() => RaiseAmounts) more!: RaiseAmounts;
  @IsText(500) reason!: string;
}
/** The question that another person answers, as `GET /agent-team/approvals` lists it. */
export class RaiseRequested {
  @IsText(80) approvalId!: string;
}
/** `scope`: one team's branch. */
export class BudgetQuery extends PageQuery {
  @IsOptional() @IsString() @Matches(/^[0-9a-f-]{36}_[0-9a-f-]{36}$/) declare cursor?: string;
  @IsOptional() @IsId() scope?: string;
}
export class BudgetTreePage {
  /** Team by team, each from its root down. */
  @IsListOf(() => BudgetAccount, PAGE_LIMIT) items!: BudgetAccount[];
  /** The customers of those teams. */
  @IsListOf(() => BudgetAccount, PAGE_LIMIT) customers!: BudgetAccount[];
  @IsOptional() @IsText(200) nextCursor!: string | null;
}
