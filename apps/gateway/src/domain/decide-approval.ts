import { COUNTING_ROLE, type ApprovalState, type DecidedState, type Decision, type QuorumOf, type Role, type TeamState } from '@countersign/contracts';
import type { Es256 } from '@countersign/contracts/assertions';
import { judgeSignature, type SignatureFacts, type SignatureRefusal } from './judge-signature.js';

/** What the rule looks at; times are the database's. */
export interface DecisionFacts {
  readonly now: Date;
  readonly person: { readonly id: string; readonly customerId: string; readonly roles: readonly Role[]; /** The newest version that they have said something about. */ readonly spokeAt?: number | undefined };
  /** The device the session is bound to. */
  readonly device: { readonly id: string; readonly personId: string; readonly removed: boolean } | undefined;
  readonly team: { readonly state: TeamState; readonly epoch: number };
  readonly approval: ApprovalFacts;
  readonly request: { readonly decision: Decision; readonly digest: string; readonly reason: string; readonly version: number; readonly holdSeconds: number; /** The person thinks that somebody is up to no good. */ readonly report: boolean };
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
  /** What a decision that is held will make of it. */
  readonly heldFor: DecidedState | undefined;
  /** By the manifest. */
  readonly delaySeconds: number;
  readonly quorum: QuorumFacts;
}
/** As far as it matters to whatever a person says about a request. */
export interface ShownFacts extends Pick<DecisionFacts, 'now' | 'person' | 'device' | 'team'> {
  readonly approval: Omit<ApprovalFacts, 'heldFor' | 'delaySeconds' | 'quorum'> & Partial<Pick<ApprovalFacts, 'heldFor'>>;
  readonly request: Omit<DecisionFacts['request'], 'holdSeconds' | 'report'>;
}
export interface QuorumFacts {
  readonly need: number;
  readonly of: QuorumOf;
  /** Whose yes counts; undefined: that of everybody who may decide. */
  readonly people: readonly string[] | undefined;
  /** Given, and not taken back. */
  readonly yeses: readonly Yes[];
}
export interface Yes {
  readonly personId: string;
  readonly deviceId: string;
  /** The name of the key that signed it. */
  readonly key: string;
}

export interface Recorded {
  readonly outcome: 'recorded';
  readonly state: DecidedState;
  /** It counts, and others must say yes as well: nothing changes yet. */
  readonly partial: boolean;
  /** How long it can be taken back before it takes effect. */
  readonly holdSeconds: number;
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
  | 'already_counted'
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

export const RECORDED: Partial<Record<Decision, DecidedState>> = { approve: 'approved', deny: 'denied', request_changes: 'changes_requested' };

/**
 * May this person, on this device, decide this approval like this, now?
 *
 * Who they are is judged before what the approval's state is, so a stranger learns nothing from the answer;
 * a state that will not change again before a digest or version that differs.
 */
export function decideApproval(facts: DecisionFacts, es256: Es256): Verdict {
  return maySpeak(facts) ?? isComplete(facts) ?? (facts.request.decision === 'approve' ? (isNew(facts) ?? signed(facts, es256)) : no(facts));
}

/** May this person, on this device, say anything about this approval, as it was shown to them? */
export const maySpeak = (facts: ShownFacts): Refused | undefined => mayDecide(facts) ?? isOpen(facts) ?? isSame(facts);

function mayDecide({ person, device, approval }: Pick<ShownFacts, 'person' | 'device' | 'approval'>): Refused | undefined {
  if (person.customerId !== approval.customerId || !person.roles.includes(COUNTING_ROLE)) return refused('not_eligible', 'only a customer governor of this team can decide');
  if (person.id === approval.requestedBy || approval.authors.includes(person.id)) return refused('author_may_not_decide', 'who asked for it or made it cannot decide it');
  if (device === undefined) return refused('device_missing', 'register a device for this session first: POST /v1/devices');
  if (device.removed || device.personId !== person.id) return refused('device_not_yours', 'this session is bound to a device that is not yours any more');
  return undefined;
}

function isOpen(facts: ShownFacts): Refused | undefined {
  const { approval, team, now } = facts;
  if (approval.state === 'superseded') return refused('superseded', 'a newer version replaced this request');
  if (approval.state === 'expired') return refused('expired', 'the time to answer is over');
  if (approval.state === 'withdrawn') return refused('withdrawn', 'the request was taken back');
  if (approval.state !== 'pending' && !mayStop(facts)) return refused('already_decided', 'this was decided already');
  if (approval.paused) return refused('goal_paused', 'the goal is paused; its time to answer goes on when the goal does');
  if (approval.state === 'pending' && approval.dueAt.getTime() <= now.getTime()) return refused('expired', 'the time to answer is over');
  if (team.state !== 'active' || team.epoch !== approval.epoch) return refused('withdrawn', 'the team was stopped after it asked');
  return undefined;
}

const isNo = ({ decision }: ShownFacts['request']): boolean => decision === 'deny' || decision === 'request_changes';
/** A no ends a yes that is held. */
const mayStop = ({ approval, request }: Pick<ShownFacts, 'approval' | 'request'>): boolean => approval.state === 'held' && approval.heldFor === 'approved' && isNo(request);

function isSame({ approval, person, request }: Pick<ShownFacts, 'approval' | 'person' | 'request'>): Refused | undefined {
  if (request.digest !== approval.digest) return refused('digest_differs', 'this is not what you were shown');
  // A no to these bytes is meant whatever others have said of them since: a yes of theirs raises the version, and must not outrun it.
  // What the same person has said since is their newer word: a no that waited on a phone takes none of it back.
  const saidMore = person.spokeAt !== undefined && person.spokeAt >= request.version;
  if (isNo(request) && request.version < approval.version && !saidMore) return undefined;
  if (request.version !== approval.version) return refused('stale_version', 'it changed while you were reading');
  return undefined;
}

function isComplete({ request }: DecisionFacts): Refused | undefined {
  if (RECORDED[request.decision] === undefined) return refused('decision_not_offered', `"${request.decision}" is not offered yet; approve, deny or request changes`);
  if (request.decision !== 'approve' && request.reason.trim() === '') return refused('reason_missing', 'say why, so that the team can act on it');
  return undefined;
}

/** Of several yeses each is another person's, or another device's, with another key, and of somebody whom the manifest names. */
function isNew({ person, device, approval: { quorum }, signature: { assertion } }: DecisionFacts): Refused | undefined {
  if (quorum.people && !quorum.people.includes(person.id)) return refused('not_eligible', 'the policy does not name you among those whose yes counts here');
  if (quorum.need === 1) return undefined;
  const given = quorum.yeses.some((yes) => (quorum.of === 'people' ? yes.personId === person.id : yes.deviceId === device!.id || yes.key === assertion?.credentialId));
  return given ? refused('already_counted', quorum.of === 'people' ? 'you have said yes; somebody else must as well' : 'you have said yes on this device, or with this key; it takes another one as well') : undefined;
}

/** What stops a yes that is held, and what reports it, stops it at once; else a no waits as long as whoever says it wishes. */
const no = ({ approval, request }: DecisionFacts): Recorded => ({ outcome: 'recorded', state: RECORDED[request.decision]!, partial: false, holdSeconds: approval.state === 'held' || request.report ? 0 : request.holdSeconds, counter: 0 });

function signed({ now, person, device, approval, request, signature }: DecisionFacts, es256: Es256): Verdict {
  const { quorum, delaySeconds } = approval;
  const judged = judgeSignature({ now, digest: approval.digest, personId: person.id, deviceId: device!.id }, signature, es256);
  if (judged.ok) return { outcome: 'recorded', state: 'approved', partial: quorum.yeses.length + 1 < quorum.need, holdSeconds: Math.max(request.holdSeconds, delaySeconds), counter: judged.counter };
  const { code, message, details } = judged;
  return { outcome: 'refused', code, message, ...(details ? { details } : {}) };
}
