import type { Audit } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { approvalDecided, ApprovalId, GoalId, TeamId, uuidv7, type Decision, type EntryId } from '@countersign/contracts';
import { goodUntilMs } from '@countersign/contracts/assertions';
import { Database, GuardError, sql, type Tx } from '@countersign/database';
import { AUDIT, LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { approvalChanged, EventFeed } from '../../event-feed.js';
import { untouched } from '../../domain/expire.js';
import { insertDecision, isUndone, isUsed, manifestOf, readApproval, readNow, readTeam, silence, type ApprovalRow, type TeamRow } from './approval-rows.js';
import { enterEffect, tellEffect, type Decided } from './take-effect.js';

/** Somebody decided, or the goal or team was stopped, between the look and the write. */
const RACES: ReadonlySet<string> = new Set(['settled_meanwhile', 'not_due', 'quorum_short', 'stale_epoch', 'team_not_active']);

/** Settles what nobody touches: silence expires, a stopped team's questions are taken back, and a cancelled goal's; a decision that was held takes effect. */
@Injectable()
export class SettleApprovals {
  constructor(
    private readonly database: Database,
    private readonly feed: EventFeed,
    @Inject(AUDIT) private readonly audit: Audit,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Settles everything that is due now; returns what was changed. What fails is logged and tried again in the next round: one team's trouble is not another's. */
  async sweep(): Promise<{ teamId: TeamId; approvalId: string }[]> {
    const [due, held, stopped] = await Promise.all([this.database.ops<Named>('due_approvals'), this.database.ops<Named>('held_approvals'), this.database.ops<Named>('stopped_approvals')]);
    const settled = [];
    for (const { team_id, id } of [...due, ...held, ...stopped]) if (await this.attempt(team_id, id)) settled.push({ teamId: team_id, approvalId: id });
    return settled;
  }

  private async attempt(teamId: TeamId, id: string): Promise<boolean> {
    try {
      return await this.settle(teamId, id);
    } catch (error) {
      this.log.error({ err: error, teamId, approvalId: id }, 'an approval could not be settled, to be tried again');
      return false;
    }
  }

  /** True when it was settled by this call; false when there was nothing to do, or somebody was quicker. */
  async settle(teamId: TeamId, id: string): Promise<boolean> {
    try {
      return await this.database.withTeam(teamId, (tx) => this.look(tx, teamId, id));
    } catch (error) {
      if (error instanceof GuardError && RACES.has(error.code)) return false;
      throw error;
    }
  }

  private async look(tx: Tx, teamId: TeamId, id: string): Promise<boolean> {
    const [approval, team, now, standing] = await Promise.all([readApproval(tx, id), readTeam(tx), readNow(tx), tx.one<Standing>(sql`select ${isUsed} as used, g.state = 'cancelled' as "goalCancelled", a.held_for is distinct from 'approved' or app.yeses(a) >= a.need as counts,
      (select max((d.assertion ->> 'expiresAt')::float8) from app.approval_decision d where d.team_id = a.team_id and d.approval_id = a.id and d.decision = 'approve' and not ${isUndone}) as "signedUntil" from app.approval a join app.goal g on g.team_id = a.team_id and g.id = a.goal_id where a.team_id = ${teamId} and a.id = ${id}`)]);
    if (approval === undefined || standing === undefined) return false;
    const outcome = untouched({ state: approval.state, dueAt: approval.due_at, effectiveAt: approval.effective_at ?? undefined, goodUntil: goodUntilOf(approval, standing.signedUntil), epoch: approval.epoch, paused: approval.goal_paused, ...standing }, team, now);
    if (outcome === 'wait') return false;
    if (outcome === 'release') await this.release(tx, teamId, approval, now);
    else await this.end(tx, teamId, approval, team, outcome, standing);
    return true;
  }

  /** The time to take it back is over: what was decided takes effect, as it was decided. */
  private async release(tx: Tx, teamId: TeamId, approval: ApprovalRow, now: Date): Promise<void> {
    const decided = await readHeld(tx, approval);
    const state = approval.held_for!;
    tx.write(sql`select sec.fence(${approval.epoch})`);
    const entryId = await enterEffect(tx, this.audit, approval, state, decided, now);
    tx.writeExpecting(1, 'settled_meanwhile', sql`update app.approval set state = held_for, effect_entry_id = ${entryId}, version = version + 1 where team_id = ${teamId} and id = ${approval.id} and state = 'held' and version = ${approval.version} and effective_at <= clock_timestamp()`);
    tellEffect(tx, this.feed, teamId, approval, state, decided.decision);
  }

  private async end(tx: Tx, teamId: TeamId, approval: ApprovalRow, team: TeamRow, outcome: 'expire' | 'withdraw' | 'lapse', standing: Standing): Promise<void> {
    const entryId = await (outcome === 'expire' ? this.expire(tx, teamId, approval) : this.withdraw(tx, teamId, approval, outcome === 'lapse' ? (standing.counts ? 'yes_too_late' : 'yes_counts_no_more') : standing.goalCancelled ? 'goal_cancelled' : 'team_stopped'));
    this.tell(tx, teamId, approval, team, outcome === 'expire' ? 'expire' : 'withdraw', entryId);
  }

  private async expire(tx: Tx, teamId: TeamId, approval: ApprovalRow): Promise<EntryId> {
    tx.writeExpecting(1, 'settled_meanwhile', sql`update app.approval set state = 'expired', version = version + 1 where team_id = ${teamId} and id = ${approval.id} and state = 'pending' and due_at <= clock_timestamp()`);
    return this.audit(tx, 'APPROVAL-EXPIRED', { ...named(approval), expired_at: approval.due_at });
  }

  private async withdraw(tx: Tx, teamId: TeamId, approval: ApprovalRow, reason: 'goal_cancelled' | 'team_stopped' | 'yes_too_late' | 'yes_counts_no_more'): Promise<EntryId> {
    tx.writeExpecting(1, 'settled_meanwhile', sql`update app.approval a set state = 'withdrawn', version = version + 1 where a.team_id = ${teamId} and a.id = ${approval.id} and a.state in ('pending', 'held', 'approved') and a.version = ${approval.version} and not ${isUsed}`);
    return this.audit(tx, 'APPROVAL-WITHDRAWN', { ...named(approval), reason });
  }

  private tell(tx: Tx, teamId: TeamId, approval: ApprovalRow, team: TeamRow, outcome: 'expire' | 'withdraw', entryId: EntryId): void {
    tx.write(insertDecision(teamId, { id: uuidv7(), approvalId: approval.id, decision: outcome, digest: approval.digest, entryId, version: approval.version }));
    tx.write(silence(teamId, approval.id));
    publish(tx, approvalDecided, { teamId }, { epoch: team.epoch, approvalId: ApprovalId.parse(approval.id), goalId: GoalId.parse(approval.goal_id), outcome });
    const state = outcome === 'expire' ? 'expired' : 'withdrawn';
    tx.afterCommit(() => this.feed.publish(approvalChanged({ teamId, approvalId: approval.id, goalId: approval.goal_id, state })));
  }
}

interface Named {
  readonly team_id: TeamId;
  readonly id: string;
}
/** What beside its own row decides about an approval. */
interface Standing {
  readonly used: boolean;
  readonly goalCancelled: boolean;
  /** Of a yes that is held: as many as it takes still stand. */
  readonly counts: boolean;
  /** Of the yeses that stand, what the last was signed over; null where nothing was signed. */
  readonly signedUntil: number | null;
}

/** By the executor's measure and by the row's: whichever is over first. */
function goodUntilOf(approval: ApprovalRow, signedUntil: number | null): Date | undefined {
  if (approval.held_for !== 'approved') return undefined;
  const { delay_seconds: delay = '0', valid_minutes: valid } = manifestOf(approval).policy;
  const signed = signedUntil === null ? Infinity : goodUntilMs(signedUntil, { delaySeconds: Number(delay), validMinutes: Number(valid) });
  return new Date(Math.min(signed, approval.valid_until!.getTime()));
}
const named = (approval: ApprovalRow) => ({ approval_id: approval.id, deliverable_id: approval.deliverable_id, digest: approval.digest.toString('hex') });

/** The decision that is held, as its own row says it: the newest of whoever made it that was not taken back. */
const readHeld = async (tx: Tx, { id, decided_by }: ApprovalRow): Promise<Decided> =>
  (await tx.one<Decided>(sql`select d.decision, d.person_id as "personId", d.device_id as "deviceId", coalesce(d.reason, '') as reason, d.comments, d.assertion, d.offline_at as "offlineAt" from app.approval_decision d
    where d.team_id = ${tx.scopeId} and d.approval_id = ${id} and d.person_id = ${decided_by} and d.decision = any (${DECIDES}) and not ${isUndone}
    order by d.at desc, d.id desc limit 1`))!;
const DECIDES: readonly Decision[] = ['approve', 'deny', 'request_changes'];
