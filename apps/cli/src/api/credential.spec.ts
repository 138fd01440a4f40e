import { afterEach, describe, it, mock } from 'node:test';
import { makeSigningKey } from '@countersign/contracts/assertions';
import { expect } from 'expect';
import { decodeJwt, EmbeddedJWK, jwtVerify } from 'jose';
import { BoundToken, type IssuedToken } from './credential.js';

const ISSUER = 'http://localhost:4400/oidc/token';
const API = 'http://localhost:4400/v1/approvals?state=pending';

describe('a bound token of the command line', () => {
  afterEach(() => mock.timers.reset());
  const made = async (answer: Partial<IssuedToken> = {}) => {
    const asked: string[] = [];
    const issue = (proof: string): Promise<IssuedToken> => Promise.resolve({ token: `token-${asked.push(proof)}`, type: 'DPoP', lifeSeconds: 300, nonce: undefined, ...answer });
    return { asked, bound: new BoundToken(await makeSigningKey({ extractable: false }), ISSUER, issue) };
  };
  const answered = (status: number, headers: Record<string, string>) => new Response(null, { status, headers });

  it('comes with a proof for each request, each of its own, signed by the key it was asked for with', async () => {
    const { asked, bound } = await made();
    const [one, two] = [await bound.headersFor('GET', API), await bound.headersFor('POST', API)];
    expect([one['authorization'], two['authorization'], asked.length]).toEqual(['DPoP token-1', 'DPoP token-1', 1]);
    const proofs = await Promise.all([asked[0]!, one['dpop']!, two['dpop']!].map((proof) => jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', algorithms: ['ES256'] })));
    expect(proofs.map(({ payload: { htm, htu, ath } }) => [htm, htu, typeof ath])).toEqual([['POST', ISSUER, 'undefined'], ['GET', 'http://localhost:4400/v1/approvals', 'string'], ['POST', 'http://localhost:4400/v1/approvals', 'string']]);
    expect(new Set(proofs.map(({ payload }) => payload.jti)).size).toBe(3);
    expect(new Set(proofs.map(({ protectedHeader }) => JSON.stringify(protectedHeader.jwk))).size).toBe(1);
    expect(proofs[0]!.protectedHeader.jwk).not.toHaveProperty('d');
  });

  it('repeats the nonce that it was last told, and a request for which it was asked for one', async () => {
    const { bound } = await made({ nonce: 'first' });
    const nonce = async () => decodeJwt((await bound.headersFor('GET', API))['dpop']!)['nonce'];
    expect(await nonce()).toBe('first');
    expect(bound.heard(answered(200, { 'dpop-nonce': 'second' }))).toBe(false);
    expect(await nonce()).toBe('second');
    expect(bound.heard(answered(401, { 'dpop-nonce': 'third', 'www-authenticate': 'DPoP error="use_dpop_nonce", algs="ES256"' }))).toBe(true);
    expect(await nonce()).toBe('third');
    expect(bound.heard(answered(401, { 'www-authenticate': 'DPoP error="invalid_dpop_proof"' }))).toBe(false);
  });

  it('is renewed before it ends, once for all who ask at that moment, and asked for again after a failure', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const { asked, bound } = await made();
    await bound.headersFor('GET', API);
    mock.timers.tick(269_000);
    await bound.headersFor('GET', API);
    expect(asked.length).toBe(1);
    mock.timers.tick(2_000);
    const later = await Promise.all(Array.from({ length: 5 }, () => bound.headersFor('GET', API)));
    expect([asked.length, new Set(later.map(({ authorization }) => authorization))]).toEqual([2, new Set(['DPoP token-2'])]);
    let tries = 0;
    const failing = new BoundToken(await makeSigningKey({ extractable: false }), ISSUER, () => (++tries === 1 ? Promise.reject(new Error('away')) : Promise.resolve({ token: 't', type: 'DPoP', lifeSeconds: 300, nonce: undefined })));
    await expect(failing.headersFor('GET', API)).rejects.toThrow('away');
    expect((await failing.headersFor('GET', API))['authorization']).toBe('DPoP t');
  });

  it('is renewed without a nonce of the gateway’s: one that is too old by then would be refused each time', async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() });
    const { asked, bound } = await made();
    await bound.headersFor('GET', API);
    bound.heard(answered(200, { 'dpop-nonce': 'of the gateway' }));
    mock.timers.tick(3_600_000);
    const again = await bound.headersFor('GET', API);
    expect(asked.map((proof) => decodeJwt(proof)['nonce'])).toEqual([undefined, undefined]);
    expect(decodeJwt(again['dpop']!)['nonce']).toBe('of the gateway');
  });

  it('is a plain one where the issuer binds nothing', async () => {
    const { bound } = await made({ type: 'Bearer' });
    expect(await bound.headersFor('GET', API)).toEqual({ authorization: 'Bearer token-1' });
  });
});
