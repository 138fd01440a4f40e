import { describe, it } from 'node:test';
import { DEFAULT_TEAM_POLICY, PLATFORM_CHAIN, ROLES, type CustomerId, type PersonId, type Role } from '@countersign/contracts';
import { expect } from 'expect';
import { full } from './amounts.js';
import { accountOf } from './budget.js';
import { refusesBeyondTrial, trialCap } from './trial-cap.js';

const { trial } = DEFAULT_TEAM_POLICY;
const USD = 1_000_000;
const by = (role: Role, customerId: string = PLATFORM_CHAIN) => ({ personId: 'p' as PersonId, customerId: customerId as CustomerId, roles: [role] });
const CAP = trialCap(trial, 0);
const governor = by('customer_governor', 'c');
/** A mission that holds a dollar, below its team. */
const chain = (granted: number) => [accountOf({ usd_micros: USD }), accountOf({ usd_micros: granted, tokens: 1_000 }, { usd_micros: USD })];
const code = (who: ReturnType<typeof by>, more: object, granted = 5 * USD, deed: 'ask' | 'give' = 'give') => refusesBeyondTrial(deed, who, CAP, chain(granted), full(more))?.code;

describe('what a trial may cost the platform', () => {
  it('is the policy’s money, and that of each extension', () => expect([0, 1, 2].map((extensions) => trialCap(trial, extensions).usdMicros)).toEqual([5 * USD, 7 * USD, 9 * USD]));

  it('is lifted by a governor of the platform alone, whoever else has a role there or at the customer', () => {
    const more = { usd_micros: 4 * USD + 1 };
    for (const person of [governor, by('platform_governor', 'c'), by('operator'), by('genesis'), by('customer_governor')]) expect([person.roles, code(person, more)]).toEqual([person.roles, 'trial_capped']);
    expect(code(by('platform_governor'), { usd_micros: 1e12 })).toBeUndefined();
    expect(refusesBeyondTrial('give', governor, CAP, chain(5 * USD), full(more))?.message).toMatch(/^a trial costs the platform at most 5 dollars: make the trial longer, .* or make it production .* platform’s governor/);
    expect(refusesBeyondTrial('give', governor, trialCap(trial, 1), chain(7 * USD), full({ usd_micros: 7 * USD }))?.message).toMatch(/^a trial costs the platform at most 7 dollars: make it production /);
  });

  it('is asked to be lifted by the platform’s own who steer teams, and not put to those who could never answer', () => {
    const asked = ROLES.flatMap((role) => [PLATFORM_CHAIN as string, 'c'].map((customer) => [role, customer, code(by(role, customer), { usd_micros: 1e12 }, 5 * USD, 'ask')] as const)).filter(([, , refused]) => refused === undefined);
    expect(asked).toEqual([['platform_governor', PLATFORM_CHAIN, undefined], ['operator', PLATFORM_CHAIN, undefined]]);
  });

  it('is a cap of the money that the team gets anew: what is free in it, other units, and what lies below the cap are the customer’s', () => {
    expect(code(governor, { usd_micros: 4 * USD })).toBeUndefined(); // all that is free
    expect(code(governor, { tokens: 1e9 })).toBeUndefined();
    expect(code(governor, { usd_micros: 4 * USD }, 3 * USD)).toBeUndefined(); // a bundle that allows its trial less
    expect(code(governor, { usd_micros: 4 * USD + 1 }, 3 * USD)).toBe('trial_capped');
    expect(code(governor, { usd_micros: USD }, 20 * USD)).toBeUndefined(); // the platform gave more, and some is left of it
    expect(code(governor, { usd_micros: 20 * USD }, 20 * USD)).toBe('trial_capped');
  });

  it('is none where no trial runs', () => expect(refusesBeyondTrial('give', governor, undefined, chain(5 * USD), full({ usd_micros: 1e12 }))).toBeUndefined());
});
