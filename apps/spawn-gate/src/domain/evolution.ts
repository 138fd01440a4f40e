import { CONFIRMATION_IDS, openReviews, PLATFORM_CHAIN, type Confirmation, type ConfirmationId, type EvolutionState, type EvolutionVerb, type Requester, type ReviewStanding, type supersedesFault } from '@countersign/contracts';

type Person = Pick<Requester, 'personId' | 'customerId' | 'roles'>;
const staff = ({ customerId, roles }: Person, wanted: readonly string[]): boolean => (customerId as string) === PLATFORM_CHAIN && wanted.some((role) => roles.includes(role));

/** Who may propose one: those who review them, and the governor who will decide about somebody else's. */
export const mayPropose = (by: Person): boolean => staff(by, ['systems_architect', 'genesis', 'vision_guardian', 'platform_governor']);

export interface EvolutionFacts {
  readonly state: EvolutionState;
  readonly proposedBy: string;
  readonly answers: readonly Confirmation[];
  readonly reviews: readonly ReviewStanding[];
  /** Who gave the reviews that stand. */
  readonly reviewerIds: readonly string[];
  /** A precedent of this name is there already. */
  readonly seedTaken: boolean;
  /** Why it cannot take the place of the precedent that it names. */
  readonly supersedes?: SupersedesFault | undefined;
}
export type SupersedesFault = NonNullable<ReturnType<typeof supersedesFault>>;
export const SUPERSEDES_WORDS: Readonly<Record<SupersedesFault, string>> = {
  supersedes_unknown: 'no precedent of the name that it would take the place of is in force',
  supersedes_other_subject: 'the precedent that it would take the place of is about something else, and would stay in force',
};
export type EvolutionRefusal = { readonly outcome: 'refused'; readonly code: 'not_permitted' | 'evolution_decided' | 'reason_missing' | 'proposer_may_not_decide' | 'reviewer_may_not_decide' | 'questions_open' | 'question_not_accepted' | 'review_missing' | 'seed_exists' | SupersedesFault; readonly message: string };
export type EvolutionDecision = { readonly outcome: 'moved'; readonly to: Exclude<EvolutionState, 'proposed'> } | { readonly outcome: 'unchanged' } | EvolutionRefusal;

const TO: Readonly<Record<EvolutionVerb, Exclude<EvolutionState, 'proposed'>>> = { approve: 'approved', reject: 'rejected', withdraw: 'withdrawn' };

/** The questions that nobody has answered. */
export const openQuestions = (answers: readonly Confirmation[]): ConfirmationId[] => CONFIRMATION_IDS.filter((id) => !answers.some(({ question }) => question === id));

/** An approval wants all six questions accepted and every review in or waived; a rejection only a reason. Whoever proposed it decides nothing but to take it back. */
export function decideEvolution(verb: EvolutionVerb, by: Person, rationale: readonly string[], { state, proposedBy, answers, reviews, reviewerIds, seedTaken, supersedes }: EvolutionFacts): EvolutionDecision {
  const refuse = (code: EvolutionRefusal['code'], message: string): EvolutionRefusal => ({ outcome: 'refused', code, message });
  if (verb === 'withdraw' ? by.personId !== proposedBy : !staff(by, ['platform_governor'])) return refuse('not_permitted', verb === 'withdraw' ? 'only who proposed it takes it back' : 'only the platform governor decides about an evolution');
  if (state === TO[verb]) return { outcome: 'unchanged' };
  if (state !== 'proposed') return refuse('evolution_decided', `it is ${state} already`);
  if (verb !== 'withdraw' && by.personId === proposedBy) return refuse('proposer_may_not_decide', 'whoever proposed it does not decide about it');
  if (!rationale.some((why) => why.trim() !== '')) return refuse('reason_missing', 'say why: the rationale is the record');
  if (verb === 'approve' && reviewerIds.includes(by.personId)) return refuse('reviewer_may_not_decide', 'whoever reviewed it does not approve it: one person counts once');
  if (verb !== 'approve') return { outcome: 'moved', to: TO[verb] };
  const open = openQuestions(answers);
  if (open.length > 0) return refuse('questions_open', `not answered yet: ${open.join(', ')}`);
  const denied = answers.filter(({ accepted }) => !accepted).map(({ question }) => question);
  if (denied.length > 0) return refuse('question_not_accepted', `not accepted: ${denied.join(', ')}`);
  const waiting = openReviews(reviews);
  if (waiting.length > 0) return refuse('review_missing', waiting.map(({ role, state: standing }) => (standing === 'missing' ? `${role} has not reviewed it` : `${role} recommends against it`)).join('; '));
  if (seedTaken) return refuse('seed_exists', 'a precedent of this name is there already');
  if (supersedes) return refuse(supersedes, SUPERSEDES_WORDS[supersedes]);
  return { outcome: 'moved', to: 'approved' };
}

/** Who answers the six questions: the platform's governor, about what somebody else proposed, while it is open. */
export function decideConfirmation(by: Person, { state, proposedBy }: Pick<EvolutionFacts, 'state' | 'proposedBy'>): EvolutionRefusal | { readonly outcome: 'recorded' } {
  if (!staff(by, ['platform_governor'])) return { outcome: 'refused', code: 'not_permitted', message: 'only the platform governor confirms' };
  if (state !== 'proposed') return { outcome: 'refused', code: 'evolution_decided', message: `it is ${state} already` };
  if (by.personId === proposedBy) return { outcome: 'refused', code: 'proposer_may_not_decide', message: 'whoever proposed it does not decide about it' };
  return { outcome: 'recorded' };
}
