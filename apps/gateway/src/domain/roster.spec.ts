import { ONE_PERSON, type QuorumInForce } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { rosterOf, type RosterPerson } from './roster.js';

const person = (id: string, over: Partial<RosterPerson> = {}): RosterPerson => ({ id, roles: ['customer_governor'], keys: [], ...over });
const key = (deviceId: string, kind: 'passkey' | 'device' | 'software' = 'device', backupEligible = false) => ({ deviceId, kind, backupEligible });
const two = (over: Partial<QuorumInForce> = {}): QuorumInForce => ({ ...ONE_PERSON, need: 2, ...over });

describe('whose yes counts', () => {
  it('is everybody with the role, without who asked and who made a part of it', () => {
    expect(rosterOf(two(), 1, [person('b'), person('a'), person('op', { roles: ['operator'] })], [])).toEqual({ ok: true, people: ['a', 'b'] });
    expect(rosterOf(two(), 1, [person('a'), person('b'), person('c')], ['b'])).toEqual({ ok: true, people: ['a', 'c'] });
  });
  it('is said to be nobody, or too few, at once', () => {
    expect(rosterOf(two(), 1, [person('a')], [])).toEqual({ ok: false, code: 'quorum_short', need: 2, found: 1 });
    expect(rosterOf(two(), 1, [person('a'), person('b')], ['b'])).toEqual({ ok: false, code: 'quorum_short', need: 2, found: 1 });
    expect(rosterOf(two(), 1, [person('a'), person('b')], ['a', 'b'])).toEqual({ ok: false, code: 'quorum_empty', need: 2, found: 0 });
    expect(rosterOf(two({ from: ['operator'] }), 1, [person('a'), person('b')], [])).toMatchObject({ code: 'quorum_empty' });
  });
  it('is also who may stand in, where the others are too few, and only then', () => {
    const both = (id: string): RosterPerson => person(id, { roles: ['operator', 'customer_governor'] });
    const operatorsFirst = two({ from: ['operator'], substitutes: ['customer_governor'] });
    expect(rosterOf(operatorsFirst, 1, [person('a'), both('op')], [])).toEqual({ ok: true, people: ['a', 'op'] });
    expect(rosterOf(operatorsFirst, 1, [person('a'), both('op'), both('b')], [])).toEqual({ ok: true, people: ['b', 'op'] });
  });
  it('is nobody’s who may not decide, whatever the policy names', () => {
    const operator = person('op', { roles: ['operator'], keys: [key('phone'), key('tablet')] });
    expect(rosterOf(two({ from: ['customer_governor', 'operator'] }), 1, [person('a'), operator], [])).toEqual({ ok: false, code: 'quorum_short', need: 2, found: 1 });
    expect(rosterOf(two({ substitutes: ['operator'] }), 1, [person('a'), operator], [])).toMatchObject({ code: 'quorum_short', found: 1 });
    expect(rosterOf(two({ of: 'devices', from: ['operator'] }), 1, [operator], [])).toMatchObject({ code: 'quorum_empty', found: 0 });
  });
  it('counts devices with a key that can sign at the tier, whosever they are', () => {
    const of = (...keys: RosterPerson['keys']) => rosterOf(two({ of: 'devices' }), 3, [person('a', { keys })], []);
    expect(of(key('phone'), key('tablet', 'passkey'))).toEqual({ ok: true, people: ['a'] });
    expect(of(key('phone'), key('phone', 'passkey'))).toMatchObject({ code: 'quorum_short', found: 1 });
    expect(of(key('phone'), key('tablet', 'passkey', true))).toMatchObject({ code: 'quorum_short', found: 1 });
    expect(of(key('phone', 'software'), key('laptop', 'software'))).toMatchObject({ code: 'quorum_empty', found: 0 });
  });
});
