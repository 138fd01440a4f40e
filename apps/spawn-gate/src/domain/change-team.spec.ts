import { describe, it } from 'node:test';
import { ROLES, TEAM_CHANGES_NAMED, TEAM_STATES, type Role, type TeamChange } from '@countersign/contracts';
import { expect } from 'expect';
import { COORDINATED_BY, decideChange, TEAM_CHANGES, type Changed } from './change-team.js';

const REVIEWED: Record<TeamChange, Partial<Record<Role, 'o' | 'y'>>> = {
  promote: { customer_governor: 'o', platform_governor: 'y' },
  extend: { customer_governor: 'o', platform_governor: 'y' },
  coordinate: { platform_governor: 'y' },
  hand_back: { platform_governor: 'y' },
  revert: { customer_governor: 'o', platform_governor: 'y' },
  open_helpdesk: { platform_governor: 'y' },
};
const trial = { standing: 'running', extended: 0, mostExtensions: 1 } as const;
/** A team that the change fits. */
const fit = (change: TeamChange): Changed => ({ customerId: 'c', state: TEAM_CHANGES[change].states[0]!, mode: 'trial', coordination: COORDINATED_BY[change]?.from[0] ?? 'manager', trial });
const gov = { customerId: 'p', roles: ['platform_governor'] };
const codeOf = (change: TeamChange, team: Partial<Changed>): string => {
  const decision = decideChange(change, gov, { ...fit(change), ...team });
  return decision.outcome === 'refused' ? decision.code : decision.outcome;
};

describe("a change of a team's terms", () => {
  it('is made only by those the table names, and by a customer governor only at home', () => {
    for (const change of TEAM_CHANGES_NAMED) {
      for (const role of ROLES) {
        for (const own of [true, false]) {
          const { outcome } = decideChange(change, { customerId: own ? 'c' : 'other', roles: [role] }, fit(change));
          const reviewed = REVIEWED[change][role];
          expect([change, role, own, outcome]).toEqual([change, role, own, reviewed === 'y' || (reviewed === 'o' && own) ? 'changed' : 'refused']);
        }
      }
    }
  });

  it('is made only in the states the table names', () => {
    for (const change of TEAM_CHANGES_NAMED) for (const state of TEAM_STATES) expect([change, state, codeOf(change, { state })]).toEqual([change, state, TEAM_CHANGES[change].states.includes(state) ? 'changed' : 'wrong_team_state']);
  });

  it('knows no trial without one, none that is over, and no more extensions than there are', () => {
    for (const change of ['promote', 'extend'] as const) {
      const { trial: _, ...without } = fit(change);
      expect(decideChange(change, gov, without)).toMatchObject({ code: 'no_trial' });
      expect(codeOf(change, { trial: { ...trial, standing: 'grace' } })).toBe('changed');
      expect(codeOf(change, { trial: { ...trial, standing: 'over' } })).toBe('trial_over');
    }
    expect(codeOf('extend', { trial: { ...trial, extended: 1 } })).toBe('trial_extended');
    expect(codeOf('promote', { trial: { ...trial, extended: 1 } })).toBe('changed');
    expect(codeOf('promote', { mode: 'production' })).toBe('unchanged');
    expect(codeOf('extend', { mode: 'production' })).toBe('no_trial');
  });

  it('opens a helpdesk once', () => expect([false, true].map((helpdeskOpen) => codeOf('open_helpdesk', { helpdeskOpen }))).toEqual(['changed', 'unchanged']));

  it('hands coordination from the manager to a person and back, and to nobody for good', () => {
    expect((['manager', 'person', 'individuals'] as const).map((coordination) => [codeOf('coordinate', { coordination }), codeOf('hand_back', { coordination }), codeOf('revert', { coordination })])).toEqual([
      ['changed', 'unchanged', 'changed'],
      ['changed', 'changed', 'changed'],
      ['wrong_coordination', 'wrong_coordination', 'unchanged'],
    ]);
    expect(codeOf('coordinate', { coordination: 'person', coordinated: true })).toBe('unchanged');
  });
});
