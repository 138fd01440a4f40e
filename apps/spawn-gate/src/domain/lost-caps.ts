import type { BudgetLimit, SpawnPolicyFile } from '@countersign/contracts';

/**
 * The caps of customers that the policy in force names and the next one does not, as paths in it. A policy that was written where
 * nobody knows customers (the original's format has none) would take them all away without a word.
 */
export function lostCaps(now: SpawnPolicyFile, next: SpawnPolicyFile): string[] {
  const lost = (path: string, before: BudgetLimit = {}, after: BudgetLimit = {}): string[] =>
    Object.keys(before).filter((unit) => after[unit as keyof BudgetLimit] === undefined).map((unit) => `${path}/${unit}`);
  return [
    ...lost('/customer_total_budget', now.customer_total_budget, next.customer_total_budget),
    ...Object.entries(now.customer_budgets ?? {}).flatMap(([id, limit]) => lost(`/customer_budgets/${id}`, limit, next.customer_budgets?.[id])),
  ];
}
