import type { Audit } from '@countersign/audit';
import type { BudgetUnit, SpawnPolicy } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import type { AccountBook, Mark } from './account-book.js';
import { endRunning } from './end-instance.js';
import { tell } from './events.js';
import { runningInstances, type InstanceRow } from './instances.js';

/** What ran out, in the words of the original's events. */
export const LIMIT_NAME: Readonly<Record<BudgetUnit, string>> = { tokens: 'max_tokens', steps: 'max_steps', tool_calls: 'max_tool_calls', ms: 'max_duration_ms', usd_micros: 'max_cost_usd' };

export type MarkRules = Pick<SpawnPolicy, 'warnPercent' | 'onExhausted'>;

/** Without a policy nothing new starts, but what runs is still metered, by the strictest reading. */
export const rulesOf = (policy: SpawnPolicy | undefined): MarkRules => policy ?? { warnPercent: 80, onExhausted: 'cancel' };

/**
 * What follows when amounts were booked for `instance`: new warnings and exhaustions are entries and events, and by policy
 * what is used up ends: the instance, or everything that works for the same goal, or for the same team.
 *
 * `ended`: instances this transaction has ended already.
 */
export async function followMarks(tx: Tx, audit: Audit, book: AccountBook, instance: InstanceRow, rules: MarkRules, ended = new Set<string>(), first: readonly Mark[] = []): Promise<void> {
  for (let marks = [...first, ...book.newMarks(rules.warnPercent)]; marks.length > 0; marks = book.newMarks(rules.warnPercent)) {
    await writeMarks(tx, audit, marks, rules);
    for (const mark of marks.filter(({ level }) => level === 'exhausted')) await followExhaustion(tx, audit, book, instance, mark, rules, ended);
  }
}

/** One entry per mark. */
export async function writeMarks(tx: Tx, audit: Audit, marks: readonly Mark[], { onExhausted }: MarkRules): Promise<void> {
  for (const { accountId, unit, level, account } of marks) {
    const figures = { account_id: accountId, unit, granted: account.granted[unit], spent: account.spent[unit], held: account.held[unit] };
    if (level === 'warned') await audit(tx, 'BUDGET-WARNED', figures);
    else await audit(tx, 'BUDGET-EXHAUSTED', { ...figures, on_exhausted: onExhausted });
  }
}

async function followExhaustion(tx: Tx, audit: Audit, book: AccountBook, instance: InstanceRow, { kind, unit }: Mark, { onExhausted }: MarkRules, ended: Set<string>): Promise<void> {
  const subject = { instanceId: instance.id, taskId: instance.task_id, epoch: instance.epoch };
  if (kind === 'instance') tell(tx, subject, 'budget.exhausted', LIMIT_NAME[unit]);
  else tell(tx, subject, 'mission.budget.exhausted', `mission_${LIMIT_NAME[unit]}`);
  if (onExhausted !== 'cancel') return;
  const hit = kind === 'instance' ? [instance] : await runningInstances(tx, kind === 'mission' ? (instance.goal_id ?? undefined) : undefined);
  const workers = hit.filter(({ id, task_id, state }) => task_id !== null && state === 'running' && !ended.has(id));
  await book.more(tx, sql`select unnest(${workers.map(({ id }) => id)}::uuid[]) union select unnest(${workers.map(({ goal_id }) => goal_id)}::uuid[])`);
  for (const worker of workers) {
    ended.add(worker.id);
    await endRunning(tx, audit, book, worker, { state: 'cancelled', reason: kind === 'instance' ? 'budget_exhausted' : 'mission_budget_exhausted' });
  }
}
