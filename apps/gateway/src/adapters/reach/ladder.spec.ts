import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { PREFERENCE_DEFAULTS, uuidv7, type Device, type NotificationPreferencesBody, type ReachView } from '@countersign/contracts';
import { MailServerDouble, PushServiceDouble, SMS_TOKEN, SmsServiceDouble, testDatabase, testNats, type BrowserSubscription, type ReceivedPush, type TestDatabase, type TestNats } from '@countersign/testing';
import { Database } from '@countersign/database';
import { expect } from 'expect';
import webPush from 'web-push';
import { approvalOf, personOf, seedProposal, seedTeamOf, type SeededWork } from '../../testing/seed-work.js';
import { startGatewayProcess } from '../../testing/gateway-process.js';
import { startGateway, type Answer, type TestGateway } from '../../testing/start-gateway.js';
import { until } from '../../testing/until.js';
import { AccountNotices } from '../postgres/account-notices.js';
import { Devices } from '../postgres/devices.js';
import { failed } from './channel.js';
import { readMailSettings } from './email-channel.js';
import { readSmsSettings } from './sms-channel.js';

const HOUR_MS = 3_600_000;
/** As it is shipped, for a machine that has much else to do: a fault that was answered too late is used up, and the next try succeeds. */
const PATIENT_MS = 10_000;
/** Where a double is too slow on purpose. */
const HASTY_MS = 3_000;
const MAIL_MS = 5_000;
const TOO_SLOW_MS = 60_000;

interface Ring {
  readonly person_id: string;
  readonly rung: string;
  readonly channel: string;
  readonly state: string;
  readonly reason: string | null;
  readonly digest: number | null;
}

describe('how people are reached about a question', { concurrency: 1 }, () => {
  let parts: { database: TestDatabase; nats: TestNats };
  let gateway: TestGateway;
  let work: SeededWork;
  let gov: string;
  let browsers: PushServiceDouble;
  let mail: MailServerDouble;
  let sms: SmsServiceDouble;
  const vapid = webPush.generateVAPIDKeys();
  let settings: Parameters<typeof startGateway>[0];
  let patienceMs = PATIENT_MS;
  before(async () => {
    [browsers, mail, sms] = await Promise.all([PushServiceDouble.start(vapid.publicKey), MailServerDouble.start(), SmsServiceDouble.start()]);
    const reach = {
      webPush: { vapid, subject: 'mailto:ops@example.test', origins: [browsers.origin], get timeoutMs() { return patienceMs; } },
      mail: readMailSettings(mail.url, 'https://app.example.test', MAIL_MS),
      sms: Object.defineProperty(readSmsSettings(sms.url, SMS_TOKEN, PATIENT_MS), 'timeoutMs', { get: () => patienceMs }),
    };
    settings = { approvalTimeoutMs: 24 * HOUR_MS, reach };
    const [database, nats] = await Promise.all([testDatabase(), testNats()]);
    parts = { database, nats };
    gateway = await startGateway(settings, parts);
    work = await seedTeamOf(gateway.database, 'asha');
    gov = personOf('gov');
  });
  after(async () => {
    await gateway.close();
    await Promise.all([parts.database.close(), parts.nats.close()]);
    for (const double of [browsers, mail, sms]) await double[Symbol.asyncDispose]();
  });

  const admin = <T extends object>(text: string, values: unknown[] = []): Promise<T[]> => gateway.database.admin<T>(text, values);
  const ask = async (): Promise<string> => approvalOf(gateway.database, await seedProposal(gateway.database, work));
  const received = async (token: string, id: string): Promise<ReceivedPush[]> =>
    ((await gateway.call(undefined, 'GET', '/dev/push')).body as { items: ReceivedPush[] }).items.filter(({ token: to, message }) => to === token && (message['data'] as { id?: string }).id === id);
  const rings = (id: string): Promise<Ring[]> => admin<Ring>('select person_id, rung, channel, state, reason, digest from app.ring where approval_id = $1 order by at, rung', [id]);
  const ringOf = (id: string, wanted: Partial<Ring>): Promise<Ring> => until(async () => (await rings(id)).find((ring) => Object.entries(wanted).every(([name, value]) => ring[name as keyof Ring] === value)), `a ring ${JSON.stringify(wanted)}`);
  /** So much time passes for everybody: all that was written is that much older. */
  const later = async (ms: number): Promise<void> => {
    const ago = `make_interval(secs => ${ms / 1000})`;
    await admin(`update app.approval set created_at = created_at - ${ago}, due_at = due_at - ${ago} where state = 'pending'`);
    await admin(`update app.ring set at = at - ${ago}`);
    await admin(`update app.notification set expires_at = expires_at - ${ago}, not_before = not_before - ${ago}`);
    await admin(`update app.ladder set next_at = next_at - ${ago} where next_at is not null`);
  };
  /** Waits that a channel's failures caused are over. */
  const soon = (): Promise<unknown> => admin(`update app.notification set not_before = clock_timestamp() where state = 'due'`);
  /** As `ringOf`, without waiting between tries. */
  const hurried = (id: string, wanted: Partial<Ring>): Promise<Ring> =>
    until(async () => {
      await soon();
      return (await rings(id)).find((ring) => Object.entries(wanted).every(([name, value]) => ring[name as keyof Ring] === value));
    }, `a ring ${JSON.stringify(wanted)}`);
  const want = async (change: Partial<NotificationPreferencesBody>, persona = 'asha'): Promise<Answer> => {
    const { headers } = await gateway.call(persona, 'GET', '/v1/notification-preferences');
    return gateway.call(persona, 'PUT', '/v1/notification-preferences', { body: { ...PREFERENCE_DEFAULTS, ...change }, headers: { 'if-match': headers.get('etag')! } });
  };
  const deviceOnce = (id: string, is: (device: Device) => boolean): Promise<Device> =>
    until(async () => {
      const device = (await gateway.call('asha', 'GET', `/v1/devices/${id}`)).body as Device;
      return is(device) && device;
    }, 'the device');
  /** A browser of asha's that lets itself be rung. */
  const browser = async (): Promise<BrowserSubscription & { id: string }> => {
    const id = await gateway.device('asha', `browser:${Math.random()}`, 'webpush');
    const subscription = browsers.subscribe();
    expect((await gateway.call('asha', 'PUT', `/v1/devices/${id}/subscription`, { body: subscription })).status).toBe(204);
    return { id, ...subscription };
  };
  /** A clean slate: nobody has a device or a wish or was rung, nothing waits, and everything works. */
  const anew = async (): Promise<void> => {
    await admin(`delete from app.preference`);
    await admin(`update app.account_notice set state = 'failed', address = null where state = 'due'`);
    // a sender with one in hand is heard out: else the next test is told what this one said
    const inHand = async (): Promise<number> => (await admin(`select 1 from (select state, not_before from app.account_notice union all select state, not_before from app.notification) d where state = 'sending' and not_before > clock_timestamp()`)).length;
    await until(async () => (await inHand()) === 0, 'that nothing is being sent');
    await admin(`update app.account_notice set state = 'failed', address = null where state in ('due', 'sending')`);
    for (const { faults } of [browsers, mail, sms]) faults.length = 0;
    browsers.retryAfterSeconds = sms.retryAfterSeconds = 1;
    browsers.slowMs = sms.slowMs = mail.slowMs = TOO_SLOW_MS;
    patienceMs = PATIENT_MS;
    browsers.always = sms.always = mail.always = undefined;
    sms.requests = 0;
    sms.stopped.clear();
    for (const list of [browsers.taken, mail.taken, sms.taken]) list.length = 0;
    await admin(`update app.device set removed_at = clock_timestamp()`);
    await admin(`update app.approval set state = 'withdrawn' where state = 'pending'`);
    await admin(`update app.approval_decision set at = at - interval '2 days'`); // three noes within an hour pause the agent, and a gateway of its own watches for that
    await admin(`update app.ladder set next_at = null, closed_at = clock_timestamp()`);
    await admin(`update app.ring set at = at - interval '2 days', state = case state when 'held' then 'withdrawn' else state end`);
  };
  /** On the full hour in so many hours, by UTC. */
  const hour = (shift: number): string => `${String((new Date().getUTCHours() + shift + 24) % 24).padStart(2, '0')}:00`;
  /** Quiet hours; what a test says of them it says of these, as the next hour may begin meanwhile. */
  const aroundNow = () => ({ from: hour(-1), to: hour(2) });
  const decide = async (id: string): Promise<void> => {
    const { body, headers } = await gateway.call('asha', 'GET', `/v1/approvals/${id}`);
    const answer = await gateway.call('asha', 'POST', `/v1/approvals/${id}/decision`, { body: { decision: 'deny', digest: (body as { digest: string }).digest, reason: 'not now' }, headers: { 'if-match': headers.get('etag')! } });
    expect(answer.status).toBe(201);
  };

  it('reminds at its time with a notice in the place of the first, once, and warns before it expires', async () => {
    await gateway.device('asha', 'phone-a');
    const id = await ask();
    await ringOf(id, { rung: 'push', state: 'reached' });
    await later(12 * HOUR_MS);
    await ringOf(id, { rung: 'reminder', state: 'reached' });
    await later(11 * HOUR_MS);
    await ringOf(id, { rung: 'warning', state: 'reached' });
    const pushes = await received('phone-a', id);
    expect(pushes.map(({ message }) => (message['android'] as { collapse_key: string }).collapse_key)).toEqual(Array(3).fill(`apr_${id}`));
    expect(pushes.map(({ message }) => (message['notification'] as { title: string }).title)).toEqual(['Code care needs your approval', 'Code care still needs your approval', 'Code care needs your approval soon']);
    expect((await rings(id)).filter(({ person_id }) => person_id === personOf('asha')).map(({ rung, state }) => `${rung} ${state}`)).toEqual(['push reached', 'reminder reached', 'email dead', 'sms dead', 'warning reached']);
  });

  it('tells the platform’s governor when nobody answers, once and on record', async () => {
    await anew();
    await gateway.device('asha', 'phone-b');
    await gateway.device('gov', 'phone-gov');
    await want({ discreet: false }, 'gov');
    const id = await ask();
    await ringOf(id, { rung: 'push', state: 'reached' });
    expect((await gateway.call('asha', 'GET', `/v1/approvals/${id}`)).body).toMatchObject({ marks: [] });
    await later(21.7 * HOUR_MS);
    await ringOf(id, { person_id: gov, rung: 'escalation', channel: 'push', state: 'reached' });
    expect((await gateway.call('gov', 'GET', `/v1/approvals/${id}`)).body).toMatchObject({ state: 'pending', marks: ['escalated'] });
    expect(await admin(`select 1 from audit.entry where convert_from(payload, 'UTF8') like '%APPROVAL-ESCALATED%nobody_answered%' and convert_from(payload, 'UTF8') like $1`, [`%${id}%`])).toHaveLength(1);
    await decide(id);
    const pushes = await until(async () => ((await received('phone-gov', id)).length === 2 ? received('phone-gov', id) : undefined), 'the end is told');
    // whatever a lock screen may say, what the question is about is the customer's
    expect(pushes.map(({ message }) => message['notification'])).toMatchObject([{ title: 'Code care got no answer' }, { title: 'Code care needs nothing more' }]);
  });

  it('tells them at once when nobody can be reached', async () => {
    await anew();
    await gateway.device('asha', 'unregistered-phone');
    await gateway.device('gov', 'phone-gov');
    const id = await ask();
    await ringOf(id, { person_id: gov, rung: 'escalation', state: 'reached' });
    expect(await ringOf(id, { rung: 'push' })).toMatchObject({ state: 'dead', reason: 'messaging/registration-token-not-registered' });
    expect(await admin(`select 1 from audit.entry where convert_from(payload, 'UTF8') like '%APPROVAL-ESCALATED%nobody_reachable%' and convert_from(payload, 'UTF8') like $1`, [`%${id}%`])).toHaveLength(1);
  });

  it('takes its notices back, visibly and by the same tag, where it was not answered', async () => {
    await anew();
    await gateway.device('asha', 'phone-c');
    await gateway.device('asha', 'phone-d');
    const id = await ask();
    await ringOf(id, { rung: 'push', state: 'reached' });
    await until(async () => (await received('phone-c', id)).length === 1 && (await received('phone-d', id)).length === 1, 'both phones');
    await decide(id); // on phone-d, which the session was bound to last
    const [, replacement] = await until(async () => ((await received('phone-c', id)).length === 2 ? received('phone-c', id) : undefined), 'the replacement');
    expect(replacement!.message).toMatchObject({ notification: { title: 'Code care needs nothing more', body: 'It was settled. Nothing waits for you here.' }, android: { collapse_key: `apr_${id}` } });
    await later(23 * HOUR_MS);
    await until(async () => (await admin('select 1 from app.ladder where approval_id = $1 and closed_at is not null', [id]))[0], 'the ladder’s end');
    expect([await received('phone-d', id), (await received('phone-c', id)).slice(2)]).toMatchObject([[{ token: 'phone-d' }], []]);
  });

  it('is one ring, whoever sends it again after a sender died with it in hand', async () => {
    await anew();
    const phone = await gateway.device('asha', 'phone-e');
    const id = await ask();
    await ringOf(id, { rung: 'push', state: 'reached' });
    await admin(`update app.ring set state = 'ringing' where approval_id = $1 and state = 'reached'`, [id]);
    await admin(`update app.notification set state = 'sending', not_before = clock_timestamp() - interval '1 second' where device_id = $1 and approval_id = $2`, [phone, id]);
    await ringOf(id, { rung: 'push', state: 'reached' });
    const pushes = await received('phone-e', id);
    expect(new Set(pushes.map(({ message }) => (message['android'] as { collapse_key: string }).collapse_key))).toEqual(new Set([`apr_${id}`]));
    expect([pushes.length, (await rings(id)).filter(({ rung, person_id }) => rung === 'push' && person_id === personOf('asha')).length]).toEqual([2, 1]);
  });

  it('says by Web Push what Safari shows by itself and other browsers by their worker, encrypted, and in the place of what it said before', async () => {
    await anew();
    const { endpoint, id: device } = await browser();
    const id = await ask();
    await ringOf(id, { rung: 'push', state: 'reached' });
    const [push] = browsers.taken;
    expect(push).toMatchObject({ endpoint, topic: id.replaceAll('-', ''), urgency: 'normal', contentType: 'application/notification+json', sender: 'mailto:ops@example.test' });
    expect(push!.ttl).toBeGreaterThan(86_300);
    expect(JSON.parse(push!.body)).toEqual({ web_push: 8030, notification: { title: 'Code care needs your approval', body: expect.stringMatching(/^Answer by/), navigate: `${gateway.url}/a/${id}`, tag: `apr_${id}`, data: { t: 'approval', id, v: '1', team: work.teamId } } });
    expect(await deviceOnce(device, ({ lastSuccessAt }) => lastSuccessAt !== null)).toMatchObject({ rings: true, lastFailure: null });
  });

  it('calls no address that a browser names but a push service’s', async () => {
    await anew();
    const id = await gateway.device('asha', 'browser:x', 'webpush');
    const { p256dh, auth } = browsers.subscribe();
    for (const endpoint of ['http://127.0.0.1:9/x', 'https://169.254.169.254/latest', `${browsers.origin.replace('http://', 'http://user@')}/push/1`, 'https://evil.example/push', `${browsers.origin}.evil.example/`]) {
      const { status, body } = await gateway.call('asha', 'PUT', `/v1/devices/${id}/subscription`, { body: { endpoint, p256dh, auth } });
      expect([endpoint, status, (body as { code: string }).code]).toEqual([endpoint, 422, 'push_service_unknown']);
    }
    await gateway.device('asha', JSON.stringify({ endpoint: 'https://evil.example/push', keys: { p256dh, auth } }), 'webpush');
    expect(await ringOf(await ask(), { rung: 'push', state: 'dead' })).toMatchObject({ reason: 'push_service_unknown' });
  });

  it('leaves alone where a browser is rung now, whatever comes late of where it was rung before', async () => {
    await anew();
    const { id } = await browser();
    const devices = gateway.running.app.get(Devices);
    const [{ customer_id, address }] = (await admin<{ customer_id: string; address: string }>('select customer_id, subscription::text as address from app.device where id = $1', [id])) as [{ customer_id: string; address: string }];
    const { endpoint, p256dh, auth } = browsers.subscribe();
    expect((await gateway.call('asha', 'PUT', `/v1/devices/${id}/subscription`, { body: { endpoint, p256dh, auth } })).status).toBe(204);
    await devices.wasRung(customer_id, id, address, failed('web_push_410', false, { gone: true }));
    const device = () => deviceOnce(id, () => true);
    expect(await device()).toMatchObject({ rings: true, lastFailure: null });
    await devices.wasRung(customer_id, id, address, { sent: true, providerId: 'x' });
    expect(await device()).toMatchObject({ lastSuccessAt: null });
    await ask();
    await until(() => Promise.resolve(browsers.taken.some((taken) => taken.endpoint === endpoint)), 'it is rung');
  });

  it('rings a browser for whoever registered it last, and for nobody else, also of another customer', async () => {
    await anew();
    const { id, endpoint, p256dh, auth } = await browser();
    const others = await gateway.device('ben', `browser:${Math.random()}`, 'webpush');
    expect((await gateway.call('ben', 'PUT', `/v1/devices/${others}/subscription`, { body: { endpoint, p256dh, auth } })).status).toBe(204);
    expect([await deviceOnce(id, () => true), (await gateway.call('ben', 'GET', `/v1/devices/${others}`)).body]).toMatchObject([{ rings: false }, { rings: true }]);
    const question = await ask();
    await ringOf(question, { rung: 'push', state: 'dead' });
    expect(browsers.taken).toEqual([]);
    // and back
    expect((await gateway.call('asha', 'PUT', `/v1/devices/${id}/subscription`, { body: { endpoint, p256dh, auth } })).status).toBe(204);
    expect([await deviceOnce(id, () => true), (await gateway.call('ben', 'GET', `/v1/devices/${others}`)).body]).toMatchObject([{ rings: true }, { rings: false }]);
  });

  it('puts another notice in the place of one whose answer was lost', async () => {
    await anew();
    await browser();
    await gateway.device('asha', 'phone-h'); // decides, as the session is bound to it
    browsers.always = 'lost';
    const id = await ask();
    await until(async () => (await admin(`select 1 from app.notification where approval_id = $1 and channel = 'webpush' and state = 'due' and attempts > 0`, [id])).length === 1, 'its answer is lost');
    browsers.always = undefined;
    await decide(id);
    const titles = () => browsers.taken.filter(({ topic }) => topic === id.replaceAll('-', '')).map(({ body }) => (JSON.parse(body) as { notification: { title: string } }).notification.title);
    await until(() => Promise.resolve(titles().at(-1) === 'Code care needs nothing more'), 'its replacement');
  });

  it('climbs from push to mail to text message as each is down in turn, at once, and keeps the device that still decides', async () => {
    await anew();
    const { id: device } = await browser();
    await want({ email: 'asha@chai.example', phone: '+919800000001' });
    browsers.faults.push('gone');
    const id = await ask();
    await ringOf(id, { rung: 'email', state: 'reached' });
    expect(await ringOf(id, { rung: 'push' })).toMatchObject({ state: 'dead', reason: 'web_push_410' });
    expect(await deviceOnce(device, ({ lastFailure }) => lastFailure !== null)).toMatchObject({ rings: false, lastFailure: 'web_push_410' });
    const { rings: told } = (await gateway.call('asha', 'GET', `/v1/approvals/${id}/reach`)).body as ReachView;
    expect(told.filter(({ channel }) => channel !== 'sms').map(({ channel, state, deliveries }) => [channel, state, deliveries])).toEqual([
      ['push', 'dead', [{ device: 'Test phone', by: 'webpush', state: 'failed', at: expect.any(String), attempts: 1, code: 'web_push_410' }]],
      ['email', 'reached', [{ device: null, by: 'email', state: 'sent', at: expect.any(String), attempts: 1, code: null }]],
    ]);
    const [letter] = mail.taken;
    expect(letter).toMatchObject({ to: ['asha@chai.example'], from: 'no-reply@app.example.test' });
    expect(letter!.message.toString()).toMatch(new RegExp(`/a/${id}`));
    expect(sms.taken).toEqual([]);

    mail.faults.push('refuse');
    const second = await ask();
    await ringOf(second, { rung: 'sms', state: 'reached' });
    expect(await ringOf(second, { rung: 'email' })).toMatchObject({ state: 'dead', reason: 'smtp_554' });
    expect(sms.taken).toMatchObject([{ to: '+919800000001', from: '+15005550006', body: expect.stringMatching(new RegExp(`Code care still needs your approval.*${gateway.url}/a/${second}$`)) }]);
    for (const text of [letter!.message.toString(), sms.taken[0]!.body]) expect(text).not.toMatch(/src\/|countersign\/demo|quickly|token|approve=|Adds/i);
  });

  it('goes to the platform’s governor at once when all are down, and loses nothing', async () => {
    await anew();
    await browser();
    await gateway.device('gov', 'phone-gov');
    await want({ email: 'asha@chai.example', phone: '+919800000001' });
    browsers.always = 'missing';
    mail.faults.push('refuse');
    sms.stopped.add('+919800000001');
    const id = await ask();
    await ringOf(id, { person_id: gov, rung: 'escalation', state: 'reached' });
    sms.stopped.clear();
    expect((await rings(id)).filter(({ person_id }) => person_id !== gov).map(({ rung, state, reason }) => [rung, state, reason]).sort()).toEqual([['email', 'dead', 'smtp_554'], ['push', 'dead', 'web_push_404'], ['sms', 'dead', 'sms_21610']]);
    expect((await gateway.call('asha', 'GET', `/v1/approvals/${id}`)).body).toMatchObject({ state: 'pending', marks: ['escalated'] });
    expect((await gateway.call('asha', 'GET', `/v1/approvals/${id}/reach`)).body as ReachView).toMatchObject({ rings: expect.arrayContaining([expect.objectContaining({ person: 'Gwen', rung: 'escalation', channel: 'push', state: 'reached', deliveries: [expect.objectContaining({ device: null, by: 'fcm', state: 'sent' })] })]) }); // nor what the governor calls their phone
  });

  it('tries a flapping channel again, as long as it is asked to wait, and rings once', async () => {
    await anew();
    const { endpoint } = await browser();
    browsers.faults.push('busy', 'broken', 'lost', 'slow', 'twice');
    browsers.retryAfterSeconds = 300;
    patienceMs = HASTY_MS;
    const id = await ask();
    const attempts = async (): Promise<number> => (await admin<{ attempts: number }>(`select attempts from app.notification where approval_id = $1 and channel = 'webpush'`, [id]))[0]?.attempts ?? 0;
    const idle = async (): Promise<boolean> => (await admin(`select 1 from app.notification where approval_id = $1 and state = 'sending'`, [id])).length === 0;
    await until(async () => (await attempts()) === 1 && (await idle()), 'the first try');
    const [{ wait }] = (await admin<{ wait: number }>(`select extract(epoch from not_before - clock_timestamp())::float8 as wait from app.notification where approval_id = $1 and channel = 'webpush'`, [id])) as [{ wait: number }];
    expect(wait).toBeGreaterThan(200); // Retry-After: 300
    for (let tries = 1; tries < 5; tries++) {
      await until(async () => (await attempts()) >= tries && (await idle()));
      await soon();
    }
    await ringOf(id, { rung: 'push', state: 'reached' });
    expect(new Set(browsers.taken.map(({ topic }) => topic))).toEqual(new Set([id.replaceAll('-', '')]));
    expect([browsers.requests.filter((one) => one === endpoint).length, (await rings(id)).filter(({ rung }) => rung === 'push').length]).toEqual([5, 1]);
  });

  it('goes on to mail when Firebase stays broken, after its tries, and from a flapping mail server to nobody else', async () => {
    await anew();
    await gateway.device('asha', 'flaky-99-phone');
    await want({ email: 'asha@chai.example', phone: '+919800000001' });
    mail.faults.push('later', 'lost', 'slow', 'cut', 'twice');
    const id = await ask();
    expect(await hurried(id, { rung: 'push', state: 'dead' })).toMatchObject({ reason: 'messaging/internal-error' });
    await hurried(id, { rung: 'email', state: 'reached' });
    expect(await admin(`select channel, attempts from app.notification where approval_id = $1 and channel in ('fcm', 'email') order by channel`, [id])).toEqual([{ channel: 'email', attempts: 5 }, { channel: 'fcm', attempts: 6 }]);
    expect(mail.taken.length).toBeGreaterThan(1); // taken and its answer lost: the same letter again
    expect(new Set(mail.taken.map(({ message }) => /^Message-ID: (.*)$/m.exec(message.toString())![1])).size).toBe(1);
    expect([(await rings(id)).filter(({ rung }) => rung === 'email').length, sms.taken]).toEqual([1, []]);
  });

  it('is one text message by its ring, however the provider flaps, and one decision, however often it was told', async () => {
    await anew();
    await want({ email: 'asha@chai.example', phone: '+919800000001' });
    mail.always = 'refuse';
    sms.faults.push('busy', 'broken', 'lost', 'slow', 'twice');
    patienceMs = HASTY_MS;
    const id = await ask();
    await hurried(id, { rung: 'sms', state: 'reached' });
    mail.always = undefined;
    expect([sms.requests, sms.taken.length, new Set(sms.taken.map(({ body }) => body)).size, (await rings(id)).filter(({ rung }) => rung === 'sms').length]).toEqual([5, 4, 1, 1]);
    await gateway.device('asha', 'phone-1');
    const { body, headers } = await gateway.call('asha', 'GET', `/v1/approvals/${id}`);
    const deny = () => gateway.call('asha', 'POST', `/v1/approvals/${id}/decision`, { body: { decision: 'deny', digest: (body as { digest: string }).digest, reason: 'not now' }, headers: { 'if-match': headers.get('etag')! } });
    expect((await Promise.all(Array.from({ length: 6 }, deny))).map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    expect(await admin('select decision from app.approval_decision where approval_id = $1', [id])).toEqual([{ decision: 'deny' }]);
  });

  it('is held in the person’s quiet hours, and comes when they end', async () => {
    await anew();
    await gateway.device('asha', 'phone-q');
    const quietHours = aroundNow();
    await want({ quietHours });
    const id = await ask();
    expect(await ringOf(id, { rung: 'push' })).toMatchObject({ state: 'held', reason: 'quiet_hours' });
    const { body } = await gateway.call('asha', 'GET', `/v1/approvals/${id}/reach`);
    expect((body as ReachView).nextAt).toMatch(new RegExp(`T${quietHours.to}`));
    await want({ quietHours: null }); // what is held waits by the new wish
    await ringOf(id, { rung: 'push', state: 'reached' });
  });

  it('is not said to be settled in quiet hours, but when they end', async () => {
    await anew();
    await gateway.device('asha', 'phone-r');
    const id = await ask();
    await ringOf(id, { rung: 'push', state: 'reached' });
    const quietHours = aroundNow();
    await want({ quietHours });
    await admin('update app.approval set due_at = clock_timestamp() where id = $1', [id]);
    const [settled] = await until(async () => {
      const rows = await admin<{ state: string; not_before: Date }>(`select state, not_before from app.notification where approval_id = $1 and kind = 'resolved'`, [id]);
      return rows.length > 0 && rows;
    }, 'that it is settled');
    expect([settled!.state, settled!.not_before.toISOString()]).toEqual(['due', expect.stringContaining(`T${quietHours.to}:00`)]);
  });

  it('reminds who could not be reached when it was asked, and can be now', async () => {
    await anew();
    const id = await ask();
    expect(await ringOf(id, { rung: 'push' })).toMatchObject({ state: 'dead' });
    await until(async () => (await admin('select 1 from app.ladder where approval_id = $1 and next_at is null', [id])).length === 1, 'that nothing comes by time alone');
    await admin(`update app.approval set created_at = created_at - interval '13 hours', due_at = due_at - interval '13 hours' where id = $1`, [id]);
    await gateway.device('asha', 'phone-late');
    await ringOf(id, { rung: 'reminder', state: 'reached' });
  });

  it('stands in for who does not answer, by whom they named', async () => {
    await anew();
    const ravi = '01890000-0000-7000-8000-0000000000a2';
    await admin(`insert into app.person (customer_id, id, login, display_name, roles) select customer_id, $1, 'ravi', 'Ravi', '{customer_governor}' from app.team where team_id = $2 on conflict do nothing`, [ravi, work.teamId]);
    await admin(`insert into app.preference (customer_id, person_id, doc, version) select customer_id, $1, '{"email": "ravi@chai.example", "channels": {"approval": ["email"], "reminder": [], "warning": []}}', 1 from app.team where team_id = $2`, [ravi, work.teamId]);
    await gateway.device('asha', 'phone-s');
    await want({ substituteId: ravi });
    const id = await ask();
    await ringOf(id, { rung: 'push', state: 'reached' });
    expect((await rings(id)).some(({ rung }) => rung === 'substitute')).toBe(false);
    await later(19.3 * HOUR_MS);
    await ringOf(id, { person_id: ravi, rung: 'substitute', channel: 'email', state: 'reached' });
    await admin(`update app.person set roles = '{operator}' where id = $1`, [ravi]);
  });

  it('follows what a person wants, on record without saying what that is, and refuses what cannot be', async () => {
    await anew();
    const { body, headers } = await gateway.call('asha', 'GET', '/v1/notification-preferences');
    expect(body).toMatchObject({ ...PREFERENCE_DEFAULTS, version: 0, available: ['push', 'email', 'sms'], webPushKey: expect.any(String) });
    expect(headers.get('etag')).toBe('"0"');
    const none = await want({ channels: { ...PREFERENCE_DEFAULTS.channels, approval: [] } });
    expect([none.status, (none.body as { errors: { pointer: string }[] }).errors[0]!.pointer]).toEqual([422, '/channels/approval']);
    for (const bad of [{ timeZone: 'Mars/Base' }, { email: 'asha@chai\r\nBcc: x@y.example' }, { phone: '0800' }, { substituteId: personOf('ben') }, { substituteId: personOf('asha') }, { quietHours: { from: '25:00', to: '07:00' } }]) expect([bad, (await want(bad as object)).status]).toEqual([bad, 422]);
    expect((await want({ email: 'asha.private@chai.example', phone: '+919811112222', discreet: false })).body).toMatchObject({ version: 1, email: 'asha.private@chai.example' });
    const stale = await gateway.call('asha', 'PUT', '/v1/notification-preferences', { body: PREFERENCE_DEFAULTS, headers: { 'if-match': '"0"' } });
    expect([stale.status, (stale.body as { code: string }).code]).toEqual([412, 'stale_version']);
    const entries = await admin<{ payload: string }>(`select convert_from(payload, 'UTF8') as payload from audit.entry where convert_from(payload, 'UTF8') like '%PREFERENCES-CHANGED%' order by seq`);
    expect(entries.at(-1)!.payload).toMatch(/"fields":\["discreet","email","phone"\]/);
    for (const { payload } of entries) expect(payload).not.toMatch(/chai\.example|\+91/);
    expect((await want({ email: null, phone: null })).body).toMatchObject({ email: null });
    expect((await admin<{ doc: string }>('select doc::text as doc from app.preference where person_id = $1', [personOf('asha')]))[0]!.doc).not.toMatch(/private|\+91/);
  });

  it('rings a device when its owner wants to see that it works', async () => {
    await anew();
    const [terminal, good, dead] = [await gateway.device('asha', 'terminal', 'cli'), await gateway.device('asha', 'phone-t'), await gateway.device('asha', 'unregistered-t')];
    const test = (id: string, persona = 'asha') => gateway.call(persona, 'POST', `/v1/devices/${id}/test`);
    expect((await test(good)).body).toEqual({ sent: true, code: null });
    expect((await test(dead)).body).toEqual({ sent: false, code: 'messaging/registration-token-not-registered' });
    expect([(await test(terminal)).status, (await test(good, 'ben')).status]).toEqual([409, 404]);
    expect((await gateway.call('asha', 'GET', `/v1/devices/${good}`)).body).toMatchObject({ rings: true, lastSuccessAt: expect.any(String), lastFailure: null });
  });

  it('tells a person of a new device, a new key and a loss by every way that was theirs before, whatever they wish to hear of', async () => {
    await anew();
    await browser();
    await gateway.device('asha', 'phone-old');
    await want({ email: 'asha@chai.example', phone: '+919800000001', quietHours: { from: '00:00', to: '23:59' }, channels: { ...PREFERENCE_DEFAULTS.channels, approval: ['push'] } });
    const told = async (): Promise<Record<string, string[]>> => {
      const items = ((await gateway.call(undefined, 'GET', '/dev/push')).body as { items: ReceivedPush[] }).items.filter(({ message }) => (message['data'] as { t: string }).t === 'account');
      const phone = (token: string): string[] => items.filter((item) => item.token === token).map(({ message }) => (message['notification'] as { title: string }).title);
      const letter = ({ to, message }: (typeof mail.taken)[number]): string => `${to[0]}: ${/^Subject: (.*)$/m.exec(message.toString())![1]}`;
      const all = { old: phone('phone-old'), fresh: phone('phone-new'), browser: browsers.taken.map(({ body }) => (JSON.parse(body) as { notification: { title: string } }).notification.title), mail: mail.taken.map(letter), sms: sms.taken.map(({ to, body }) => `${to}: ${body.split('. ')[0]}`) };
      // each is said at least once: where the answer was slow, again
      return Object.fromEntries(Object.entries(all).map(([way, titles]) => [way, [...new Set(titles)]]));
    };
    const [added, keyed, lost, mailed] = ['A device was added to your account', 'A key to approve with was added', 'A device was reported lost', 'Your mail address was changed'];
    const everywhere = (...titles: string[]) => ({ old: titles, browser: titles, mail: titles.map((title) => `asha@chai.example: ${title}`), sms: titles.map((title) => `+919800000001: ${title}`), fresh: [] });
    const untilTold = async (wanted: object): Promise<void> => {
      await until(async () => isDeepStrictEqual(await told(), wanted), 'all is told').catch(async () => expect(JSON.stringify(await told())).toBe(JSON.stringify(wanted)));
    };

    const id = await gateway.device('asha', 'phone-new');
    await untilTold(everywhere(added));
    expect(sms.taken[0]!.body).toBe(`${added}. “Test phone” was added. If that was not you, remove it now: Me, Devices. ${gateway.url}/me`);
    // a sender that died with it in hand
    const said = sms.taken.length;
    await admin(`update app.account_notice set state = 'sending', not_before = clock_timestamp() - interval '1 second' where channel = 'sms' and kind = 'device_added' and state = 'sent'`);
    await until(() => Promise.resolve(sms.taken.length > said), 'it is said again');
    // what is done to a device in one go is told once; later it is news
    await admin(`update app.device set created_at = created_at - interval '1 hour' where id = $1`, [id]);
    expect(await gateway.device('asha', 'phone-new')).toBe(id);
    await untilTold(everywhere(added, keyed));
    expect((await gateway.call('ben', 'POST', `/v1/devices/${id}/lost`)).status).toBe(404);
    expect((await gateway.call('asha', 'POST', `/v1/devices/${id}/lost`)).status).toBe(204);
    await untilTold(everywhere(added, keyed, lost));
    expect(await admin(`select 1 from audit.entry where convert_from(payload, 'UTF8') like '%DEVICE-REMOVED%"lost"%'`)).toHaveLength(1);
    // whoever changes the address first is told of at the old one
    await want({ email: 'mallory@evil.example', phone: '+919800000001' });
    await until(async () => (await told())['mail']!.at(-1) === `asha@chai.example: ${mailed}`, 'the old address is told');
    await until(async () => {
      await admin(`update app.account_notice set not_before = clock_timestamp() where state = 'due'`); // waits that a slow answer caused are over
      return (await admin(`select 1 from app.account_notice where address is not null`)).length === 0;
    }, 'the old address being forgotten');
  });

  it('tells an old address also where its server was away for hours, and waits as long as it is asked to', async () => {
    await anew();
    await admin('delete from app.account_notice');
    await want({ email: 'asha@chai.example' });
    mail.always = 'later';
    await want({ email: 'mallory@evil.example' });
    const attempts = async (): Promise<number> => (await admin<{ attempts: number }>(`select attempts from app.account_notice where channel = 'email' and state = 'due'`))[0]?.attempts ?? 0;
    await until(async () => {
      await admin(`update app.account_notice set not_before = clock_timestamp() where state = 'due'`);
      return (await attempts()) > 8;
    }, 'it is tried for hours');
    mail.always = undefined;
    await until(async () => {
      await admin(`update app.account_notice set not_before = clock_timestamp() where state = 'due'`);
      return mail.taken.some(({ to, message }) => to[0] === 'asha@chai.example' && message.toString().includes('Your mail address was changed'));
    }, 'the old address is told');
    sms.always = 'busy';
    sms.retryAfterSeconds = 3_000;
    await want({ email: 'mallory@evil.example', phone: '+919800000001' });
    await want({ email: 'mallory@evil.example' });
    const [{ wait } = { wait: 0 }] = await until(async () => {
      const rows = await admin<{ wait: number }>(`select extract(epoch from not_before - clock_timestamp())::int as wait from app.account_notice where channel = 'sms' and state = 'due' and attempts = 1`);
      return rows.length === 1 && rows;
    }, 'the number is told later');
    expect(wait).toBeGreaterThan(2_900);
    sms.retryAfterSeconds = 1;
  });

  /** What the mail server took since, in its order; each is said at least once. */
  const subjects = (): string[] => mail.taken.map(({ message }) => /^Subject: (.*)$/m.exec(message.toString())![1]!).filter((subject, n, all) => subject !== all[n - 1]);
  const notices = async (like: string): Promise<string[]> => (await admin<{ so: string }>(`select concat_ws(' ', kind, state, attempts) as so from app.account_notice where kind like $1 order by created_at`, [like])).map(({ so }) => so);
  /** Those notices were tried so often, and are not again for an hour. */
  const putOff = (like: string, attempts = 10): Promise<unknown> =>
    until(async () => {
      await admin(`update app.account_notice set attempts = $2, not_before = clock_timestamp() + interval '1 hour' where kind like $1 and state = 'due' and attempts > 0`, [like, attempts]);
      return (await notices(like)).every((so) => so.endsWith(` due ${attempts}`));
    }, 'the first tries');

  it('says that a team stood still before it says that it goes on, also where the mail server was away for both', async () => {
    await anew();
    await admin('delete from app.account_notice');
    await want({ email: 'asha@chai.example' });
    const { teamId } = await seedTeamOf(gateway.database, 'asha', 'suspended');
    const news = gateway.running.app.get(AccountNotices);
    const tried = (...so: string[]): Promise<unknown> => until(async () => isDeepStrictEqual(await notices('team%'), so), so.join(', ')).catch(async () => expect(await notices('team%')).toEqual(so));
    mail.always = 'later';
    await news.tellOfTeam(teamId, 1, 'team_suspended');
    await putOff('team%');
    // the news asks the server once: with what is to be heard first
    await admin(`update app.team set state = 'active', epoch = 2 where team_id = $1`, [teamId]);
    await news.tellOfTeam(teamId, 2, 'team_reactivated');
    await tried('team_suspended due 11', 'team_reactivated due 0');
    // back, and stopped and let go on once more: nothing that is kept back is lost, and no other team waits for it
    mail.always = undefined;
    const other = await seedTeamOf(gateway.database, 'asha', 'suspended', 'Other care');
    await news.tellOfTeam(other.teamId, 1, 'team_suspended');
    await until(() => Promise.resolve(subjects().length === 1), 'the other team is told of');
    expect(await notices('team%')).toEqual(['team_suspended due 11', 'team_reactivated due 0', expect.stringContaining('team_suspended sen')]);
    mail.taken.length = 0;
    await admin(`update app.team set state = 'active', epoch = 4 where team_id = $1`, [teamId]);
    await news.tellOfTeam(teamId, 3, 'team_suspended');
    await news.tellOfTeam(teamId, 4, 'team_reactivated');
    await until(() => Promise.resolve(subjects().length >= 4), 'all of it is told');
    expect(subjects()).toEqual(['Your team was suspended', 'Your team goes on', 'Your team was suspended', 'Your team goes on']);
  });

  it('says that a team goes on, where nobody could be told for a day that it stood still', async () => {
    await anew();
    await admin('delete from app.account_notice');
    await want({ email: 'asha@chai.example' });
    const { teamId } = await seedTeamOf(gateway.database, 'asha', 'suspended');
    const news = gateway.running.app.get(AccountNotices);
    mail.always = 'later';
    await news.tellOfTeam(teamId, 1, 'team_suspended');
    await putOff('team%', 1_000);
    await admin(`update app.team set state = 'active', epoch = 2 where team_id = $1`, [teamId]);
    await news.tellOfTeam(teamId, 2, 'team_reactivated');
    await until(async () => (await notices('team%'))[0] === 'team_suspended failed 1001', 'the last try');
    mail.always = undefined;
    await until(async () => {
      await admin(`update app.account_notice set not_before = clock_timestamp() where state = 'due'`);
      return mail.taken.length > 0;
    }, 'that it goes on');
    expect(subjects()).toEqual(['Your team goes on']);
  });

  it('says nothing of an escalation that was resolved while the mail server was away', async () => {
    await anew();
    await admin('delete from app.account_notice');
    await want({ email: 'asha@chai.example', channels: { ...PREFERENCE_DEFAULTS.channels, escalation: ['email'] } });
    const news = gateway.running.app.get(AccountNotices);
    const [over, open] = [uuidv7(), uuidv7()];
    for (const id of [over, open]) await admin(`insert into app.escalation (team_id, id, customer_id, trigger, subject, to_role, evidence_at, due_at) select team_id, $2::uuid, customer_id, 'trial_ended', $2::uuid::text, 'customer_governor', now(), now() from app.team where team_id = $1`, [work.teamId, id]);
    mail.always = 'later';
    for (const id of [over, open]) for (const what of ['raised', 'overdue'] as const) await news.tellOfEscalation(id, what);
    expect(await notices('escalation%')).toHaveLength(4);
    await putOff('escalation%');
    await admin(`update app.escalation set state = 'resolved', resolved_at = now() where id = $1`, [over]);
    mail.always = undefined;
    await admin(`update app.account_notice set not_before = clock_timestamp() where state = 'due'`);
    await until(() => Promise.resolve(new Set(subjects()).size === 2), 'what is open is told');
    await until(async () => (await notices('escalation%')).every((so) => !/ (due|sending) /.test(so)), 'all of it is over');
    expect((await notices('escalation%')).map((so) => so.split(' ').slice(0, 2).join(' ')).sort()).toEqual(['escalation_overdue sent', 'escalation_overdue withdrawn', 'escalation_raised sent', 'escalation_raised withdrawn']);
  });

  it('tells an old address six times an hour at most, and of a device however often an address was changed; for a month it is kept', async () => {
    await anew();
    await gateway.device('asha', 'phone-old');
    await admin('delete from app.account_notice');
    const kinds = async (): Promise<object> => Object.fromEntries((await admin<{ kind: string; n: number }>('select kind, count(*)::int as n from app.account_notice group by kind')).map(({ kind, n }) => [kind, n]));
    for (let n = 0; n < 9; n++) await want({ email: `asha-${n}@chai.example`, phone: n % 2 === 0 ? '+919800000001' : '+919800000002' });
    expect(await kinds()).toEqual(expect.objectContaining({ email_changed: expect.any(Number), phone_changed: expect.any(Number) }));
    expect(Object.values(await kinds()).reduce((sum: number, n) => sum + Number(n), 0)).toBe(6);
    await admin(`insert into app.account_notice (customer_id, id, person_id, kind, about, channel, state) select customer_id, gen_random_uuid(), person_id, kind, '', channel, 'sent' from app.account_notice, generate_series(1, 20)`);
    await gateway.device('asha', 'phone-new');
    expect(await kinds()).toMatchObject({ device_added: 3 }); // the older phone, mail, SMS
    await admin(`update app.account_notice set created_at = created_at - interval '31 days', state = case when kind = 'device_added' then 'due' else 'sent' end, address = null, not_before = clock_timestamp() + interval '1 day' where kind in ('device_added', 'email_changed')`);
    await gateway.running.app.get(Database).ops('account_notice_prune');
    expect(Object.keys(await kinds()).sort()).toEqual(['device_added', 'phone_changed']); // what is to be told still is not thrown away
    await admin('delete from app.account_notice');
  });

  it('survives the death of a gateway between sending and writing down: said again in the same place, by one ring', async () => {
    await anew();
    await browser();
    await gateway.running.close();
    browsers.faults.push('slow');
    let id: string | undefined;
    try {
      await using dying = await startGatewayProcess(gateway, { VAPID_PUBLIC_KEY: vapid.publicKey, VAPID_PRIVATE_KEY: vapid.privateKey, WEB_PUSH_ORIGINS: browsers.origin });
      expect(dying.url).not.toBe(gateway.url);
      id = await ask();
      await until(() => Promise.resolve(browsers.taken.length === 1), 'the push is taken');
      await dying[Symbol.asyncDispose]();
      expect((await rings(id)).map(({ rung, state }) => [rung, state])).toEqual([['push', 'ringing']]);
      await admin(`update app.notification set not_before = clock_timestamp() where state = 'sending'`); // its claim has run out
    } finally {
      gateway = await startGateway(settings, parts); // for the others too
    }
    await ringOf(id, { rung: 'push', state: 'reached' });
    expect([browsers.taken.map(({ topic }) => topic), (await rings(id)).filter(({ rung }) => rung === 'push')]).toEqual([Array(2).fill(id.replaceAll('-', '')), [expect.objectContaining({ state: 'reached' })]]);
  });

  it('is three rings in ten minutes, however many questions there are, and then one digest of the rest', async () => {
    await anew();
    await gateway.device('asha', 'phone-f');
    const [{ before: start } = { before: 0 }] = await admin<{ before: number }>(`select count(*)::int as before from app.notification where channel = 'fcm'`);
    // as many rows as an agent would cause that asks again and again: each a question with its own goal (a thousand of them in ladder.spec.ts of the rule)
    await admin(`with n as (select gen_random_uuid() as goal, gen_random_uuid() as deliverable, gen_random_uuid() as approval from generate_series(1, 100)),
      g as (insert into app.goal (team_id, id, text, state, submitted_by, repository) select $1, goal, 'x', 'proposed', $2, '{}' from n returning 1),
      d as (insert into app.deliverable (team_id, id, goal_id, revision, summary, effect, files, checks, proposed_by) select $1, deliverable, goal, 1, 'x', '{"kind": "git.push"}', '[]', '[]', $3 from n returning 1),
      a as (insert into app.approval (team_id, id, goal_id, deliverable_id, revision, manifest, digest, title, tier, state, epoch, customer_id, requested_by, due_at)
        select $1, approval, goal, deliverable, 1, approval::text::bytea, sha256(approval::text::bytea), 'x', 1, 'pending', 1, $4, $3, clock_timestamp() + interval '1 day' from n returning 1)
      insert into app.ladder (team_id, approval_id, customer_id, plan, policy_version) select $1, approval, $4, (select plan from app.ladder limit 1), 0 from n`,
      [work.teamId, personOf('asha'), work.managerId, (await admin<{ customer_id: string }>('select customer_id from app.team where team_id = $1', [work.teamId]))[0]!.customer_id]);
    const count = async (what: string): Promise<number> => (await admin<{ n: number }>(`select count(*)::int as n from ${what}`))[0]!.n;
    await until(async () => (await count(`app.ring where state = 'held'`)) === 97, 'the rest is held');
    expect((await count(`app.notification where channel = 'fcm'`)) - start).toBe(3);
    await later(10 * 60_000);
    await until(async () => (await count(`app.ring where state = 'covered' and rung = 'push'`)) >= 96, 'the digest covers the rest');
    const items = ((await gateway.call(undefined, 'GET', '/dev/push')).body as { items: ReceivedPush[] }).items.filter(({ token }) => token === 'phone-f');
    expect(items.map(({ message }) => (message['data'] as { t: string }).t)).toEqual(['approval', 'approval', 'approval', 'digest']);
    expect(items[3]!.message['notification']).toMatchObject({ title: '97 approvals wait for you' });
  });

  it('counts in a digest only what waits for that person: nothing they put off, and nothing they have said their yes to', async () => {
    await anew();
    await gateway.device('asha', 'phone-h');
    const ids: string[] = [];
    for (let n = 0; n < 7; n++) ids.push(await ask());
    const held = await until(async () => {
      const rows = await admin<{ approval_id: string }>(`select approval_id from app.ring where approval_id = any ($1) and person_id = $2 and state = 'held'`, [ids, personOf('asha')]);
      return rows.length === 4 && rows.map(({ approval_id }) => approval_id);
    }, 'four are held');
    const [put, said] = [held[0]!, held[1]!];
    await admin(`insert into app.approval_mark (team_id, id, approval_id, kind, person_id, device_id, until, text) select team_id, gen_random_uuid(), id, 'deferred', $2, gen_random_uuid(), clock_timestamp() + interval '2 hours', '' from app.approval where id = $1`, [put, personOf('asha')]);
    await admin(`update app.approval set need = 2, need_of = 'people' where id = $1`, [said]);
    await admin(`insert into app.approval_decision (team_id, id, approval_id, person_id, device_id, decision, digest, at) select team_id, gen_random_uuid(), id, $2, gen_random_uuid(), 'approve', digest, clock_timestamp() from app.approval where id = $1`, [said, personOf('asha')]);
    await later(10 * 60_000);
    const digest = await until(async () => ((await gateway.call(undefined, 'GET', '/dev/push')).body as { items: ReceivedPush[] }).items.find(({ token, message }) => token === 'phone-h' && (message['data'] as { t: string }).t === 'digest'), 'the digest');
    expect(digest.message['notification']).toMatchObject({ title: '2 approvals wait for you' });
    expect(await admin('select ops.told_and_waiting($1)::int as n', [personOf('asha')])).toEqual([{ n: 2 }]);
  });

  it('rings nobody in quiet hours that began after the ring was decided, except about what is critical', async () => {
    await anew();
    await browser();
    browsers.faults.push('busy');
    browsers.retryAfterSeconds = 300; // not tried again before it is quiet
    const id = await ask();
    const state = async () => (await admin<{ state: string; attempts: number }>(`select state, attempts from app.notification where approval_id = $1 and channel = 'webpush' order by id`, [id]))[0];
    await until(async () => {
      const now = await state();
      return now?.attempts === 1 && now.state === 'due';
    }, 'a first try that failed');
    await want({ quietHours: aroundNow() });
    await soon();
    expect(await ringOf(id, { rung: 'push', state: 'held' })).toMatchObject({ reason: 'quiet_hours' });
    expect([(await state())!.state, browsers.taken]).toEqual(['withdrawn', []]);
    const critical = await ask(); // rings beside it, in the middle of them
    await admin(`update app.ladder set plan = plan || '{"critical": true}', next_at = clock_timestamp() where approval_id = $1`, [critical]);
    await ringOf(critical, { rung: 'push', state: 'reached' });
    expect((await ringOf(id, { rung: 'push' })).state).toBe('held');
    await want({ quietHours: null });
    await ringOf(id, { rung: 'push', state: 'reached' });
  });

  describe('when quiet hours began between deciding a ring and sending it', () => {
    const delivery = (id: string, { device, state = 'due' }: { device: string; state?: 'due' | 'sending' }): Promise<unknown> =>
      admin(`insert into app.notification (team_id, id, approval_id, kind, rung, person_id, customer_id, device_id, channel, state, attempts, not_before, expires_at)
          select a.team_id, gen_random_uuid(), a.id, 'push', 'push', d.person_id, d.customer_id, d.id, d.platform, $3, $4, clock_timestamp() + make_interval(secs => $4 * 60), a.due_at from app.approval a, app.device d where a.id = $1 and d.id = $2`, [id, device, state, state === 'sending' ? 1 : 0]);
    /** A question whose ring was decided ten minutes ago and sent to nobody yet; each delivery as it says. */
    const decided = async (...deliveries: { device: string; state?: 'due' | 'sending' }[]): Promise<string> => {
      await want({ quietHours: aroundNow() });
      const id = await ask();
      await ringOf(id, { person_id: personOf('asha'), rung: 'push', state: 'held' });
      await admin(`update app.ring set state = 'ringing', reason = null, at = at - interval '10 minutes' where approval_id = $1 and person_id = $2 and rung = 'push'`, [id, personOf('asha')]);
      for (const one of deliveries) await delivery(id, one);
      return id;
    };
    const deliveries = (id: string) => admin<{ device_id: string; kind: string; state: string; attempts: number; looked: boolean; not_before: Date }>(`select device_id, kind, state, attempts, not_before, not_before > clock_timestamp() as looked from app.notification where approval_id = $1 and device_id is not null order by id`, [id]);
    const pushOf = async (id: string) => (await rings(id)).find(({ rung, person_id }) => rung === 'push' && person_id === personOf('asha'))!.state;

    it('tells no device that a question is over which it never rang about, and says of it that it was held back', async () => {
      await anew();
      const browserId = (await browser()).id;
      const other = await gateway.device('asha', 'phone-w');
      await gateway.device('asha', 'phone-here'); // decides
      const id = await decided({ device: browserId }, { device: other });
      await ringOf(id, { rung: 'push', state: 'held' });
      await until(async () => (await deliveries(id)).every(({ state }) => state !== 'due'), 'each device’s turn'); // each is looked at by itself
      const { rings: told } = (await gateway.call('asha', 'GET', `/v1/approvals/${id}/reach`)).body as ReachView;
      expect(told.find(({ rung }) => rung === 'push')!.deliveries.map(({ state, attempts, code }) => [state, attempts, code])).toEqual(Array(2).fill(['withdrawn', 0, 'quiet_hours']));
      await decide(id);
      await until(async () => (await admin('select 1 from app.ladder where approval_id = $1 and closed_at is not null', [id]))[0], 'the ladder’s end');
      expect((await deliveries(id)).filter(({ kind }) => kind === 'resolved')).toEqual([]);
    });

    it('holds back with the rest what a sender had taken up while the rest was held', async () => {
      await anew();
      const { id: device } = await browser();
      const other = await gateway.device('asha', 'phone-y');
      const id = await decided({ device });
      await ringOf(id, { rung: 'push', state: 'held' });
      await delivery(id, { device: other });
      await until(async () => (await deliveries(id)).every(({ state, attempts }) => state === 'withdrawn' && attempts === 0), 'that both are held back');
    });

    it('rings in the morning where a digest told of others before it was held', async () => {
      await anew();
      const { id: device } = await browser();
      const told = await ask();
      await ringOf(told, { rung: 'push', state: 'reached' });
      await admin(`update app.ring set digest = 2, at = clock_timestamp() - interval '5 minutes' where approval_id = $1 and rung = 'push' and state = 'reached'`, [told]);
      const id = await decided({ device });
      await ringOf(id, { rung: 'push', state: 'held' });
      await want({ quietHours: null });
      await until(async () => (await pushOf(id)) !== 'held', 'the morning');
      await ringOf(id, { rung: 'push', state: 'reached' });
    });

    it('leaves a ring that has reached one device, and rings the other when they end', async () => {
      await anew();
      await gateway.device('asha', 'phone-x'); // first: a browser that is there already would be told of it, and that would meet the fault
      const { id: device } = await browser();
      browsers.faults.push('busy');
      browsers.retryAfterSeconds = 300;
      const id = await ask();
      const ofBrowser = async () => (await deliveries(id)).find(({ device_id }) => device_id === device);
      await ringOf(id, { rung: 'push', state: 'reached' });
      await until(async () => {
        const now = await ofBrowser();
        return now?.state === 'due' && now.attempts === 1;
      }, 'a first try that failed');
      const quietHours = aroundNow();
      await want({ quietHours });
      const before = (await ofBrowser())!.not_before;
      await soon();
      const morning = await until(async () => {
        const now = (await ofBrowser())!;
        return now.state !== 'sending' && now.not_before > before && now;
      }, 'that it is put off');
      expect(morning).toMatchObject({ state: 'due', attempts: 1 });
      expect(morning.not_before.toISOString()).toContain(`T${quietHours.to}:00`);
    });

    it('hears out what is being sent to another device before it holds the ring', async () => {
      await anew();
      const [slow, other] = [(await browser()).id, await gateway.device('asha', 'phone-y')];
      const id = await decided({ device: slow, state: 'sending' }, { device: other });
      const both = async () => Object.fromEntries((await deliveries(id)).map(({ device_id, ...now }) => [device_id, now]));
      const seen = await until(async () => {
        const now = await both();
        const { state, looked } = now[other]!;
        return (state === 'withdrawn' || (state === 'due' && looked)) && now; // it is looked at again and again
      }, 'that it is looked at');
      expect([await pushOf(id), seen]).toMatchObject(['ringing', { [slow]: { state: 'sending', attempts: 1 }, [other]: { state: 'due', attempts: 0 } }]);
      await admin(`update app.notification set state = 'due', not_before = clock_timestamp() + interval '1 minute' where approval_id = $1 and device_id = $2`, [id, slow]); // it was not taken
      await ringOf(id, { rung: 'push', state: 'held' });
      expect(await both()).toMatchObject({ [slow]: { state: 'withdrawn', attempts: 1 }, [other]: { state: 'withdrawn', attempts: 0 } });
    });
  });

  it('takes a digest back as what it told of is decided: how many wait now, and in the end that none does, everywhere but where it was decided', async () => {
    await anew();
    await browser();
    await gateway.device('asha', 'phone-g'); // decides, as the session is bound to it
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push(await ask());
    await until(async () => (await admin(`select 1 from app.ring where approval_id = any ($1) and state = 'held'`, [ids])).length === 2, 'two are held');
    await later(10 * 60_000);
    const together = await until(async () => {
      const rows = await admin<{ approval_id: string }>(`select approval_id from app.ring where approval_id = any ($1) and person_id = $2 and rung = 'push' and (state = 'covered' or (digest is not null and state = 'reached'))`, [ids, personOf('asha')]);
      return rows.length === 2 && rows.map(({ approval_id }) => approval_id);
    }, 'one digest of two');
    const told = () => browsers.taken.filter(({ topic }) => topic === 'inbox').map(({ body }) => (JSON.parse(body) as { notification: { title: string; tag: string } }).notification);
    for (const [index, id] of together.entries()) {
      await decide(id);
      await until(() => Promise.resolve(told().length === index + 2), 'its replacement');
    }
    expect(told().map(({ title, tag }) => `${tag}: ${title}`)).toEqual(['inbox: 2 approvals wait for you', 'inbox: 1 approval waits for you', 'inbox: Nothing waits for you']);
    const here = ((await gateway.call(undefined, 'GET', '/dev/push')).body as { items: ReceivedPush[] }).items.filter(({ token, message }) => token === 'phone-g' && (message['data'] as { t: string }).t === 'digest');
    expect(here).toHaveLength(1);
  });

  it('asks a push service that rests no more for a while, and counts as tries, and as failures of a device, only what it was asked', async () => {
    await anew();
    const { id: first } = await browser();
    // nineteen more, of which nobody has to be told
    const others = Array.from({ length: 19 }, () => JSON.stringify(browsers.subscribe()));
    await admin(`do $$ begin set local session_replication_role = replica;
      insert into app.device (customer_id, id, person_id, name, platform, address, subscription) select d.customer_id, gen_random_uuid(), d.person_id, d.name, d.platform, s, s::jsonb from app.device d, unnest(array['${others.join("','")}']) s where d.id = '${first}'; end $$`);
    browsers.always = 'slow';
    patienceMs = HASTY_MS;
    browsers.requests.length = 0;
    const id = await ask();
    const [resting] = await until(async () => {
      const rows = await admin<{ attempts: number; n: number }>(`select sum(attempts)::int as attempts, count(*) filter (where state = 'due' and not_before > clock_timestamp() + interval '5 seconds')::int as n from app.notification where approval_id = $1 and channel = 'webpush'`, [id]);
      return rows[0]!.n === 20 && rows;
    }, 'all of them to be put off');
    const failed = async (): Promise<number> => (await admin<{ n: number }>('select count(*)::int as n from app.device where removed_at is null and last_failure is not null'))[0]!.n;
    browsers.always = undefined;
    expect(browsers.requests.length).toBeLessThan(20);
    expect(resting!.attempts).toBe(browsers.requests.length);
    await until(async () => (await failed()) >= new Set(browsers.requests).size, 'the failures being noted of the devices'); // after they are of the rings
    expect(await failed()).toBe(new Set(browsers.requests).size);
    // the ladder does not wait for it for ever
    await admin(`update app.ring set at = at - interval '6 minutes' where approval_id = $1`, [id]);
    expect(await hurried(id, { rung: 'push', state: 'dead' })).toMatchObject({ reason: 'timeout' });
  });

  it('goes to the platform’s governor also where all are silent, busy or broken, after their tries, and loses nothing', async () => {
    await anew();
    await browser();
    await gateway.device('gov', 'phone-gov');
    await want({ email: 'asha@chai.example', phone: '+919800000001' });
    [browsers.always, mail.always, sms.always] = ['slow', 'later', 'broken'];
    patienceMs = HASTY_MS;
    const id = await ask();
    await ringOf(id, { rung: 'push', state: 'ringing' });
    await admin(`update app.ring set at = at - interval '6 minutes' where approval_id = $1`, [id]); // a service that rests is waited for no longer
    await hurried(id, { person_id: gov, rung: 'escalation', state: 'reached' });
    expect((await rings(id)).filter(({ person_id }) => person_id !== gov).map(({ rung, state, reason }) => [rung, state, reason]).sort()).toEqual([['email', 'dead', 'smtp_451'], ['push', 'dead', 'timeout'], ['sms', 'dead', 'sms_20503']]);
    expect((await gateway.call('asha', 'GET', `/v1/approvals/${id}`)).body).toMatchObject({ state: 'pending', marks: ['escalated'] });
    expect(await admin(`select channel, attempts from app.notification where approval_id = $1 and channel in ('email', 'sms') and rung is not null order by channel`, [id])).toEqual([{ channel: 'email', attempts: 6 }, { channel: 'sms', attempts: 6 }]);
    [browsers.always, mail.always, sms.always] = [undefined, undefined, undefined];
    await decide(id);
  });

  it('goes on to the platform’s governor at its time where text messages alone are down', async () => {
    await anew();
    await gateway.device('asha', 'phone-z');
    await gateway.device('gov', 'phone-gov');
    await want({ email: 'asha@chai.example', phone: '+919800000001' });
    sms.always = 'broken';
    const id = await ask();
    await ringOf(id, { rung: 'push', state: 'reached' });
    await later(17 * HOUR_MS);
    expect(await hurried(id, { rung: 'sms', state: 'dead' })).toMatchObject({ reason: 'sms_20503' });
    expect((await rings(id)).some(({ rung }) => rung === 'escalation')).toBe(false); // two ways to them work
    await later(4.7 * HOUR_MS);
    await ringOf(id, { person_id: gov, rung: 'escalation', state: 'reached' });
    expect((await rings(id)).filter(({ person_id }) => person_id !== gov).map(({ rung, state }) => `${rung} ${state}`)).toEqual(['push reached', 'reminder reached', 'email reached', 'sms dead']);
    expect(sms.taken).toEqual([]);
  });
});
