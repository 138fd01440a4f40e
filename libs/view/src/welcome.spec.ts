import { describe, it } from 'node:test';
import { expect } from 'expect';
import { findings, settingsPath, stepAfter, welcomeSteps, type DeviceFacts } from './welcome.js';

const device: DeviceFacts = { installed: false, ios: false, notifications: 'default', rings: true, subscribed: false, decides: true };

describe('Setting up a device', () => {
  it('asks about notifications after it was installed, and has itself rung only where it can be', () => {
    expect(welcomeSteps(device)).toEqual(['you', 'how', 'install', 'ring', 'passkey', 'privacy', 'quiet']);
    expect(welcomeSteps({ ...device, installed: true, notifications: 'granted', subscribed: true })).toEqual(['you', 'how', 'ring', 'test', 'passkey', 'privacy', 'quiet']);
    expect(welcomeSteps({ ...device, rings: false, notifications: 'granted', subscribed: true })).toEqual(['you', 'how', 'install', 'passkey', 'privacy', 'quiet']);
    expect(welcomeSteps({ ...device, decides: false })).toEqual(['you', 'how', 'install', 'ring', 'privacy', 'quiet']); // who decides nothing signs nothing
  });
  it('goes on from a step that was made needless while it was shown', () => {
    expect(stepAfter('install', { ...device, installed: true })).toBe('ring');
    expect(stepAfter('ring', { ...device, notifications: 'granted', subscribed: true })).toBe('test');
    expect(stepAfter('quiet', device)).toBeUndefined();
  });
  it('says what stands in the way of a ring, and what to do about it', () => {
    const wrong = findings({ ...device, ios: true, notifications: 'denied' }, { sent: false, code: 'web_push_410' }, 'iPhone').filter(({ ok }) => !ok);
    expect(wrong.map(({ what }) => what)).toEqual(['Opened from the home screen', 'Notifications are allowed', 'This device has told us where to reach it', 'The push service has not taken the test']);
    expect(wrong.at(-1)!.help).toBe('Its address is not valid any more.');
    expect(findings({ ...device, notifications: 'granted', subscribed: true }, undefined, '').map(({ what }) => what)).not.toContainEqual(expect.stringContaining('push service'));
    expect(findings({ ...device, notifications: 'granted', subscribed: true }, { sent: true, code: null }, '').filter(({ ok }) => !ok)).toEqual([]);
    expect([settingsPath('Mozilla (Linux; Android 16)'), settingsPath('?')].map((path) => path.slice(0, 8))).toEqual(['Hold the', 'Your bro']);
  });
});
