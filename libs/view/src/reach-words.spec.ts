import { expect } from 'expect';
import { describe, it } from 'node:test';
import { deliveryWords } from './reach-words.js';

describe('what came of ringing a device', () => {
  const one = { device: 'Pixel 9', by: 'fcm', state: 'sent', attempts: 1, code: null } as const;

  it('is said by the name its owner gave it, with how it ended, and why where it failed', () => {
    for (const [change, words] of [
      [{}, '“Pixel 9”: delivered'],
      [{ attempts: 3 }, '“Pixel 9”: delivered, tried 3 times'],
      [{ device: null }, 'A phone: delivered'],
      [{ device: null, by: 'email', state: 'failed', code: 'smtp_550' }, 'The mail address: not reached (nobody is known there)'],
      [{ state: 'failed', code: 'messaging/registration-token-not-registered' }, '“Pixel 9”: not reached (it lets itself be rung no more)'],
      [{ by: 'webpush', state: 'due', code: 'timeout', attempts: 2 }, '“Pixel 9”: to be tried again (the service did not answer), tried 2 times'],
      [{ state: 'due', attempts: 0 }, '“Pixel 9”: not yet'],
      [{ state: 'failed', code: 'sms_99999', device: null, by: 'sms' }, 'The number: not reached (sms_99999)'],
      [{ state: 'failed', code: 'messaging/message-rate-exceeded' }, '“Pixel 9”: not reached (the service is busy)'],
    ] as const) expect(deliveryWords({ ...one, ...change })).toBe(words);
  });
});
