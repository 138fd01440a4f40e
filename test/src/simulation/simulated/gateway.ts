import { canonicalJson } from '@countersign/audit';
import { approvalDecided, approvalRequested, decisionTakenBack, leastTier, teamChanged, type DeliverableId, type GoalId, type PersonId, type TeamId, type TeamVerb } from '@countersign/contracts';
import { challengeSeconds, goodUntilMs, toBase64url } from '@countersign/contracts/assertions';
import { decideApproval, type DecisionFacts } from '@countersign/gateway/domain/decide-approval';
import { untouched } from '@countersign/gateway/domain/expire';
import { buildManifest, withBases } from '@countersign/gateway/domain/manifest';
import { undoDecision } from '@countersign/gateway/domain/undo-decision';
import { createHash } from 'node:crypto';
import type { Letter } from './bus.js';
import type { Steps } from './clock.js';
import type { ApprovalRow, GoalRows, Tx } from './rows.js';
import { tolerant } from './service.js';
import { es256, keyFacts, ORIGIN, sha256, sign, type Signer } from './signing.js';
import type { World } from './world.js';

const SETTLE_EVERY_MS = 500;
const LOOK_EVERY_MS = 1_500;
/** A question waits for an hour, a yes is good for a quarter of one: `policies/approval-policy.yaml`, in round figures. */
const TIMEOUT_MS = 3_600_000;
export const VALID_MINUTES = 15;
const NEWS: Readonly<Partial<Record<TeamVerb, 'team_suspended' | 'team_reactivated'>>> = { suspend: 'team_suspended', reactivate: 'team_reactivated' };

export interface Saying {
  readonly decision: 'approve' | 'request_changes';
  readonly holdSeconds: number;
  readonly version: number;
}

/** The gateway as `ask-approval.ts`, `decide.ts`, `undo-decisions.ts` and `settle-approvals.ts` have it. What is read and what is written are two instants: the guards say whether it still holds. */
export class Gateway {
  private readonly service;

  constructor(
    private readonly world: World,
    readonly signer: Signer,
  ) {
    const { bus, services } = world;
    this.service = services.gateway;
    bus.on(this.service, approvalRequested, (letter) => this.ask(letter.body['goalId'] as GoalId, letter.body['deliverableId'] as DeliverableId, letter.body.epoch, letter));
    bus.on(this.service, teamChanged, (letter) => this.teamChanged(letter));
    this.service.every(SETTLE_EVERY_MS, () => this.settle());
    this.service.every(LOOK_EVERY_MS, () => this.askUnasked());
  }

  private *ask(goalId: GoalId, deliverableId: DeliverableId, epoch: number, letter?: Letter): Steps {
    yield this.world.chance.takes('transaction');
    const { rows } = this.world;
    const goal = rows.goals.get(goalId)!;
    rows.tx(this.service, goal.teamId, (tx) => {
      tx.fence(epoch);
      if (letter && !rows.firstTime(this.service, letter)) return;
      if (goal.approvals.some((one) => one.deliverableId === deliverableId)) return;
      const last = goal.approvals.at(-1);
      const leftMs = last && last.epoch !== epoch ? last.leftMs : null;
      const approval = this.question(tx, goal, deliverableId, leftMs ?? TIMEOUT_MS);
      for (const old of goal.approvals) if (['pending', 'held', 'approved'].includes(old.state) && !old.used) this.supersede(tx, old);
      goal.approvals.push(approval);
      tx.entry('MOBILE-APPROVAL-REQUESTED', { approval: approval.id, leftMs: approval.dueAt - tx.now });
    });
  }

  private question(tx: Tx, goal: GoalRows, deliverableId: DeliverableId, timeoutMs: number): ApprovalRow {
    const { revision, proposal: { effect, files, checks } } = goal.deliverables.find(({ id }) => id === deliverableId)!;
    const [id, tier, dueAt] = [tx.rows.id<ApprovalRow['id']>(), leastTier(effect.kind), tx.now + timeoutMs];
    const manifest = canonicalJson(buildManifest({
      approvalId: id, teamId: goal.teamId, customerId: tx.team.customerId, goalId: goal.id, deliverableId, revision, files: withBases(effect, files, []), effect, checks,
      requestedBy: { memberId: goal.managerId, agent: 'manager-agent', task: null, parents: [] }, signedHead: undefined, touched: { untrustedInput: true, privateData: false }, costMicros: 0, costRehearsal: false,
      policy: { id: 'approval-policy', version: 1, tier, validMinutes: VALID_MINUTES, delaySeconds: 0 }, quorum: undefined, supersedes: undefined, createdAt: new Date(tx.now), dueAt: new Date(dueAt),
    }) as unknown as Parameters<typeof canonicalJson>[0], 1_000_000);
    return {
      id, teamId: goal.teamId, goalId: goal.id, deliverableId, epoch: tx.team.epoch, tier, manifest, digest: sha256(manifest), requestedBy: goal.managerId, createdAt: tx.now, state: 'pending', version: 1, dueAt, leftMs: null,
      heldFor: null, effectiveAt: null, decidedAt: null, decidedBy: null, reason: null, validUntil: null, used: false, decisions: [],
    };
  }

  private supersede(tx: Tx, old: ApprovalRow): void {
    old.state = 'superseded';
    old.version += 1;
    tx.publish(decisionTakenBack, { approvalId: old.id, goalId: old.goalId });
    tx.entry('APPROVAL-SUPERSEDED', { approval: old.id });
  }

  private *askUnasked(): Steps {
    yield this.world.chance.takes('transaction');
    for (const goal of this.world.rows.goals.values()) {
      const { state, epoch } = this.world.rows.teams.get(goal.teamId)!;
      const latest = goal.deliverables.at(-1);
      if (state === 'active' && goal.goal.state === 'proposed' && latest && !goal.approvals.some(({ deliverableId }) => deliverableId === latest.id)) yield* tolerant(this.ask(goal.id, latest.id, epoch));
    }
  }

  /** What a person says; the rule's code where it is refused. */
  *decide(approval: ApprovalRow, saying: Saying): Steps<string> {
    const { rows, chance, clock } = this.world;
    yield chance.takes('transaction');
    const team = rows.teams.get(approval.teamId)!;
    const nonce = toBase64url(createHash('sha256').update(rows.id()).digest());
    const expiresAt = Math.floor(clock.now / 1000) + challengeSeconds(approval.tier);
    const { personId, deviceId } = this.signer;
    const assertion = saying.decision === 'approve' ? sign(this.signer, approval.digest, nonce, expiresAt) : undefined;
    const facts: DecisionFacts = {
      now: new Date(clock.now), person: { id: personId, customerId: team.customerId, roles: ['customer_governor'] }, device: { id: deviceId, personId, removed: false }, team: { state: team.state, epoch: team.epoch },
      approval: { state: approval.state, version: approval.version, digest: approval.digest, dueAt: new Date(approval.dueAt), paused: false, epoch: approval.epoch, customerId: team.customerId, requestedBy: approval.requestedBy, authors: [], heldFor: approval.heldFor ?? undefined, delaySeconds: 0, quorum: { need: 1, of: 'people', people: undefined, yeses: [] } },
      request: { decision: saying.decision, digest: approval.digest, reason: saying.decision === 'approve' ? '' : 'shorter, please', version: saying.version, holdSeconds: saying.holdSeconds, report: false },
      signature: { assertion, challenge: { nonce: Buffer.from(nonce, 'base64url'), personId, deviceId, expiresAt: new Date(expiresAt * 1000) }, key: keyFacts(this.signer), tier: approval.tier, origin: ORIGIN, softwareKeys: false },
    };
    const [verdict, readVersion, readState] = [decideApproval(facts, es256), approval.version, approval.state];
    if (verdict.outcome === 'refused') return verdict.code;
    yield chance.takes('transaction');
    return rows.tx(this.service, approval.teamId, (tx) => {
      tx.fence(approval.epoch);
      tx.expect(approval.state === readState && approval.version === readVersion && (readState === 'held' || approval.dueAt > tx.now), 'decided_meanwhile');
      const decidedAt = facts.now.getTime();
      const effectiveAt = decidedAt + verdict.holdSeconds * 1000;
      const held = verdict.holdSeconds > 0;
      approval.decisions.push({ id: tx.rows.id(), decision: saying.decision, personId: personId as PersonId, deviceId, at: tx.now, version: approval.version, assertion: assertion ? { ...assertion, nonce, expiresAt } : null, undone: false });
      Object.assign(approval, { state: held ? 'held' : verdict.state, heldFor: held ? verdict.state : null, decidedAt, decidedBy: personId, effectiveAt, reason: facts.request.reason, validUntil: verdict.state === 'approved' ? effectiveAt + VALID_MINUTES * 60_000 : null, version: approval.version + 1, leftMs: held ? Math.max(0, approval.dueAt - tx.now) : null });
      tx.entry(held ? 'APPROVAL-HELD' : 'APPROVAL-DECIDED', { approval: approval.id, epoch: approval.epoch, decision: saying.decision });
      if (!held) tx.publish(approvalDecided, { approvalId: approval.id, goalId: approval.goalId, outcome: saying.decision });
      return 'recorded';
    });
  }

  *undo(approval: ApprovalRow): Steps<string> {
    const { rows, chance, clock } = this.world;
    yield chance.takes('transaction');
    const { state, version, effectiveAt, heldFor, decidedBy, epoch, teamId } = approval;
    const team = rows.teams.get(teamId)!;
    const verdict = undoDecision({ now: new Date(clock.now), personId: this.signer.personId, approval: { state, effectiveAt: effectiveAt === null ? undefined : new Date(effectiveAt), heldFor: heldFor ?? undefined, decidedBy: decidedBy ?? undefined, paused: false, stopped: team.state !== 'active' || team.epoch !== epoch }, decisions: approval.decisions.toReversed() });
    if (verdict.outcome === 'refused') return verdict.code;
    yield chance.takes('transaction');
    return rows.tx(this.service, teamId, (tx) => {
      tx.fence(epoch);
      tx.expect(approval.state === state && approval.version === version, 'undone_meanwhile');
      tx.expect(state !== 'held' || effectiveAt! > tx.now, 'undo_too_late');
      Object.assign(approval, { state: 'pending', heldFor: null, decidedAt: null, decidedBy: null, effectiveAt: null, validUntil: null, reason: null, version: version + 1, ...(approval.leftMs === null ? {} : { dueAt: tx.now + approval.leftMs, leftMs: null }) });
      approval.decisions.find(({ id }) => id === verdict.takes.id)!.undone = true;
      tx.entry('APPROVAL-UNDONE', { approval: approval.id, epoch });
      tx.publish(decisionTakenBack, { approvalId: approval.id, goalId: approval.goalId });
      return 'undone';
    });
  }

  /** What nobody touches: by time and by the team's life. */
  private *settle(): Steps {
    yield this.world.chance.takes('transaction');
    for (const goal of this.world.rows.goals.values()) for (const approval of goal.approvals) if (['pending', 'held', 'approved'].includes(approval.state)) yield* tolerant(this.settleOne(approval));
  }

  private *settleOne(approval: ApprovalRow): Steps {
    const { rows, clock, chance } = this.world;
    const team = rows.teams.get(approval.teamId)!;
    const signedUntil = Math.max(0, ...approval.decisions.flatMap(({ assertion, undone }) => (assertion && !undone ? [assertion.expiresAt] : [])));
    const goodUntil = approval.heldFor === 'approved' ? new Date(Math.min(goodUntilMs(signedUntil, { delaySeconds: 0, validMinutes: VALID_MINUTES }), approval.validUntil!)) : undefined;
    const outcome = untouched({ state: approval.state, dueAt: new Date(approval.dueAt), effectiveAt: approval.effectiveAt === null ? undefined : new Date(approval.effectiveAt), goodUntil, counts: true, epoch: approval.epoch, goalCancelled: false, paused: false, used: approval.used }, team, new Date(clock.now));
    if (outcome === 'wait') return;
    const { version, state } = approval;
    yield chance.takes('transaction');
    rows.tx(this.service, approval.teamId, (tx) => {
      if (outcome === 'release') tx.fence(approval.epoch);
      tx.expect(approval.version === version && approval.state === state && !approval.used, 'settled_meanwhile');
      tx.expect(outcome !== 'expire' || (tx.stands(approval) && approval.dueAt <= tx.now), 'not_due');
      tx.expect(outcome !== 'release' || (tx.stands(approval) && approval.effectiveAt! <= tx.now), 'not_due');
      approval.state = outcome === 'release' ? approval.heldFor! : outcome === 'expire' ? 'expired' : 'withdrawn';
      approval.version += 1;
      if (outcome === 'release') approval.leftMs = null;
      else approval.decisions.push({ id: tx.rows.id(), decision: outcome === 'expire' ? 'expire' : 'withdraw', personId: null, deviceId: null, at: tx.now, version, assertion: null, undone: false });
      tx.entry(outcome === 'release' ? 'APPROVAL-DECIDED' : outcome === 'expire' ? 'APPROVAL-EXPIRED' : 'APPROVAL-WITHDRAWN', { approval: approval.id, outcome, ...(outcome === 'release' ? { epoch: approval.epoch } : {}) });
      tx.publish(approvalDecided, { approvalId: approval.id, goalId: approval.goalId, outcome: outcome === 'release' ? (approval.state === 'approved' ? 'approve' : 'request_changes') : outcome === 'expire' ? 'expire' : 'withdraw' });
    });
  }

  private *teamChanged({ teamId, body }: Letter): Steps {
    yield* this.settle();
    const kind = NEWS[body['verb'] as TeamVerb];
    if (kind) yield* this.notice(teamId, body.epoch, kind);
  }

  /** `AccountNotices.tellOfTeam`: named after what it tells, so that there is no second one. */
  private *notice(teamId: TeamId, epoch: number, kind: 'team_suspended' | 'team_reactivated'): Steps {
    yield this.world.chance.takes('transaction');
    this.world.rows.tx(this.service, teamId, ({ rows, team, now }) => {
      const so = kind === 'team_suspended' ? (team.state === 'suspended' && team.epoch === epoch) || team.epoch > epoch : team.state === 'active' && team.epoch >= epoch;
      const key = `${teamId} ${epoch} ${kind}`;
      if (so && !rows.notices.some((one) => one.key === key)) rows.notices.push({ key, teamId, at: now });
    });
  }
}
