import { effectKey, messageId, type EgressFile, type OutgoingEffect } from '@countersign/contracts';
import { readSmtpUrl, THE_WIRE, type Wire } from '@countersign/service';
import { MailServerDouble, RECEIVER, RECEIVER_SECRET, WebhookReceiver, type MailFault, type ReceiverFault } from '@countersign/testing';
import { expect } from 'expect';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { mailFault } from '../domain/mail.js';
import { verifyBytes, type VerifiedOrder } from '../domain/verify-approval.js';
import { anApproval, anArtifact, aWitness } from '../testing/orders.js';
import { aMail, anEgress, aPost, keepSecret, MAIL_FROM, MAILED, POSTED } from '../testing/outgoing.js';
import { SHORT } from '../testing/runner.js';
import { PostPerformer } from './http/post-performer.js';
import { composeMail } from './mail/compose.js';
import { MailPerformer } from './mail/mail-performer.js';
import { readFailure } from './mail/smtp.js';
import { SecretFiles } from './secret-files.js';
import { sha256 } from './sha256.js';

type Files = readonly { readonly path: string; readonly text: string | Buffer | null }[];

function anOrder(effect: OutgoingEffect, files: Files): VerifiedOrder {
  const artifacts = files.map(({ path, text }) => ({ ...anArtifact(path, ''), content: text === null ? null : Buffer.from(text), deleted: text === null }));
  const verified = verifyBytes(anApproval({ artifacts }, { effects: [effect], files: artifacts }), aWitness(), sha256);
  if (!verified.ok) throw new Error(verified.code);
  return verified.order;
}
const never = new AbortController().signal;
/** Enough to get there on a busy machine, and far less than a slow answer takes. */
const SLOW_MS = 5_000;
const ANSWERED_AFTER_MS = 120_000;
/** What became of an act: `taken`, or the code of its error; `lost` where it says nothing about the outcome. */
const became = (acting: Promise<unknown>): Promise<string> => acting.then(() => 'taken', (error: { code?: string; retryable?: boolean }) => (typeof error.retryable === 'boolean' ? error.code! : 'lost'));

describe('a webhook', () => {
  let receiver: WebhookReceiver;
  let home: string;
  before(async () => {
    receiver = await WebhookReceiver.start();
    receiver.slowMs = ANSWERED_AFTER_MS;
  });
  after(() => receiver[Symbol.asyncDispose]());
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'executor-post-'));
    keepSecret(home);
    for (const list of [receiver.acted, receiver.heard, receiver.requests, receiver.faults]) list.length = 0;
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const performer = ({ egress = anEgress(), wire = receiver.wire as Wire, postMs = SHORT.postMs }: { egress?: EgressFile | undefined; wire?: Wire; postMs?: number } = {}): PostPerformer => new PostPerformer({ egress, secrets: new SecretFiles(join(home, 'secrets')), wire, limits: { ...SHORT, postMs } });
  const target = async (by: PostPerformer, order = anOrder(aPost(), POSTED)) => {
    const planned = await by.prepare(order);
    if (!planned.ok) throw new Error(planned.code);
    return by.target(planned.plan, order);
  };

  it('arrives once, signed, with exactly the approved bytes and type, under an id that is the effect’s own', async () => {
    const sent = await target(performer());
    expect(await sent.look()).toEqual({ kind: 'before' });
    const id = `msg_${effectKey('approval')}`;
    expect(await sent.act(never)).toEqual({ webhook_id: id, host: RECEIVER, sha256: sha256('{"sum": 12}\n'), bytes: '12', status: '202' });
    expect(receiver.acted).toEqual([{ id, contentType: 'application/json', body: Buffer.from('{"sum": 12}\n') }]);
    expect(await sent.look()).toEqual({ kind: 'ours' });
    expect(receiver.requests).toEqual([`GET /has/${id}`, 'POST /in', `GET /has/${id}`]);
  });

  for (const [fault, answer, acted] of [['refuse', 'post_refused', 0], ['redirect', 'post_refused', 0], ['broken', 'lost', 0], ['broken-after', 'lost', 1], ['lost', 'lost', 1], ['cut', 'lost', 0], ['twice', 'taken', 1], ['slow', 'lost', 1], ['later', 'post_deferred', 0], ['conflict', 'lost', 1], ['switch', 'lost', 1]] as [ReceiverFault, string, number][]) {
    it(`of which the receiver makes "${fault}": ${answer}, acted on ${acted} times, and its status address tells`, async () => {
      receiver.faults.push(fault);
      const sent = await target(performer({ postMs: fault === 'slow' ? SLOW_MS : SHORT.postMs }));
      expect(await became(sent.act(never))).toBe(answer);
      expect([receiver.acted.length, await sent.look()]).toEqual([acted, { kind: acted === 1 ? 'ours' : 'before' }]);
      expect(receiver.requests.filter((request) => request.startsWith('POST'))).toEqual(['POST /in']);
    });
  }

  it('comes again when the receiver wants it, where it is put off', async () => {
    receiver.faults.push('later');
    await expect((await target(performer())).act(never)).rejects.toMatchObject({ code: 'post_deferred', afterMs: 1_000 });
  });

  it('is not sent at all where nobody listens, nobody has the name, or the certificate is another’s', async () => {
    const wires: Wire[] = [{ ...receiver.wire, connect: THE_WIRE.connect.bind(undefined, '127.0.0.1', 1) }, { ...receiver.wire, resolve: () => Promise.resolve([]) }, { ...receiver.wire, resolve: () => Promise.reject(new Error('NXDOMAIN')) }, { ...receiver.wire, authorities: [] }];
    for (const wire of wires) expect(await became((await target(performer({ wire }))).act(never))).toBe('host_unreachable');
    expect(receiver.requests).toEqual([]);
  });

  it('goes to no address that is not public, and to none of a name that has one', async () => {
    for (const addresses of [['127.0.0.1'], ['93.184.215.14', '10.0.0.1'], ['169.254.169.254'], ['::1'], ['::ffff:127.0.0.1'], ['fd00::1']]) {
      const dialled: string[] = [];
      const wire: Wire = { ...receiver.wire, resolve: () => Promise.resolve(addresses), connect: (address, port) => (dialled.push(address), receiver.wire.connect(address, port)) };
      expect([await became((await target(performer({ wire }))).act(never)), dialled]).toEqual(['address_not_public', []]);
    }
    expect(await became((await target(performer({ wire: { ...THE_WIRE, resolve: () => THE_WIRE.resolve('localhost') } }))).act(never))).toBe('address_not_public');
  });

  it('is dialled at the address that was judged', async () => {
    const answers = [['93.184.215.14'], ['127.0.0.1']];
    const dialled: string[] = [];
    const wire: Wire = { ...receiver.wire, resolve: () => Promise.resolve(answers.shift()!), connect: (address, port) => (dialled.push(`${address}:${port}`), receiver.wire.connect(address, port)) };
    expect(await became((await target(performer({ wire }))).act(never))).toBe('taken');
    expect([dialled, answers.length]).toEqual([['93.184.215.14:443'], 1]);
  });

  it('is refused before anything is asked: where the operator says nothing, of another host, without a secret that is kept as it must be, when it is too large', async () => {
    const refused = async (by: PostPerformer, order = anOrder(aPost(), POSTED)) => { const planned = await by.prepare(order); return planned.ok ? 'fine' : planned.code; };
    expect(await refused(performer({ egress: { customers: [] } }))).toBe('effect_not_allowed');
    expect(await refused(performer(), anOrder(aPost({ url: 'https://evil.test/' }), POSTED))).toBe('host_not_allowed');
    expect(await refused(performer(), anOrder(aPost(), [{ path: 'out/report.json', text: Buffer.alloc(1024 * 1024 + 1) }]))).toBe('too_large');
    chmodSync(join(home, 'secrets/receiver'), 0o644);
    expect(await refused(performer())).toBe('secret_missing');
    unlinkSync(join(home, 'secrets/receiver'));
    expect(await refused(performer())).toBe('secret_missing');
    keepSecret(home);
    symlinkSync(join(home, 'secrets/receiver'), join(home, 'secrets/linked'));
    expect(await new SecretFiles(join(home, 'secrets')).text('linked')).toBeUndefined();
    expect(receiver.requests).toEqual([]);
  });

  it('with another secret is not taken, and no answer of the status address is one', async () => {
    keepSecret(home, `whsec_${Buffer.alloc(32, 9).toString('base64')}`);
    const sent = await target(performer());
    expect([await became(sent.act(never)), (await sent.look()).kind]).toEqual(['post_refused', 'silent']);
    keepSecret(home, `whsec_${Buffer.alloc(32, 9).toString('base64')}\n${RECEIVER_SECRET}`);
    expect(await became((await target(performer())).act(never))).toBe('taken');
  });

  it('is looked at once more where the status address switches the protocol instead of an answer', async () => {
    const sent = await target(performer());
    receiver.statusFault = 101;
    expect((await sent.look()).kind).toBe('silent');
    receiver.statusFault = undefined;
    expect((await sent.look()).kind).toBe('before');
  });

  it('of a receiver without a status address cannot be looked at', async () => {
    const sent = await target(performer({ egress: anEgress({ status: false }) }));
    expect([await sent.look(), receiver.requests]).toEqual([{ kind: 'blind' }, []]);
  });
});

describe('an e-mail', () => {
  let server: MailServerDouble;
  before(async () => {
    server = await MailServerDouble.start();
    server.slowMs = ANSWERED_AFTER_MS;
  });
  after(() => server[Symbol.asyncDispose]());
  beforeEach(() => {
    server.taken.length = server.faults.length = 0;
    server.unknown.clear();
    server.deferred.clear();
  });
  const performer = (limitMs = SHORT.mailMs, url = server.url): MailPerformer => new MailPerformer({ egress: anEgress(), server: readSmtpUrl(url), limitMs });
  const send = async (by = performer(), order = anOrder(aMail(), MAILED), signal = never) => {
    const planned = await by.prepare(order);
    if (!planned.ok) throw new Error(planned.code);
    return (await by.target(planned.plan, order)).act(signal);
  };

  it('arrives once, to exactly those named, with the approved text and files, under an id that is the effect’s own', async () => {
    const receipt = await send();
    expect(server.taken).toHaveLength(1);
    const { from, to, message } = server.taken[0]!;
    expect([from, to]).toEqual([MAIL_FROM, ['asha@chai.test', 'ravi@chai.test']]);
    const text = message.toString('latin1');
    const head = text.slice(0, text.indexOf('\r\n\r\n')).replaceAll(/\r\n(?= )/g, '').split('\r\n');
    expect(head).toEqual(expect.arrayContaining([`From: ${MAIL_FROM}`, 'To: asha@chai.test', 'Cc: ravi@chai.test', 'Date: Fri, 02 Jan 2026 03:04:05 +0000', `Message-ID: <${effectKey('approval')}@chai.test>`]));
    expect(head.filter((line) => line.startsWith('Subject: '))).toEqual([expect.stringMatching(/^Subject: =\?UTF-8\?/)]);
    expect(text).toContain('# This week\r\n\r\n=C3=84ll of it.');
    expect(text).toContain(Buffer.from('a,b\n1,2\n').toString('base64'));
    expect(text).toContain('filename=sums.csv');
    expect(receipt).toEqual({ message_id: `<${effectKey('approval')}@chai.test>`, status: '250', sha256: sha256(message), bytes: String(message.length) });
  });

  it('is the same bytes on any machine and at any time', async () => {
    const order = anOrder(aMail(), MAILED) as Parameters<typeof composeMail>[0];
    expect((await composeMail(order)).equals(await composeMail(order))).toBe(true);
  });

  for (const [fault, answer, taken] of [['later', 'mail_deferred', 0], ['refuse', 'mail_refused', 0], ['lost', 'lost', 1], ['slow', 'lost', 1], ['cut', 'lost', 0]] as [MailFault, string, number][]) {
    it(`of which the server makes "${fault}": ${answer}, taken ${taken} times`, async () => {
      server.faults.push(fault);
      expect([await became(send(performer(fault === 'slow' ? SLOW_MS : SHORT.mailMs))), server.taken.length]).toEqual([answer, taken]);
    });
  }

  it('says what it is about in exactly the approved words, or is not made', async () => {
    const order = (subject: string) => anOrder(aMail({ subject }), MAILED) as Parameters<typeof composeMail>[0];
    for (const subject of ['This week', 'Grüße', 'Γειά σου κόσμε '.repeat(12).trim(), 'a  b', 'sums: 12 = 12?', '🫖'.repeat(40), 'x'.repeat(150), 'word '.repeat(30).trim(), '_under_ =C3=BC']) {
      const { effect, createdAt, approvalId } = order(subject);
      const made = await composeMail(order(subject));
      const head = { from: effect.from, to: effect.to, cc: effect.cc, messageId: messageId(approvalId, effect.from), date: createdAt };
      expect([subject, mailFault(made, { ...head, subject }), mailFault(made, { ...head, subject: `${subject}.` })]).toEqual([subject, undefined, 'subject']);
    }
  });

  it('goes to all recipients or to none', async () => {
    server.unknown.add('ravi@chai.test');
    expect([await became(send()), server.taken]).toEqual(['mail_refused', []]);
    server.unknown.clear();
    server.deferred.add('asha@chai.test');
    expect([await became(send()), server.taken]).toEqual(['mail_deferred', []]);
    server.deferred.clear();
    expect([await became(send()), server.taken.length]).toEqual(['taken', 1]);
  });

  it('is not sent where nobody listens, or when it was stopped before', async () => {
    expect(await became(send(performer(SHORT.mailMs, 'smtp://127.0.0.1:1')))).toBe('mail_unreachable');
    expect([await became(send(performer(), anOrder(aMail(), MAILED), AbortSignal.abort())), server.taken]).toEqual(['mail_unreachable', []]);
  });

  it('is refused before a server is asked: for other people, from somebody else, of what is no text, when it is too large, where there is no server', async () => {
    const refused = async (order: VerifiedOrder, by = performer()) => { const planned = await by.prepare(order); return planned.ok ? 'fine' : planned.code; };
    expect(await refused(anOrder(aMail({ cc: ['x@evil.test'] }), MAILED))).toBe('recipient_not_allowed');
    expect(await refused(anOrder(aMail({ from: 'ceo@chai.test' }), MAILED))).toBe('sender_not_allowed');
    expect(await refused(anOrder(aMail({ attachments: [] }), [{ path: 'out/report.md', text: Buffer.from([0xff, 0xfe]) }]))).toBe('not_a_text');
    expect(await refused(anOrder(aMail({ attachments: [] }), [{ path: 'out/report.md', text: 'x\u0000y' }]))).toBe('not_a_text');
    expect(await refused(anOrder(aMail(), [MAILED[0]!, { path: 'out/sums.csv', text: Buffer.alloc(6 * 1024 * 1024) }]))).toBe('too_large');
    expect(await refused(anOrder(aMail({ attachments: [] }), [{ path: 'out/report.md', text: 'x'.repeat(512 * 1024 + 1) }]))).toBe('too_large');
    expect(await refused(anOrder(aMail(), MAILED), new MailPerformer({ egress: anEgress(), server: undefined }))).toBe('effect_unsupported');
    expect(await refused(anOrder(aMail(), MAILED), new MailPerformer({ egress: undefined, server: readSmtpUrl(server.url) }))).toBe('effect_not_allowed');
    expect(server.taken).toEqual([]);
  });

  it('has ten megabytes at most, whatever has to be encoded', async () => {
    const [text, attached] = ['ü'.repeat(256 * 1024), Buffer.alloc(5.5 * 1024 * 1024, 255)];
    const order = anOrder(aMail(), [{ path: 'out/report.md', text }, { path: 'out/sums.csv', text: attached }]);
    expect((await performer().prepare(order)).ok).toBe(true);
    expect((await composeMail(order as Parameters<typeof composeMail>[0])).length).toBeLessThan(10 * 1024 * 1024);
  });

  it('cannot be made to say something else in its header by what it carries', async () => {
    const files = [{ path: 'out/report.md', text: 'Bcc: x@evil.test\r\n\r\n.\r\nMAIL FROM:<x@evil.test>\r\n' }, { path: 'out/a\u201d; x="y.csv', text: 'x' }];
    await send(performer(), anOrder(aMail({ attachments: [files[1]!.path] }), files));
    const { to, message } = server.taken[0]!;
    expect([to, server.taken.length]).toEqual([['asha@chai.test', 'ravi@chai.test'], 1]);
    const head = message.toString('latin1').split('\r\n\r\n')[0]!;
    expect(head.split('\r\n').filter((line) => /^[A-Za-z-]+:/.test(line)).map((line) => line.split(':')[0]!.toLowerCase()).sort()).toEqual(['auto-submitted', 'cc', 'content-type', 'date', 'from', 'message-id', 'mime-version', 'subject', 'to']);
  });

  it('is handed over under TLS everywhere but on this machine', () => {
    expect(['smtp://mail.chai.test', 'smtps://u:p%40@mail.chai.test', 'smtp://127.0.0.1:25'].map(readSmtpUrl)).toEqual([
      { host: 'mail.chai.test', port: 587, secure: false, requireTls: true, login: undefined },
      { host: 'mail.chai.test', port: 465, secure: true, requireTls: false, login: { user: 'u', pass: 'p@' } },
      { host: '127.0.0.1', port: 25, secure: false, requireTls: false, login: undefined },
    ]);
    expect(() => readSmtpUrl('http://u:hunter2@x')).toThrow(/^(?!.*hunter2)/);
  });

  it('is lost only when the message was on its way: every answer and silence, before and after', () => {
    const words = (begun: boolean) => [undefined, 421, 450, 503, 550, 554].map((responseCode) => { const error = readFailure(Object.assign(new Error('x'), responseCode === undefined ? {} : { responseCode }), begun) as { code?: string }; return error.code ?? 'lost'; });
    expect(words(false)).toEqual(['mail_unreachable', 'mail_deferred', 'mail_deferred', 'mail_deferred', 'mail_refused', 'mail_refused']);
    expect(words(true)).toEqual(['lost', 'lost', 'mail_deferred', 'mail_deferred', 'mail_refused', 'mail_refused']);
  });
});
