import { describe, it } from 'node:test';
import type { ApproverKeyView } from '@countersign/contracts';
import { expect } from 'expect';
import { keysInEffect, needsPasskey, passkeyHere, passkeyNames, passkeyWords } from './passkeys.js';
import { clockWords } from './time-words.js';

const now = new Date('2026-11-29T09:12:00.000Z');
const [BEFORE, TOMORROW, LATER] = ['2026-11-28T09:12:44.123Z', '2026-11-30T09:12:44.123Z', '2026-12-01T09:12:44.123Z'] as const;
const key = (over: Partial<ApproverKeyView> = {}): ApproverKeyView => ({ id: 'k', deviceId: 'phone', kind: 'passkey', credentialId: 'c', backupEligible: false, keySha256: '', effectiveFrom: BEFORE, highestFrom: BEFORE, ...over });

describe('The passkey of a device', () => {
  it('is one that was made there, and counts from when the first of them does', () => {
    expect(passkeyHere([], 'phone', now)).toBe('none');
    expect(passkeyHere([key({ kind: 'device' })], 'phone', now)).toBe('none');
    expect(passkeyHere([key({ kind: 'device' }), key({ deviceId: 'tablet' })], 'phone', now)).toBe('elsewhere');
    expect(passkeyHere([key({ effectiveFrom: null })], 'phone', now)).toBe('unconfirmed');
    expect(passkeyHere([key({ effectiveFrom: LATER }), key({ effectiveFrom: null }), key({ effectiveFrom: TOMORROW })], 'phone', now)).toEqual({ from: TOMORROW });
  });
  it('is also one that may be synchronised, wherever it was made, and no sooner than the device itself', () => {
    const synced = key({ deviceId: 'tablet', backupEligible: true });
    const own = (effectiveFrom: string | null) => key({ kind: 'device', effectiveFrom });
    expect(passkeyHere([synced], 'phone', now)).toBe('device_new');
    expect(passkeyHere([key({ ...synced, effectiveFrom: TOMORROW })], 'phone', now)).toBe('device_new');
    expect(passkeyHere([synced, own(BEFORE)], 'phone', now)).toEqual({ from: BEFORE });
    expect(passkeyHere([key({ ...synced, effectiveFrom: TOMORROW }), own(LATER)], 'phone', now)).toEqual({ from: LATER });
    expect(passkeyHere([key({ ...synced, effectiveFrom: LATER }), own(TOMORROW)], 'phone', now)).toEqual({ from: LATER });
    expect(passkeyHere([key({ ...synced, effectiveFrom: TOMORROW }), own(null)], 'phone', now)).toBe('unconfirmed');
  });
  it('lets the device itself sign where it counts and the device’s own keys wait, whatever was made there', () => {
    const synced = key({ deviceId: 'tablet', backupEligible: true });
    for (const waiting of [TOMORROW, null]) expect(passkeyHere([synced, key({ kind: 'device', effectiveFrom: waiting })], 'phone', now)).toBe('device_new');
    expect(passkeyHere([synced, key({ credentialId: 'new', effectiveFrom: TOMORROW })], 'phone', now)).toBe('device_new');
    expect(passkeyHere([synced, key({ credentialId: 'new', effectiveFrom: TOMORROW }), key({ kind: 'device' })], 'phone', now)).toEqual({ from: BEFORE });
  });
  it('is not known after a new sign-in, but that there is none', () => {
    expect([passkeyHere([], null, now), passkeyHere([key()], null, now), passkeyHere([key({ backupEligible: true })], null, now)]).toEqual(['none', undefined, undefined]);
  });
  it('speaks for another key once it counts itself', () => {
    const keys = [key(), key({ credentialId: 'later', effectiveFrom: TOMORROW }), key({ credentialId: 'unsaid', effectiveFrom: null }), key({ credentialId: 'own', kind: 'device' })];
    expect([keysInEffect(keys, now).map(({ credentialId }) => credentialId), passkeyNames(keysInEffect(keys, now))]).toEqual([['c', 'own'], ['c']]);
  });
  it('is needed where others will see what is done, and told in the person’s own time', () => {
    expect([0, 1, 2, 3].map(needsPasskey)).toEqual([false, false, true, false]);
    expect(passkeyWords({ from: BEFORE }, now)).toBe('Your passkey signs on this device.');
    expect(passkeyWords({ from: TOMORROW }, now)).toBe(`Your passkey counts on this device from ${clockWords(TOMORROW, now)} on.`);
    expect([passkeyWords('none', now), passkeyWords('unconfirmed', now)]).toEqual([expect.stringContaining('has no passkey'), expect.stringContaining('writes you a letter')]);
  });
});
