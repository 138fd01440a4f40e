import { personal, person, type Audit } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { decisionTakenBack, GoalId, NotFoundError, RefusedError, type ApprovalId, type DecisionUndone, type TeamId } from '@countersign/contracts';
import { Database, DatabaseError, GuardError, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../domain/access.js';
import { undoDecision, type RecordedDecision, type Undoable } from '../../domain/undo-decision.js';
import { approvalChanged, EventFeed } from '../../event-feed.js';
import { currentOf, insertDecision, isUndone, readApproval, readNow, readTeam, type ApprovalRow } from './approval-rows.js';

export interface UndoRequest {
  readonly teamId: TeamId;
  readonly approvalId: ApprovalId;
  readonly caller: Caller;
  readonly deviceId: string | undefined;
  /** The id the undo's row will have; the same again is the same undo. */
  readonly undoId: string;
}

/** It took effect, was taken back by another tab, or somebody changed it between reading and writing: worth one more look, which then says which. */
const RACES: ReadonlySet<string> = new Set(['undone_meanwhile', 'undo_too_late', 'stale_epoch', 'team_not_active', 'already_exists']);

/** Takes back what a person decided, before it has an effect. */
@Injectable()
export class UndoDecisions {
  constructor(
    private readonly database: Database,
    private readonly feed: EventFeed,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** The question waits again on return, and what was signed is spent. Throws `RefusedError` with one of the rule's codes; its details carry the state as it is now. */
  async undo(request: UndoRequest): Promise<DecisionUndone> {
    return this.attempt(request).catch((error: unknown) => {
      if (!(error instanceof GuardError || error instanceof DatabaseError) || !RACES.has(error.code)) throw error;
      return this.attempt(request);
    });
  }

  private attempt(request: UndoRequest): Promise<DecisionUndone> {
    const { teamId, approvalId, caller } = request;
    return this.database.withTeam(
      teamId,
      async (tx) => {
        const [approval, team, now, decisions] = await Promise.all([readApproval(tx, approvalId), readTeam(tx), readNow(tx), readDecisions(tx, approvalId)]);
        if (approval === undefined) throw new NotFoundError('approval');
        const earlier = decisions.find(({ id, personId }) => id === request.undoId && personId === caller.personId);
        if (earlier) return undoneOf(approval, decisions.find(({ id }) => id === earlier.undoes) as Undoable, approval.version);
        const facts = { state: approval.state, effectiveAt: approval.effective_at ?? undefined, heldFor: approval.held_for ?? undefined, decidedBy: approval.decided_by ?? undefined, paused: approval.goal_paused, stopped: team.state !== 'active' || team.epoch !== approval.epoch };
        const verdict = undoDecision({ now, personId: caller.personId, approval: facts, decisions });
        if (verdict.outcome === 'refused') throw new RefusedError(verdict.code, verdict.message, { current: currentOf(approval) });
        await this.take(tx, request, approval, verdict.takes);
        return undoneOf({ ...approval, state: 'pending' }, verdict.takes, approval.version + 1);
      },
      { principal: `person:${caller.personId}` },
    );
  }

  private async take(tx: Tx, { teamId, approvalId, caller: { personId }, deviceId, undoId }: UndoRequest, approval: ApprovalRow, taken: Undoable): Promise<void> {
    const { epoch, goal_id, deliverable_id, digest, state, version } = approval;
    tx.write(sql`select sec.fence(${epoch})`);
    const who = { customer_governor_id: person(personId), ...(deviceId ? { device_id: personal(personId, deviceId) } : {}) };
    const entryId = await this.audit(tx, 'APPROVAL-UNDONE', { ...who, deliverable_id, approval_id: approvalId, digest: digest.toString('hex'), decision: taken.decision, decision_id: taken.id });
    // before the approval's own row: the database lets it wait again for this row's sake
    tx.write(insertDecision(teamId, { id: undoId, entryId, approvalId, decision: 'undo', digest, personId, undoes: taken.id, version, ...(deviceId ? { deviceId } : {}) }));
    tx.writeExpecting(1, 'undone_meanwhile', sql`update app.approval set state = 'pending', decided_at = null, decided_by = null, device_id = null, reason = null, valid_until = null, held_for = null, effective_at = null, version = version + 1
      where team_id = ${teamId} and id = ${approvalId} and state = ${state} and version = ${version}`);
    // the database gave the time back that it was held; what was to be rung meanwhile has that as well
    tx.write(sql`update app.notification n set expires_at = a.due_at from app.approval a where n.team_id = ${teamId} and n.approval_id = ${approvalId} and n.state in ('due', 'sending') and a.team_id = n.team_id and a.id = n.approval_id`);
    publish(tx, decisionTakenBack, { teamId }, { epoch, approvalId, goalId: GoalId.parse(goal_id) });
    tx.afterCommit(() => this.feed.publish(approvalChanged({ teamId, approvalId, goalId: goal_id, state: 'pending' })));
  }
}

const undoneOf = ({ id, state }: Pick<ApprovalRow, 'id' | 'state'>, { decision }: Undoable, version: number): DecisionUndone => ({ approvalId: id, state, undone: decision, version });

type DecisionRow = RecordedDecision & { readonly undoes: string | null };
const readDecisions = (tx: Tx, approvalId: ApprovalId): Promise<DecisionRow[]> =>
  tx.read<DecisionRow>(sql`select d.id, d.decision, d.person_id as "personId", d.undoes, ${isUndone} as undone
    from app.approval_decision d where d.team_id = ${tx.scopeId} and d.approval_id = ${approvalId} order by d.at desc, d.id desc`);
