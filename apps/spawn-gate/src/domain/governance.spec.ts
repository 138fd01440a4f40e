import { describe, it } from 'node:test';
import { CONFIRMATION_IDS, CustomerId, EVOLUTION_STATES, EVOLUTION_VERBS, evolutionMachine, canMove, PersonId, PLATFORM_CHAIN, REVIEWERS, ROLES, type Confirmation, type Reviewer, type ReviewStanding, type Role } from '@countersign/contracts';
import { expect } from 'expect';
import { decideConfirmation, decideEvolution, mayPropose, openQuestions, type EvolutionFacts } from './evolution.js';
import { decideReview, type Reviewed, type ReviewWish } from './review.js';

const staff = (...roles: Role[]) => ({ personId: PersonId.next(), customerId: PLATFORM_CHAIN as CustomerId, roles: roles as string[] });
const outsider = (...roles: Role[]) => ({ ...staff(...roles), customerId: CustomerId.next() });

describe('a review', () => {
  const text: Reviewed = { sha256: 'a', authorIds: [], reviewers: [] };
  const wish = (change: Partial<ReviewWish> = {}): ReviewWish => ({ role: 'vision_guardian', verdict: 'recommended', notes: 'I have looked', ...change });
  const code = (by: ReturnType<typeof staff>, change: Partial<ReviewWish> = {}, about: Reviewed = text) => {
    const decision = decideReview(by, wish(change), about);
    return decision.outcome === 'refused' ? decision.code : decision.outcome;
  };

  it('is given by who has the role, and waived by the governor alone', () => {
    for (const role of REVIEWERS) for (const by of ROLES) {
      expect([role, by, code(staff(by), { role })]).toEqual([role, by, by === role ? 'recorded' : 'not_permitted']);
      expect([role, by, code(staff(by), { role, verdict: 'rejected' })]).toEqual([role, by, by === role ? 'recorded' : 'not_permitted']);
      expect([role, by, code(staff(by), { role, verdict: 'waived' })]).toEqual([role, by, by === 'platform_governor' && role !== 'genesis' ? 'recorded' : 'not_permitted']);
      expect(code(outsider(by), { role })).toBe('not_permitted');
    }
  });

  it('says why, of exactly this text, and is never the author’s own', () => {
    const guardian = staff('vision_guardian');
    expect(code(guardian, { notes: ' ' })).toBe('reason_missing');
    expect(code(staff('platform_governor'), { verdict: 'waived', notes: '' })).toBe('reason_missing');
    expect([code(guardian, { sha256: 'a' }), code(guardian, { sha256: 'b' })]).toEqual(['recorded', 'text_differs']);
    expect(code(guardian, {}, { ...text, authorIds: ['somebody', guardian.personId] })).toBe('author_may_not_review');
    const governor = staff('platform_governor');
    expect(code(governor, { verdict: 'waived' }, { ...text, authorIds: [governor.personId] })).toBe('author_may_not_review');
  });
});

describe('one person with several roles', () => {
  it('reviews in one of them, may say something else in it, and approves nothing that they reviewed', () => {
    const many = staff('genesis', 'systems_architect', 'vision_guardian', 'platform_governor');
    const code = (role: Reviewer, verdict: ReviewWish['verdict'], reviewers: Reviewed['reviewers']) => {
      const decision = decideReview(many, { role, verdict, notes: 'x' }, { sha256: 'a', authorIds: [], reviewers });
      return decision.outcome === 'refused' ? decision.code : decision.outcome;
    };
    const mine = [{ role: 'systems_architect' as const, personId: many.personId }];
    for (const verdict of ['recommended', 'rejected'] as const) {
      for (const role of REVIEWERS) expect([role, verdict, code(role, verdict, mine)]).toEqual([role, verdict, role === 'systems_architect' ? 'recorded' : 'reviewed_already']);
      expect(code('vision_guardian', verdict, [{ role: 'systems_architect', personId: 'another' }])).toBe('recorded');
    }
    expect(code('vision_guardian', 'waived', mine)).toBe('recorded');
  });
});

describe('an evolution', () => {
  const governor = staff('platform_governor');
  const all = (accepted = true): Confirmation[] => CONFIRMATION_IDS.map((question) => ({ question, accepted, note: '' }));
  const reviews = (state: ReviewStanding['state'] = 'recommended'): ReviewStanding[] => REVIEWERS.map((role) => ({ role, state }));
  const facts = (change: Partial<EvolutionFacts> = {}): EvolutionFacts => ({ state: 'proposed', proposedBy: 'somebody', answers: all(), reviews: reviews(), reviewerIds: ['a', 'b', 'c'], seedTaken: false, ...change });
  const result = (verb: (typeof EVOLUTION_VERBS)[number], change: Partial<EvolutionFacts> = {}, by = governor, why: readonly string[] = ['because']) => {
    const decision = decideEvolution(verb, by, why, facts(change));
    return decision.outcome === 'refused' ? `${decision.code}: ${decision.message}` : decision.outcome === 'moved' ? decision.to : decision.outcome;
  };

  it('is proposed by those who review, or the governor', () => {
    expect(ROLES.filter((role) => mayPropose(staff(role)))).toEqual(['platform_governor', 'genesis', 'systems_architect', 'vision_guardian']);
    expect(ROLES.filter((role) => mayPropose(outsider(role)))).toEqual([]);
  });

  it('is approved with all six questions accepted and all three reviews in or waived', () => {
    expect(result('approve')).toBe('approved');
    expect(result('approve', { reviews: [{ role: 'genesis', state: 'recommended' }, { role: 'systems_architect', state: 'waived' }, { role: 'vision_guardian', state: 'recommended' }] })).toBe('approved');
    expect(openQuestions([])).toEqual(['delegation', 'shared_context', 'mobile', 'helpdesk', 'cost', 'timeline']);
    for (const question of CONFIRMATION_IDS) {
      expect(result('approve', { answers: all().filter((answer) => answer.question !== question) })).toBe(`questions_open: not answered yet: ${question}`);
      expect(result('approve', { answers: all().map((answer) => ({ ...answer, accepted: answer.question !== question })) })).toBe(`question_not_accepted: not accepted: ${question}`);
    }
    for (const role of REVIEWERS) {
      expect(result('approve', { reviews: reviews().map((each) => (each.role === role ? { ...each, state: 'missing' as const } : each)) })).toBe(`review_missing: ${role} has not reviewed it`);
      expect(result('approve', { reviews: reviews().map((each) => (each.role === role ? { ...each, state: 'rejected' as const } : each)) })).toBe(`review_missing: ${role} recommends against it`);
    }
    expect(result('approve', { seedTaken: true })).toMatch('seed_exists');
    for (const supersedes of ['supersedes_unknown', 'supersedes_other_subject'] as const) expect(result('approve', { supersedes })).toMatch(supersedes);
    expect(result('approve', { reviewerIds: ['a', governor.personId] })).toMatch('reviewer_may_not_decide');
    expect(result('reject', { reviewerIds: [governor.personId] })).toBe('rejected');
  });

  it('is decided with a rationale, by the governor, and never by its proposer', () => {
    for (const verb of ['approve', 'reject'] as const) {
      expect(result(verb, {}, governor, [])).toMatch('reason_missing');
      expect(result(verb, {}, governor, [' '])).toMatch('reason_missing');
      expect(result(verb, { proposedBy: governor.personId })).toMatch('proposer_may_not_decide');
      for (const role of ROLES.filter((each) => each !== 'platform_governor')) expect(result(verb, {}, staff(role))).toMatch('not_permitted');
      expect(result(verb, {}, outsider('platform_governor'))).toMatch('not_permitted');
    }
    expect(result('reject', { answers: [], reviews: reviews('missing') })).toBe('rejected');
    expect([result('withdraw'), result('withdraw', { proposedBy: governor.personId })]).toEqual([expect.stringMatching('not_permitted'), 'withdrawn']);
  });

  it('follows the written machine: what is decided stays so, and a repeat changes nothing', () => {
    for (const state of EVOLUTION_STATES) for (const verb of EVOLUTION_VERBS) {
      const to = { approve: 'approved', reject: 'rejected', withdraw: 'withdrawn' }[verb] as EvolutionFacts['state'];
      const by = verb === 'withdraw' ? { proposedBy: governor.personId } : {};
      expect([state, verb, result(verb, { state, ...by })]).toEqual([state, verb, canMove(evolutionMachine, state, to) ? to : state === to ? 'unchanged' : expect.stringMatching('evolution_decided')]);
    }
  });

  it('has its questions answered by the governor alone, while it is open and somebody else’s', () => {
    const code = (by: ReturnType<typeof staff>, change: Partial<EvolutionFacts> = {}) => {
      const decision = decideConfirmation(by, facts(change));
      return decision.outcome === 'refused' ? decision.code : decision.outcome;
    };
    expect(ROLES.map((role) => [role, code(staff(role))]).filter(([, outcome]) => outcome === 'recorded').map(([role]) => role)).toEqual(['platform_governor']);
    expect([code(governor, { proposedBy: governor.personId }), code(governor, { state: 'rejected' }), code(outsider('platform_governor'))]).toEqual(['proposer_may_not_decide', 'evolution_decided', 'not_permitted']);
  });
});
