import { BUDGET_UNITS, type AccountLine, type AccountLines, type Amounts, type BudgetUnit } from '@countersign/contracts';

/** One account's figures as they are stored. */
export interface StoredLine {
  readonly granted: number;
  readonly held: number;
  readonly spent: number;
  readonly overshoot: number;
}
type Stored = Readonly<Partial<Record<BudgetUnit, StoredLine>>>;

const NOTHING: StoredLine = { granted: 0, held: 0, spent: 0, overshoot: 0 };
const eachUnit = (line: (unit: BudgetUnit) => AccountLine): AccountLines => Object.fromEntries(BUDGET_UNITS.map((unit) => [unit, line(unit)])) as unknown as AccountLines;

export const linesOf = (stored: Stored): AccountLines =>
  eachUnit((unit) => {
    const line = stored[unit] ?? NOTHING;
    return { ...line, free: line.granted - line.held - line.spent };
  });

/** A customer's account is the sum of its teams (ADR 0023): what they were granted it holds or has spent. `limit`: a unit that is not named is not limited. */
export const customerLines = (limit: Amounts, teams: Stored): AccountLines =>
  eachUnit((unit) => {
    const { granted: given, spent, overshoot } = teams[unit] ?? NOTHING;
    const granted = limit[unit] ?? null;
    return { granted, held: given - spent, spent, free: granted === null ? null : Math.max(0, granted - given), overshoot };
  });
