import { expect } from 'expect';
import { describe, it } from 'node:test';
import { readKeys, readPostAnswer, readStatusAnswer, retryAfterMs, webhookHeaders } from './webhook.js';

describe('a signed webhook', () => {
  // the example of the Standard Webhooks documentation and its libraries
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const body = Buffer.from('{"test": 2432232314}');

  it('has the signature that the specification’s example has', () => {
    expect(webhookHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, body, readKeys(secret)!)).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek', 'webhook-timestamp': '1614265330', 'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('is signed with both secrets while one replaces the other', () => {
    const keys = readKeys(`whsec_${Buffer.alloc(24, 1).toString('base64')}\n${secret}\n`)!;
    const both = webhookHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, body, keys)['webhook-signature'].split(' ');
    expect([both.length, both[1]]).toEqual([2, 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=']);
  });

  it('is signed with nothing that is not a secret as the specification writes it', () => {
    for (const text of ['', '\n', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_', 'whsec_c2hvcnQ=', 'whsec_not base64', `whsec_${Buffer.alloc(65).toString('base64')}`, `${secret}\nsecond`]) expect([text, readKeys(text)]).toEqual([text, undefined]);
  });

  it('was taken at 2xx, refused at 4xx and where it is sent elsewhere, and is to come later at 425 and 429; a broken server, one that is too slow or has something of that name, or one that shows where the outcome is, may have taken it', () => {
    expect([200, 202, 204, 299, 301, 307, 308, 300, 302, 303, 304, 400, 403, 404, 408, 409, 410, 425, 429, 500, 502, 503, 504, 599].map(readPostAnswer).map((word) => word[0]).join('')).toBe('ttttrrruuuurrruurlluuuuu');
    expect(['7', 'Sun, 06 Nov 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 08:49:30 GMT', '-1', 'soon', '', undefined].map((header) => retryAfterMs(header, Date.UTC(1994, 10, 6, 8, 49, 35)))).toEqual([7_000, 2_000, 0, 0, 0, 0, 0]);
    expect([200, 204, 404, 301, 401, 403, 410, 429, 500].map(readStatusAnswer)).toEqual(['there', 'there', 'absent', ...Array<string>(6).fill('nothing')]);
  });
});
