import { PLATFORM_CHAIN, ROLES, type EffectState } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { settleUnknown, type SettleFacts, type SettleWish } from './settle-unknown.js';

const facts = (state: EffectState = 'unknown', settlementId: string | null = null): SettleFacts => ({ customerId: 'chai', effect: { state, settlementId } });
const wish = (over: Partial<SettleWish> = {}): SettleWish => ({ settlementId: 's', by: { customerId: 'chai', roles: ['customer_governor'] }, outcome: 'executed', reason: 'I looked', ...over });
const codeOf = (over: Partial<SettleWish>, of: SettleFacts = facts()): string => {
  const verdict = settleUnknown(wish(over), of);
  return verdict.ok ? (verdict.already ? 'already' : 'yes') : verdict.code;
};

describe('an unknown effect', () => {
  for (const role of ROLES) {
    it(`${role}: of the team’s customer, of another, of the platform`, () => {
      const answers = ['chai', 'borealis', PLATFORM_CHAIN].map((customerId) => codeOf({ by: { customerId, roles: [role] } }));
      expect(answers).toEqual([role === 'customer_governor' ? 'yes' : 'not_permitted', 'not_found', role === 'platform_governor' ? 'yes' : 'not_permitted']);
    });
  }

  it('is settled while it is unknown and never again, but for the same settlement', () => {
    for (const state of ['started', 'executed', 'failed', 'refused'] as const) expect([state, codeOf({}, facts(state)), codeOf({}, facts(state, 'other'))]).toEqual([state, 'effect_not_unknown', 'effect_not_unknown']);
    expect([codeOf({}, facts('executed', 's')), codeOf({}, { customerId: 'chai', effect: undefined })]).toEqual(['already', 'effect_not_unknown']);
    expect(settleUnknown(wish(), undefined)).toMatchObject({ code: 'not_found' });
  });

  it('needs a reason for a person’s word, and none for a look', () => {
    expect([codeOf({ reason: ' ' }), codeOf({ outcome: 'failed', reason: '' }), codeOf({ outcome: 'look', reason: '' })]).toEqual(['reason_missing', 'reason_missing', 'yes']);
  });
});
