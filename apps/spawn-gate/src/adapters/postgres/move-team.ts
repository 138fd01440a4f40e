import { principalOf, type Audit } from '@countersign/audit';
import { NotFoundError, type CommandReply, type MoveTeam } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { decideMove } from '../../domain/move-team.js';
import { AccountBook, takeTurn } from './account-book.js';
import { endOpen } from './end-instance.js';
import { withdrawQuestions } from './gate-approvals.js';
import { closeSession, openSession } from './helpdesk-session.js';
import { accountsOfOpen, openInstances } from './instances.js';
import { writeMove, type Move } from './move-entries.js';
import { readManagerSpawn } from './read-spawn.js';
import { done, refused } from './replies.js';
import { readTeam } from './spawn-rows.js';
import { tellTeam } from './team-news.js';
import { settleCase } from './write-spawn.js';

/**
 * A team's life. Each verb is one transaction: state and epoch, instances stopped or started, helpdesk opened or closed,
 * entries and the news. Every other service learns it from the row (P9).
 */
@Injectable()
export class TeamDesk {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** Idempotent: a verb that leads where the team is already changes nothing. */
  move(request: MoveTeam): Promise<CommandReply> {
    const principal = principalOf({ kind: 'person', id: request.by.personId });
    return this.database.withTeam(request.teamId, (tx) => this.decide(tx, request), { principal });
  }

  private async decide(tx: Tx, request: MoveTeam): Promise<CommandReply> {
    const [, , team, clock, book] = await Promise.all([
      tx.read(takeTurn(tx)),
      // Waits for writes under way that hold the team active (`sec.fence`). Taken before a person's keys are, as everybody does.
      tx.read(sql`select 1 from app.team where team_id = ${tx.scopeId} for no key update`),
      readTeam(tx),
      tx.one<{ now: Date }>(sql`select clock_timestamp() as now`),
      AccountBook.read(tx, accountsOfOpen(tx)),
    ]);
    if (!team) throw new NotFoundError('team');
    const decision = decideMove(request.verb, request.by, { state: team.state, epoch: team.epoch, customerId: team.customer_id });
    if (decision.outcome === 'refused') return refused(decision.code, decision.message);
    if (decision.outcome === 'unchanged') return done('unchanged', `the team is ${team.state} already`);
    const { to, epoch, stops } = decision;
    return this.carryOut(tx, { request, team: { ...team, state: to, epoch }, stops, now: clock!.now }, book);
  }

  private async carryOut(tx: Tx, move: Move, book: AccountBook): Promise<CommandReply> {
    const { request, team, stops } = move;
    if (team.state === 'suspended') tx.write(sql`select sec.freeze()`);
    if (stops) await this.stopAll(tx, book, `team_${team.state}`);
    const manager = team.state === 'active' ? await this.startManager(tx, move, book) : undefined;
    book.save(tx);
    // A manager that may not start leaves the team where it was; the refusal is on record.
    if (manager && 'refusal' in manager) return manager.refusal;
    if (team.state === 'active') tx.write(sql`select sec.unfreeze()`);
    tx.writeExpecting(1, 'team_moved', sql`update app.team set state = ${team.state}, epoch = ${team.epoch}, state_reason = ${request.reason}, state_changed_at = clock_timestamp(),
      frozen_at = case when ${team.state} = 'suspended' then clock_timestamp() end where team_id = ${tx.scopeId}`);
    const session = team.state === 'suspended' ? await openSession(tx, move) : await closeSession(tx, request.reason);
    await writeMove(tx, this.audit, move, { session, managerInstanceId: manager?.instanceId });
    tellTeam(tx, team.state, team.epoch);
    return done('ok', `the team is ${team.state}`);
  }

  /** Every instance ends and gives its slice back; its process dies when the fleet hears of it, its writes are refused from now on. Nobody needs to answer what was asked before. */
  private async stopAll(tx: Tx, book: AccountBook, reason: string): Promise<void> {
    const open = await openInstances(tx);
    for (const instance of open) await endOpen(tx, this.audit, book, instance, { state: 'cancelled', reason });
    await withdrawQuestions(tx, this.audit, sql`not coalesce(q.instance_id = any (${open.map(({ id }) => id)}::uuid[]), false)`, reason);
  }

  private async startManager(tx: Tx, { request, team }: Move, book: AccountBook): Promise<{ instanceId: string } | { refusal: CommandReply }> {
    const spawn = await readManagerSpawn(tx, team, request.verb, principalOf({ kind: 'person', id: request.by.personId }), book);
    const { decision } = await settleCase(tx, this.audit, spawn);
    return decision.allowed ? { instanceId: spawn.order.id } : { refusal: refused(decision.code, decision.violations.map(({ message }) => message).join('; ')) };
  }
}
