import { describe, it } from 'node:test';
import { expect } from 'expect';
import { faultsAt, faultsWithin } from './field-faults.js';

const fault = (pointer: string, rule: string, message: string) => ({ pointer, rule, message });
const FAULTS = [
  fault('/members/1/name', 'min-length', 'is empty'),
  fault('/members/10/name', 'min-length', 'is another one'),
  fault('/members/1', 'required', 'needs the field "skill"'),
  fault('/members/1/budget/usd', 'within-parent', 'is more than the whole goal may use'),
  fault('/members', 'team-size', 'a team has 3 to 5 members'),
];

describe('What is wrong with a draft', () => {
  it('stands at the field where it was written, also where there is no field yet', () => {
    expect(faultsAt(FAULTS, ['members', 1, 'name'])).toEqual(['is empty']);
    expect(faultsAt(FAULTS, ['members', 1, 'skill'])).toEqual(['needs the field "skill"']);
    expect(faultsAt(FAULTS, ['members', 1, 'agent'])).toEqual([]);
    expect(faultsAt(FAULTS, ['members'])).toEqual(['a team has 3 to 5 members']);
  });
  it('stands at its group where the group has no field for it', () => {
    const fields = ['name', 'skill'].map((key) => ['members', 1, key]);
    expect(faultsWithin(FAULTS, ['members', 1], fields)).toEqual(['is more than the whole goal may use']);
    expect(faultsWithin(FAULTS, ['members', 2], [])).toEqual([]);
  });
});
