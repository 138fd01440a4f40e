import { describe, it } from 'node:test';
import { canMove, ROLES, TEAM_STATES, teamMachine, type Role, type TeamState, type TeamVerb } from '@countersign/contracts';
import { expect } from 'expect';
import { decideMove, mayHire, TEAM_VERBS, THE_GATE } from './move-team.js';

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
  cancel: { customer_governor: 'o', platform_governor: 'y' },
  archive: { platform_governor: 'y' },
};
const ofGenesis = (state: TeamState, by = ROLES as readonly string[]) => ({ by: { customerId: 'c', roles: by }, team: { state, epoch: 7, customerId: 'c' } });

describe("a team's life", () => {
  it('follows the written machine and nothing else', () => {
    for (const verb of verbs) {
      const moves = TEAM_VERBS[verb].moves as Partial<Record<TeamState, TeamState>>;
      for (const [from, to] of Object.entries(moves)) expect([verb, from, canMove(teamMachine, from as TeamState, to)]).toEqual([verb, from, true]);
      for (const state of TEAM_STATES) {
        const { by, team } = ofGenesis(state);
        const decision = decideMove(verb, by, team);
        const there = Object.values(moves).includes(state);
        expect([verb, state, decision.outcome]).toEqual([verb, state, moves[state] ? 'moved' : there ? 'unchanged' : 'refused']);
        if (decision.outcome === 'moved') expect([verb, state, decision.to]).toEqual([verb, state, moves[state]]);
      }
    }
  });

  it('leads from every state that is not the last to one that somebody can say', () => {
    for (const state of TEAM_STATES) {
      const said = verbs.flatMap((verb) => TEAM_VERBS[verb].moves[state] ?? []);
      expect([state, [...new Set(said)].sort()]).toEqual([state, [...teamMachine[state]].sort()]);
    }
  });

  it('is moved only by those the table names, and by a customer governor only at home', () => {
    for (const verb of verbs) {
      for (const role of ROLES) {
        for (const own of [true, false]) {
          const state = Object.keys(TEAM_VERBS[verb].moves)[0] as TeamState;
          const decision = decideMove(verb, { customerId: 'c', roles: [role] }, { state, epoch: 1, customerId: own ? 'c' : 'other' });
          const reviewed = REVIEWED[verb][role];
          const allowed = reviewed === 'y' || (reviewed === 'o' && own);
          expect([verb, role, own, decision.outcome]).toEqual([verb, role, own, allowed ? 'moved' : 'refused']);
          if (decision.outcome === 'refused') expect(decision.code).toBe('not_permitted');
        }
      }
    }
  });

  it('is moved by the gate itself only to stop, never to go on and never away', () => {
    const own = verbs.filter((verb) => decideMove(verb, THE_GATE, { ...ofGenesis(Object.keys(TEAM_VERBS[verb].moves)[0] as TeamState).team }).outcome === 'moved');
    expect(own).toEqual(['suspend', 'complete']);
  });

  it('tells nobody the state of a team they may not move', () => {
    expect(decideMove('certify', { customerId: 'c', roles: ['customer_governor'] }, { state: 'active', epoch: 1, customerId: 'c' })).toMatchObject({ outcome: 'refused', code: 'not_permitted' });
  });

  it('counts a new epoch whenever work is stopped or begins again', () => {
    const epochAfter = (verb: TeamVerb): number => {
      const { by, team } = ofGenesis(Object.keys(TEAM_VERBS[verb].moves)[0] as TeamState);
      const decision = decideMove(verb, by, team);
      return decision.outcome === 'moved' ? decision.epoch : -1;
    };
    expect(verbs.map((verb) => [verb, epochAfter(verb)])).toEqual([['certify', 7], ['reject', 7], ['deploy', 7], ['suspend', 8], ['reactivate', 8], ['complete', 8], ['dissolve', 8], ['cancel', 8], ['archive', 7]]);
  });

  it('begins with a customer governor', () => {
    expect(ROLES.filter((role) => mayHire({ customerId: 'c', roles: [role] }))).toEqual(['customer_governor']);
  });
});
