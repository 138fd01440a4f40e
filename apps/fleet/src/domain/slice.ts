import { BUDGET_UNITS, type Amounts, type BudgetUnit } from '@countersign/contracts';

/** The part of an instance's slice the fleet itself draws on; tokens and money are drawn at the gate. */
const DRAWN_HERE = ['tool_calls', 'steps', 'ms'] as const satisfies readonly BudgetUnit[];
export type DrawnHere = (typeof DRAWN_HERE)[number];

export interface SliceState {
  /** What may be drawn: what the gate granted, without what children of this instance were given of it. */
  readonly granted: Amounts;
  readonly given: Amounts;
  readonly drawn: Amounts;
}

export const openSlice = (granted: Amounts): SliceState => ({ granted, given: {}, drawn: {} });

/** The slice once children hold `given` of it; asked again with the same it is the same. */
export function withGiven(slice: SliceState, given: Amounts): SliceState {
  const units = [...new Set([...Object.keys(slice.granted), ...Object.keys(given)])] as BudgetUnit[];
  const granted = Object.fromEntries(units.map((unit) => [unit, Math.max(0, (slice.granted[unit] ?? 0) + (slice.given[unit] ?? 0) - (given[unit] ?? 0))])) as Amounts;
  return { ...slice, granted, given };
}

export const sumOf = (parts: readonly Amounts[]): Amounts =>
  Object.fromEntries(BUDGET_UNITS.filter((unit) => parts.some((part) => part[unit])).map((unit) => [unit, parts.reduce((sum, part) => sum + (part[unit] ?? 0), 0)])) as Amounts;

/** Draws before the work is done; undefined when the slice does not hold that much (nothing is drawn then). An absent grant is zero. */
export function draw(slice: SliceState, unit: DrawnHere, amount: number): SliceState | undefined {
  const drawn = (slice.drawn[unit] ?? 0) + amount;
  if (drawn > (slice.granted[unit] ?? 0)) return undefined;
  return { ...slice, drawn: { ...slice.drawn, [unit]: drawn } };
}

/**
 * Whether a slice can pay `wanted` beside what was used of it and what is held, and something of each unit is left even then: a budget
 * that is used to its last unit is used up. An absent grant is zero.
 */
export const canPay = (granted: Amounts, taken: readonly Amounts[], wanted: Amounts): boolean =>
  (Object.entries(wanted) as [BudgetUnit, number][]).every(([unit, amount]) => amount === 0 || taken.reduce((sum, used) => sum + (used[unit] ?? 0), amount) < (granted[unit] ?? 0));

/** How long an answer is waited for, of the time that is left: what is to be done with it needs some, too. */
export const timeToWait = (grantedMs: number | undefined, elapsedMs: number): number => Math.max(0, Math.floor(((grantedMs ?? 0) - elapsedMs) * 0.75));

/** Time passes whether it is granted or not: counts what was used, at most what was granted. */
export function drawTime(slice: SliceState, elapsedMs: number): SliceState {
  const ms = Math.min(Math.ceil(elapsedMs), slice.granted.ms ?? 0);
  return { ...slice, drawn: { ...slice.drawn, ms } };
}
