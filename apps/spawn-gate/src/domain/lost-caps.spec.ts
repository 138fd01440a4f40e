import { describe, it } from 'node:test';
import { expect } from 'expect';
import { lostCaps } from './lost-caps.js';

const [one, two] = ['00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002'] as const;

describe('the caps of customers that another policy takes away', () => {
  it('are those it does not name: for all, of one customer, or one unit of either', () => {
    const now = { customer_total_budget: { max_tokens: 5, max_cost_usd: 1 }, customer_budgets: { [one]: { max_tokens: 1 }, [two]: { max_steps: 1 } } };
    expect(lostCaps(now, { enabled: true })).toEqual(['/customer_total_budget/max_tokens', '/customer_total_budget/max_cost_usd', `/customer_budgets/${one}/max_tokens`, `/customer_budgets/${two}/max_steps`]);
    expect(lostCaps(now, { ...now, customer_total_budget: { max_tokens: 5 } })).toEqual(['/customer_total_budget/max_cost_usd']);
    expect(lostCaps(now, { ...now, customer_budgets: { [one]: { max_tokens: 9 } } })).toEqual([`/customer_budgets/${two}/max_steps`]);
  });

  it('are none where all are named, with whatever figure, or where there were none', () => {
    expect(lostCaps({ customer_total_budget: { max_tokens: 5 } }, { customer_total_budget: { max_tokens: 0, max_steps: 1 } })).toEqual([]);
    expect(lostCaps({ enabled: true }, { customer_total_budget: { max_tokens: 5 } })).toEqual([]);
  });
});
