import { expect } from 'expect';
import { describe, it } from 'node:test';
import { RING_STATES } from '@countersign/contracts';
import { deliveryWords, failureSentence, failureWords, ringWords } from './reach-words.js';

describe('what came of ringing a device', () => {
  const one = { device: 'Pixel 9', by: 'fcm', state: 'sent', attempts: 1, code: null } as const;

  it('is said by the name its owner gave it, with how it ended, and why where it failed', () => {
    for (const [change, words] of [
      [{}, '“Pixel 9”: taken by the push service'],
      [{ attempts: 3 }, '“Pixel 9”: taken by the push service, tried 3 times'],
      [{ device: null, by: 'webpush' }, 'A browser: taken by the push service'],
      [{ device: null, by: 'email' }, 'The mail address: taken by the mail server'],
      [{ device: null, by: 'sms' }, 'The number: taken by the text message service'],
      [{ device: null, by: 'email', state: 'failed', code: 'smtp_550' }, 'The mail address: not reached (nobody is known there)'],
      [{ state: 'failed', code: 'messaging/registration-token-not-registered' }, '“Pixel 9”: not reached (its address is not valid any more)'],
      [{ by: 'webpush', state: 'due', code: 'timeout', attempts: 2 }, '“Pixel 9”: to be tried again (the service did not answer), tried 2 times'],
      [{ state: 'due', attempts: 0 }, '“Pixel 9”: not yet'],
      [{ state: 'withdrawn', attempts: 0 }, '“Pixel 9”: not needed any more'],
      [{ state: 'withdrawn', attempts: 0, code: 'quiet_hours' }, '“Pixel 9”: held back (quiet hours)'],
      [{ state: 'withdrawn', attempts: 2, code: 'quiet_hours' }, '“Pixel 9”: held back (quiet hours), tried 2 times'],
      [{ state: 'failed', code: 'sms_99999', device: null, by: 'sms' }, 'The number: not reached (the service refused it)'],
      [{ state: 'failed', code: 'messaging/message-rate-exceeded' }, '“Pixel 9”: not reached (the service is busy)'],
    ] as const) expect(deliveryWords({ ...one, ...change })).toBe(words);
  });
});

describe('what came of ringing a person', () => {
  it('claims nothing that no provider says: what it took is sent, and nobody knows whether it came', () => {
    expect(RING_STATES.filter((state) => /delivered|arrived|(?<!not )reached|told/.test(ringWords[state]))).toEqual([]);
    expect(ringWords.reached).toBe('sent');
  });
});

describe('why something was not delivered', () => {
  it('is told by what it means, whichever provider said it, and never by its code', () => {
    const meant = {
      'not valid any more': ['web_push_410', 'web_push_404', 'messaging/registration-token-not-registered', 'messaging/mismatched-credential', 'subscription_unreadable'],
      'nobody is known': ['smtp_550', 'sms_21614'],
      'the address is gone': ['address_removed', 'no_address'],
      'is busy': ['web_push_429', 'messaging/quota-exceeded', 'sms_20429', 'smtp_452'],
      'did not answer': ['timeout'],
      'was not there': ['unreachable', 'channel_error', 'app/network-error', 'smtp_econnection'],
      'is broken': ['web_push_503', 'messaging/server-unavailable', 'smtp_421'],
      'not take it from here': ['push_service_unknown', 'web_push_403', 'messaging/third-party-auth-error', 'smtp_eauth', 'smtp_535', 'sms_20003'],
      'refused it': ['web_push_413', 'messaging/invalid-payload', 'smtp_552', 'something new', 'constructor'],
    };
    const said = Object.entries(meant).flatMap(([words, codes]) => codes.map((code) => [code, failureWords(code).includes(words)]));
    expect(said.filter(([, fits]) => fits !== true)).toEqual([]);
    expect(failureSentence('timeout')).toBe('The service did not answer.');
  });
});
