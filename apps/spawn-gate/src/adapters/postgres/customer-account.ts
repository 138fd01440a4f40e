import { BUDGET_UNITS, customerLimit, type BudgetUnit, type SpawnPolicy } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import { each, type Full } from '../../domain/amounts.js';
import { beyondTotal } from '../../domain/budget.js';

interface AccountLine {
  readonly unit: BudgetUnit;
  readonly granted: number;
}

/**
 * The account above a customer's teams: it holds what they were granted. Whoever grants a team something takes the customer's turn
 * until commit first, so that two of its teams cannot both get the last of it. Returns the units of which there is not enough.
 */
export async function beyondCustomer(tx: Tx, customerId: string, more: Full, policy: SpawnPolicy | undefined): Promise<BudgetUnit[]> {
  const limit = policy ? customerLimit(policy, customerId) : {};
  if (BUDGET_UNITS.every((unit) => limit[unit] === undefined)) return [];
  const [, lines] = await Promise.all([
    tx.read(sql`select pg_advisory_xact_lock(hashtextextended('customer:' || ${customerId}, 0))`),
    tx.read<AccountLine>(sql`select unit, granted from ops.customer_account(${customerId})`),
  ]);
  const granted = new Map(lines.map((line) => [line.unit, line.granted]));
  return beyondTotal(limit, each((unit) => granted.get(unit) ?? 0), more);
}

export const CUSTOMER_EXCEEDED = 'customer_budget_exceeded';
export const exceededWords = (units: readonly BudgetUnit[]): string =>
  `the customer’s account, which all its teams and trials are paid from, has not enough ${units.map((unit) => UNIT_WORDS[unit]).join(', ')} left: end a team that is not needed, or ask the platform’s governor, whose spawn policy says how much there is (customer_budgets)`;
const UNIT_WORDS: Readonly<Record<BudgetUnit, string>> = { tokens: 'tokens', steps: 'steps', tool_calls: 'tool calls', ms: 'working time', usd_micros: 'money' };
