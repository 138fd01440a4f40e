import { describe, it } from 'node:test';
import { APPROVAL_STATES, DECISIONS, ROLES, TEAM_STATES, type ApprovalState } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { decideApproval, type DecisionFacts } from './decide-approval.js';
import { untouched } from './expire.js';

const digest = 'd'.repeat(64);
const facts = (change: { [K in keyof DecisionFacts]?: Partial<DecisionFacts[K]> } = {}): DecisionFacts => ({
  now: new Date(1_000),
  person: { id: 'asha', customerId: 'chai', roles: ['customer_governor'], ...change.person },
  device: { id: 'phone', personId: 'asha', removed: false, ...change.device },
  team: { state: 'active', epoch: 3, ...change.team },
  approval: { state: 'pending', version: 1, digest, dueAt: new Date(2_000), paused: false, epoch: 3, customerId: 'chai', requestedBy: 'mira', authors: ['dora'], ...change.approval },
  request: { decision: 'approve', digest, reason: '', version: 1, ...change.request },
});
const code = (input: DecisionFacts): string => {
  const verdict = decideApproval(input);
  return verdict.outcome === 'refused' ? verdict.code : verdict.state;
};

describe('deciding an approval', () => {
  it('records what an eligible person says on their own device in time', () => {
    expect(code(facts())).toBe('approved');
    expect(code(facts({ request: { decision: 'deny', reason: 'not now' } }))).toBe('denied');
    expect(code(facts({ request: { decision: 'request_changes', reason: 'shorter' } }))).toBe('changes_requested');
  });

  const refusals: [string, string, Parameters<typeof facts>[0]][] = [
    ['a person of another customer', 'not_eligible', { person: { customerId: 'borealis' } }],
    ['a person without the role', 'not_eligible', { person: { roles: ['operator', 'platform_governor'] } }],
    ['who asked for it', 'author_may_not_decide', { person: { id: 'mira' }, device: { personId: 'mira' } }],
    ['who made an artifact', 'author_may_not_decide', { person: { id: 'dora' }, device: { personId: 'dora' } }],
    ["a device that is somebody else's", 'device_not_yours', { device: { personId: 'ben' } }],
    ['a device that was removed', 'device_not_yours', { device: { removed: true } }],
    ['a superseded request', 'superseded', { approval: { state: 'superseded' } }],
    ['an expired request', 'expired', { approval: { state: 'expired' } }],
    ['a withdrawn request', 'withdrawn', { approval: { state: 'withdrawn' } }],
    ['a decided request', 'already_decided', { approval: { state: 'approved' } }],
    ['a goal that is paused, whatever the clock says', 'goal_paused', { approval: { paused: true, dueAt: new Date(0) } }],
    ['a moment past the deadline', 'expired', { approval: { dueAt: new Date(1_000) } }],
    ['a suspended team', 'withdrawn', { team: { state: 'suspended' } }],
    ['a team that was suspended in between', 'withdrawn', { team: { epoch: 4 } }],
    ['another digest', 'digest_differs', { request: { digest: 'e'.repeat(64) } }],
    ['another version', 'stale_version', { request: { version: 2 } }],
    ['a denial without a reason', 'reason_missing', { request: { decision: 'deny', reason: '  ' } }],
    ['a change request without a reason', 'reason_missing', { request: { decision: 'request_changes' } }],
    ['a decision that is not offered', 'decision_not_offered', { request: { decision: 'escalate' } }],
  ];
  for (const [who, expected, change] of refusals) it(`refuses ${who}`, () => expect(code(facts(change))).toBe(expected));

  it('refuses a session without a device', () => expect(code({ ...facts(), device: undefined })).toBe('device_missing'));

  it('never approves for anyone but a customer governor of that customer, while it is pending, in time, with the same digest', () => {
    const anyFacts = fc.record({
      roles: fc.subarray([...ROLES]), customer: fc.constantFrom('chai', 'borealis'), state: fc.constantFrom(...APPROVAL_STATES), team: fc.constantFrom(...TEAM_STATES),
      epoch: fc.integer({ min: 2, max: 4 }), due: fc.integer({ min: 0, max: 2_000 }), digest: fc.constantFrom('d', 'e'), decision: fc.constantFrom(...DECISIONS),
    });
    fc.assert(fc.property(anyFacts, (x) => {
      const verdict = decideApproval(facts({
        person: { roles: x.roles, customerId: x.customer }, approval: { state: x.state, dueAt: new Date(x.due) }, team: { state: x.team, epoch: x.epoch },
        request: { digest: x.digest.repeat(64), decision: x.decision, reason: 'because' },
      }));
      const allowed = x.roles.includes('customer_governor') && x.customer === 'chai' && ['pending', 'held'].includes(x.state) && x.team === 'active' && x.epoch === 3 && x.due > 1_000 && x.digest === 'd';
      expect(verdict.outcome === 'recorded').toBe(allowed && ['approve', 'deny', 'request_changes'].includes(x.decision));
    }), { numRuns: 500 });
  });
});

describe('an approval nobody touches', () => {
  const approval = (state: ApprovalState, over: { used?: boolean; goalCancelled?: boolean; paused?: boolean } = {}) => ({ state, dueAt: new Date(2_000), epoch: 3, used: false, goalCancelled: false, paused: false, ...over });
  const active = { state: 'active', epoch: 3 } as const;
  it('waits until its deadline and then expires', () => {
    expect(untouched(approval('pending'), active, new Date(1_999))).toBe('wait');
    expect(untouched(approval('pending'), active, new Date(2_000))).toBe('expire');
  });
  it('does not expire while its goal is paused, but is taken back then as well', () => {
    expect(untouched(approval('pending', { paused: true }), active, new Date(9_000))).toBe('wait');
    expect(untouched(approval('pending', { paused: true, goalCancelled: true }), active, new Date(9_000))).toBe('withdraw');
    expect(untouched(approval('pending', { paused: true }), { state: 'suspended', epoch: 4 }, new Date(9_000))).toBe('withdraw');
  });
  it('does not expire while the team is stopped: it is taken back', () => {
    expect(untouched(approval('pending'), { state: 'suspended', epoch: 4 }, new Date(9_000))).toBe('withdraw');
  });
  it('is taken back when the team was stopped and runs again', () => expect(untouched(approval('pending'), { state: 'active', epoch: 5 }, new Date(0))).toBe('withdraw'));
  it('is taken back after it was granted and before it was used', () => {
    expect(untouched(approval('approved'), { state: 'suspended', epoch: 4 }, new Date(0))).toBe('withdraw');
    expect(untouched(approval('approved', { used: true }), { state: 'suspended', epoch: 4 }, new Date(0))).toBe('wait');
  });
  it('is taken back when its goal is cancelled, unless it was used', () => {
    expect(untouched(approval('pending', { goalCancelled: true }), active, new Date(0))).toBe('withdraw');
    expect(untouched(approval('approved', { goalCancelled: true }), active, new Date(0))).toBe('withdraw');
    expect(untouched(approval('approved', { goalCancelled: true, used: true }), active, new Date(0))).toBe('wait');
  });
  it('never changes again once it is settled', () => {
    for (const state of ['denied', 'expired', 'withdrawn', 'superseded', 'changes_requested'] as const) expect(untouched(approval(state), { state: 'suspended', epoch: 9 }, new Date(9_999))).toBe('wait');
  });
});
