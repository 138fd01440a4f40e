import type { Audit } from '@countersign/audit';
import { defaultMissionId, NotFoundError, RefusedError, uuidv7, goalMachine, isTerminal, type DenialReport, type Done, type EndInstanceRequest, type GoalState, type RunState, type TaskState, type TeamId } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { full, isNothing, shown, type Full } from '../../domain/amounts.js';
import { close, freeOf, isClosed } from '../../domain/budget.js';
import { AccountBook, takeTurn } from './account-book.js';
import { amountsIn } from './amounts-in.js';
import { bookLate, endOpen, type Ending, type EndState } from './end-instance.js';
import { tell, usedProperties } from './events.js';
import { readPolicy } from './in-force.js';
import { accountPath, eventSubject, instanceById, isManager, isOpen, type InstanceRow } from './instances.js';
import { SignalWatch } from './signal-watch.js';
import { followMarks, LIMIT_NAME, rulesOf, writeMarks, type MarkRules } from './marks.js';

const DONE: Done = { ok: true };

/** How an instance ended whose run is over, where nobody reported it. */
const STATE_AFTER: Partial<Record<RunState, EndState>> = { submitted: 'completed', stopped: 'cancelled' };

interface Wanted {
  readonly task: TaskState | null;
  readonly goal: GoalState | null;
}

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
    private readonly watch: SignalWatch,
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
      if (isManager(instance)) throw new RefusedError('not_a_worker', 'a manager is ended with its team, not by the fleet');
      if (instance.state === 'queued') throw new RefusedError('not_running', 'no supervisor holds this instance');
      const used = full({ steps, tool_calls, ms });
      if (isOpen(instance)) await this.finish(tx, { instance, book, rules }, { state: status, reason, drawn: used });
      else await this.reportLate(tx, { instance, book, rules }, used);
      return DONE;
    });
  }

  /**
   * Ends what must not go on, also when no message says so: its time is over, it waited for a supervisor too long, nobody waits
   * for its work any more, or its run is over and its supervisor did not tell (P4, B-5). Does nothing where none of it is so.
   *
   * `runState`: how its run ended, where that was a while ago.
   */
  sweep(teamId: TeamId, instanceId: string, runState: RunState | null = null): Promise<void> {
    return this.database.withTeam(teamId, async (tx) => {
      const [loaded, wanted] = await Promise.all([load(tx, instanceId), readWanted(tx, instanceId)]);
      const { instance } = loaded;
      if (!isOpen(instance) || isManager(instance)) return;
      if (instance.overdue) return instance.state === 'queued' ? this.finish(tx, loaded, { state: 'cancelled', reason: 'place_unused' }) : this.outOfTime(tx, loaded);
      if (wanted && isNeedless(wanted)) return this.finish(tx, loaded, { state: 'cancelled', reason: 'mission_cancelled' });
      if (runState !== null) return this.finish(tx, loaded, { state: STATE_AFTER[runState] ?? 'failed', reason: 'run_over' });
    });
  }

  private async outOfTime(tx: Tx, loaded: Loaded): Promise<void> {
    const { instance, book, rules } = loaded;
    await writeMarks(tx, this.audit, book.markExhausted(instance.id, ['ms']), rules);
    tell(tx, eventSubject(instance), 'budget.exhausted', { ...usedProperties(book.get(instance.id)!.spent), elapsedMs: instance.age_ms, exhaustedBy: LIMIT_NAME.ms, code: LIMIT_NAME.ms });
    await this.finish(tx, loaded, { state: 'cancelled', reason: 'max_duration_ms' });
  }

  /** A mission that is over gives what it did not spend back to its team; so does the default mission, which has no end, while nobody works for it. */
  closeMission(teamId: TeamId, goalId: string): Promise<void> {
    return this.database.withTeam(teamId, async (tx) => {
      const [, book] = await Promise.all([tx.read(takeTurn(tx)), AccountBook.read(tx, sql`select ${goalId}::uuid`)]);
      if (!book.get(goalId)) return;
      const { ids, accounts } = book.path(goalId);
      if (!isNothing(accounts[0]!.held) || isNothing(freeOf(accounts[0]!))) return;
      const { chain, released } = close(accounts);
      book.put(ids, chain);
      book.markClosed(goalId);
      book.enter({ accountId: goalId, callId: goalId === defaultMissionId(teamId) ? uuidv7() : goalId, kind: 'release', amounts: released });
      await this.audit(tx, 'BUDGET-RELEASED', { account_id: tx.scopeId, hold_id: goalId, spent: shown(chain[0]!.spent), released: shown(released) });
      book.save(tx);
    });
  }

  /** A capability that was refused where the call was made; recorded once per report. */
  deny({ teamId, instanceId, code, tool, reason, what, denialId = uuidv7() }: DenialReport): Promise<Done> {
    return this.database.withTeam(teamId, async (tx) => {
      const [, instance, known] = await Promise.all([
        tx.read(takeTurn(tx)),
        instanceById(tx, instanceId),
        tx.one(sql`select 1 from app.capability_denial where team_id = ${tx.scopeId} and id = ${denialId}`),
      ]);
      if (!instance) throw new NotFoundError('instance');
      if (known) return DONE;
      tx.write(sql`insert into app.capability_denial (team_id, id, instance_id, code, tool, reason, what) values (${tx.scopeId}, ${denialId}, ${instanceId}, ${code}, ${tool}, ${reason}, ${what})`);
      await this.audit(tx, 'CAPABILITY-DENIED', { instance_id: instanceId, code, tool, what }, { result: 'denied' });
      tell(tx, eventSubject(instance), 'capability.denied', { tool, reason, code });
      tx.afterCommit(() => this.watch.soon(teamId));
      return DONE;
    });
  }

  private async finish(tx: Tx, { instance, book, rules }: Loaded, ending: Ending): Promise<void> {
    await endOpen(tx, this.audit, book, instance, ending);
    await followMarks(tx, this.audit, book, instance, rules, new Set([instance.id]));
    book.save(tx);
  }

  private async reportLate(tx: Tx, { instance, book, rules }: Loaded, used: Full): Promise<void> {
    const earlier = await tx.read<{ kind: string; amounts: object }>(sql`select kind, amounts from app.budget_entry
      where team_id = ${tx.scopeId} and account_id = ${instance.id} and call_id = ${instance.id} and kind in ('draw', 'settle')`);
    if (earlier.some(({ kind }) => kind === 'draw')) return;
    tx.ledgerOnly();
    const mission = instance.goal_id ?? defaultMissionId(tx.scopeId as TeamId);
    if (isClosed(book.get(mission)!)) book.markClosed(mission);
    bookLate(book, instance, used, full(earlier.find(({ kind }) => kind === 'settle')?.amounts ?? {}));
    await followMarks(tx, this.audit, book, instance, rules, new Set([instance.id]));
    book.save(tx);
  }
}

async function load(tx: Tx, instanceId: string): Promise<Loaded> {
  const [, instance, book, { policy }] = await Promise.all([tx.read(takeTurn(tx)), instanceById(tx, instanceId), AccountBook.read(tx, accountPath(tx, instanceId)), readPolicy(tx)]);
  if (!instance) throw new NotFoundError('instance');
  return { instance, book, rules: rulesOf(policy) };
}

const readWanted = (tx: Tx, instanceId: string): Promise<Wanted | undefined> =>
  tx.one<Wanted>(sql`select k.state as task, g.state as goal from app.instance i left join app.task k on k.team_id = i.team_id and k.id = i.task_id
    left join app.goal g on g.team_id = i.team_id and g.id = i.goal_id where i.team_id = ${tx.scopeId} and i.id = ${instanceId}`);

const isNeedless = ({ task, goal }: Wanted): boolean => task === 'cancelled' || (goal !== null && isTerminal(goalMachine, goal));
