import { describe, it } from 'node:test';
import { canMove, ROLES, TEAM_STATES, teamMachine, type Role, type TeamVerb } from '@countersign/contracts';
import { expect } from 'expect';
import { decideMove, mayHire, TEAM_VERBS } from './move-team.js';

const verbs = Object.keys(TEAM_VERBS) as TeamVerb[];
/** Who may say what, reviewed by hand: `o` only about the own customer's team, `y` about any. */
const REVIEWED: Record<TeamVerb, Partial<Record<Role, 'o' | 'y'>>> = {
  certify: { genesis: 'y' },
  reject: { genesis: 'y' },
  deploy: { customer_governor: 'o', platform_governor: 'y' },
  suspend: { customer_governor: 'o', platform_governor: 'y', genesis: 'y', operator: 'y' },
  reactivate: { platform_governor: 'y', genesis: 'y' },
  complete: { customer_governor: 'o', platform_governor: 'y' },
  dissolve: { platform_governor: 'y', genesis: 'y' },
};

describe("a team's life", () => {
  it('follows the written machine and nothing else', () => {
    for (const verb of verbs) {
      const { from, to } = TEAM_VERBS[verb];
      expect([verb, canMove(teamMachine, from, to)]).toEqual([verb, true]);
      for (const state of TEAM_STATES) {
        const { outcome } = decideMove(verb, { customerId: 'c', roles: ROLES }, { state, epoch: 1, customerId: 'c' });
        expect([verb, state, outcome]).toEqual([verb, state, state === from ? 'moved' : state === to ? 'unchanged' : 'refused']);
      }
    }
  });

  it('is moved only by those the table names, and by a customer governor only at home', () => {
    for (const verb of verbs) {
      for (const role of ROLES) {
        for (const own of [true, false]) {
          const decision = decideMove(verb, { customerId: 'c', roles: [role] }, { state: TEAM_VERBS[verb].from, epoch: 1, customerId: own ? 'c' : 'other' });
          const reviewed = REVIEWED[verb][role];
          const allowed = reviewed === 'y' || (reviewed === 'o' && own);
          expect([verb, role, own, decision.outcome]).toEqual([verb, role, own, allowed ? 'moved' : 'refused']);
          if (decision.outcome === 'refused') expect(decision.code).toBe('not_permitted');
        }
      }
    }
  });

  it('tells nobody the state of a team they may not move', () => {
    expect(decideMove('certify', { customerId: 'c', roles: ['customer_governor'] }, { state: 'active', epoch: 1, customerId: 'c' })).toMatchObject({ outcome: 'refused', code: 'not_permitted' });
  });

  it('counts a new epoch whenever work is stopped or begins again', () => {
    const epochAfter = (verb: TeamVerb): number => {
      const decision = decideMove(verb, { customerId: 'c', roles: ROLES }, { state: TEAM_VERBS[verb].from, epoch: 7, customerId: 'c' });
      return decision.outcome === 'moved' ? decision.epoch : -1;
    };
    expect(verbs.map((verb) => [verb, epochAfter(verb)])).toEqual([['certify', 7], ['reject', 7], ['deploy', 7], ['suspend', 8], ['reactivate', 8], ['complete', 8], ['dissolve', 8]]);
  });

  it('begins with a customer governor', () => {
    expect(ROLES.filter((role) => mayHire({ customerId: 'c', roles: [role] }))).toEqual(['customer_governor']);
  });
});
