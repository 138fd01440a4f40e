import { personal, type Audit } from '@countersign/audit';
import type { PersonId } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import { full, minus, NOTHING, positive, shown, type Full } from '../../domain/amounts.js';
import { close, spend } from '../../domain/budget.js';
import type { AccountBook } from './account-book.js';
import { tell, type EventName } from './events.js';
import { withdrawQuestions } from './gate-approvals.js';
import { eventSubject, isManager, openBelow, type InstanceRow } from './instances.js';

export type EndState = 'completed' | 'failed' | 'cancelled';

export interface Ending {
  readonly state: EndState;
  /** A stable word: what ended it. */
  readonly reason: string;
  /** What the supervisor drew from the slice; undefined when the gate ends it itself and knows only the time that passed. */
  readonly drawn?: Full;
  /** Whose will it was, with the words that were given. */
  readonly by?: { readonly personId: PersonId; readonly words: string };
}

const EVENT: Readonly<Record<EndState, EventName>> = { completed: 'instance.completed', failed: 'instance.failed', cancelled: 'instance.cancelled' };

/**
 * Ends an instance and everything it started: nothing outlives its parent (P3). Books what it drew, gives the rest of its slice
 * back to whom it came from, withdraws its questions, writes state, entries and event. Nothing may run on the instance's account
 * afterwards; what a late report adds is taken from above. One that this transaction has ended already is left alone.
 */
export async function endOpen(tx: Tx, audit: Audit, book: AccountBook, instance: InstanceRow, ending: Ending): Promise<void> {
  if (book.isClosed(instance.id)) return;
  const below = (await openBelow(tx, instance.id)).filter(({ id }) => !book.isClosed(id));
  if (below.length > 0) await book.more(tx, sql`select unnest(${below.map(({ id }) => id)}::uuid[])`);
  const along: Ending = { state: 'cancelled', reason: ending.state === 'cancelled' ? ending.reason : 'parent_ended' };
  for (const child of below) await endOne(tx, audit, book, child, along);
  await endOne(tx, audit, book, instance, ending);
  await withdrawQuestions(tx, audit, sql`q.instance_id = any (${[instance, ...below].map(({ id }) => id)}::uuid[])`, 'instance_ended');
}

async function endOne(tx: Tx, audit: Audit, book: AccountBook, instance: InstanceRow, { state, reason, drawn, by }: Ending): Promise<void> {
  const { ids, accounts } = book.path(instance.id);
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
  const words = by && by.words.trim() !== '' ? { words: personal(by.personId, by.words) } : {};
  await audit(tx, 'INSTANCE-ENDED', { instance_id: instance.id, status: state, reason, spent, skill_hash: instance.skill_hash, ...words });
  await audit(tx, 'BUDGET-RELEASED', { account_id: ids[1]!, hold_id: instance.id, spent, released: shown(released) });
  tell(tx, eventSubject(instance), EVENT[state], { role: instance.role, status: state, skillHash: instance.skill_hash, code: reason, ...(state === 'cancelled' ? { reason: by?.words.trim() || reason } : {}) });
}

/** The time it ran, where its supervisor does not say: wall time is the gate's own to know. A manager's is not metered, and a place has not run. */
const elapsed = (instance: InstanceRow): Full => (isManager(instance) || instance.state === 'queued' ? NOTHING : full({ ms: instance.age_ms }));

/**
 * Books what a supervisor reports about an instance that the gate has ended already: the time was booked then, the rest is
 * taken from the accounts above, because it was used.
 */
export function bookLate(book: AccountBook, instance: InstanceRow, drawn: Full, bookedBefore: Full): void {
  const { ids, accounts } = book.path(instance.id);
  const { chain, booked, overshoot } = spend(accounts, positive(minus(drawn, bookedBefore)));
  book.put(ids, chain);
  book.markClosed(instance.id);
  book.enter({ accountId: instance.id, callId: instance.id, kind: 'draw', amounts: booked, overshoot });
}
