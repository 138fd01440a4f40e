import { personal, type Audit } from '@countersign/audit';
import { NotFoundError, RefusedError, type ApprovalId, type ApprovalState, type DecideBody, type DecidedState, type DecisionRecorded, type EntryId, type LineCommentView, type Manifest, type TeamId } from '@countersign/contracts';
import { fromBase64url } from '@countersign/contracts/assertions';
import { Database, GuardError, sql, type Tx } from '@countersign/database';
import { AUDIT, es256 } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { GatewayConfig } from '../../config.js';
import type { Caller } from '../../domain/access.js';
import { approvalChanged, EventFeed } from '../../event-feed.js';
import { decideApproval, type DecisionFacts, type Recorded, type Refused } from '../../domain/decide-approval.js';
import type { SigningKeyFacts } from '../../domain/judge-signature.js';
import { ApproverKeys } from './approver-keys.js';
import { readChallenge, takeChallenge } from './challenges.js';
import { currentOf, effectiveAtOf, insertDecision, manifestOf, readApproval, readAuthorsOf, readNow, readTeam, readYeses, type ApprovalRow } from './approval-rows.js';
import { iso, isoOrNull } from './pages.js';
import { placeComments } from './place-comments.js';
import { enterEffect, entryOf, signedWith, tellEffect, type Decided } from './take-effect.js';

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
  /** When this very decision was recorded before. */
  readonly mine: Date | undefined;
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
    const key = assertion && (await this.keys.find(caller, assertion.credentialId, request.device?.id));
    const { recorded, counter } = await this.attempt(request, key)
      .catch((error: unknown) => {
        if (!(error instanceof GuardError) || !RACES.has(error.code)) throw error;
        return this.attempt(request, key);
      })
      .catch(async (error: unknown) => {
        if (key && error instanceof RefusedError && error.details['fault'] === 'counter_back') await this.keys.suspectCopy(caller, key.credentialId);
        throw error;
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
        if (loaded.mine) return { recorded: recorded(loaded.approval, request, loaded.mine), counter: 0 };
        const verdict = decideApproval(loaded.facts, es256);
        if (verdict.outcome === 'refused') throw refusal(verdict, loaded.approval);
        const placed = await placeComments(tx, loaded.manifest, body.comments ?? []);
        if ('refused' in placed) throw refusal(placed.refused, loaded.approval);
        return { recorded: await this.record(tx, request, loaded, verdict, placed.comments), counter: verdict.counter };
      },
      { principal: `person:${caller.personId}` },
    );
  }

  private async record(tx: Tx, request: DecideRequest, { approval, facts, validMs }: Loaded, verdict: Recorded, comments: readonly LineCommentView[]): Promise<DecisionRecorded> {
    const { teamId, approvalId, body } = request;
    const { challenge } = facts.signature;
    const decided = decidedBy(request, facts, comments);
    tx.write(sql`select sec.fence(${approval.epoch})`);
    const change = changeOf(verdict, facts.now, validMs);
    const entryId = await this.enter(tx, request, approval, verdict, decided, change, facts);
    if (decided.assertion) tx.writeExpecting(1, 'challenge_used', takeChallenge(teamId, challenge!));
    const { assertion } = decided;
    // before the approval's own row: the database counts the yeses when that becomes approved
    tx.write(insertDecision(teamId, { id: request.decisionId, entryId, approvalId, decision: body.decision, digest: approval.digest, personId: decided.personId, deviceId: decided.deviceId, ...(body.reason === undefined ? {} : { reason: body.reason }), ...(assertion ? { assertion: { ...assertion, expiresAt: challenge!.expiresAt.getTime() / 1000 } } : {}), comments, report: body.report === true, offlineAt: request.decidedOfflineAt, version: approval.version }));
    const open = sql`team_id = ${teamId} and id = ${approvalId} and state = ${approval.state} and version = ${approval.version} and digest = ${approval.digest}`;
    if (verdict.partial) tx.writeExpecting(1, 'decided_meanwhile', sql`update app.approval set version = version + 1 where ${open} and due_at > clock_timestamp()`);
    else tx.writeExpecting(1, 'decided_meanwhile', sql`update app.approval set state = ${change.state}, decided_at = ${facts.now}, decided_by = ${decided.personId}, device_id = ${decided.deviceId}, reason = ${body.reason ?? null}, valid_until = ${change.validUntil}, held_for = ${change.heldFor}, effective_at = ${change.effectiveAt}, version = version + 1
      where ${open} and (state = 'held' or due_at > clock_timestamp())`);
    if (change.state === verdict.state) tellEffect(tx, this.feed, teamId, approval, verdict.state, body.decision);
    else tx.afterCommit(() => this.feed.publish(approvalChanged({ teamId, approvalId, goalId: approval.goal_id, state: change.state })));
    return { approvalId, state: change.state, decision: body.decision, decidedAt: iso(facts.now), validUntil: isoOrNull(change.validUntil), effectiveAt: isoOrNull(change.effectiveAt), version: approval.version + 1 };
  }

  private enter(tx: Tx, { body }: DecideRequest, approval: ApprovalRow, verdict: Recorded, decided: Decided, change: Change, { now, approval: { quorum } }: DecisionFacts): Promise<EntryId> {
    if (change.state === verdict.state) return enterEffect(tx, this.audit, approval, verdict.state, decided, now);
    const what = { ...entryOf(decided, approval), ...signedWith(decided) };
    if (verdict.partial) return this.audit(tx, 'APPROVAL-COUNTED', { ...what, need: quorum.need, given: quorum.yeses.length + 1 });
    const reason = decided.reason === '' ? {} : { reason: personal(decided.personId, decided.reason) };
    return this.audit(tx, 'APPROVAL-HELD', { ...what, ...reason, decision: body.decision as 'approve' | 'deny' | 'request_changes', effective_at: change.effectiveAt! });
  }
}

/** What the approval's row becomes. */
interface Change {
  readonly state: ApprovalState;
  readonly heldFor: DecidedState | null;
  readonly effectiveAt: Date | null;
  readonly validUntil: Date | null;
}
function changeOf({ state, partial, holdSeconds }: Recorded, now: Date, validMs: number): Change {
  if (partial) return { state: 'pending', heldFor: null, effectiveAt: null, validUntil: null };
  const effectiveAt = new Date(now.getTime() + holdSeconds * 1000);
  const validUntil = state === 'approved' ? new Date(effectiveAt.getTime() + validMs) : null;
  return holdSeconds > 0 ? { state: 'held', heldFor: state, effectiveAt, validUntil } : { state, heldFor: null, effectiveAt, validUntil };
}

/** Only a yes keeps what came with it as a signature. */
function decidedBy({ body, caller, device, decidedOfflineAt }: DecideRequest, { signature: { key } }: DecisionFacts, comments: readonly LineCommentView[]): Decided {
  const decided = { decision: body.decision, personId: caller.personId, deviceId: device!.id, reason: body.reason ?? '', offlineAt: decidedOfflineAt, comments };
  return body.decision === 'approve' && body.assertion && key ? { ...decided, assertion: { ...body.assertion, kind: key.kind } } : decided;
}

/** Only a yes is signed: what else comes with an assertion is taken without a look at it. */
const signedBy = ({ decision, assertion }: DecideBody): DecideBody['assertion'] => (decision === 'approve' ? assertion : undefined);

async function load(tx: Tx, { approvalId, caller, device, body, version, decisionId }: DecideRequest, signing: Pick<DecisionFacts['signature'], 'key' | 'origin' | 'softwareKeys'>): Promise<Loaded> {
  const assertion = signedBy(body);
  const nonce = assertion && fromBase64url(assertion.nonce);
  const [approval, team, now, earlier, spoken, authors, yeses, challenge] = await Promise.all([readApproval(tx, approvalId), readTeam(tx), readNow(tx), readDecision(tx, decisionId), readSpoken(tx, approvalId, caller.personId), readAuthorsOf(tx, approvalId), readYeses(tx, approvalId), nonce && readChallenge(tx, approvalId, nonce)]);
  if (approval === undefined) throw new NotFoundError('approval');
  const manifest = manifestOf(approval);
  const { quorum, policy } = manifest;
  const facts: DecisionFacts = {
    now,
    person: { id: caller.personId, customerId: caller.customerId, roles: caller.roles, spokeAt: spoken?.version ?? undefined },
    device,
    team,
    approval: {
      state: approval.state, version: approval.version, digest: approval.digest.toString('hex'), dueAt: approval.due_at, paused: approval.goal_paused, epoch: approval.epoch, customerId: approval.customer_id, requestedBy: approval.requested_by, authors,
      heldFor: approval.held_for ?? undefined, delaySeconds: Number(policy.delay_seconds ?? 0), quorum: { need: approval.need, of: approval.need_of, people: quorum?.people, yeses },
    },
    request: { decision: body.decision, digest: body.digest, reason: body.reason ?? '', version, holdSeconds: body.holdSeconds ?? 0, report: body.report === true },
    signature: { assertion, challenge, tier: approval.tier, ...signing },
  };
  return { approval, facts, manifest, validMs: Number(policy.valid_minutes) * 60_000, mine: earlier?.person_id === caller.personId && earlier.decision === body.decision ? earlier.at : undefined };
}

const readDecision = (tx: Tx, id: string): Promise<{ person_id: string; decision: string; at: Date } | undefined> =>
  tx.one(sql`select person_id, decision, at from app.approval_decision where team_id = ${tx.scopeId} and id = ${id}`);

/** The newest version that this person has said something about. */
const readSpoken = (tx: Tx, approvalId: string, personId: string): Promise<{ version: number | null } | undefined> =>
  tx.one(sql`select max(version) as version from app.approval_decision where team_id = ${tx.scopeId} and approval_id = ${approvalId} and person_id = ${personId}`);

const recorded = (approval: ApprovalRow, { approvalId, body }: DecideRequest, at: Date): DecisionRecorded => ({
  approvalId,
  state: approval.state,
  decision: body.decision,
  decidedAt: iso(at),
  validUntil: isoOrNull(approval.valid_until),
  effectiveAt: effectiveAtOf(approval),
  version: approval.version,
});

/** The answer carries what is true now, so that a screen can show it without another look. */
export function refusal({ code, message, details }: Refused, approval: ApprovalRow): RefusedError {
  const current = currentOf(approval);
  return new RefusedError(code, message, code === 'not_eligible' || code === 'author_may_not_decide' ? {} : { ...details, current });
}
