import { expect } from 'expect';
import { describe, it } from 'node:test';
import { EnrolmentSeal, type Enrolment } from './enrolment-seal.js';

const enrolment: Enrolment = { id: 'i', customerId: 'c', personId: 'p', deviceId: 'd', kind: 'device', credentialId: 'k', publicKey: Uint8Array.of(1), rpId: 'localhost', backupEligible: false };

describe('the seal of an enrolment', () => {
  const seal = new EnrolmentSeal(Buffer.alloc(32, 1));

  it('fits what it was made for, and nothing else', () => {
    const made = seal.seal(enrolment);
    expect(seal.fits({ ...enrolment }, made)).toBe(true);
    const others: Partial<Enrolment>[] = [{ id: 'x' }, { customerId: 'x' }, { personId: 'x' }, { deviceId: 'x' }, { kind: 'passkey' }, { credentialId: 'x' }, { publicKey: Uint8Array.of(2) }, { rpId: 'x' }, { backupEligible: true }];
    for (const other of others) expect([other, seal.fits({ ...enrolment, ...other }, made)]).toEqual([other, false]);
    expect(seal.fits(enrolment, made.subarray(1))).toBe(false);
  });

  it('is made by nobody without the key', () => {
    expect(seal.fits(enrolment, new EnrolmentSeal(Buffer.alloc(32, 2)).seal(enrolment))).toBe(false);
    expect(() => new EnrolmentSeal(Buffer.alloc(31))).toThrow(RangeError);
  });
});
