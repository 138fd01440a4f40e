import type { Audit } from '@countersign/audit';
import { BUDGET_LIMIT, type SpawnPolicy } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import type { AccountBook, Mark } from './account-book.js';
import { endOpen } from './end-instance.js';
import { tell, usedProperties } from './events.js';
import { eventSubject, instanceById, isManager, isOpen, missionSubject, openInstances, type InstanceRow } from './instances.js';
import { askForMore } from './top-up.js';

/** What ran out, in the words of the original's events. */
export const LIMIT_NAME = BUDGET_LIMIT;

export type MarkRules = Pick<SpawnPolicy, 'warnPercent' | 'onExhausted' | 'approvalMs'>;

/** Without a policy nothing new starts, but what runs is still metered, by the strictest reading. */
export const rulesOf = (policy: SpawnPolicy | undefined): MarkRules => policy ?? { warnPercent: 80, onExhausted: 'cancel', approvalMs: { spawn: 0, tool: 0, budget: 0 } };

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

async function followExhaustion(tx: Tx, audit: Audit, book: AccountBook, instance: InstanceRow, { accountId, kind, unit, account }: Mark, { onExhausted, approvalMs }: MarkRules, ended: Set<string>): Promise<void> {
  const used = usedProperties(account.spent);
  const limit = LIMIT_NAME[unit];
  // what a child spends is spent by its parent, which may run out first
  const whose = kind === 'instance' && accountId !== instance.id ? ((await instanceById(tx, accountId)) ?? instance) : instance;
  if (kind === 'instance') tell(tx, eventSubject(whose), 'budget.exhausted', { ...used, elapsedMs: whose.age_ms, exhaustedBy: limit, code: limit });
  else tell(tx, missionSubject(instance), 'mission.budget.exhausted', { ...used, exhaustedBy: `mission_${limit}`, code: `mission_${limit}` });
  // an instance asks when it needs more; what all of a mission or a team needs, nobody else asks for
  if (onExhausted === 'pause' && kind !== 'instance') await askForMore(tx, audit, { accountId, kind, account, units: [unit] }, instance, approvalMs.budget);
  if (onExhausted !== 'cancel') return;
  const hit = kind === 'instance' ? [whose] : await openInstances(tx, kind === 'mission' ? instance.goal_id : undefined);
  const workers = hit.filter((each) => isOpen(each) && !isManager(each) && !ended.has(each.id) && !book.isClosed(each.id));
  await book.more(tx, sql`select unnest(${workers.map(({ id }) => id)}::uuid[]) union select b.parent_id from app.budget b where b.team_id = ${tx.scopeId} and b.unit = 'tokens' and b.account_id = any (${workers.map(({ id }) => id)}::uuid[])`);
  for (const worker of workers) {
    ended.add(worker.id);
    await endOpen(tx, audit, book, worker, { state: 'cancelled', reason: kind === 'instance' ? 'budget_exhausted' : 'mission_budget_exhausted' });
  }
}
