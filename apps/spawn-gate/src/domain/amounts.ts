import { BUDGET_UNITS, type Amounts, type BudgetUnit } from '@countersign/contracts';

/** An amount for every unit. */
export type Full = Readonly<Record<BudgetUnit, number>>;

export const each = (amount: (unit: BudgetUnit) => number): Full => Object.fromEntries(BUDGET_UNITS.map((unit) => [unit, amount(unit)])) as Full;

export const NOTHING: Full = each(() => 0);
export const full = (amounts: Amounts): Full => each((unit) => amounts[unit] ?? 0);
export const plus = (a: Full, b: Full): Full => each((unit) => a[unit] + b[unit]);
export const minus = (a: Full, b: Full): Full => each((unit) => a[unit] - b[unit]);
export const least = (a: Full, b: Full): Full => each((unit) => Math.min(a[unit], b[unit]));
export const positive = (a: Full): Full => each((unit) => Math.max(0, a[unit]));
export const isNothing = (a: Full): boolean => BUDGET_UNITS.every((unit) => a[unit] === 0);
/** Units in which `a` is more than `b`. */
export const unitsOver = (a: Full, b: Full): BudgetUnit[] => BUDGET_UNITS.filter((unit) => a[unit] > b[unit]);
/** Without the units that are zero: what a ledger row or an entry shows. */
export const shown = (a: Full): Amounts => Object.fromEntries(BUDGET_UNITS.filter((unit) => a[unit] !== 0).map((unit) => [unit, a[unit]])) as Amounts;
