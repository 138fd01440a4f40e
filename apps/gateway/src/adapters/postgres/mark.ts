import { person, personal, type Audit } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { approvalAsked, GoalId, NotFoundError, type Channel, type DecisionRecorded } from '@countersign/contracts';
import { Database, DatabaseError, GuardError, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { markApproval, type Mark, type MarkFacts } from '../../domain/mark-approval.js';
import { liveChannels, partsOf, stillAsked } from '../../domain/ringee.js';
import { approvalChanged, EventFeed } from '../../event-feed.js';
import { Channels } from '../reach/channels.js';
import { readApproval, readAuthorsOf, readNow, readTeam, readYeses, type ApprovalRow } from './approval-rows.js';
import { refusal, type DecideRequest } from './decide.js';
import { readRingees } from './ladder-rows.js';
import { iso } from './pages.js';

/** Somebody decided or escalated, or the team was stopped, between reading and writing: worth one more look, which then says which. */
const isRace = (error: unknown): boolean =>
  (error instanceof GuardError && ['decided_meanwhile', 'stale_epoch', 'team_not_active'].includes(error.code)) || (error instanceof DatabaseError && error.code === 'already_exists');

interface Standing {
  readonly mine_at: Date | null;
  readonly escalated: boolean;
  readonly questions: number;
}

/** Puts a person's mark on an open request: put off, escalated, or asked back. The request stays open, and its version what it was, so nobody who is about to decide is disturbed. */
@Injectable()
export class MarkApproval {
  constructor(
    private readonly database: Database,
    private readonly feed: EventFeed,
    private readonly channels: Channels,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /**
   * Mark, entry, the ladder's next look and the message to the team commit together or not at all; the same mark again changes nothing.
   *
   * Throws `RefusedError` with one of the rule's codes.
   */
  async mark(request: DecideRequest): Promise<DecisionRecorded> {
    return this.attempt(request).catch((error: unknown) => {
      if (!isRace(error)) throw error;
      return this.attempt(request);
    });
  }

  private attempt(request: DecideRequest): Promise<DecisionRecorded> {
    const { teamId, approvalId, caller, body } = request;
    return this.database.withTeam(
      teamId,
      async (tx) => {
        const { approval, standing, facts } = await load(tx, request, this.channels.available);
        const recorded = { approvalId, state: approval.state, decision: body.decision, validUntil: null, effectiveAt: null, version: approval.version };
        if (standing.mine_at) return { ...recorded, decidedAt: iso(standing.mine_at) };
        const verdict = markApproval(facts);
        if (verdict.outcome === 'refused') throw refusal(verdict, approval);
        await this.record(tx, request, approval, verdict.mark);
        return { ...recorded, decidedAt: iso(facts.now) };
      },
      { principal: `person:${caller.personId}` },
    );
  }

  private async record(tx: Tx, request: DecideRequest, approval: ApprovalRow, mark: Mark): Promise<void> {
    const { teamId, approvalId, decisionId, caller, device, body } = request;
    const goalId = GoalId.parse(approval.goal_id);
    tx.write(sql`select sec.fence(${approval.epoch})`);
    tx.writeExpecting(1, 'decided_meanwhile', sql`update app.approval set marks = case when ${mark.kind} = any (marks) then marks else array_append(marks, ${mark.kind}) end
      where team_id = ${teamId} and id = ${approvalId} and state = 'pending' and version = ${approval.version} and due_at > clock_timestamp()`);
    tx.write(sql`insert into app.approval_mark (team_id, id, approval_id, kind, person_id, device_id, until, text)
      values (${teamId}, ${decisionId}, ${approvalId}, ${mark.kind}, ${caller.personId}, ${device!.id}, ${mark.kind === 'deferred' ? mark.until : null}, ${body.reason ?? ''})`);
    const at = { customer_governor_id: person(caller.personId), approval_id: approvalId, digest: approval.digest.toString('hex'), device_id: personal(caller.personId, device!.id) };
    const reason = body.reason ? { reason: personal(caller.personId, body.reason) } : {};
    const ladder = sql`team_id = ${teamId} and approval_id = ${approvalId} and closed_at is null`;
    if (mark.kind === 'deferred') {
      tx.write(sql`update app.ladder set next_at = clock_timestamp() where ${ladder}`);
      await this.audit(tx, 'MOBILE-APPROVAL-DEFERRED', { ...at, until: mark.until, ...reason });
    } else if (mark.kind === 'escalated') {
      tx.write(sql`update app.ladder set next_at = clock_timestamp(), hurried = ${mark.to}, escalated_at = case when ${mark.to} = 'governor' then clock_timestamp() else escalated_at end where ${ladder}`);
      await this.audit(tx, 'MOBILE-APPROVAL-ESCALATED', { ...at, to: mark.to, ...reason });
    } else {
      await this.audit(tx, 'MOBILE-APPROVAL-ASKED', { ...at, question_id: decisionId, question: personal(caller.personId, body.reason!) });
      publish(tx, approvalAsked, { teamId }, { epoch: approval.epoch, goalId, approvalId });
    }
    tx.afterCommit(() => this.feed.publish(approvalChanged({ teamId, approvalId, goalId, state: 'pending' })));
  }
}

async function load(tx: Tx, { teamId, approvalId, caller, device, body, version, decisionId }: DecideRequest, available: readonly Channel[]): Promise<{ approval: ApprovalRow; standing: Standing; facts: MarkFacts }> {
  const [approval, team, now, authors, standing, ringees, yeses] = await Promise.all([
    readApproval(tx, approvalId),
    readTeam(tx),
    readNow(tx),
    readAuthorsOf(tx, approvalId),
    tx.one<Standing>(sql`select (select m.at from app.approval_mark m where m.team_id = ${teamId} and m.id = ${decisionId} and m.approval_id = ${approvalId} and m.person_id = ${caller.personId}) as mine_at,
      exists (select from app.approval_mark m where m.team_id = ${teamId} and m.approval_id = ${approvalId} and m.kind = 'escalated') or exists (select from app.ladder l where l.team_id = ${teamId} and l.approval_id = ${approvalId} and l.escalated_at is not null) as escalated,
      (select count(*) from app.approval_mark m where m.team_id = ${teamId} and m.approval_id = ${approvalId} and m.kind = 'asked') as questions`),
    body.decision === 'escalate' ? readRingees(tx, caller.customerId) : [],
    body.decision === 'escalate' ? readYeses(tx, approvalId) : [],
  ]);
  if (approval === undefined) throw new NotFoundError('approval');
  const facts: MarkFacts = {
    now,
    person: { id: caller.personId, customerId: caller.customerId, roles: caller.roles },
    device,
    team,
    approval: { state: approval.state, version: approval.version, digest: approval.digest.toString('hex'), dueAt: approval.due_at, paused: approval.goal_paused, epoch: approval.epoch, customerId: approval.customer_id, requestedBy: approval.requested_by, authors },
    request: { decision: body.decision, digest: body.digest, reason: body.reason ?? '', version },
    until: body.until === undefined ? undefined : new Date(body.until),
    escalated: standing!.escalated,
    hasSubstitute: partsOf(stillAsked(ringees, approval.need_of, yeses), approval.customer_id).some(({ part, ringee }) => part === 'substitute' && ringee.personId !== caller.personId && liveChannels(ringee, available).length > 0),
    questions: standing!.questions,
  };
  return { approval, standing: standing!, facts };
}
