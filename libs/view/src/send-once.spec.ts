import { describe, it } from 'node:test';
import { expect } from 'expect';
import { isRefusal, SendOnce } from './send-once.js';

describe('a request that counts once', () => {
  const once = (): SendOnce<string> => {
    let keys = 0;
    return new SendOnce(() => `key ${++keys}`);
  };
  it('is the same again for the same wish, whatever was wished in between, also what was made for it', async () => {
    const sent = once();
    const first = await sent.of('approve', () => 'signed once');
    await sent.of('deny', () => 'no');
    expect(await sent.of('approve', () => 'signed again')).toEqual(first);
    expect(await sent.of('deny', () => 'no')).toEqual({ key: 'key 2', request: 'no' });
  });
  it('is a new one when it was forgotten, or could not be made', async () => {
    const sent = once();
    await sent.of('approve', () => 'signed once');
    sent.forget('approve');
    await expect(sent.of('approve', () => Promise.reject(new Error('no key was touched')))).rejects.toThrow('no key');
    expect(await sent.of('approve', () => 'signed again')).toMatchObject({ request: 'signed again' });
  });
  it('is refused only where the server has judged it', () => {
    for (const [status, code] of [[403, 'forbidden'], [409, 'already_decided'], [412, 'stale_version'], [422, 'invalid_input'], [429, 'rate_limited'], [503, 'key_not_confirmed']] as const) expect([code, isRefusal({ status, code })]).toEqual([code, true]);
    for (const [status, code] of [[500, 'internal'], [502, 'http_502'], [503, 'unavailable'], [504, 'http_504'], [409, 'request_in_progress']] as const) expect([code, isRefusal({ status, code })]).toEqual([code, false]);
  });
});
