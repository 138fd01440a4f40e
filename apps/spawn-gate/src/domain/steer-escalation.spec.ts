import { describe, it } from 'node:test';
import { ROLES, RECORDED_KINDS, TEAM_STATES, type MemberVerb, type RecordedKind, type Role, type TeamState } from '@countersign/contracts';
import { expect } from 'expect';
import { canRecord, decideEscalation, decideReplacement, freshName, mayRecord, maySteerMember } from './steer-escalation.js';

const as = (role: Role, customerId = 'c') => ({ customerId, roles: [role] });
const open = { state: 'open', customerId: 'c' } as const;
type Allowed = Partial<Record<Role, 'o' | 'y'>>;
function allowedBy(may: (role: Role, own: boolean) => boolean): Allowed {
  const word = (role: Role): 'o' | 'y' | undefined => (may(role, false) ? 'y' : may(role, true) ? 'o' : undefined);
  return Object.fromEntries(ROLES.map((role) => [role, word(role)] as const).filter(([, said]) => said !== undefined)) as Allowed;
}

describe('an escalation is answered', () => {
  it('by the authority that it is for and by nobody else, a customer’s only at home', () => {
    for (const toRole of ROLES) {
      for (const verb of ['acknowledge', 'resolve'] as const) {
        const allowed = allowedBy((role, own) => decideEscalation(verb, as(role, own ? 'c' : 'other'), { ...open, toRole }).outcome === 'changed');
        expect([toRole, verb, allowed]).toEqual([toRole, verb, { [toRole]: toRole === 'customer_governor' ? 'o' : 'y' }]);
      }
    }
    expect(decideEscalation('resolve', as('customer_governor'), { ...open, customerId: null, toRole: 'customer_governor' })).toMatchObject({ code: 'not_permitted' });
  });

  it('once: acknowledged, resolved, and not acknowledged after that', () => {
    const outcomes = (verb: 'acknowledge' | 'resolve') => (['open', 'acknowledged', 'resolved'] as const).map((state) => decideEscalation(verb, as('genesis'), { state, toRole: 'genesis', customerId: 'c' }).outcome);
    expect(outcomes('acknowledge')).toEqual(['changed', 'unchanged', 'refused']);
    expect(outcomes('resolve')).toEqual(['changed', 'changed', 'unchanged']);
  });
});

describe('what no row shows', () => {
  it('is recorded only by those who may know it', () => {
    const reviewed: Record<RecordedKind, Allowed> = {
      ethics_violation: { vision_guardian: 'y' },
      composition_change: { customer_governor: 'o', platform_governor: 'y' },
      architecture_change: { customer_governor: 'o', platform_governor: 'y', systems_architect: 'y', operator: 'y' },
      app_store_rejection: { platform_governor: 'y', operator: 'y' },
    };
    for (const kind of RECORDED_KINDS) expect([kind, allowedBy((role, own) => mayRecord(kind, as(role, own ? 'c' : 'other'), 'c'))]).toEqual([kind, reviewed[kind]]);
  });

  it('is recorded of a team that somebody would hear it of: a flag of one that works or stands still, what is asked for of one that is not over', () => {
    const open = ['requested', 'certified', 'active', 'suspended'];
    const reviewed: Record<RecordedKind, readonly string[]> = { ethics_violation: ['active', 'suspended'], composition_change: open, architecture_change: open, app_store_rejection: open };
    for (const kind of RECORDED_KINDS) expect([kind, TEAM_STATES.filter((state) => canRecord(kind, state))]).toEqual([kind, reviewed[kind]]);
  });
});

describe('a member', () => {
  it('is stopped by its customer, Genesis or the platform’s governor, and let work again by Genesis alone', () => {
    const may = (verb: MemberVerb) => allowedBy((role, own) => maySteerMember(verb, as(role, own ? 'c' : 'other'), 'c'));
    expect([may('suspend'), may('reinstate'), may('replace')]).toEqual([{ customer_governor: 'o', platform_governor: 'y', genesis: 'y' }, { genesis: 'y' }, { genesis: 'y' }]);
  });

  it('makes room for another on two words: a governor’s, who asked, and that of Genesis, who is another person', () => {
    const asked = (...people: string[]) => people.map((askedBy, at) => ({ escalationId: `x${at}`, incidentId: `i${at}`, askedBy }));
    const said = (people: string[], state: TeamState = 'active') => {
      const decision = decideReplacement('genesis', state, asked(...people));
      return decision.outcome === 'refused' ? decision.code : decision.asked.map(({ askedBy }) => askedBy);
    };
    expect([said([]), said(['genesis']), said(['genesis', 'asha']), said(['asha', 'gov'], 'suspended')]).toEqual(['change_not_asked', 'requester_may_not_decide', ['asha'], ['asha', 'gov']]);
    for (const state of ['completed', 'dissolved', 'archived', 'rejected'] as const) expect([state, said(['asha'], state)]).toEqual([state, 'wrong_team_state']);
  });

  it('is called as nobody of the team was', () => {
    expect([freshName('Dora', ['Dora']), freshName('Dora 2', ['Dora', 'Dora 2', 'Dora 3']), freshName('R2 D2', ['R2 D2'])]).toEqual(['Dora 2', 'Dora 4', 'R2 D2 2']);
  });
});
