import { usdToMicros } from './files/parts.js';
import { PLATFORM_COSTS, type PlatformCost, type PriceTable, type Tariff } from './files/price-table.js';

const MICROS = 1_000_000;
/** Who is priced: agents on their own, or a team of a manager and specialists. */
export interface Composition {
  /** Absent: no team, every agent alone. */
  readonly tariff?: Tariff;
  /** By skill; in a team the manager comes on top. */
  readonly skills: readonly string[];
}
/** What stands already: the price a bundle was published with, and what its budget lets models cost. */
export interface Promised {
  readonly monthlyMicros?: number;
  readonly modelUsdMicros?: number;
}

/** One agent at its own price. */
export interface QuoteLine {
  readonly skill: string;
  readonly monthlyMicros: number;
}
export interface PlatformLine {
  readonly what: PlatformCost;
  readonly usdMicros: number;
  readonly inrMicros: number;
}
/**
 * What a composition costs for some months, in INR micros. It always adds up: the lines less `discountMicros` and with
 * `floorMicros` are a month, months of that are the total, and the total less what carrying it costs is the margin.
 */
export interface Pricing {
  readonly months: number;
  readonly lines: readonly QuoteLine[];
  /** What is taken off the sum of the lines, a month. */
  readonly discountMicros: number;
  /** What is put on top where the lines are less than a team costs at least, a month. */
  readonly floorMicros: number;
  readonly monthlyMicros: number;
  readonly totalMicros: number;
  readonly platform: {
    /** A month each. */
    readonly lines: readonly PlatformLine[];
    /** Over all months. */
    readonly costMicros: number;
    readonly marginMicros: number;
    /** The most that models may cost besides, over the team's life; null where nothing caps it. */
    readonly modelMicros: number | null;
    /** The margin when all of that is spent. */
    readonly leastMarginMicros: number | null;
    /** How many such teams pay for the platform's month, in thousandths, rounded up; null where they pay nothing. */
    readonly breakEvenThousandths: number | null;
  };
}

/** Prices a composition from the table. Pure: whole micros throughout, every rounding is against the platform. */
export function priceOf(table: PriceTable, { tariff, skills }: Composition, months: number, promised: Promised = {}): Pricing {
  const lines = (tariff === undefined ? skills : ['manager', ...skills]).map((skill) => ({ skill, monthlyMicros: rupees(alone(table, skill)) }));
  const list = sum(lines.map(({ monthlyMicros }) => monthlyMicros));
  const monthlyMicros = promised.monthlyMicros ?? (tariff === undefined ? list : rupees(teamPrice(table, tariff, skills)));
  const totalMicros = monthlyMicros * months;
  return {
    months,
    lines,
    discountMicros: Math.max(0, list - monthlyMicros),
    floorMicros: Math.max(0, monthlyMicros - list),
    monthlyMicros,
    totalMicros,
    platform: carrying(table, months, monthlyMicros, totalMicros, promised.modelUsdMicros),
  };
}

/** What a team costs a month by a tariff, in whole rupees. */
export function teamPrice(table: PriceTable, tariff: Tariff, skills: readonly string[]): number {
  const { fixed, discounted: { discountPercent, from, to } } = table.tariffs;
  if (tariff === 'fixed') return fixed.manager + fixed.specialist * skills.length;
  const list = sum(['manager', ...skills].map((skill) => alone(table, skill)));
  return Math.min(to, Math.max(from, list - Math.ceil((list * discountPercent) / 100)));
}

/** What a team may cost the platform in its first month, in USD micros: what carries it, and all that its budget allows. */
export const firstMonthUsdMicros = ({ platform: { usdPerMonth } }: PriceTable, modelUsdMicros: number): number => sum(PLATFORM_COSTS.map((what) => usdToMicros(usdPerMonth[what]))) + modelUsdMicros;

function carrying(table: PriceTable, months: number, monthlyMicros: number, totalMicros: number, modelUsdMicros: number | undefined): Pricing['platform'] {
  const { usdPerMonth, inrPerUsd } = table.platform;
  const lines = PLATFORM_COSTS.map((what) => {
    const usdMicros = usdToMicros(usdPerMonth[what]);
    return { what, usdMicros, inrMicros: inInr(usdMicros, inrPerUsd) };
  });
  const monthCost = sum(lines.map(({ inrMicros }) => inrMicros));
  const marginMicros = totalMicros - monthCost * months;
  const modelMicros = modelUsdMicros === undefined ? null : inInr(modelUsdMicros, inrPerUsd);
  return {
    lines,
    costMicros: monthCost * months,
    marginMicros,
    modelMicros,
    leastMarginMicros: modelMicros === null ? null : marginMicros - modelMicros,
    breakEvenThousandths: monthlyMicros === 0 ? null : Number(ceilDiv(BigInt(monthCost) * 1000n, BigInt(monthlyMicros))),
  };
}

const alone = ({ agents: { skills, other } }: PriceTable, skill: string): number => (Object.hasOwn(skills, skill) ? skills[skill]! : other);
const rupees = (whole: number): number => whole * MICROS;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
/** Products of the two outgrow what a number holds exactly. */
const inInr = (usdMicros: number, inrPerUsd: number): number => {
  const rate = BigInt(Math.round(inrPerUsd * MICROS));
  return Number(ceilDiv(BigInt(usdMicros) * rate, BigInt(MICROS)));
};
/** Of what is not negative. */
const ceilDiv = (of: bigint, by: bigint): bigint => (of + by - 1n) / by;
