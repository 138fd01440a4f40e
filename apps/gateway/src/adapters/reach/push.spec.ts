import { after, before, describe, it } from 'node:test';
import { timed, type ReceivedPush } from '@countersign/testing';
import { expect } from 'expect';
import { SignJWT } from 'jose';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { approvalOf, seedProposal, seedTeamOf, type SeededWork } from '../../testing/seed-work.js';
import { startGateway, type TestGateway } from '../../testing/start-gateway.js';
import { until } from '../../testing/until.js';
import { LOCAL_DOUBLES } from '../http/dev.controller.js';
import type { LocalDoubles } from './local-doubles.js';

interface Row {
  readonly state: string;
  readonly attempts: number;
  readonly provider_id: string | null;
  readonly last_error: string | null;
}

describe('push', { concurrency: 1 }, () => {
  let gateway: TestGateway;
  let work: SeededWork;
  before(async () => {
    gateway = await startGateway();
    work = await seedTeamOf(gateway.database, 'asha', 'active', 'Release notes of the payments team');
  });
  after(() => gateway.close());

  /** A day after the last: whoever is rung often within a day is rung less. */
  const ask = async (): Promise<string> => {
    await gateway.database.admin(`update app.ring set at = at - interval '1 day'`);
    return approvalOf(gateway.database, await seedProposal(gateway.database, work));
  };
  const received = async (token: string): Promise<ReceivedPush[]> => ((await gateway.call(undefined, 'GET', '/dev/push')).body as { items: ReceivedPush[] }).items.filter((push) => push.token === token && (push.message['data'] as { t: string }).t === 'approval');
  const rows = (device: string, approval: string): Promise<Row[]> => gateway.database.admin<Row>('select state, attempts, provider_id, last_error from app.notification where device_id = $1 and approval_id = $2', [device, approval]);
  const settled = (device: string, approval: string, state: string): Promise<Row> => until(async () => (await rows(device, approval)).find((row) => row.state === state), `a notification that is ${state}`);

  it('rings every phone of the governor through firebase-admin, with ids only', async () => {
    const phones = [await gateway.device('asha', 'phone-1'), await gateway.device('asha', 'phone-2')];
    await gateway.device('ben', 'phone-of-ben');
    await gateway.device('asha', 'terminal', 'cli');
    const id = await ask();
    for (const phone of phones) expect(await settled(phone, id, 'sent')).toMatchObject({ attempts: 1, provider_id: expect.stringContaining('projects/') });
    const [push] = await received('phone-1');
    expect(push!.message).toMatchObject({
      notification: { title: 'Release notes of th… needs your approval', body: expect.stringMatching(/^Answer by [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2}, \d\d:\d\d UTC\. Without an answer it expires and nothing happens\.$/) },
      data: { t: 'approval', id, v: '1', team: work.teamId },
      android: { collapse_key: `apr_${id}`, priority: 'normal' },
      webpush: { headers: { Topic: id.replaceAll('-', ''), Urgency: 'normal' }, notification: { tag: `apr_${id}` } },
    });
    expect((push!.message['notification'] as { title: string }).title.length).toBe(40);
    expect(await received('phone-of-ben')).toEqual([]);
    expect(await received('terminal')).toEqual([]);
  });

  it('says nothing of what it is about', async () => {
    const id = await ask();
    const [push] = await until(async () => ((await received('phone-1')).some(({ message }) => (message['data'] as { id: string }).id === id) ? received('phone-1') : undefined));
    expect(JSON.stringify(push)).not.toMatch(/add|src\/|countersign\/demo|documented|asha/i);
  });

  it('notes when a phone was last reached', async () => {
    const { body } = await gateway.call('asha', 'GET', '/v1/devices');
    const phones = (body as { items: { platform: string; lastSuccessAt: string | null }[] }).items.filter(({ platform }) => platform === 'fcm');
    for (const phone of phones) expect(phone.lastSuccessAt).toMatch(/Z$/);
  });

  it('asks Google for a token once, signed by its service account and for sending alone, and sends with it', async () => {
    const { fcm } = gateway.running.app.get<LocalDoubles>(LOCAL_DOUBLES);
    const asked = fcm!.requests.filter((one) => one.includes('oauth2'));
    expect([asked, fcm!.requests.length > 1]).toEqual([['POST https://oauth2.googleapis.com/token'], true]);
    const call = (host: string, path: string, headers: Record<string, string>, body: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const sent = httpsRequest({ host, path, method: 'POST', headers, agent: fcm!.agent() }, (answer) => resolve(answer.resume().statusCode!));
        sent.once('error', reject).end(body);
      });
    const send = (headers: Record<string, string>) => call('fcm.googleapis.com', '/v1/projects/countersign-local/messages:send', headers, JSON.stringify({ message: { token: 'x' } }));
    await expect(call('evil.example', '/', {}, '')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect([await send({}), await send({ authorization: 'Bearer made-up' })]).toEqual([401, 401]);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { private_key: own } = await fcm!.serviceAccount();
    const now = Math.floor(Date.now() / 1000);
    const right = { iss: 'double@countersign-local.iam.gserviceaccount.com', aud: 'https://oauth2.googleapis.com/token', scope: 'https://www.googleapis.com/auth/firebase.messaging', iat: now, exp: now + 3600 };
    const ask = async (claims: object, key = createPrivateKey(own)) =>
      call('oauth2.googleapis.com', '/token', { 'content-type': 'application/x-www-form-urlencoded' }, new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: await new SignJWT({ ...right, ...claims }).setProtectedHeader({ alg: 'RS256' }).sign(key) }).toString());
    expect(await ask({})).toBe(200);
    for (const wrong of [{ iss: 'mallory@evil.example' }, { aud: 'https://evil.example' }, { scope: 'https://www.googleapis.com/auth/drive' }, { iat: now - 7200, exp: now - 3600 }, { exp: now + 86_400 }]) expect([wrong, await ask(wrong)]).toEqual([wrong, 400]);
    expect(await ask({}, privateKey)).toBe(400);
  });

  it('tries again when the push service is busy or broken, and says how often', async () => {
    const phone = await gateway.device('asha', 'quota-1-phone');
    const id = await ask();
    expect(await settled(phone, id, 'sent')).toMatchObject({ attempts: 2, last_error: null });
    expect(await received('quota-1-phone')).toHaveLength(1);
  });

  it('rings again where the answer was lost, in the place of what the phone may have shown', async () => {
    const [slow, lost] = [await gateway.device('asha', 'slow-phone'), await gateway.device('asha', 'lost-1-phone')]; // of the last one the others are told, and it of none
    const id = await ask();
    for (const phone of [lost, slow]) await settled(phone, id, 'sent');
    expect(await rows(lost, id)).toMatchObject([{ attempts: 2 }]); // not tried again by firebase-admin itself, beside the record
    expect((await received('lost-1-phone')).map(({ message }) => (message['android'] as { collapse_key: string }).collapse_key)).toEqual([`apr_${id}`, `apr_${id}`]);
    for (const phone of [lost, slow]) await gateway.call('asha', 'DELETE', `/v1/devices/${phone}`);
  });

  it('rings a phone no more whose address is gone, and leaves it and the key on it to their owner', async () => {
    const phone = await gateway.device('asha', 'unregistered-phone');
    expect(await settled(phone, await ask(), 'failed')).toMatchObject({ attempts: 1, last_error: 'messaging/registration-token-not-registered' });
    const shown = async () => (await gateway.call('asha', 'GET', `/v1/devices/${phone}`)).body as { rings?: boolean; lastFailure?: string };
    await until(async () => (await shown()).rings === false, 'the address being given up');
    expect(await shown()).toMatchObject({ id: phone, lastFailure: 'messaging/registration-token-not-registered' });
    expect(await rows(phone, await ask())).toEqual([]);
    await gateway.database.admin('update app.ladder set next_at = null, closed_at = clock_timestamp()'); // what waits would ring it at once, and find its address gone again
    expect(await gateway.device('asha', 'unregistered-phone')).toBe(phone);
    expect(await shown()).toMatchObject({ rings: true });
    await gateway.call('asha', 'DELETE', `/v1/devices/${phone}`);
  });

  it('keeps the address of a phone that another project’s credential could not ring', async () => {
    const phone = await gateway.device('asha', 'foreign-phone');
    expect(await settled(phone, await ask(), 'failed')).toMatchObject({ attempts: 1, last_error: 'messaging/mismatched-credential' });
    const shown = async () => (await gateway.call('asha', 'GET', `/v1/devices/${phone}`)).body as { rings: boolean; lastFailure: string | null };
    expect((await until(async () => ((await shown()).lastFailure === null ? undefined : shown()))).rings).toBe(true);
    await gateway.call('asha', 'DELETE', `/v1/devices/${phone}`);
  });

  it('is sent again by another sender when the first one died with it in hand', async () => {
    const phone = await gateway.device('asha', 'phone-3');
    const id = await ask();
    await settled(phone, id, 'sent');
    await gateway.database.admin(`update app.notification set state = 'sending', not_before = clock_timestamp() - interval '1 second' where device_id = $1 and approval_id = $2`, [phone, id]);
    expect(await settled(phone, id, 'sent')).toMatchObject({ attempts: 2 });
  });

  it('does not ring about what is over', async () => {
    const phone = await gateway.device('asha', 'phone-4');
    const id = await ask();
    await settled(phone, id, 'sent');
    await gateway.database.admin(`update app.notification set state = 'due', not_before = clock_timestamp() - interval '1 second', expires_at = clock_timestamp() - interval '1 second' where device_id = $1 and approval_id = $2`, [phone, id]);
    await settled(phone, id, 'withdrawn');
    expect((await received('phone-4')).filter(({ message }) => (message['data'] as { id: string }).id === id)).toHaveLength(1);
  });

  it('has an inbox row for the governor in any case, also without a phone', async () => {
    const other = await seedTeamOf(gateway.database, 'ben');
    await gateway.database.admin(`update app.device set removed_at = clock_timestamp()`);
    const id = await approvalOf(gateway.database, await seedProposal(gateway.database, other));
    expect(await gateway.database.admin('select channel, state from app.notification where approval_id = $1', [id])).toEqual([{ channel: 'in_app', state: 'sent' }]);
  });
});

describe('a push service that says nothing', { concurrency: 1 }, () => {
  const WITHIN_MS = 1_500;

  it('is waited for by its own pushes alone: another customer’s mail goes out meanwhile, and the gateway stops when it is told to', async (t) => {
    const gateway = await startGateway({ deliverWithinMs: WITHIN_MS, doubled: ['email'] });
    let closed = false;
    try {
      const doubles = gateway.running.app.get<LocalDoubles>(LOCAL_DOUBLES);
      doubles.fcm!.alwaysTokens = 'hang';
      const admin = <T extends object>(text: string, values: unknown[] = []): Promise<T[]> => gateway.database.admin<T>(text, values);
      const [silent, other] = [await seedTeamOf(gateway.database, 'ben'), await seedTeamOf(gateway.database, 'asha')];
      await gateway.device('ben', 'phone-of-ben');
      const id = await approvalOf(gateway.database, await seedProposal(gateway.database, silent));
      const waiting = () => admin<{ state: string; last_error: string | null; n: number }>(`select state, last_error, count(*)::int as n from app.notification where approval_id = $1 and channel = 'fcm' group by 1, 2 order by 3`, [id]);
      await until(async () => (await waiting()).some(({ state }) => state === 'sending'), 'the first push');
      await admin(`insert into app.notification (team_id, id, approval_id, kind, person_id, customer_id, device_id, channel, state, expires_at) select team_id, gen_random_uuid(), approval_id, kind, person_id, customer_id, device_id, channel, 'due', expires_at from app.notification, generate_series(1, 100) where approval_id = $1 and channel = 'fcm'`, [id]);
      await admin(`insert into app.preference (customer_id, person_id, doc, version) select customer_id, id, '{"email": "asha@chai.example"}', 1 from app.person where login = 'asha'`);
      const mailed = await timed(async () => {
        await approvalOf(gateway.database, await seedProposal(gateway.database, other));
        await until(() => Promise.resolve(doubles.mailbox().letters.length === 1), 'the letter');
      }, () => gateway.database.touch());
      t.diagnostic(`the mail left after ${Math.round(mailed.tookMs)} ms with a hundred pushes due to a silent service; the machine was late by ${Math.round(mailed.lostMs)} ms`);
      expect(mailed.tookMs - mailed.lostMs).toBeLessThan(2_000);
      expect((await waiting()).reduce((sum, { n }) => sum + n, 0)).toBe(101);
      await until(async () => (await waiting()).some(({ last_error }) => last_error === 'timeout'), 'a push being given up');
      doubles.fcm!.alwaysTokens = undefined;
      doubles.fcm!.tokenFaults.push('broken', 'busy'); // Google's client asks again
      await until(async () => (await waiting()).some(({ state }) => state === 'sent'), 'a push that goes out when the service is there again');
      doubles.fcm!.always = 'hang';
      const stopping = await timed(() => gateway.running.close(), () => gateway.database.touch());
      closed = true;
      expect(stopping.tookMs - stopping.lostMs).toBeLessThan(WITHIN_MS + 3_000);
    } finally {
      if (!closed) await gateway.running.close();
      await Promise.all([gateway.database.close(), gateway.nats.close()]);
    }
  });
});
