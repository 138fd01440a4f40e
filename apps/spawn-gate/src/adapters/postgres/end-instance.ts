import type { Audit } from '@countersign/audit';
import { sql, type Tx } from '@countersign/database';
import { full, minus, NOTHING, positive, shown, type Full } from '../../domain/amounts.js';
import { close, spend } from '../../domain/budget.js';
import type { AccountBook } from './account-book.js';
import { tell, type EventName } from './events.js';
import type { InstanceRow } from './instances.js';

export type EndState = 'completed' | 'failed' | 'cancelled';

export interface Ending {
  readonly state: EndState;
  /** A stable word: what ended it. */
  readonly reason: string;
  /** What the supervisor drew from the slice; undefined when the gate ends it itself and knows only the time that passed. */
  readonly drawn?: Full;
}

const EVENT: Readonly<Record<EndState, EventName>> = { completed: 'instance.completed', failed: 'instance.failed', cancelled: 'instance.cancelled' };

/**
 * Ends a running instance: books what it drew, gives the rest of its slice back to its parent, writes state, entries and
 * event. Nothing may run on the instance's account afterwards; what a late report adds is taken from above.
 */
export async function endRunning(tx: Tx, audit: Audit, book: AccountBook, instance: InstanceRow, { state, reason, drawn }: Ending): Promise<void> {
  const { ids, accounts } = book.chain([instance.id, instance.goal_id ?? undefined, tx.scopeId]);
  const used = drawn ?? elapsed(instance);
  const { chain: settled, booked, overshoot } = spend(accounts, used);
  const { chain, released } = close(settled);
  book.put(ids, chain);
  book.markClosed(instance.id);
  // A report of its supervisor may still come: the time the gate booked goes under another kind, so that both can stand.
  book.enter({ accountId: instance.id, callId: instance.id, kind: drawn ? 'draw' : 'settle', amounts: booked, overshoot });
  book.enter({ accountId: instance.id, callId: instance.id, kind: 'release', amounts: released });
  tx.writeExpecting(1, 'instance_ended', sql`update app.instance set state = ${state}, ended_at = clock_timestamp(), end_reason = ${reason}
    where team_id = ${tx.scopeId} and id = ${instance.id} and state in ('queued', 'running')`);
  const spent = shown(chain[0]!.spent);
  await audit(tx, 'INSTANCE-ENDED', { instance_id: instance.id, status: state, reason, spent });
  await audit(tx, 'BUDGET-RELEASED', { account_id: ids[1]!, hold_id: instance.id, spent, released: shown(released) });
  tell(tx, { instanceId: instance.id, taskId: instance.task_id, epoch: instance.epoch }, EVENT[state], reason);
}

/** The time it ran, where its supervisor does not say: wall time is the gate's own to know. A manager's time is not metered. */
const elapsed = ({ age_ms, task_id }: InstanceRow): Full => (task_id === null ? NOTHING : full({ ms: age_ms }));

/**
 * Books what a supervisor reports about an instance that the gate has ended already: the time was booked then, the rest is
 * taken from the accounts above, because it was used.
 */
export function bookLate(tx: Tx, book: AccountBook, instance: InstanceRow, drawn: Full, bookedBefore: Full): void {
  const { ids, accounts } = book.chain([instance.id, instance.goal_id ?? undefined, tx.scopeId]);
  const { chain, booked, overshoot } = spend(accounts, positive(minus(drawn, bookedBefore)));
  book.put(ids, chain);
  book.markClosed(instance.id);
  book.enter({ accountId: instance.id, callId: instance.id, kind: 'draw', amounts: booked, overshoot });
}
