import { CustomerId, PersonId, PLATFORM_CHAIN, type MissionEvent, type Requester } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { mayGuide, mayPost } from './mission-rights.js';

const customer = CustomerId.next();
const person = (customerId: string, ...roles: string[]): Requester => ({ personId: PersonId.next(), customerId: customerId as CustomerId, roles });
const who = {
  governor: person(customer, 'customer_governor'),
  colleague: person(customer),
  operator: person(PLATFORM_CHAIN, 'operator'),
  platform: person(PLATFORM_CHAIN, 'platform_governor'),
  genesis: person(PLATFORM_CHAIN, 'genesis'),
  stranger: person(CustomerId.next(), 'customer_governor'),
  impostor: person(CustomerId.next(), 'operator', 'platform_governor'),
};
const event = (type: MissionEvent['type']): MissionEvent => ({ type, mission_id: 'm', work_item_id: 'w', approval_id: 'a', run_id: 'r', reason: '' }) as unknown as MissionEvent;

describe('who may do what to a mission', () => {
  const table: Record<keyof typeof who, [guide: string, decide: string]> = {
    governor: ['yes', 'yes'],
    colleague: ['not_permitted', 'not_permitted'],
    operator: ['yes', 'not_permitted'],
    platform: ['yes', 'not_permitted'],
    genesis: ['not_permitted', 'not_permitted'],
    stranger: ['not_found', 'not_found'],
    impostor: ['not_found', 'not_found'],
  };
  for (const [name, [guide, decide]] of Object.entries(table) as [keyof typeof who, [string, string]][]) {
    it(`${name}: to guide it ${guide}, to decide about its work ${decide}`, () => {
      const by = who[name];
      expect(mayGuide(by, customer)?.code ?? 'yes').toBe(guide);
      for (const type of ['mission_started', 'mission_paused', 'mission_resumed', 'mission_canceled', 'run_started', 'run_finished', 'tool_observed', 'timer_fired', 'resource_changed'] as const) expect([type, mayPost(by, customer, event(type), [])?.code ?? 'yes']).toEqual([type, guide]);
      for (const type of ['approval_granted', 'approval_denied'] as const) expect([type, mayPost(by, customer, event(type), [])?.code ?? 'yes']).toEqual([type, decide]);
    });
  }

  it('nobody approves work they reported themselves; they may send it back', () => {
    const { governor } = who;
    expect(mayPost(governor, customer, event('approval_granted'), [PersonId.next(), governor.personId])).toMatchObject({ code: 'author_may_not_decide' });
    expect(mayPost(governor, customer, event('approval_denied'), [governor.personId])).toBeUndefined();
    expect(mayPost(governor, customer, event('approval_granted'), [PersonId.next()])).toBeUndefined();
  });
});
