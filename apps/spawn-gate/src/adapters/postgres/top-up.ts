import { principalOf, type Audit } from '@countersign/audit';
import { BUDGET_UNITS, RefusedError, stableJson, uuidv7, type AccountKind, type Amounts, type BudgetUnit, type GateApprovalState, type Requester, type SpawnPolicy } from '@countersign/contracts';
import type { Tx } from '@countersign/database';
import { full, minus, shown, type Full } from '../../domain/amounts.js';
import { raise, topUp, type Account } from '../../domain/budget.js';
import { refusesBeyondTrial } from '../../domain/trial-cap.js';
import { AccountBook } from './account-book.js';
import { beyondCustomer, CUSTOMER_EXCEEDED, exceededWords } from './customer-account.js';
import { latestQuestion, openQuestion, type QuestionRow } from './gate-approvals.js';
import { readPolicy } from './in-force.js';
import { accountPath, type InstanceRow } from './instances.js';
import { sha256 } from './spawn-order.js';
import type { TeamRow } from './spawn-rows.js';
import { readTrialCap } from './trial-rows.js';

/** What a person is shown and what a yes does: this account gets so much more. */
interface Wanted {
  readonly accountId: string;
  readonly account: AccountKind;
  readonly granted: Amounts;
  readonly amounts: Amounts;
}

export interface Asked {
  readonly state: GateApprovalState;
  readonly approvalId: string;
}

export interface UsedUp {
  readonly accountId: string;
  readonly kind: AccountKind;
  readonly account: Account;
  readonly units: readonly BudgetUnit[];
  /** Where nothing of a unit was ever granted: what the call needs of it. */
  readonly needed?: Full;
}

/** Whose work the account is used up for. */
export type Asker = Pick<InstanceRow, 'id' | 'goal_id' | 'task_id' | 'epoch'>;

/**
 * Asks a person to grant an account as much again of what it has used up, once: the question that is open already is the answer, and
 * so is a no, which stands as long as the account has what it had. What nobody answered may be asked again.
 */
export async function askForMore(tx: Tx, audit: Audit, { accountId, kind, account, units, needed }: UsedUp, instance: Asker, waitMs: SpawnPolicy['approvalMs']['budget']): Promise<Asked> {
  const request: Wanted = { accountId, account: kind, granted: shown(account.granted), amounts: shown(topUp(account, units, needed)) };
  const digest = sha256(stableJson({ teamId: tx.scopeId, ...request }));
  const earlier = await latestQuestion(tx, digest);
  if (earlier && (earlier.state === 'pending' || earlier.state === 'denied')) return { state: earlier.state, approvalId: earlier.id };
  const id = uuidv7();
  const own = kind === 'instance';
  await openQuestion(tx, audit, {
    id,
    kind: 'budget',
    goalId: kind === 'team' ? null : instance.goal_id,
    taskId: own ? instance.task_id : null,
    instanceId: own ? instance.id : null,
    requestedBy: own ? principalOf({ kind: 'instance', id: instance.id }) : 'service',
    request,
    digest,
    code: 'budget_exhausted',
    reason: `the ${kind} has used up its ${units.join(', ')}`,
    epoch: instance.epoch,
    waitMs,
    ...(own ? { until: instance.id } : {}),
  });
  return { state: 'pending', approvalId: id };
}

/**
 * A person said yes: the account gets what it asked for, from above as far as there is something free, and else those above get it
 * too. Returns why nothing is raised: the customer's account has not enough, or it is the platform's money and they may not give it.
 */
export async function grantMore(tx: Tx, audit: Audit, question: QuestionRow, team: TeamRow, by: Requester): Promise<{ readonly code: string; readonly message: string } | undefined> {
  const { accountId, amounts } = question.request as unknown as Wanted;
  const book = await AccountBook.read(tx, accountPath(tx, accountId));
  if (!book.get(accountId)) throw new RefusedError('budget_closed', 'the account is not there any more');
  const { ids, accounts } = book.path(accountId);
  const capped = refusesBeyondTrial('give', by, await readTrialCap(tx, team), accounts, full(amounts));
  if (capped) return capped;
  const raised = raise(accounts, full(amounts));
  const { policy } = await readPolicy(tx);
  const short = await beyondCustomer(tx, team.customer_id, minus(raised.at(-1)!.granted, accounts.at(-1)!.granted), policy);
  if (short.length > 0) return { code: CUSTOMER_EXCEEDED, message: exceededWords(short) };
  book.put(ids, raised);
  for (const [index, id] of ids.entries()) {
    const grown = grownBy(accounts[index]!, raised[index]!);
    if (Object.keys(grown).length === 0) continue;
    book.lift(id, Object.keys(grown) as BudgetUnit[]);
    book.enter({ accountId: id, callId: question.id, kind: 'grant', amounts: full(grown) });
    await audit(tx, 'BUDGET-RAISED', { account_id: id, amounts: grown, approval_id: question.id });
  }
  book.save(tx);
  return undefined;
}

const grownBy = (before: Account, after: Account): Amounts => Object.fromEntries(BUDGET_UNITS.filter((unit) => after.granted[unit] > before.granted[unit]).map((unit) => [unit, after.granted[unit] - before.granted[unit]]));
