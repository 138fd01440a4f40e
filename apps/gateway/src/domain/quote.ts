import { amountsOfBudget, priceOf, type Bundle, type Composition, type Money, type PriceTable, type Pricing, type Promised, type QuoteView } from '@countersign/contracts';
import { isStaff, type Caller } from './access.js';

/** A version of the price table. */
export interface PricesInForce {
  readonly version: number;
  readonly sha256: string;
  readonly table: PriceTable;
}

const inr = (amountMicros: number): Money => ({ amountMicros, currency: 'INR' });
const balance = (amountMicros: number) => ({ amountMicros, currency: 'INR' as const });

/** What is asked for, priced. What carrying it costs and what is left of the price is the platform's own business. */
export function quoteFor(by: Caller, { version, sha256, table }: PricesInForce, asked: Composition & Promised & { readonly bundle: QuoteView['bundle'] }, months: number): QuoteView {
  const { lines, discountMicros, floorMicros, monthlyMicros, totalMicros, platform } = priceOf(table, asked, months, asked);
  return {
    bundle: asked.bundle,
    priceTable: { version, sha256 },
    months,
    lines: lines.map(({ skill, monthlyMicros: alone }) => ({ skill, monthly: inr(alone) })),
    discount: inr(discountMicros),
    floor: inr(floorMicros),
    monthly: inr(monthlyMicros),
    total: inr(totalMicros),
    platform: isStaff(by) && by.roles.includes('platform_governor') ? platformView(platform, table.platform.inrPerUsd) : null,
  };
}

const platformView = ({ lines, costMicros, marginMicros, modelMicros, leastMarginMicros, breakEvenThousandths }: Pricing['platform'], inrPerUsd: number): NonNullable<QuoteView['platform']> => ({
  lines: lines.map(({ what, usdMicros, inrMicros }) => ({ what, usd: { amountMicros: usdMicros, currency: 'USD' }, inr: inr(inrMicros) })),
  inrPerUsd: String(inrPerUsd),
  cost: inr(costMicros),
  margin: balance(marginMicros),
  models: modelMicros === null ? null : inr(modelMicros),
  leastMargin: leastMarginMicros === null ? null : balance(leastMarginMicros),
  breakEvenThousandths,
});

/** A bundle is priced by its tariff and costs what it was published with. */
export const asPublished = ({ members, price, budgets }: Pick<Bundle, 'members' | 'price' | 'budgets'>): Composition & Promised => ({
  tariff: price.tariff,
  skills: members.map(({ skill }) => skill),
  monthlyMicros: price.monthly * 1_000_000,
  modelUsdMicros: amountsOfBudget(budgets.team).usd_micros!,
});
