import { expect } from 'expect';
import { describe, it } from 'node:test';
import { keep, MOST_KEPT } from './http-double.js';
import { SMS_ACCOUNT, SMS_TOKEN, SmsServiceDouble } from './sms-service.js';

describe('a double', () => {
  it('keeps the newest of what it took, and not more than so many', () => {
    const taken: number[] = [];
    for (let n = 1; n <= MOST_KEPT + 3; n++) keep(taken, n);
    expect([taken.length, taken[0], taken.at(-1)]).toEqual([MOST_KEPT, 4, MOST_KEPT + 3]);
  });

  it('names each message by itself, also when it has kept as many as it keeps', async () => {
    await using sms = await SmsServiceDouble.start();
    for (let n = 0; n < MOST_KEPT; n++) keep(sms.taken, { at: '', to: '', from: '', body: '' });
    const send = async (): Promise<string> => {
      const { origin, pathname } = new URL(sms.url); // the sender is a part of what is sent
      const answer = await fetch(origin + pathname, { method: 'POST', headers: { authorization: `Basic ${Buffer.from(`${SMS_ACCOUNT}:${SMS_TOKEN}`).toString('base64')}` }, body: new URLSearchParams({ To: '+919800000001', From: '+15005550006', Body: 'x' }) });
      return ((await answer.json()) as { sid: string }).sid;
    };
    const sids = [await send(), await send()];
    expect(new Set(sids).size).toBe(2);
    for (const sid of sids) expect(sid).toMatch(/^SM[0-9a-f]{32}$/);
    expect(sms.taken).toHaveLength(MOST_KEPT);
  });
});
