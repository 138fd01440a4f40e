import type { ApprovalState, Decision, Role, TeamState } from '@countersign/contracts';
import type { Es256 } from '@countersign/contracts/assertions';
import { judgeSignature, type SignatureFacts, type SignatureRefusal } from './judge-signature.js';

/** What the rule looks at; times are the database's. */
export interface DecisionFacts {
  readonly now: Date;
  readonly person: { readonly id: string; readonly customerId: string; readonly roles: readonly Role[] };
  /** The device the session is bound to. */
  readonly device: { readonly id: string; readonly personId: string; readonly removed: boolean } | undefined;
  readonly team: { readonly state: TeamState; readonly epoch: number };
  readonly approval: ApprovalFacts;
  readonly request: { readonly decision: Decision; readonly digest: string; readonly reason: string; readonly version: number };
  /** Only an approve is signed. */
  readonly signature: SignatureFacts;
}
export interface ApprovalFacts {
  readonly state: ApprovalState;
  readonly version: number;
  readonly digest: string;
  readonly dueAt: Date;
  /** Its goal stands still; so does its deadline. */
  readonly paused: boolean;
  readonly epoch: number;
  readonly customerId: string;
  /** Who asked and who made the artifacts: none of them decides (P11). */
  readonly requestedBy: string;
  readonly authors: readonly string[];
}

export interface Recorded {
  readonly outcome: 'recorded';
  readonly state: 'approved' | 'denied' | 'changes_requested';
  /** What the key that signed has counted to; 0 where nothing was signed, or it does not count. */
  readonly counter: number;
}
export type Verdict = Recorded | Refused;
export interface Refused {
  readonly outcome: 'refused';
  readonly code: RefusalCode;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}
export type RefusalCode =
  | 'not_eligible'
  | 'author_may_not_decide'
  | 'device_missing'
  | 'device_not_yours'
  | 'superseded'
  | 'expired'
  | 'goal_paused'
  | 'withdrawn'
  | 'already_decided'
  | 'digest_differs'
  | 'stale_version'
  | 'reason_missing'
  | 'decision_not_offered'
  | 'not_for_this_decision'
  | 'comment_misplaced'
  | 'comments_too_long'
  | 'until_missing'
  | 'until_past'
  | 'defer_past_due'
  | 'already_escalated'
  | 'questions_exhausted'
  | SignatureRefusal;

export const refused = (code: RefusalCode, message: string): Refused => ({ outcome: 'refused', code, message });

const RECORDED: Partial<Record<Decision, 'approved' | 'denied' | 'changes_requested'>> = { approve: 'approved', deny: 'denied', request_changes: 'changes_requested' };

/**
 * May this person, on this device, decide this approval like this, now?
 *
 * Who they are is judged before what the approval's state is, so a stranger learns nothing from the answer;
 * a state that will not change again before a digest or version that differs.
 */
export function decideApproval(facts: DecisionFacts, es256: Es256): Verdict {
  return maySpeak(facts) ?? isComplete(facts) ?? (facts.request.decision === 'approve' ? signed(facts, es256) : { outcome: 'recorded', state: RECORDED[facts.request.decision]!, counter: 0 });
}

/** May this person, on this device, say anything about this approval, as it was shown to them? */
export const maySpeak = (facts: Omit<DecisionFacts, 'signature'>): Refused | undefined => mayDecide(facts) ?? isOpen(facts) ?? isSame(facts);

function mayDecide({ person, device, approval }: Pick<DecisionFacts, 'person' | 'device' | 'approval'>): Refused | undefined {
  if (person.customerId !== approval.customerId || !person.roles.includes('customer_governor')) return refused('not_eligible', 'only a customer governor of this team can decide');
  if (person.id === approval.requestedBy || approval.authors.includes(person.id)) return refused('author_may_not_decide', 'who asked for it or made it cannot decide it');
  if (device === undefined) return refused('device_missing', 'register a device for this session first: POST /v1/devices');
  if (device.removed || device.personId !== person.id) return refused('device_not_yours', 'this session is bound to a device that is not yours any more');
  return undefined;
}

function isOpen({ approval, team, now }: Pick<DecisionFacts, 'approval' | 'team' | 'now'>): Refused | undefined {
  if (approval.state === 'superseded') return refused('superseded', 'a newer version replaced this request');
  if (approval.state === 'expired') return refused('expired', 'nobody answered in time');
  if (approval.state === 'withdrawn') return refused('withdrawn', 'the request was taken back');
  if (approval.state !== 'pending' && approval.state !== 'held') return refused('already_decided', 'this was decided already');
  if (approval.paused) return refused('goal_paused', 'the goal is paused; its time to answer goes on when the goal does');
  if (approval.dueAt.getTime() <= now.getTime()) return refused('expired', 'the time to answer is over');
  if (team.state !== 'active' || team.epoch !== approval.epoch) return refused('withdrawn', 'the team was stopped after it asked');
  return undefined;
}

function isSame({ approval, request }: Pick<DecisionFacts, 'approval' | 'request'>): Refused | undefined {
  if (request.digest !== approval.digest) return refused('digest_differs', 'this is not what you were shown');
  if (request.version !== approval.version) return refused('stale_version', 'it changed while you were reading');
  return undefined;
}

function isComplete({ request }: DecisionFacts): Refused | undefined {
  if (RECORDED[request.decision] === undefined) return refused('decision_not_offered', `"${request.decision}" is not offered yet; approve, deny or request changes`);
  if (request.decision !== 'approve' && request.reason.trim() === '') return refused('reason_missing', 'say why, so that the team can act on it');
  return undefined;
}

function signed({ now, person, device, approval, signature }: DecisionFacts, es256: Es256): Verdict {
  const judged = judgeSignature({ now, digest: approval.digest, personId: person.id, deviceId: device!.id }, signature, es256);
  if (judged.ok) return { outcome: 'recorded', state: 'approved', counter: judged.counter };
  const { code, message, details } = judged;
  return { outcome: 'refused', code, message, ...(details ? { details } : {}) };
}
