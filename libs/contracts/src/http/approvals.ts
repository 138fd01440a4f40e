import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsUUID, Matches, Max, Min } from 'class-validator';
import { MOST_NEEDED, QUORUM_OF, type QuorumOf } from '../files/quorum.js';
import { KEY_KINDS, type Assertion, type KeyKind } from '../assertions/index.js';
import { MOST_CHARS_EACH, MOST_COMMENTS, MOST_REASON_CHARS } from '../review-limits.js';
import { IsBase64url, IsCount, IsId, IsIds, IsInstant, IsListOf, IsNested, IsSha256, IsText } from '../rules.js';
import { APPROVAL_STATES, DECIDED_STATES, DECISIONS, EFFECT_STATES, MOST_HOLD_SECONDS, SETTLEMENTS, type DecidedState, type Decision, type EffectState, type Settlement } from '../states.js';
import { IdPageQuery, IsTime, IsTimeOrNull, Money, pageOf, Problem } from './common.js';
import { SettledEffectView } from './goals.js';

/** What people see: the stored states, and where an effect exists, what became of it. */
export const APPROVAL_VIEWS = [...APPROVAL_STATES, 'executing', 'executed', 'failed', 'unknown'] as const;

export class ApprovalQuery extends IdPageQuery {
  /** One state, or `over`: all that waits for nobody and cannot be taken back any more. */
  @IsOptional() @IsIn([...APPROVAL_VIEWS, 'over']) state?: (typeof APPROVAL_VIEWS)[number] | 'over';
}
/** A yes that stands: it was given and not taken back. */
export class YesView {
  @IsText(200) by!: string;
  @IsTime() at!: string;
}
/** How many must say yes, and who has. */
export class QuorumView {
  @IsCount(MOST_NEEDED) need!: number;
  @IsIn(QUORUM_OF) of!: QuorumOf;
  @IsListOf(() => YesView, 20) yes!: YesView[];
}
export class ApprovalSummary {
  @IsId() id!: string;
  @IsId() teamId!: string;
  @IsText(200) teamName!: string;
  @IsId() goalId!: string;
  @IsText(200) title!: string;
  @IsIn(APPROVAL_VIEWS) state!: (typeof APPROVAL_VIEWS)[number];
  @IsIn(['deferred', 'escalated', 'asked'], { each: true }) marks!: string[];
  /** 0 reversible and inside … 3 irreversible, or above a limit; computed by policy. */
  @IsCount(3) tier!: number;
  /** What is carried out can be undone afterwards, as the manifest says; whatever the tier. */
  @IsBoolean() reversible!: boolean;
  @IsTime() createdAt!: string;
  @IsTime() dueAt!: string;
  /** Until when whoever reads this has put it off; null: not at all. */
  @IsTimeOrNull() deferredUntil!: string | null;
  @IsNested(() => Money) cost!: Money;
  /** Null: one yes is enough. */
  @IsOptional() @IsNested(() => QuorumView) quorum!: QuorumView | null;
  /** What it becomes at `effectiveAt` unless whoever decided takes it back; null when nothing is held. */
  @IsOptional() @IsIn(DECIDED_STATES) heldFor!: DecidedState | null;
  /** When a decision takes effect, or took it. */
  @IsTimeOrNull() effectiveAt!: string | null;
  /** A decision of the reader's can be taken back now. */
  @IsBoolean() mayUndo!: boolean;
}
export const ApprovalSummaryPage = pageOf(ApprovalSummary);

/** Computed by the server from stored rows; never an agent's words. */
export class Fact {
  @IsText(80) label!: string;
  @IsText(500, 0) value!: string;
}
export class ApprovalArtifact {
  @IsId() id!: string;
  @IsText(1000) path!: string;
  @IsText(200) mediaType!: string;
  @IsCount() size!: number;
  @IsSha256() sha256!: string;
  @IsBoolean() deleted!: boolean;
  /** `100755`: it can be run as a program. */
  @IsIn(['100644', '100755']) mode!: '100644' | '100755';
  /** Null where the file is deleted by this, or its bytes were erased since. */
  @IsOptional() @IsText(300) contentUrl!: string | null;
  /** The file before; absent when it is new, compared with nothing, or was erased since. */
  @IsOptional() @IsText(300) baseContentUrl!: string | null;
  /** What that hashes to, by the manifest; null when the file is new, or compared with nothing. */
  @IsOptional() @IsSha256() baseSha256!: string | null;
}
export class ApprovalCheck {
  @IsText(120) criterion!: string;
  @IsBoolean() passed!: boolean;
  @IsText(20_000, 0) outputTail!: string;
}
/** What others would get, built by the server from the manifest alone: each line of its head, and which artifacts are its body and attachments. */
export class SentView {
  @IsIn(['file.publish', 'http.post', 'email.send']) kind!: 'file.publish' | 'http.post' | 'email.send';
  @IsListOf(() => Fact, 40) lines!: Fact[];
  /** Null of a folder, which is all of the artifacts. */
  @IsOptional() @IsId() body!: string | null;
  @IsArray() @ArrayMaxSize(10) @IsUUID('all', { each: true }) attachments!: string[];
}
export class DecisionView {
  @IsIn([...DECISIONS, 'expire', 'withdraw', 'undo']) decision!: Decision | 'expire' | 'withdraw' | 'undo';
  @IsTime() at!: string;
  /** Who decided, by name; absent when nobody did. */
  @IsOptional() @IsText(200) by!: string | null;
  @IsOptional() @IsText(80) device!: string | null;
  /** The kind of key that signed it; absent of a no. */
  @IsOptional() @IsIn(KEY_KINDS) signedWith!: KeyKind | null;
  @IsOptional() @IsText(2000, 0) reason!: string | null;
}
/** One of all that were made on a request, also what was taken back, or counted as one yes of several; each has a receipt. */
export class DecisionEntry extends DecisionView {
  @IsId() id!: string;
  /** By a later one. */
  @IsBoolean() undone!: boolean;
}
export class DecisionList {
  @IsListOf(() => DecisionEntry, 1000) items!: DecisionEntry[];
}
export class ReceiptQuery {
  /** The newest unless said. */
  @IsOptional() @IsId() decision?: string;
}
/** `version` is the ETag a decision must name in `If-Match`. */
export class ApprovalDetail extends ApprovalSummary {
  @IsText(300) question!: string;
  @IsText(1000) whatHappens!: string;
  @IsIn(['expire']) onTimeout!: 'expire';
  @IsSha256() digest!: string;
  /** The digest as three words, to compare between screens. */
  @IsText(80) digestWords!: string;
  @IsListOf(() => Fact, 12) facts!: Fact[];
  /** Null for a push. Else its files are shown whole: they are compared with nothing. */
  @IsOptional() @IsNested(() => SentView) sent!: SentView | null;
  /** The agent's own summary: shown as a quotation, never as a fact. */
  @IsText(8000, 0) agentSays!: string;
  @IsListOf(() => ApprovalArtifact, 2000) artifacts!: ApprovalArtifact[];
  @IsListOf(() => ApprovalCheck, 500) checks!: ApprovalCheck[];
  @IsOptional() @IsNested(() => DecisionView) decision!: DecisionView | null;
  @IsOptional() @IsNested(() => SettledEffectView) effect!: SettledEffectView | null;
  @IsOptional() @IsId() supersededBy!: string | null;
  @IsTimeOrNull() validUntil!: string | null;
  @IsCount() version!: number;
  /** The newest signed head of the team's record, as in `TeamSummary`. */
  @IsOptional() @IsText(2000) head!: string | null;
}

/** WebAuthn's assertion, each member in base64url; a key of a browser's or program's own makes the same. */
export class AssertionBody implements Assertion {
  @IsBase64url(1400) credentialId!: string;
  @IsBase64url(4000) authenticatorData!: string;
  @IsBase64url(4000) clientDataJSON!: string;
  @IsBase64url(200) signature!: string;
}
/** The assertion over a challenge of this server's, and the nonce in it. */
export class SignedAnswer extends AssertionBody {
  @IsBase64url(43) nonce!: string;
}
export class ChallengeKey {
  @IsBase64url(1400) credentialId!: string;
  @IsIn(KEY_KINDS) kind!: KeyKind;
  /** From when the executor takes it; null: it has not said yet. */
  @IsTimeOrNull() effectiveFrom!: string | null;
}
/** What a yes is signed over: `challenge` is the SHA-256 of the bytes that docs/interface.md lays out, with this nonce and expiry. */
export class ApprovalChallenge {
  @IsBase64url(43) nonce!: string;
  /** Unix seconds. */
  @IsCount() expiresAt!: number;
  @IsBase64url(43) challenge!: string;
  @IsText(253) rpId!: string;
  @IsCount(3) tier!: number;
  @IsId() personId!: string;
  @IsId() deviceId!: string;
  /** A key that stands on this session's device counts at this tier; without one, what is not bound to one device does not sign there either. */
  @IsBoolean() deviceCounts!: boolean;
  /** The person's keys that can sign on this session's device at this tier: those that are on it, and passkeys that may be synchronised, wherever they were made. */
  @IsListOf(() => ChallengeKey, 100) credentials!: ChallengeKey[];
}

/** Which of a file's two texts a line is of: as it was, or as it will be. */
export const SIDES = ['before', 'after'] as const;
export type Side = (typeof SIDES)[number];
/** A remark on one line of a file of the manifest. */
export class LineComment {
  @IsText(1000) path!: string;
  /** From 1. */
  @IsInt() @Min(1) @Max(10_000_000) line!: number;
  @IsIn(SIDES) side!: Side;
  @IsText(MOST_CHARS_EACH) text!: string;
}

/**
 * `digest` is the SHA-256 of the manifest bytes the person was shown. `approve` needs an assertion; `deny` and `request_changes` need a reason.
 * `defer`, `escalate` and `ask` leave the request open: the first needs `until`, the last a question, as its reason.
 */
export class DecideBody {
  @IsIn(DECISIONS) decision!: Decision;
  @IsSha256() digest!: string;
  @IsOptional() @IsText(MOST_REASON_CHARS, 0) reason?: string;
  @IsOptional() @IsNested(() => SignedAnswer) assertion?: SignedAnswer;
  /** With `defer` alone: when it comes back, before the request is due. */
  @IsOptional() @IsInstant() until?: string;
  /** With `deny` alone: the person thinks that somebody is up to no good. */
  @IsOptional() @IsBoolean() report?: boolean;
  /** With `request_changes` alone. */
  @IsOptional() @IsListOf(() => LineComment, MOST_COMMENTS) comments?: LineComment[];
  /** How long it can be undone before it takes effect; absent: not at all. What the policy wants of a yes may be longer. */
  @IsOptional() @IsCount(MOST_HOLD_SECONDS) holdSeconds?: number;
}
/** `state`: `held` until `effectiveAt`; `pending` where others must say yes as well. */
export class DecisionRecorded {
  @IsId() approvalId!: string;
  @IsText(32) state!: string;
  @IsIn(DECISIONS) decision!: Decision;
  @IsTime() decidedAt!: string;
  /** Until when an approved effect may still run. */
  @IsTimeOrNull() validUntil!: string | null;
  @IsTimeOrNull() effectiveAt!: string | null;
  @IsCount() version!: number;
}
/** It waits again; what was signed for the decision that was taken back counts for nothing any more. */
export class DecisionUndone {
  @IsId() approvalId!: string;
  @IsText(32) state!: string;
  @IsIn(DECISIONS) undone!: Decision;
  @IsCount() version!: number;
}

/** What may name a request, so that it is done once: 1 to 200 printable characters. */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;
/** How many decisions that waited are sent at once. */
export const MOST_SAVED_DECISIONS = 20;

/** A decision that was made without a connection and waited on its device. */
export class SavedDecision extends DecideBody {
  @IsId() approvalId!: string;
  /** Where it is named, the approval must be this team's. */
  @IsOptional() @IsId() teamId?: string;
  /** The approval's, as the person saw it. */
  @IsCount() version!: number;
  /** Of this decision alone: sent again with it, it is recorded once. */
  @Matches(IDEMPOTENCY_KEY) idempotencyKey!: string;
  /** By the device's own clock; nobody vouches for that. */
  @IsTime() decidedAt!: string;
}
export class BatchSyncBody {
  /** Whose decisions these are. Where it is named and somebody else has signed in meanwhile, nothing is recorded. */
  @IsOptional() @IsId() personId?: string;
  @ArrayMinSize(1) @IsListOf(() => SavedDecision, MOST_SAVED_DECISIONS) decisions!: SavedDecision[];
}
/** `failed`: nobody knows whether it was recorded, so the same is to be sent again; `refused`: nothing was changed. */
export const SYNC_OUTCOMES = ['recorded', 'replayed', 'refused', 'failed'] as const;
/** What became of one of them, as if it had been sent alone. */
export class SyncedDecision {
  @IsId() approvalId!: string;
  @Matches(IDEMPOTENCY_KEY) idempotencyKey!: string;
  @IsIn(SYNC_OUTCOMES) outcome!: (typeof SYNC_OUTCOMES)[number];
  @IsOptional() @IsNested(() => DecisionRecorded) recorded!: DecisionRecorded | null;
  @IsOptional() @IsNested(() => Problem) problem!: Problem | null;
}
/** In the order in which they were sent. */
export class BatchSynced {
  @IsListOf(() => SyncedDecision, MOST_SAVED_DECISIONS) decisions!: SyncedDecision[];
}

/** `executed` and `failed` are the person's word and need a reason; `look` has the target asked once more. */
export class SettleEffectBody {
  @IsIn(SETTLEMENTS) outcome!: Settlement;
  @IsOptional() @IsText(MOST_REASON_CHARS, 0) reason?: string;
}
export class EffectSettled {
  @IsId() approvalId!: string;
  /** Still `unknown` when a look got no answer. */
  @IsIn(EFFECT_STATES) state!: EffectState;
}

/** That the person has opened it: `digest` is what their device made of the manifest's bytes. */
export class SeenBody {
  @IsSha256() digest!: string;
}
/** An earlier question about the same goal. */
export class EarlierVersion {
  @IsId() approvalId!: string;
  @IsCount() revision!: number;
  /** When it was asked; of what the person looked at, when they last did. */
  @IsTime() at!: string;
}
export const THREAD_KINDS = ['question', 'answer', 'deferred', 'escalated', 'changes_requested', 'denied'] as const;
/** A remark as it stands in the thread, with the line it is about as it was stored. */
export class LineCommentView extends LineComment {
  @IsText(400, 0) quote!: string;
}
/** What was said about a goal's questions. `fromAgent`: an agent's words, which nobody has checked. */
export class ThreadItem {
  @IsId() id!: string;
  @IsIn(THREAD_KINDS) kind!: (typeof THREAD_KINDS)[number];
  @IsTime() at!: string;
  @IsId() approvalId!: string;
  @IsCount() revision!: number;
  @IsText(200) by!: string;
  @IsBoolean() fromAgent!: boolean;
  @IsText(8000, 0) text!: string;
  /** Of what was put off. */
  @IsTimeOrNull() until!: string | null;
  @IsListOf(() => LineCommentView, MOST_COMMENTS) comments!: LineCommentView[];
}
/** The oldest first, over all questions about the goal; and the earlier ones to compare this one with. */
export class ApprovalThread {
  @IsCount() revision!: number;
  /** The newest earlier one that the reader has opened. */
  @IsOptional() @IsNested(() => EarlierVersion) lastSeen!: EarlierVersion | null;
  @IsOptional() @IsNested(() => EarlierVersion) first!: EarlierVersion | null;
  /** All earlier ones, the newest first: where something may stand that was written and not sent. */
  @IsIds(200) earlier!: string[];
  @IsListOf(() => ThreadItem, 1_000) items!: ThreadItem[];
}

export const ALERT_KINDS = ['reported', 'asks_too_often', 'refused_too_often'] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];
/** What is stopped: nothing more than the goal that was denied, the agent with its goals, or the whole team. */
export const ALERT_STOPS = ['goal', 'agent', 'team'] as const;
export type AlertStop = (typeof ALERT_STOPS)[number];
/** Something an operator should look at, and the customer is told of. */
export class AlertView {
  @IsId() id!: string;
  @IsIn(ALERT_KINDS) kind!: AlertKind;
  @IsId() teamId!: string;
  @IsText(200) teamName!: string;
  @IsOptional() @IsId() goalId!: string | null;
  @IsOptional() @IsId() approvalId!: string | null;
  @IsIn(ALERT_STOPS) stops!: AlertStop;
  @IsTime() at!: string;
  /** When what is to be stopped was stopped; null: it is under way. */
  @IsTimeOrNull() stoppedAt!: string | null;
  /** Until when nobody is rung about the goal. */
  @IsTimeOrNull() mutedUntil!: string | null;
}
export const AlertPage = pageOf(AlertView);
