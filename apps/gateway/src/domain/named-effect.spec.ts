import { describe, it } from 'node:test';
import { effectKey, NO_OUTLETS, type GoalEffectBody, type Manifest, type Outlets } from '@countersign/contracts';
import { placeFacts, plainWords, question, sentView, targetOf, titleOf } from '@countersign/contracts/effect-words';
import { expect } from 'expect';
import { nameEffect } from './named-effect.js';

const outlets: Outlets = { git: undefined, http: [{ host: 'hooks.chai.example', secret: 'chai' }], email: { from: 'reports@chai.example', domains: ['chai.example'] } };
const post: GoalEffectBody = { kind: 'http.post', url: 'https://hooks.chai.example/in', body: 'out/report.json' };
const mail: GoalEffectBody = { kind: 'email.send', to: ['asha@chai.example'], subject: 'This week', body: 'out/report.md' };

describe('an effect that a goal names', () => {
  it('is made whole: the content type by the path, the sender by the operator', () => {
    expect(nameEffect(post, outlets)).toEqual({ kind: 'http.post', url: 'https://hooks.chai.example/in', contentType: 'application/json', body: 'out/report.json' });
    expect(nameEffect({ ...post, contentType: 'text/plain' }, outlets)).toMatchObject({ contentType: 'text/plain' });
    expect(nameEffect({ ...post, body: 'out/blob' }, outlets)).toMatchObject({ contentType: 'application/octet-stream' });
    expect(nameEffect(mail, outlets)).toEqual({ kind: 'email.send', from: 'reports@chai.example', to: ['asha@chai.example'], cc: [], subject: 'This week', body: 'out/report.md', attachments: [] });
    expect([nameEffect({ kind: 'file.publish' }, NO_OUTLETS), nameEffect({ kind: 'git.push' }, NO_OUTLETS)]).toEqual([{ kind: 'file.publish' }, { kind: 'git.push' }]);
  });

  for (const [what, said, allowed, code] of [
    ['a webhook where the operator says nothing', post, NO_OUTLETS, 'effect_not_allowed'],
    ['an e-mail where the operator says nothing', mail, NO_OUTLETS, 'effect_not_allowed'],
    ['an e-mail where only webhooks may leave', mail, { ...outlets, email: undefined }, 'effect_not_allowed'],
    ['a webhook to another host', { ...post, url: 'https://evil.example/' }, outlets, 'host_not_allowed'],
    ['a webhook to an address', { ...post, url: 'https://127.0.0.1/' }, outlets, 'url_invalid'],
    ['a webhook without an address', { kind: 'http.post', body: 'x' }, outlets, 'effect_invalid'],
    ['a webhook without a body', { kind: 'http.post', url: post.url }, outlets, 'effect_invalid'],
    ['a webhook with recipients', { ...post, to: ['asha@chai.example'] }, outlets, 'effect_invalid'],
    ['an e-mail with an address to post to', { ...mail, url: post.url }, outlets, 'effect_invalid'],
    ['a push with a body', { kind: 'git.push', body: 'x' }, outlets, 'effect_invalid'],
    ['an e-mail to another domain', { ...mail, cc: ['ben@evil.example'] }, outlets, 'recipient_not_allowed'],
    ['an e-mail with a forged header', { ...mail, subject: 'x\r\nBcc: y@chai.example' }, outlets, 'subject_invalid'],
    ['an e-mail to nobody', { ...mail, to: [] }, outlets, 'recipient_invalid'],
    ['an e-mail with a file elsewhere', { ...mail, attachments: ['../x'] }, outlets, 'path_invalid'],
  ] as [string, GoalEffectBody, Outlets, string][]) {
    it(`is refused as ${what}: ${code}`, () => expect(nameEffect(said, allowed)).toMatchObject({ code, message: expect.stringMatching(/./) }));
  }
});

describe('the words for what leaves for other people', () => {
  const manifest = (effect: object, files: readonly [path: string, size: number][]): Manifest =>
    ({ approval_id: 'a', created_at: '2026-01-02T03:04:05.678Z', artifacts: files.map(([path, size]) => ({ id: `id-${path}`, path, size: String(size) })), effects: [{ kind: (effect as { kind: string }).kind, params: effect }] }) as unknown as Manifest;
  const whole = { kind: 'http.post', url: 'https://hooks.chai.example/in', contentType: 'application/json', body: 'out/report.json' } as const;
  const letter = { kind: 'email.send', from: 'reports@chai.example', to: ['asha@chai.example'], cc: ['ravi@chai.example'], subject: 'This week', body: 'out/report.md', attachments: ['a.csv'] } as const;
  const size = (n: number) => [{ path: 'x', size: n, deleted: false }];

  it('say what is posted, where to and how much', () => {
    expect([titleOf(whole, size(12)), plainWords(whole, size(12)), targetOf(whole)]).toEqual(['Post report.json to hooks.chai.example', 'The 12 bytes of out/report.json will be posted to https://hooks.chai.example/in as application/json, signed, once.', 'https://hooks.chai.example/in']);
    const asked = manifest(whole, [['out/report.json', 12]]);
    expect([question(asked), placeFacts(asked)]).toEqual(['May this file be posted to hooks.chai.example?', [{ label: 'Host', value: 'hooks.chai.example' }, { label: 'Sent', value: '12 bytes as application/json' }]]);
    expect(sentView(asked, effectKey('a'))).toMatchObject({ body: 'id-out/report.json', attachments: [], lines: [{ label: 'POST', value: whole.url }, { label: 'Content-Type' }, { label: 'Webhook-Id', value: expect.stringMatching(/^msg_[0-9a-f]{64}$/) }, { label: 'Webhook-Signature' }] });
  });

  it('say to whom an e-mail goes, each by name, and what is in it', () => {
    expect([titleOf(letter, []), targetOf(letter)]).toEqual(['E-mail 2 people: This week', 'asha@chai.example, ravi@chai.example']);
    expect(plainWords(letter, size(7))).toBe('One e-mail from reports@chai.example with the subject “This week”, the text of out/report.md and 1 attachment (7 bytes) will be sent to asha@chai.example, ravi@chai.example.');
    const asked = manifest(letter, [['a.csv', 3], ['out/report.md', 4]]);
    expect([question(asked), placeFacts(asked)]).toEqual(['May this e-mail be sent?', [{ label: 'Recipients', value: 'asha@chai.example, ravi@chai.example' }, { label: 'Sent', value: '7 bytes of text and attachments' }]]);
    expect(sentView(asked, effectKey('a'))).toMatchObject({ body: 'id-out/report.md', attachments: ['id-a.csv'], lines: [['From', letter.from], ['To', 'asha@chai.example'], ['Cc', 'ravi@chai.example'], ['Subject', 'This week'], ['Date', 'Fri, 02 Jan 2026 03:04:05 +0000'], ['Message-Id', expect.stringMatching(/@chai\.example>$/)]].map(([label, value]) => ({ label, value })) });
  });

  it('count those for whom a sentence has no room; the lines have them all', () => {
    const many = { ...letter, cc: [], to: Array.from({ length: 20 }, (_, n) => `somebody-with-a-long-name-${n}@chai.example`) };
    const asked = manifest(many, [['a.csv', 3], ['out/report.md', 4]]);
    expect(plainWords(many, size(7)).length).toBeLessThan(1000);
    expect(plainWords(many, size(7))).toMatch(/ and \d+ more\.$/);
    expect(placeFacts(asked)[0]!.value.length).toBeLessThan(500);
    expect(sentView(asked, effectKey('a'))!.lines.filter(({ label }) => label === 'To').map(({ value }) => value)).toEqual(many.to);
  });
});
