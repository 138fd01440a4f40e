import type { Audit } from '@countersign/audit';
import { goalMachine, isTerminal, NotFoundError, RefusedError, uuidv7, type DenialReport, type Done, type EndInstanceRequest, type GoalState, type TaskState, type TeamId } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { full, isNothing, shown, type Full } from '../../domain/amounts.js';
import { close, freeOf } from '../../domain/budget.js';
import { AccountBook, takeTurn } from './account-book.js';
import { amountsIn } from './amounts-in.js';
import { bookLate, endRunning, type Ending } from './end-instance.js';
import { tell } from './events.js';
import { readPolicy } from './in-force.js';
import { accountsOfInstance, instanceById, type InstanceRow } from './instances.js';
import { followMarks, LIMIT_NAME, rulesOf, writeMarks, type MarkRules } from './marks.js';

const DONE: Done = { ok: true };

interface Loaded {
  readonly instance: InstanceRow;
  readonly book: AccountBook;
  readonly rules: MarkRules;
}

/** How instances end: by their supervisor's report, by their time, and what is booked when a whole goal is over. */
@Injectable()
export class Endings {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /**
   * The supervisor says the instance is over. Tool calls, steps and time are what it drew from the slice; tokens and money
   * are the gate's own figures, so a report of them changes nothing. Idempotent; after an end by the gate itself, what was
   * drawn is still booked, once.
   */
  end({ teamId, instanceId, status, reason, drawn }: EndInstanceRequest): Promise<Done> {
    const { steps, tool_calls, ms } = amountsIn(drawn);
    return this.database.withTeam(teamId, async (tx) => {
      const { instance, book, rules } = await load(tx, instanceId);
      if (instance.task_id === null) throw new RefusedError('not_a_worker', 'a manager is ended with its team, not by the fleet');
      const used = full({ steps, tool_calls, ms });
      if (instance.state === 'running') await this.finish(tx, { instance, book, rules }, { state: status, reason, drawn: used });
      else await this.reportLate(tx, { instance, book, rules }, used);
      return DONE;
    });
  }

  /** Ends an instance whose time is over and whose supervisor has not: the second hand on the clock (P4). Does nothing if it is not overdue. */
  expire(teamId: TeamId, instanceId: string): Promise<void> {
    return this.database.withTeam(teamId, async (tx) => {
      const loaded = await load(tx, instanceId);
      const { instance, book } = loaded;
      if (instance.state !== 'running' || !instance.overdue) return;
      await writeMarks(tx, this.audit, book.markExhausted(instance.id, ['ms']), loaded.rules);
      tell(tx, { instanceId, taskId: instance.task_id, epoch: instance.epoch }, 'budget.exhausted', LIMIT_NAME.ms);
      await this.finish(tx, loaded, { state: 'cancelled', reason: 'max_duration_ms' });
    });
  }

  /** Ends an instance whose task was cancelled, or whose goal is over: also when no message says so (B-5). Does nothing while its work is wanted. */
  withdraw(teamId: TeamId, instanceId: string): Promise<void> {
    return this.database.withTeam(teamId, async (tx) => {
      const loaded = await load(tx, instanceId);
      const wanted = await tx.one<{ task: TaskState; goal: GoalState }>(sql`select k.state as task, g.state as goal from app.instance i join app.task k on k.team_id = i.team_id and k.id = i.task_id
        join app.goal g on g.team_id = k.team_id and g.id = k.goal_id where i.team_id = ${tx.scopeId} and i.id = ${instanceId}`);
      if (!wanted || loaded.instance.state !== 'running' || !(isTerminal(goalMachine, wanted.goal) || wanted.task === 'cancelled')) return;
      await this.finish(tx, loaded, { state: 'cancelled', reason: 'mission_cancelled' });
    });
  }

  /** A goal that is over gives what it did not spend back to its team. */
  closeMission(teamId: TeamId, goalId: string): Promise<void> {
    return this.database.withTeam(teamId, async (tx) => {
      const [, book] = await Promise.all([tx.read(takeTurn(tx)), AccountBook.read(tx, sql`select ${goalId}::uuid`)]);
      const { ids, accounts } = book.chain([goalId, tx.scopeId]);
      if (ids.length < 2 || !isNothing(accounts[0]!.held) || isNothing(freeOf(accounts[0]!))) return;
      const { chain, released } = close(accounts);
      book.put(ids, chain);
      book.markClosed(goalId);
      book.enter({ accountId: goalId, callId: goalId, kind: 'release', amounts: released });
      await this.audit(tx, 'BUDGET-RELEASED', { account_id: tx.scopeId, hold_id: goalId, spent: shown(chain[0]!.spent), released: shown(released) });
      book.save(tx);
    });
  }

  /** A capability that was refused where the call was made; recorded once per report. */
  deny({ teamId, instanceId, code, what, denialId = uuidv7() }: DenialReport): Promise<Done> {
    return this.database.withTeam(teamId, async (tx) => {
      const [, instance, known] = await Promise.all([
        tx.read(takeTurn(tx)),
        instanceById(tx, instanceId),
        tx.one(sql`select 1 from app.capability_denial where team_id = ${tx.scopeId} and id = ${denialId}`),
      ]);
      if (!instance) throw new NotFoundError('instance');
      if (known) return DONE;
      tx.write(sql`insert into app.capability_denial (team_id, id, instance_id, code, what) values (${tx.scopeId}, ${denialId}, ${instanceId}, ${code}, ${what})`);
      await this.audit(tx, 'CAPABILITY-DENIED', { instance_id: instanceId, code, what }, { result: 'denied' });
      tell(tx, { instanceId, taskId: instance.task_id, epoch: instance.epoch }, 'capability.denied', code);
      return DONE;
    });
  }

  private async finish(tx: Tx, { instance, book, rules }: Loaded, ending: Ending): Promise<void> {
    await endRunning(tx, this.audit, book, instance, ending);
    await followMarks(tx, this.audit, book, instance, rules, new Set([instance.id]));
    book.save(tx);
  }

  private async reportLate(tx: Tx, { instance, book, rules }: Loaded, used: Full): Promise<void> {
    const earlier = await tx.read<{ kind: string; amounts: object }>(sql`select kind, amounts from app.budget_entry
      where team_id = ${tx.scopeId} and account_id = ${instance.id} and call_id = ${instance.id} and kind in ('draw', 'settle')`);
    if (earlier.some(({ kind }) => kind === 'draw')) return;
    tx.ledgerOnly();
    bookLate(tx, book, instance, used, full(earlier.find(({ kind }) => kind === 'settle')?.amounts ?? {}));
    await followMarks(tx, this.audit, book, instance, rules, new Set([instance.id]));
    book.save(tx);
  }
}

async function load(tx: Tx, instanceId: string): Promise<Loaded> {
  const [, instance, book, { policy }] = await Promise.all([tx.read(takeTurn(tx)), instanceById(tx, instanceId), AccountBook.read(tx, accountsOfInstance(tx, instanceId)), readPolicy(tx)]);
  if (!instance) throw new NotFoundError('instance');
  return { instance, book, rules: rulesOf(policy) };
}
