import type { Audit } from '@countersign/audit';
import { NotFoundError, RefusedError, type Amounts, type BudgetReply, type BudgetUnit, type ReserveRequest, type SettleRequest } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { full, NOTHING, shown, type Full } from '../../domain/amounts.js';
import { freeOf, possibleOvershoot, reserve, spend } from '../../domain/budget.js';
import { AccountBook, takeTurn } from './account-book.js';
import { amountsIn } from './amounts-in.js';
import { tell, usedProperties } from './events.js';
import { readPolicy } from './in-force.js';
import { accountPath, eventSubject, instanceById, isManager, type InstanceRow } from './instances.js';
import { followMarks, rulesOf, type MarkRules } from './marks.js';
import { askForMore } from './top-up.js';

interface CallRow {
  readonly kind: 'hold' | 'settle';
  readonly amounts: Partial<Record<BudgetUnit, number>>;
}

interface Call {
  readonly instance: InstanceRow;
  readonly book: AccountBook;
  readonly hold: CallRow | undefined;
  readonly settled: boolean;
  readonly rules: MarkRules;
}

/**
 * Meters model calls: each reserves before it starts and is settled by what it really used (P4).
 *
 * Movements are ledger rows; a warning, an exhaustion and an instance ended by it are entries in the chain.
 */
@Injectable()
export class Meter {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /**
   * As much as is free, from what the call needs at least up to what it can use, idempotent by call. What others hold may come back:
   * then the caller is told to wait, and nothing is written. What could never suffice is exhaustion: by policy the
   * instance ends, or a person is asked for more and the call is paused until then.
   */
  reserve(request: ReserveRequest): Promise<BudgetReply> {
    const wanted = amountsIn(request.amounts);
    const [needed, beyond] = [request.least ? amountsIn(request.least) : wanted, amountsIn(request.beyond ?? {})];
    return this.database.withTeam(request.teamId, async (tx) => {
      const call = await readCall(tx, request);
      const { instance, book } = call;
      if (call.hold) return granted(call, call.hold.amounts);
      if (instance.state !== 'running') return refused('instance_ended', call);
      const answer = reserve(book.get(instance.id)!, wanted, needed);
      if (answer.outcome === 'wait') return refused('wait', call);
      if (answer.outcome === 'short') return this.exhaust(tx, call, answer.units, needed);
      const { account, amounts } = answer;
      tx.ledgerOnly();
      book.put([instance.id], [account]);
      book.enter({ accountId: instance.id, callId: request.callId, kind: 'hold', amounts, overshoot: possibleOvershoot(wanted, amounts, beyond) });
      book.save(tx);
      return granted(call, shown(amounts));
    });
  }

  /** Books the real use and frees the rest of the reservation, idempotent by call. A settlement after the instance's end still counts. */
  settle(request: SettleRequest): Promise<BudgetReply> {
    const used = amountsIn(request.amounts);
    return this.database.withTeam(request.teamId, async (tx) => {
      const call = await readCall(tx, request);
      if (call.settled) return granted(call);
      if (!call.hold) return refused('not_reserved', call);
      tx.ledgerOnly();
      await this.book(tx, call, request, used, call.hold);
      return granted(call);
    });
  }

  private async book(tx: Tx, { instance, book, rules }: Call, { callId, usageSource, model }: SettleRequest, used: Full, hold: CallRow): Promise<void> {
    const running = instance.state === 'running';
    const { ids, accounts } = book.path(instance.id);
    const { chain, booked, overshoot } = spend(accounts, used, running ? full(hold.amounts) : NOTHING);
    book.put(ids, chain);
    if (!running) book.markClosed(instance.id);
    book.enter({ accountId: instance.id, callId, kind: 'settle', amounts: booked, overshoot, usageSource, ...(model === undefined ? {} : { model }) });
    tell(tx, eventSubject(instance), 'budget.usage', { ...usedProperties(chain[0]!.spent), elapsedMs: instance.age_ms, usageSource });
    await followMarks(tx, this.audit, book, instance, rules);
    book.save(tx);
  }

  private async exhaust(tx: Tx, call: Call, units: readonly BudgetUnit[], needed: Full): Promise<BudgetReply> {
    const { instance, book, rules } = call;
    tx.ledgerOnly();
    await followMarks(tx, this.audit, book, instance, rules, new Set(), book.markExhausted(instance.id, units));
    const paused = rules.onExhausted === 'pause' ? await askForMore(tx, this.audit, { accountId: instance.id, kind: 'instance', account: book.get(instance.id)!, units, needed }, instance, rules.approvalMs.budget) : undefined;
    book.save(tx);
    return paused?.state === 'pending' ? { ...refused('paused', call), approvalId: paused.approvalId } : refused('budget_exhausted', call);
  }
}

async function readCall(tx: Tx, { instanceId, callId }: ReserveRequest): Promise<Call> {
  const [, instance, book, calls, { policy }] = await Promise.all([
    tx.read(takeTurn(tx)),
    instanceById(tx, instanceId),
    AccountBook.read(tx, accountPath(tx, instanceId)),
    tx.read<CallRow>(sql`select kind, amounts from app.budget_entry where team_id = ${tx.scopeId} and account_id = ${instanceId} and call_id = ${callId} and call_id <> account_id and kind in ('hold', 'settle')`),
    readPolicy(tx),
  ]);
  if (!instance) throw new NotFoundError('instance');
  if (isManager(instance)) throw new RefusedError('not_a_worker', 'the fleet meters workers, not managers');
  return { instance, book, hold: calls.find(({ kind }) => kind === 'hold'), settled: calls.some(({ kind }) => kind === 'settle'), rules: rulesOf(policy) };
}

const free = ({ book, instance }: Call): Full => freeOf(book.get(instance.id)!);
const granted = (call: Call, amounts?: Amounts): BudgetReply => ({ granted: true, code: 'ok', free: shown(free(call)), ...(amounts ? { amounts } : {}) });
const refused = (code: string, call: Call): BudgetReply => ({ granted: false, code, free: shown(free(call)) });
