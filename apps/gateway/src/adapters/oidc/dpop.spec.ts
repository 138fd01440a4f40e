import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { freePort, testDatabase, testNats, type TestDatabase, type TestNats } from '@countersign/testing';
import { expect } from 'expect';
import { SignJWT, type JWK } from 'jose';
import type { GatewayConfig } from '../../config.js';
import { EventStream } from '../../testing/event-stream.js';
import { KeyHolder, type ProofWish } from '../../testing/key-holder.js';
import { startGateway, type TestGateway } from '../../testing/start-gateway.js';
import { startIssuer, type TestIssuer } from '../../testing/start-issuer.js';

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token that is bound to a key', { concurrency: 1 }, () => {
  let parts: { database: TestDatabase; nats: TestNats };
  let issuer: TestIssuer;
  let settings: Partial<GatewayConfig>;
  let gateway: TestGateway;
  /** Another copy of the same gateway, behind the same public address. */
  let twin: TestGateway;
  let twinUrl: string;
  let holder: KeyHolder;
  let token: string;
  before(async () => {
    const [database, nats, key] = await Promise.all([testDatabase(), testNats(), KeyHolder.make()]);
    [parts, holder, issuer] = [{ database, nats }, key, await startIssuer()];
    const port = await freePort();
    settings = { oidc: { issuer: issuer.url, clientId: 'countersign', clientSecret: 'x' }, port, publicUrl: `http://127.0.0.1:${port}`, strangerRate: { burst: 1_000, perSecond: 1_000 } };
    gateway = await startGateway(settings, parts);
    const other = await freePort();
    [twin, twinUrl] = [await startGateway({ ...settings, port: other, seed: 'none', boundTokens: 'decisions' }, parts), `http://127.0.0.1:${other}`];
    await database.admin('update app.person set issuer = $1, subject = login', [issuer.url]);
    token = await tokenOf({ cnf: { jkt: holder.thumbprint } });
  });
  after(async () => {
    await Promise.all([gateway.close(), twin.close()]);
    await Promise.all([parts.database.close(), parts.nats.close()]);
    issuer.close();
  });

  const tokenOf = (claims: Record<string, unknown>): Promise<string> => issuer.sign({ aud: 'countersign', sub: 'asha', ...claims });
  const send = (proof: string | undefined, { to = gateway.url, path = '/v1/me', method = 'GET', scheme = 'DPoP', bearer = token }: { to?: string; path?: string; method?: string; scheme?: string; bearer?: string } = {}) =>
    fetch(`${to}${path}`, { method, headers: { authorization: `${scheme} ${bearer}`, ...(proof === undefined ? {} : { dpop: proof }), ...(method === 'GET' ? {} : { 'idempotency-key': randomUUID(), 'content-type': 'application/json' }) } });
  const nonceOf = async (): Promise<string> => (await send(await proof({ nonce: undefined }))).headers.get('dpop-nonce')!;
  const proof = (wish: Partial<ProofWish>, by = holder): Promise<string> => by.proof({ method: 'GET', url: `${gateway.url}/v1/me`, token, ...wish });
  const told = async (response: Response): Promise<unknown> => [response.status, /^DPoP error="(\w+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1], ((await response.json()) as { code?: string }).code];
  const INVALID = [401, 'invalid_dpop_proof', 'invalid_dpop_proof'];

  it('is taken with a proof for this request, by any of the algorithms, and names the person', async () => {
    const nonce = await nonceOf();
    for (const alg of ['ES256', 'ES384', 'Ed25519']) {
      const by = await KeyHolder.make(alg);
      const bearer = await tokenOf({ cnf: { jkt: by.thumbprint } });
      const response = await send(await proof({ nonce, token: bearer }, by), { bearer });
      expect([alg, response.status, ((await response.json()) as { login: string }).login]).toEqual([alg, 200, 'asha']);
    }
    const query = await send(await proof({ nonce, url: `${gateway.url}/v1/approvals` }), { path: '/v1/approvals?state=pending' });
    expect(query.status).toBe(200);
  });

  it('asks for its nonce first, and takes the same request with it', async () => {
    const first = await send(await proof({}));
    expect(await told(first)).toEqual([401, 'use_dpop_nonce', 'use_dpop_nonce']);
    const nonce = first.headers.get('dpop-nonce')!;
    const second = await send(await proof({ nonce }));
    expect([second.status, second.headers.get('dpop-nonce')]).toEqual([200, null]);
    for (const old of ['', 'made-up', `${nonce}x`]) expect(await told(await send(await proof({ nonce: old })))).toEqual([401, 'use_dpop_nonce', 'use_dpop_nonce']);
  });

  it('is refused with a proof that is for another request, time, token or key, or none at all', async () => {
    const nonce = await nonceOf();
    const now = Math.floor(Date.now() / 1000);
    const strange = await KeyHolder.make();
    const secret = new TextEncoder().encode('a secret that both would have to know');
    const claims = { jti: randomUUID(), htm: 'GET', htu: `${gateway.url}/v1/me`, iat: now, nonce };
    const { d, ...rest } = { ...holder.jwk, d: 'AAAA' };
    const [head, body] = (await proof({ nonce })).split('.') as [string, string];
    const attacks: Record<string, string | undefined> = {
      'no proof': undefined,
      'no JWT': 'nonsense',
      'two proofs': `${await proof({ nonce })}, ${await proof({ nonce })}`,
      'htm': await proof({ nonce, method: 'POST' }),
      'htu path': await proof({ nonce, url: `${gateway.url}/v1/teams` }),
      'htu host': await proof({ nonce, url: 'https://evil.example/v1/me' }),
      'htu query': await proof({ nonce, url: `${gateway.url}/v1/me?x=1` }),
      'iat past': await proof({ nonce, claims: { iat: now - 62 } }),
      'iat future': await proof({ nonce, claims: { iat: now + 120 } }), // the minute itself is judged in the rule's own spec: a busy machine is late
      'no iat': await proof({ nonce, claims: { iat: undefined } }),
      'no jti': await proof({ nonce, claims: { jti: undefined } }),
      'ath of another token': await proof({ nonce, token: await tokenOf({ cnf: { jkt: holder.thumbprint }, n: 1 }) }),
      'no ath': await holder.proof({ nonce, method: 'GET', url: `${gateway.url}/v1/me` }),
      'another key': await proof({ nonce }, strange),
      "another key's signature": await strange.proof({ nonce, method: 'GET', url: `${gateway.url}/v1/me`, token, header: { jwk: holder.jwk } }),
      'no signature': `${head}.${body}.`,
      'alg none': `${part({ typ: 'dpop+jwt', alg: 'none', jwk: holder.jwk })}.${body}.`,
      'symmetric alg': await new SignJWT(claims).setProtectedHeader({ typ: 'dpop+jwt', alg: 'HS256', jwk: { kty: 'oct', k: Buffer.from(secret).toString('base64url') } as JWK }).sign(secret),
      'symmetric alg with the public key as secret': await new SignJWT(claims).setProtectedHeader({ typ: 'dpop+jwt', alg: 'HS256', jwk: holder.jwk }).sign(new TextEncoder().encode(JSON.stringify(holder.jwk))),
      'an alg that is not on the list': await proof({ nonce }, await KeyHolder.make('RS256')),
      'private key in jwk': await holder.proof({ nonce, method: 'GET', url: `${gateway.url}/v1/me`, token, header: { jwk: { ...rest, d } } }),
      'a point that is on no curve': await proof({ nonce, header: { jwk: { ...holder.jwk, y: holder.jwk.x } } }),
      'no jwk': await proof({ nonce, header: { jwk: undefined } }),
      'another type of JWT': await proof({ nonce, header: { typ: 'JWT' } }),
      'the token itself': token,
    };
    for (const [attack, value] of Object.entries(attacks)) expect([attack, await told(await send(value))]).toEqual([attack, INVALID]);
  });

  it('is refused as a bearer token, with or without a proof, and so is an unbound one that is called bound', async () => {
    const nonce = await nonceOf();
    for (const value of [undefined, await proof({ nonce })]) expect(await told(await send(value, { scheme: 'Bearer' }))).toEqual([401, 'invalid_token', 'signed_out']);
    const bearer = await tokenOf({});
    expect((await send(undefined, { scheme: 'Bearer', bearer })).status).toBe(200);
    expect(await told(await send(await proof({ nonce, token: bearer }), { bearer }))).toEqual([401, 'invalid_token', 'signed_out']);
    for (const cnf of [{ 'x5t#S256': 'A'.repeat(43) }, {}, { jkt: 7 }]) {
      const strange = await tokenOf({ cnf });
      for (const scheme of ['Bearer', 'DPoP']) expect((await send(await proof({ nonce, token: strange }), { scheme, bearer: strange })).status).toBe(401);
    }
    expect(await told(await send(await proof({ nonce, token: 'a.b.c' }), { bearer: 'a.b.c' }))).toEqual([401, 'invalid_token', 'signed_out']);
  });

  it('costs a request without it nothing: no proof is looked for', async () => {
    const before = await parts.database.admin('select count(*) from app.dpop_proof');
    for (let n = 0; n < 3; n++) expect((await send(await proof({}), { scheme: 'Bearer', bearer: await tokenOf({}) })).status).toBe(200);
    expect(await parts.database.admin('select count(*) from app.dpop_proof')).toEqual(before);
  });

  it('takes each proof once: the same again is refused, by a twin too, and where both hear it at the same moment one takes it', async () => {
    const nonce = await nonceOf();
    const used = await proof({ nonce });
    expect((await send(used)).status).toBe(200);
    for (const to of [gateway.url, twinUrl]) expect(await told(await send(used, { to }))).toEqual(INVALID);
    for (let round = 0; round < 10; round++) {
      const raced = await proof({ nonce });
      const answers = await Promise.all([gateway.url, twinUrl, gateway.url, twinUrl].map((to) => send(raced, { to })));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
    }
    const jti = randomUUID(); // another's id is not used up by it
    const other = await KeyHolder.make();
    const bearer = await tokenOf({ cnf: { jkt: other.thumbprint } });
    expect([(await send(await proof({ nonce, claims: { jti } }))).status, (await send(await proof({ nonce, token: bearer, claims: { jti } }, other), { bearer })).status]).toEqual([200, 200]);
    expect(await told(await send(await proof({ nonce, claims: { jti } })))).toEqual(INVALID);
  });

  it('is one session, whoever renews it: the key names it, and a device that is bound to it stays', async () => {
    const nonce = await nonceOf();
    const call = (method: string, path: string, bearer: string, body?: object) =>
      proof({ nonce, token: bearer, method, url: `${gateway.url}${path}` }).then((dpop) => fetch(`${gateway.url}${path}`, { method, headers: { authorization: `DPoP ${bearer}`, dpop, 'idempotency-key': randomUUID(), 'content-type': 'application/json' }, ...(body ? { body: JSON.stringify(body) } : {}) }));
    expect((await call('POST', '/v1/devices', token, { name: 'Terminal', platform: 'cli', address: 'here' })).status).toBe(201);
    const renewed = await tokenOf({ cnf: { jkt: holder.thumbprint }, n: 2 });
    expect(await (await call('GET', '/v1/me', renewed)).json()).toMatchObject({ deviceId: expect.any(String) });
    const other = await tokenOf({ cnf: { jkt: holder.thumbprint }, sub: 'ben' });
    expect(await (await call('GET', '/v1/me', other)).json()).toMatchObject({ login: 'ben', deviceId: null });
  });

  it('hears events for as long as it lives, on the proof it came with', async () => {
    const dpop = await proof({ nonce: await nonceOf(), url: `${gateway.url}/v1/events` });
    await using stream = await EventStream.open(`${gateway.url}/v1/events`, { authorization: `DPoP ${token}`, dpop });
    expect(await stream.place()).not.toBe('');
    await expect(EventStream.open(`${gateway.url}/v1/events`, { authorization: `DPoP ${token}`, dpop })).rejects.toThrow('401');
  });

  it('can be what decisions need, while a plain one still reads', async () => {
    const bearer = await tokenOf({});
    const decision = (more: object) => send(undefined, { to: twinUrl, method: 'POST', path: `/v1/approvals/${randomUUID()}/decision`, ...more });
    expect(await told(await decision({ scheme: 'Bearer', bearer }))).toEqual([401, 'invalid_token', 'token_not_bound']);
    expect((await send(undefined, { to: twinUrl, scheme: 'Bearer', bearer })).status).toBe(200);
    const path = `/v1/approvals/${randomUUID()}/decision`;
    const dpop = await proof({ nonce: await nonceOf(), method: 'POST', url: `${gateway.url}${path}` });
    expect((await send(dpop, { to: twinUrl, method: 'POST', path })).status).not.toBe(401);
  });

  it('remembers what was used after a restart, and forgets it when it is too old to be taken', async () => {
    const nonce = await nonceOf();
    const used = await proof({ nonce });
    expect((await send(used)).status).toBe(200);
    await gateway.close();
    gateway = await startGateway({ ...settings, seed: 'none' }, parts);
    expect(await told(await send(used))).toEqual(INVALID);
    expect((await send(await proof({ nonce }))).status).toBe(200); // nonces are the same after it
    const database = parts.database.as('gateway');
    await database.ops('proof_prune');
    expect(await told(await send(used))).toEqual(INVALID);
    await parts.database.admin(`update app.dpop_proof set seen_at = seen_at - interval '3 minutes'`);
    await database.ops('proof_prune');
    expect(await parts.database.admin('select 1 from app.dpop_proof')).toEqual([]);
  });
});
