import { PLATFORM_CHAIN, type GateApprovalState, type GateDecisionWord, type Requester } from '@countersign/contracts';

export type Person = Pick<Requester, 'personId' | 'customerId' | 'roles'>;

/** Platform staff belong to no customer: they stand under the nil UUID. */
const staff = ({ customerId, roles }: Person, wanted: readonly string[]): boolean => (customerId as string) === PLATFORM_CHAIN && wanted.some((role) => roles.includes(role));
const governs = ({ customerId, roles }: Person, teamsCustomer: string): boolean => customerId === teamsCustomer && roles.includes('customer_governor');

/** Who may start and stop agents of a team: its customer's governor, an operator, the platform governor. */
export const maySteer = (by: Person, teamsCustomer: string): boolean => governs(by, teamsCustomer) || steersAsStaff(by);
/** Of these, the platform's own. */
export const steersAsStaff = (by: Person): boolean => staff(by, ['operator', 'platform_governor']);

/** Who may change what is in force for every team, and try drafts on everybody's decisions: the platform governor alone. */
export const mayGovernPolicies = (by: Person): boolean => staff(by, ['platform_governor']);

/** Who may answer a question of the gate: the customer's governor or the platform governor. */
const mayAnswer = (by: Person, teamsCustomer: string): boolean => governs(by, teamsCustomer) || staff(by, ['platform_governor']);

export interface Question {
  readonly state: GateApprovalState;
  readonly requestedBy: string;
  readonly decidedBy: string | null;
  readonly overdue: boolean;
  /** Its mission stands still, and its time with it. */
  readonly paused: boolean;
}

export type AnswerDecision =
  | { readonly outcome: 'taken' }
  /** The same person has given the same answer before. */
  | { readonly outcome: 'repeated' }
  /** Its time is over, and nobody has said so yet. */
  | { readonly outcome: 'expired' }
  | { readonly outcome: 'refused'; readonly code: 'not_permitted' | 'requester_may_not_decide' | 'already_decided' | 'approval_expired' | 'approval_withdrawn' | 'mission_paused'; readonly message: string };

const refused = (code: Extract<AnswerDecision, { outcome: 'refused' }>['code'], message: string): AnswerDecision => ({ outcome: 'refused', code, message });
const ANSWER: Readonly<Record<GateDecisionWord, GateApprovalState>> = { approve: 'approved', deny: 'denied' };

/** A person with the role, who did not ask the question, answers it once and in time (P6, P11). */
export function decideAnswer(word: GateDecisionWord, by: Person, teamsCustomer: string, { state, requestedBy, decidedBy, overdue, paused }: Question): AnswerDecision {
  if (!mayAnswer(by, teamsCustomer)) return refused('not_permitted', 'only a governor of the customer or of the platform answers a question of the gate');
  if (requestedBy === `person:${by.personId}`) return refused('requester_may_not_decide', 'whoever asked for it cannot approve it');
  if (state === ANSWER[word] && decidedBy === by.personId) return { outcome: 'repeated' };
  if (state === 'expired') return refused('approval_expired', 'nobody answered in time');
  if (state === 'withdrawn') return refused('approval_withdrawn', 'what it was for is over');
  if (state !== 'pending') return refused('already_decided', `it was ${state} already`);
  if (paused) return refused('mission_paused', 'the mission is paused; the time to answer goes on when it does');
  return overdue ? { outcome: 'expired' } : { outcome: 'taken' };
}
