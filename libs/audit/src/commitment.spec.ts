import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';

import { expect } from 'expect';

import { commitment, newSubjectKeys, openValue, sealValue, serviceKey, subjectRef, unwrapSubjectKeys, wrapSubjectKeys } from './commitment.js';
import { SealBrokenError } from './errors.js';
import { OTHER_TEAM, TEAM } from './spec-support/log.js';

const key = serviceKey(Buffer.alloc(32, 1));
const PERSON = '0190a000-0000-7000-8000-0000000000aa';
const place = { teamId: TEAM, entryId: '0190a000-0000-7000-8000-0000000000ee', field: 'reason', subjectRef: subjectRef(key, TEAM, PERSON) };

describe('personal data beside the chain', () => {
  it('is committed to with a keyed hash that only the key can repeat', () => {
    const keys = newSubjectKeys();
    expect(commitment(keys, 'too expensive')).toBe(createHmac('sha256', keys.commitKey).update('too expensive').digest('hex'));
    expect(commitment(newSubjectKeys(), 'too expensive')).not.toBe(commitment(keys, 'too expensive'));
  });

  it('opens only with its own key, at its own place, unaltered', () => {
    const keys = newSubjectKeys();
    const sealed = sealValue(keys, place, 'Zu teuer – später');
    expect(openValue(keys, place, sealed)).toBe('Zu teuer – später');
    expect(sealValue(keys, place, 'Zu teuer – später').equals(sealed)).toBe(false);
    expect(() => openValue(newSubjectKeys(), place, sealed)).toThrow(SealBrokenError);
    for (const elsewhere of [{ teamId: OTHER_TEAM }, { entryId: PERSON }, { field: 'message' }, { subjectRef: PERSON }]) expect(() => openValue(keys, { ...place, ...elsewhere }, sealed)).toThrow(SealBrokenError);
    for (let at = 0; at < sealed.length; at += 1) {
      const bent = Buffer.from(sealed);
      bent[at]! ^= 1;
      expect(() => openValue(keys, place, bent)).toThrow(SealBrokenError);
    }
    expect(() => openValue(keys, place, sealed.subarray(0, 20))).toThrow(SealBrokenError);
  });

  it('keeps its keys wrapped for one team and one person', () => {
    const keys = newSubjectKeys();
    const wrapped = wrapSubjectKeys(key, TEAM, place.subjectRef, keys);
    expect(unwrapSubjectKeys(key, TEAM, place.subjectRef, wrapped)).toEqual(keys);
    expect(wrapped.includes(keys.dataKey) || wrapped.includes(keys.commitKey)).toBe(false);
    expect(() => unwrapSubjectKeys(key, OTHER_TEAM, place.subjectRef, wrapped)).toThrow(SealBrokenError);
    expect(() => unwrapSubjectKeys(serviceKey(Buffer.alloc(32, 2)), TEAM, place.subjectRef, wrapped)).toThrow(SealBrokenError);
  });

  it('calls a person by another name in every team, and by none that is guessable without the service key', () => {
    const ref = subjectRef(key, TEAM, PERSON);
    expect(ref).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(subjectRef(key, TEAM, PERSON)).toBe(ref);
    expect(subjectRef(key, OTHER_TEAM, PERSON)).not.toBe(ref);
    expect(subjectRef(serviceKey(Buffer.alloc(32, 2)), TEAM, PERSON)).not.toBe(ref);
  });

  it('needs a service key of 32 bytes', () => {
    expect(() => serviceKey(Buffer.alloc(31))).toThrow(RangeError);
  });
});
