import { canonicalJson, person, personal, type Audit } from '@countersign/audit';
import { approvalDecided, ApprovalId, GoalId, NotFoundError, RefusedError, type DecideBody, type DecisionRecorded, type Effect, type EntryId, type LineCommentView, type Manifest, type TeamId } from '@countersign/contracts';
import { publish } from '@countersign/bus';
import { fromBase64url, type Assertion } from '@countersign/contracts/assertions';
import { Database, GuardError, sql, type Tx } from '@countersign/database';
import { AUDIT, es256 } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { GatewayConfig } from '../../config.js';
import type { Caller } from '../../domain/access.js';
import { approvalChanged, EventFeed } from '../../event-feed.js';
import { decideApproval, type DecisionFacts, type Refused } from '../../domain/decide-approval.js';
import type { SigningKeyFacts } from '../../domain/judge-signature.js';
import { ApproverKeys } from './approver-keys.js';
import { readChallenge, takeChallenge } from './challenges.js';
import { insertDecision, policyInForce, readApproval, readAuthors, readNow, readPolicy, readTeam, silence, type ApprovalRow } from './approval-rows.js';
import { iso, isoOrNull } from './pages.js';
import { placeComments } from './place-comments.js';

export interface DecideRequest {
  readonly teamId: TeamId;
  readonly approvalId: ApprovalId;
  readonly caller: Caller;
  /** What the session is bound to. */
  readonly device: DecisionFacts['device'];
  readonly body: DecideBody;
  /** From `If-Match`. */
  readonly version: number;
  /** The id the decision's row will have; the same again is the same decision. */
  readonly decisionId: string;
  /** By the device's clock, of a decision that waited there for a connection; the record's own time is when it arrived. */
  readonly decidedOfflineAt?: Date;
}

interface Loaded {
  readonly approval: ApprovalRow;
  readonly facts: DecisionFacts;
  readonly manifest: Manifest;
  readonly validMs: number;
  readonly mine: boolean;
}

interface Attempted {
  readonly recorded: DecisionRecorded;
  /** Verified with this decision; 0: nothing to keep. */
  readonly counter: number;
}

/** Somebody was quicker, or the team was stopped, between reading and writing: worth one more look, which then says which. */
const RACES: ReadonlySet<string> = new Set(['decided_meanwhile', 'challenge_used', 'stale_epoch', 'team_not_active']);

/** Records what a person decided. */
@Injectable()
export class Decide {
  constructor(
    private readonly database: Database,
    private readonly feed: EventFeed,
    private readonly keys: ApproverKeys,
    private readonly config: GatewayConfig,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /**
   * Decision, entry and message commit together or not at all. Of several at once, exactly one is recorded.
   *
   * Throws `RefusedError` with one of the rule's codes; its details carry the state as it is now.
   */
  async decide(request: DecideRequest): Promise<DecisionRecorded> {
    const { caller, body } = request;
    const assertion = signedBy(body);
    const key = assertion && (await this.keys.find(caller, assertion.credentialId));
    const { recorded, counter } = await this.attempt(request, key).catch((error: unknown) => {
      if (!(error instanceof GuardError) || !RACES.has(error.code)) throw error;
      return this.attempt(request, key);
    });
    if (counter > 0) await this.keys.counted(caller, key!.credentialId, counter);
    return recorded;
  }

  private attempt(request: DecideRequest, key: SigningKeyFacts | undefined): Promise<Attempted> {
    const { teamId, caller, body } = request;
    return this.database.withTeam(
      teamId,
      async (tx) => {
        const loaded = await load(tx, request, { key, origin: this.config.publicUrl, softwareKeys: this.config.softwareKeys });
        if (loaded.mine) return { recorded: recorded(loaded.approval, request), counter: 0 };
        const verdict = decideApproval(loaded.facts, es256);
        if (verdict.outcome === 'refused') throw refusal(verdict, loaded.approval);
        const placed = await placeComments(tx, loaded.manifest, body.comments ?? []);
        if ('refused' in placed) throw refusal(placed.refused, loaded.approval);
        return { recorded: await this.record(tx, request, loaded, verdict.state, placed.comments), counter: verdict.counter };
      },
      { principal: `person:${caller.personId}` },
    );
  }

  private async record(tx: Tx, request: DecideRequest, { approval, facts, validMs }: Loaded, state: 'approved' | 'denied' | 'changes_requested', comments: readonly LineCommentView[]): Promise<DecisionRecorded> {
    const { teamId, approvalId, body, caller } = request;
    const deviceId = request.device!.id;
    const validUntil = state === 'approved' ? new Date(facts.now.getTime() + validMs) : null;
    tx.write(sql`select sec.fence(${approval.epoch})`);
    tx.writeExpecting(1, 'decided_meanwhile', sql`update app.approval set state = ${state}, decided_at = clock_timestamp(), decided_by = ${caller.personId}, device_id = ${deviceId}, reason = ${body.reason ?? null}, valid_until = ${validUntil}, version = version + 1
      where team_id = ${teamId} and id = ${approvalId} and state in ('pending', 'held') and version = ${approval.version} and digest = ${approval.digest} and due_at > clock_timestamp()`);
    const { challenge, key } = facts.signature;
    const signed = state === 'approved' && body.assertion && challenge && key ? { ...body.assertion, kind: key.kind, expiresAt: challenge.expiresAt.getTime() / 1000 } : undefined;
    if (signed) tx.writeExpecting(1, 'challenge_used', takeChallenge(teamId, challenge!));
    const entryId = await this.enter(tx, request, approval, state, facts, comments);
    tx.write(insertDecision(teamId, { id: request.decisionId, entryId, approvalId, decision: body.decision, digest: approval.digest, personId: caller.personId, deviceId, ...(body.reason === undefined ? {} : { reason: body.reason }), ...(signed ? { assertion: signed } : {}), comments, report: body.report === true }));
    tx.write(silence(teamId, approvalId));
    publish(tx, approvalDecided, { teamId }, { epoch: approval.epoch, approvalId, goalId: GoalId.parse(approval.goal_id), outcome: body.decision });
    tx.afterCommit(() => this.feed.publish(approvalChanged({ teamId, approvalId, goalId: approval.goal_id, state })));
    return { approvalId, state, decision: body.decision, decidedAt: iso(facts.now), validUntil: isoOrNull(validUntil), version: approval.version + 1 };
  }

  private async enter(tx: Tx, { approvalId, body, caller, device, decidedOfflineAt }: DecideRequest, approval: ApprovalRow, state: string, { now, signature: { key } }: DecisionFacts, comments: readonly LineCommentView[]): Promise<EntryId> {
    const who = { customer_governor_id: person(caller.personId), device_id: personal(caller.personId, device!.id) };
    const what = { deliverable_id: approval.deliverable_id, approval_id: approvalId, digest: approval.digest.toString('hex'), ...(decidedOfflineAt ? { decided_offline_at: decidedOfflineAt } : {}) };
    const reason = personal(caller.personId, body.reason ?? '');
    if (state === 'approved') return this.audit(tx, 'MOBILE-APPROVAL-GRANTED', { ...who, ...what, timestamp: now, assertion_sha256: assertionHash(body.assertion!), key_kind: key!.kind, credential_id: key!.credentialId });
    if (state === 'denied') return this.audit(tx, 'MOBILE-APPROVAL-DENIED', { ...who, ...what, reason });
    return this.audit(tx, 'APPROVAL-CHANGES-REQUESTED', { ...who, ...what, reason, ...(comments.length > 0 ? { comments: comments.length, comments_said: personal(caller.personId, JSON.stringify(comments)) } : {}) });
  }
}

/** Of the assertion's RFC 8785 bytes, without the nonce. */
const assertionHash = ({ credentialId, authenticatorData, clientDataJSON, signature }: Assertion): string => createHash('sha256').update(canonicalJson({ credentialId, authenticatorData, clientDataJSON, signature })).digest('hex');
/** Only a yes is signed: what else comes with an assertion is taken without a look at it. */
const signedBy = ({ decision, assertion }: DecideBody): DecideBody['assertion'] => (decision === 'approve' ? assertion : undefined);

async function load(tx: Tx, { approvalId, caller, device, body, version, decisionId }: DecideRequest, signing: Pick<DecisionFacts['signature'], 'key' | 'origin' | 'softwareKeys'>): Promise<Loaded> {
  const assertion = signedBy(body);
  const nonce = assertion && fromBase64url(assertion.nonce);
  const [approval, team, now, earlier, authors, published, challenge] = await Promise.all([readApproval(tx, approvalId), readTeam(tx), readNow(tx), readDecision(tx, decisionId), readAuthors(tx, approvalId), readPolicy(tx), nonce && readChallenge(tx, approvalId, nonce)]);
  if (approval === undefined) throw new NotFoundError('approval');
  const manifest = JSON.parse(approval.manifest.toString('utf8')) as Manifest;
  const effect = manifest.effects[0]!.kind as Effect['kind'];
  const { rule } = policyInForce(published, team.bundle, effect);
  const facts: DecisionFacts = {
    now,
    person: { id: caller.personId, customerId: caller.customerId, roles: caller.roles },
    device,
    team,
    approval: { state: approval.state, version: approval.version, digest: approval.digest.toString('hex'), dueAt: approval.due_at, paused: approval.goal_paused, epoch: approval.epoch, customerId: approval.customer_id, requestedBy: approval.requested_by, authors },
    request: { decision: body.decision, digest: body.digest, reason: body.reason ?? '', version },
    signature: { assertion, challenge, tier: approval.tier, ...signing },
  };
  return { approval, facts, manifest, validMs: rule.validMinutes * 60_000, mine: earlier?.person_id === caller.personId && earlier.decision === body.decision };
}

const readDecision = (tx: Tx, id: string): Promise<{ person_id: string; decision: string } | undefined> =>
  tx.one(sql`select person_id, decision from app.approval_decision where team_id = ${tx.scopeId} and id = ${id}`);

const recorded = (approval: ApprovalRow, { approvalId, body }: DecideRequest): DecisionRecorded => ({
  approvalId,
  state: approval.state,
  decision: body.decision,
  decidedAt: iso(approval.decided_at!),
  validUntil: isoOrNull(approval.valid_until),
  version: approval.version,
});

/** The answer carries what is true now, so that a screen can show it without another look. */
export function refusal({ code, message, details }: Refused, approval: ApprovalRow): RefusedError {
  const current = { state: approval.state, version: approval.version, digest: approval.digest.toString('hex'), dueAt: iso(approval.due_at), decidedAt: isoOrNull(approval.decided_at), supersededBy: approval.superseded_by };
  return new RefusedError(code, message, code === 'not_eligible' || code === 'author_may_not_decide' ? {} : { ...details, current });
}
