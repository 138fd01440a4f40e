import { canonicalJson, person, personal, type Audit } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { approvalDecided, ApprovalId, GoalId, type DecidedState, type Decision, type EntryId, type LineCommentView, type TeamId } from '@countersign/contracts';
import type { Assertion, KeyKind } from '@countersign/contracts/assertions';
import type { Tx } from '@countersign/database';
import { createHash } from 'node:crypto';
import { approvalChanged, type EventFeed } from '../../event-feed.js';
import { silence, type ApprovalRow } from './approval-rows.js';

/** A person's decision, as its row says it. */
export interface Decided {
  readonly decision: Decision;
  readonly personId: string;
  readonly deviceId: string;
  readonly reason: string;
  /** With a request for changes. */
  readonly comments: readonly LineCommentView[];
  /** By the device's clock, of a decision that waited there for a connection. */
  readonly offlineAt?: Date | undefined;
  /** With a yes. */
  readonly assertion?: Assertion & { readonly kind: KeyKind };
}
type About = Pick<ApprovalRow, 'id' | 'goal_id' | 'deliverable_id' | 'digest' | 'epoch'>;

/** Who decided, on what, with which key: the parts of an entry that all kinds of decisions share. */
export const entryOf = ({ personId, deviceId, offlineAt }: Pick<Decided, 'personId' | 'deviceId' | 'offlineAt'>, { id, deliverable_id, digest }: About) => ({
  customer_governor_id: person(personId), device_id: personal(personId, deviceId), deliverable_id, approval_id: id, digest: digest.toString('hex'), ...(offlineAt ? { decided_offline_at: offlineAt } : {}),
});
export const signedWith = ({ assertion }: Pick<Decided, 'assertion'>) => (assertion ? { assertion_sha256: assertionHash(assertion), key_kind: assertion.kind, credential_id: assertion.credentialId } : {});
/** Of the assertion's RFC 8785 bytes, without the nonce. */
const assertionHash = ({ credentialId, authenticatorData, clientDataJSON, signature }: Assertion): string => createHash('sha256').update(canonicalJson({ credentialId, authenticatorData, clientDataJSON, signature })).digest('hex');

/** That a decision has its effect, in the chain. */
export function enterEffect(tx: Tx, audit: Audit, approval: About, state: DecidedState, decided: Decided, now: Date): Promise<EntryId> {
  const [what, reason] = [entryOf(decided, approval), personal(decided.personId, decided.reason)];
  if (state === 'approved') return audit(tx, 'MOBILE-APPROVAL-GRANTED', { ...what, ...signedWith(decided), timestamp: now });
  if (state === 'denied') return audit(tx, 'MOBILE-APPROVAL-DENIED', { ...what, reason });
  const { comments, personId } = decided;
  return audit(tx, 'APPROVAL-CHANGES-REQUESTED', { ...what, reason, ...(comments.length > 0 ? { comments: comments.length, comments_said: personal(personId, JSON.stringify(comments)) } : {}) });
}

/** Everything else that it has for an effect, after the approval's own row in the same transaction: the message to the others, and no more rings. */
export function tellEffect(tx: Tx, feed: EventFeed, teamId: TeamId, approval: About, state: DecidedState, decision: Decision): void {
  tx.write(silence(teamId, approval.id));
  publish(tx, approvalDecided, { teamId }, { epoch: approval.epoch, approvalId: ApprovalId.parse(approval.id), goalId: GoalId.parse(approval.goal_id), outcome: decision });
  tx.afterCommit(() => feed.publish(approvalChanged({ teamId, approvalId: approval.id, goalId: approval.goal_id, state })));
}
