import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PersonId, PLATFORM_CHAIN, TeamId, uuidv7, type Me } from '@countersign/contracts';
import { expect } from 'expect';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { readGatewayConfig } from '../../config.js';
import { Browser } from '../../testing/browser.js';
import { KeyHolder } from '../../testing/key-holder.js';
import { customerOf, personOf } from '../../testing/seed-work.js';
import { PeopleDesk } from '../postgres/people-desk.js';
import { startIssuer, type TestIssuer } from '../../testing/start-issuer.js';
import { startGateway, type TestGateway } from '../../testing/start-gateway.js';

describe('identity', { concurrency: 1 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startGateway({ strangerRate: { burst: 1_000, perSecond: 1_000 } });
  });
  after(() => gateway.close());

  const token = (form: Record<string, string>) => fetch(`${gateway.url}/oidc/token`, { method: 'POST', body: new URLSearchParams(form) });
  const persona = { grant_type: 'urn:countersign:persona', client_id: 'cli', client_secret: 'test-cli-secret' };
  const me = (bearer: string) => fetch(`${gateway.url}/v1/me`, { headers: { authorization: `Bearer ${bearer}` } });

  it('gives the command line a token for each persona, and tells who it is', async () => {
    const names = { asha: 'Chai & Co', ben: 'Borealis', gov: null, genesis: null, architect: null, guardian: null, ops: null };
    for (const [login, customer] of Object.entries(names)) {
      const { body } = await gateway.call(login, 'GET', '/v1/me');
      expect(body).toMatchObject({ personId: personOf(login), login, customer: customer === null ? null : { name: customer }, roles: [expect.stringMatching(/_|operator|genesis/)], teams: [], deviceId: null });
    }
  });

  it('gives no token without the secret, for nobody, or by another grant', async () => {
    expect((await token({ ...persona, persona: 'asha', client_secret: 'wrong' })).status).toBe(401);
    expect((await token({ ...persona, persona: 'mallory' })).status).toBe(400);
    expect((await token(persona)).status).toBe(400);
    for (const grant_type of ['client_credentials', 'password', 'refresh_token', 'authorization_code']) expect((await token({ ...persona, grant_type, persona: 'asha' })).status).toBe(400);
    expect((await token({ grant_type: persona.grant_type, client_id: 'web', persona: 'asha' })).status).toBe(400);
  });

  it('takes no token that is expired, for somebody else, without a signature, or signed by another key', async () => {
    const claims = decodeJwt(await gateway.token('asha'));
    const { privateKey } = await generateKeyPair('ES256');
    const forged = (change: Record<string, unknown>) => new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' }).sign(privateKey);
    const parts = (await gateway.token('asha')).split('.');
    const none = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${parts[1]}.`;
    const shared = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(JSON.stringify(await exportJWK((await generateKeyPair('ES256', { extractable: true })).publicKey))));
    const other = `${parts[0]}.${Buffer.from(JSON.stringify({ ...claims, sub: personOf('gov') })).toString('base64url')}.${parts[2]}`;
    for (const bearer of [await forged({}), await forged({ sub: personOf('gov') }), none, shared, other, 'nonsense', '', 'a.b.c']) {
      const response = await me(bearer);
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="countersign"']);
    }
    expect((await me(await gateway.token('asha'))).status).toBe(200);
  });

  it('binds a token to the key of whoever shows one, for five minutes, and takes each proof once', async () => {
    const holder = await KeyHolder.make();
    const url = `${gateway.url}/oidc/token`;
    const ask = (dpop: string) => fetch(url, { method: 'POST', headers: { dpop }, body: new URLSearchParams({ ...persona, persona: 'asha' }) });
    const shown = await holder.proof({ method: 'POST', url });
    const response = await ask(shown);
    const { access_token, token_type, expires_in } = (await response.json()) as { access_token: string; token_type: string; expires_in: number };
    expect([token_type, expires_in, decodeJwt(access_token)['cnf']]).toEqual(['DPoP', 300, { jkt: holder.thumbprint }]);
    const nonce = response.headers.get('dpop-nonce')!;
    const dpop = await holder.proof({ method: 'GET', url: `${gateway.url}/v1/me`, token: access_token, nonce });
    const mine = await fetch(`${gateway.url}/v1/me`, { headers: { authorization: `DPoP ${access_token}`, dpop } });
    expect([mine.status, ((await mine.json()) as Me).login]).toEqual([200, 'asha']);
    expect((await me(access_token)).status).toBe(401);
    for (const wrong of [shown, await holder.proof({ method: 'GET', url }), await holder.proof({ method: 'POST', url: `${gateway.url}/token` }), 'x', await holder.proof({ method: 'POST', url, claims: { iat: 1 } })]) {
      const refused = await ask(wrong);
      expect([refused.status, ((await refused.json()) as { error: string }).error]).toEqual([400, 'invalid_dpop_proof']);
    }
    const stale = await ask(await holder.proof({ method: 'POST', url, nonce: 'old' }));
    expect([stale.status, ((await stale.json()) as { error: string }).error, stale.headers.has('dpop-nonce')]).toEqual([400, 'use_dpop_nonce', true]);
  });

  it("keeps the issuer's keys in a file that only its user can read, and publishes only the public halves", async () => {
    expect(statSync(path.join(gateway.home, 'issuer-keys.json')).mode & 0o777).toBe(0o600);
    const { keys } = (await (await fetch(`${gateway.url}/oidc/jwks`)).json()) as { keys: object[] };
    expect(keys).toHaveLength(1);
    for (const key of keys) expect(key).not.toHaveProperty('d');
  });

  it('signs a browser in by code and PKCE, with a cookie that no script and no other site can use', async () => {
    const browser = new Browser(gateway.url);
    const picker = await browser.follow('/auth/login?return=/a/1');
    expect(picker.text).toContain('Who are you today?');
    expect(picker.headers.get('content-security-policy')).toContain("form-action 'self'");
    const landed = await browser.submit(picker.url, { persona: 'asha' }, 302);
    expect(landed.location).toBe('/a/1');
    expect(landed.setCookies.find((cookie) => cookie.startsWith('countersign_session='))).toMatch(/^countersign_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=43200$/);
    expect((await browser.json<Me>('/v1/me')).login).toBe('asha');
    const stored = await gateway.database.admin<{ id: string }>(`select id from app.oidc_record where kind = 'WebSession'`);
    expect(stored.some(({ id }) => id === browser.cookie('countersign_session'))).toBe(false);
  });

  it('lets the person be somebody else at the next sign-in, and ends the session when they sign out', async () => {
    const browser = new Browser(gateway.url);
    await browser.signIn('asha');
    await browser.signIn('ben');
    expect((await browser.json<Me>('/v1/me')).login).toBe('ben');
    const stolen = browser.cookie('countersign_session')!;
    const out = await browser.send('POST', '/auth/logout', { 'sec-fetch-site': 'same-origin' });
    expect([out.status, out.headers.get('clear-site-data')]).toEqual([204, '"cache"']);
    expect((await browser.send('GET', '/v1/me')).status).toBe(401);
    expect((await fetch(`${gateway.url}/v1/me`, { headers: { cookie: `countersign_session=${stolen}` } })).status).toBe(401);
  });

  it('sends a signed-in browser nowhere but to a page of ours', async () => {
    for (const away of ['https://evil.test/', '//evil.test', '/\\evil.test', 'javascript:alert(1)', '/%0d%0aSet-Cookie:x']) {
      const browser = new Browser(gateway.url);
      const picker = await browser.follow(`/auth/login?return=${encodeURIComponent(away)}`);
      const { location } = await browser.submit(picker.url, { persona: 'asha' }, 302);
      expect(new URL(location!, gateway.url).origin).toBe(gateway.url);
    }
  });

  it("finishes no sign-in that another browser began, and none twice", async () => {
    const [mine, theirs] = [new Browser(gateway.url), new Browser(gateway.url)];
    const picker = await mine.follow('/auth/login');
    const callback = await mine.submitUntil(picker.url, { persona: 'asha' }, '/auth/callback');
    expect((await theirs.send('GET', callback)).location).toBe('/?signin=failed');
    expect((await mine.send('GET', callback)).location).toBe('/');
    expect((await mine.send('GET', callback)).location).toBe('/?signin=failed');
  });

  it('leads who failed to sign in to what they came for at the next try, also when the first took too long, and to no other site', async () => {
    const callback = '/auth/callback?error=server_error';
    const failedAfter = async (returnTo: string, finish: (browser: Browser, picker: string) => Promise<{ location: string | undefined }>): Promise<string | undefined> => {
      const browser = new Browser(gateway.url);
      const picker = await browser.follow(`/auth/login?return=${encodeURIComponent(returnTo)}`);
      return (await finish(browser, picker.url)).location;
    };
    const again = '/?signin=failed&return=%2Fa%2F1%3Ffrom%3Dpush';
    expect(await failedAfter('/a/1?from=push', (browser) => browser.send('GET', callback))).toBe(again);
    const late = async (browser: Browser, picker: string) => {
      await gateway.database.admin(`update app.oidc_record set expires_at = clock_timestamp() where kind = 'WebLogin'`);
      return browser.submit(picker, { persona: 'asha' }, 302);
    };
    expect(await failedAfter('/a/1?from=push', late)).toBe(again);
    for (const away of ['https://evil.test/', '//evil.test']) expect(await failedAfter(away, (browser) => browser.send('GET', callback))).toBe('/?signin=failed');
  });

  it('refuses writes that a page of another site makes a signed-in browser send', async () => {
    const browser = new Browser(gateway.url);
    await browser.signIn('asha');
    const write = (headers: Record<string, string>) => browser.send('POST', '/v1/devices', { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID(), ...headers }, '{"name":"a","platform":"cli","address":"csrf"}');
    expect((await write({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' })).status).toBe(403);
    expect((await write({ 'sec-fetch-site': 'same-site', origin: 'https://other.localhost' })).status).toBe(403);
    expect((await write({ origin: 'https://evil.test' })).status).toBe(403);
    expect((await write({ 'content-type': 'text/plain', 'sec-fetch-site': 'same-origin' })).status).toBe(415);
    expect((await write({ 'sec-fetch-site': 'same-origin', origin: gateway.url })).status).toBe(201);
  });

  it('binds a device to the session it was registered in, and to no other', async () => {
    const browser = new Browser(gateway.url);
    await browser.signIn('asha');
    const id = await gateway.device('asha');
    expect((await gateway.call('asha', 'GET', '/v1/me')).body).toMatchObject({ deviceId: id });
    expect((await browser.json<Me>('/v1/me')).deviceId).toBeNull();
    expect((await gateway.call('ben', 'GET', `/v1/devices/${id}`)).status).toBe(404);
    const rename = (persona: string, name: string) => gateway.call(persona, 'PATCH', `/v1/devices/${id}`, { body: { name } });
    expect(await rename('asha', ' Pocket ')).toMatchObject({ status: 200, body: { id, name: 'Pocket' } });
    expect([(await rename('ben', 'Mine')).status, (await rename('asha', '  ')).status]).toEqual([404, 422]);
    const renamed = await gateway.database.admin<{ payload: string }>(`select convert_from(payload, 'UTF8') as payload from audit.entry where convert_from(payload, 'UTF8') like '%DEVICE-RENAMED%'`);
    expect([renamed.length, renamed[0]!.payload.includes('Pocket')]).toEqual([1, false]); // the record names it by its id
    expect((await rename('asha', 'Test phone')).status).toBe(200);
    expect((await gateway.call('asha', 'GET', '/v1/devices')).body).toMatchObject({ items: [{ platform: 'cli' }, { id, platform: 'fcm', name: 'Test phone' }] });
  });

  it('ends what is signed in on a device that was reported lost, and nothing else', async () => {
    const browsers = [new Browser(gateway.url), new Browser(gateway.url)] as const;
    const [mine, lost] = browsers;
    const post = (browser: Browser, route: string, body = '{}') => browser.send('POST', route, { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', 'idempotency-key': crypto.randomUUID() }, body);
    const device = async (browser: Browser, name: string): Promise<string> => {
      await browser.signIn('asha');
      return (JSON.parse((await post(browser, '/v1/devices', JSON.stringify({ name, platform: 'webpush', address: `browser:${name}` }))).text) as { id: string }).id;
    };
    const [, id] = [await device(mine, 'mine'), await device(lost, 'lost')];
    expect((await post(mine, `/v1/devices/${id}/lost`)).status).toBe(204);
    expect([(await lost.send('GET', '/v1/me')).status, (await mine.send('GET', '/v1/me')).status]).toEqual([401, 200]);
    expect((await post(mine, `/v1/devices/${id}/lost`)).status).toBe(404);
  });

  it("keeps a device from the owner's own colleagues", async () => {
    await gateway.database.admin(`insert into app.person (customer_id, id, login, display_name, roles) values ($1, $2, 'chandra', 'Chandra', '{customer_governor}')`, [customerOf('asha'), PersonId.next()]);
    const id = await gateway.device('asha', 'private');
    for (const method of ['GET', 'DELETE']) expect((await gateway.call('chandra', method, `/v1/devices/${id}`)).status).toBe(404);
    expect((await gateway.call('chandra', 'GET', '/v1/devices')).body).toMatchObject({ items: [] });
  });

  it('gives the same device back for the same address, and a new one after it was removed', async () => {
    const first = await gateway.device('ben', 'same');
    expect(await gateway.device('ben', 'same')).toBe(first);
    expect(await gateway.device('asha', 'same')).not.toBe(first);
    expect((await gateway.call('ben', 'DELETE', `/v1/devices/${first}`)).status).toBe(204);
    expect((await gateway.call('ben', 'DELETE', `/v1/devices/${first}`)).status).toBe(404);
    expect(await gateway.device('ben', 'same')).not.toBe(first);
  });
});

describe("an operator's own issuer", { concurrency: 1 }, () => {
  let gateway: TestGateway;
  let issuer: TestIssuer;
  before(async () => {
    issuer = await startIssuer();
    gateway = await startGateway({ oidc: { issuer: issuer.url, clientId: 'countersign', clientSecret: 'x' } });
    await known('asha', issuer.url, 'u-17');
    await known('gov', issuer.url, 'g-1');
    await known('ben', 'https://other.example.test', 'u-18');
  });
  after(async () => {
    await gateway.close();
    issuer.close();
  });
  const known = (login: string, named: string, subject: string): Promise<unknown> => gateway.database.admin('update app.person set issuer = $2, subject = $3 where login = $1', [login, named, subject]);
  const me = async (claims: Record<string, unknown>) => fetch(`${gateway.url}/v1/me`, { headers: { authorization: `Bearer ${await issuer.sign(claims)}` } });

  it('names people by its subject, for tokens that are meant for us', async () => {
    for (const [aud, sub, login] of [['countersign', 'u-17', 'asha'], [gateway.url, 'g-1', 'gov']]) {
      const response = await me({ aud, sub });
      expect([response.status, ((await response.json()) as Me).login]).toEqual([200, login]);
    }
  });
  it('makes nobody of somebody by a name or an address: those can be changed, and given to another', async () => {
    const renamed = await me({ aud: 'countersign', sub: 'u-17', preferred_username: 'gov', email: 'gov', email_verified: true });
    expect([renamed.status, ((await renamed.json()) as Me).login]).toEqual([200, 'asha']);
    for (const words of [{ preferred_username: 'asha' }, { email: 'asha', email_verified: true }, { upn: 'asha', name: 'Asha' }]) expect((await me({ aud: 'countersign', sub: 'u-99', ...words })).status).toBe(401);
  });
  it('vouches for its own subjects only', async () => {
    expect((await me({ aud: 'countersign', sub: 'u-18' })).status).toBe(401); // Ben's, at another issuer
    await expect(known('genesis', issuer.url, 'u-17')).rejects.toThrow('person_issuer_subject_key');
    await expect(gateway.database.admin(`update app.person set issuer = 'x' where login = 'genesis'`)).rejects.toThrow('check');
  });
  it('knows whoever a governor of the platform has entered, with those roles and no others', async () => {
    const bearer = async (sub: string) => ({ authorization: `Bearer ${await issuer.sign({ aud: 'countersign', sub })}` });
    const enter = async (sub: string, body: object, key = randomUUID()) => {
      const response = await fetch(`${gateway.url}/v1/people`, { method: 'POST', headers: { ...(await bearer(sub)), 'content-type': 'application/json', 'idempotency-key': key }, body: JSON.stringify(body) });
      return { status: response.status, body: (await response.json()) as { id: string; code?: string } };
    };
    const nia = { issuer: issuer.url, subject: 'n-1', login: 'nia', displayName: 'Nia', roles: ['customer_governor'], newCustomer: 'Nimbus' };
    expect((await me({ aud: 'countersign', sub: 'n-1' })).status).toBe(401);
    for (const sub of ['u-17', 'n-1']) expect([403, 401]).toContain((await enter(sub, nia)).status);
    const key = randomUUID();
    const entered = await enter('g-1', nia, key);
    expect(entered).toMatchObject({ status: 201, body: { id: expect.stringMatching(/^[0-9a-f-]{36}$/) } });
    const hers = (await (await me({ aud: 'countersign', sub: 'n-1' })).json()) as Me;
    expect(hers).toMatchObject({ personId: entered.body.id, login: 'nia', roles: ['customer_governor'], customer: { name: 'Nimbus' }, teams: [] });
    await gateway.database.admin(`update app.idempotency set status = null, headers = null, claim = gen_random_uuid(), claimed_at = claimed_at - interval '1 hour' where key like '%' || $1`, [key]); // its answer was lost
    expect(await enter('g-1', nia, key)).toEqual(entered);
    const customerId = hers.customer!.id;
    for (const [change, status, code] of [
      [{}, 409, 'person_known'],
      [{ subject: 'n-2', newCustomer: undefined, customerId }, 409, 'login_taken'],
      [{ subject: 'n-2', newCustomer: undefined, customerId: PLATFORM_CHAIN }, 404, 'not_found'],
      [{ subject: 'n-2', newCustomer: undefined, customerId: TeamId.next() }, 404, 'not_found'],
      [{ subject: 'n-2', newCustomer: undefined }, 422, 'customer_missing'],
      [{ subject: 'n-2', roles: ['operator'] }, 422, 'customer_not_wanted'],
      [{ subject: 'n-2', roles: ['customer_governor', 'operator'] }, 422, 'roles_mixed'],
      [{ subject: 'n-2', issuer: 'id.example.test' }, 422, 'issuer_invalid'],
      [{ subject: 'n-2', roles: ['king'] }, 422, 'invalid_input'],
      [{ subject: 'n-2', roles: [] }, 422, 'invalid_input'],
      [{ subject: '' }, 422, 'invalid_input'],
    ] as const) expect([change, await enter('g-1', { ...nia, ...change })]).toMatchObject([change, { status, body: { code } }]);
    expect((await me({ aud: 'countersign', sub: 'n-2' })).status).toBe(401);
    expect(await enter('g-1', { ...nia, subject: 'n-2', login: 'nora', newCustomer: undefined, customerId })).toMatchObject({ status: 201 });
    expect(await enter('g-1', { issuer: issuer.url, subject: 'o-1', login: 'otto', displayName: 'Otto', roles: ['operator', 'genesis'] })).toMatchObject({ status: 201 });
    expect(((await (await me({ aud: 'countersign', sub: 'o-1' })).json()) as Me)).toMatchObject({ customer: null, roles: ['operator', 'genesis'] });
    // a customer's person who was given a role of the platform by hand is no staff
    await gateway.database.admin(`update app.person set roles = '{platform_governor}' where login = 'nora'`);
    expect(await enter('n-2', { ...nia, subject: 'n-3', login: 'x' })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    const listed = (await (await fetch(`${gateway.url}/v1/people?limit=100`, { headers: await bearer('g-1') })).json()) as { items: { login: string }[] };
    expect(listed.items).toEqual(expect.arrayContaining([expect.objectContaining({ login: 'nia', issuer: issuer.url, subject: 'n-1', customer: { id: customerId, name: 'Nimbus' } }), expect.objectContaining({ login: 'otto', customer: null })]));
    const [entry] = await gateway.database.admin<{ text: string }>(`select convert_from(payload, 'UTF8') as text from audit.entry where convert_from(payload, 'UTF8') like '%PERSON-REGISTERED%' and convert_from(payload, 'UTF8') like $1`, [`%${customerId}%`]);
    expect(entry!.text).toContain('"roles":["customer_governor"]');
    expect(entry!.text).not.toMatch(/nia|n-1/); // whom it is about, and how they are called there, can be erased
  });
  it('begins with one governor of the platform, named by its subject, and never adds another by that name', async () => {
    const desk = gateway.running.app.get(PeopleDesk);
    const elsewhere = 'https://third.example.test';
    const first = await desk.enterFirst(elsewhere, 'root');
    expect((await gateway.database.admin(`select roles, customer_id from app.person where issuer = $1`, [elsewhere]))).toEqual([{ roles: ['platform_governor'], customer_id: PLATFORM_CHAIN }]);
    expect(first).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect([await desk.enterFirst(elsewhere, 'root'), await desk.enterFirst(elsewhere, 'mallory'), await desk.enterFirst(issuer.url, 'mallory')]).toEqual(['entered_before', 'another_governs', 'another_governs']);
  });
  it('starts where the first governor is entered already without the role, or by another gateway at the same moment', async () => {
    const desk = gateway.running.app.get(PeopleDesk);
    const fourth = 'https://fourth.example.test';
    await desk.enter(uuidv7(), { issuer: fourth, subject: 'o-9', login: 'o-9', displayName: 'Op', roles: ['operator'] }, undefined);
    expect(await desk.enterFirst(fourth, 'o-9')).toBe('known_without_role');
    const together = await Promise.all(Array.from({ length: 4 }, () => desk.enterFirst('https://fifth.example.test', 'root')));
    expect(together.filter((each) => typeof each === 'object')).toHaveLength(1);
    expect(new Set(together.filter((each) => typeof each === 'string'))).toEqual(new Set(['entered_before']));
    expect(await gateway.database.admin(`select 1 from app.person where issuer = 'https://fifth.example.test'`)).toHaveLength(1);
  });
  it('opens nothing for a stranger, for another audience or issuer, or by the id of a person', async () => {
    const asha = { sub: 'u-17' };
    for (const claims of [{ aud: 'countersign', sub: 'u-18', preferred_username: 'mallory' }, { ...asha, aud: 'other' }, { ...asha, aud: 'countersign', iss: 'https://evil.test' }, { aud: 'countersign', sub: personOf('asha') }, { ...asha, aud: 'countersign', exp: 1 }]) {
      expect((await me(claims)).status).toBe(401);
    }
  });
  it('takes the place of the local one', async () => {
    for (const address of ['/oidc/token', '/oidc/jwks', '/oidc/.well-known/openid-configuration']) expect((await fetch(gateway.url + address)).status).toBe(404);
  });
});

describe('production', () => {
  const good = { NODE_ENV: 'production', PUBLIC_URL: 'https://app.example.test', OIDC_ISSUER: 'https://id.example.test', OIDC_CLIENT_ID: 'a', OIDC_CLIENT_SECRET: 'b', GOOGLE_APPLICATION_CREDENTIALS: '/etc/fcm.json' };
  const problems = (env: Record<string, string | undefined>): string => {
    try {
      readGatewayConfig(env, { home: '/tmp' });
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  it('starts with an issuer, a push service and https', () => expect(problems(good)).toBe(''));
  it('refuses the local issuer, the push double and plain http, naming all of them at once', () => {
    expect(problems({ ...good, OIDC_ISSUER: '' })).toContain('OIDC_ISSUER');
    expect(problems({ NODE_ENV: 'production' })).toMatch(/OIDC_ISSUER.*GOOGLE_APPLICATION_CREDENTIALS.*PUBLIC_URL/);
    expect(problems({ ...good, OIDC_ISSUER: 'http://id.example.test' })).toContain('https');
  });
  it('keeps no real people’s mail and messages in doubles: they stand beside the local issuer alone', () => {
    const { NODE_ENV: _, ...elsewhere } = good;
    expect(problems({ ...elsewhere, COUNTERSIGN_DOUBLES: 'email,sms' })).toMatch(/COUNTERSIGN_DOUBLES is set beside OIDC_ISSUER/);
    expect([problems({ ...elsewhere, COUNTERSIGN_DOUBLES: '' }), problems({ COUNTERSIGN_DOUBLES: 'email,sms' })]).toEqual(['', '']);
  });
  it('trusts the proxies that are named, and refuses what is neither address nor network', () => {
    const { trustedProxies } = readGatewayConfig({ ...good, COUNTERSIGN_TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::1' }, { home: '/tmp' });
    expect([trustedProxies.check('10.1.2.3'), trustedProxies.check('11.1.2.3'), trustedProxies.check('2001:db8::1', 'ipv6')]).toEqual([true, false, true]);
    for (const wrong of ['proxy.example', '10.0.0.0/33', '10.0.0.0/x']) expect(problems({ ...good, COUNTERSIGN_TRUSTED_PROXIES: wrong })).toContain('COUNTERSIGN_TRUSTED_PROXIES');
  });
  it('names variables and never their values', () => expect(problems({ ...good, OIDC_CLIENT_SECRET: '', OIDC_ISSUER: 'hunter2', PORT: 'hunter2' })).not.toContain('hunter2'));
});
