import { describe, it } from 'node:test';
import { expect } from 'expect';
import { needsBoundToken } from './bound-tokens.js';
import { isFreshNonce, newestNonce } from './dpop-nonce.js';
import { accessTokenHash, bindingOf, faultOfProof, proofMark, type ProvenRequest } from './dpop-proof.js';

const NOW = 1_770_000_000;
const asked: ProvenRequest = { method: 'POST', url: new URL('https://app.example/v1/approvals/1/decision?x=1'), nowSeconds: NOW, token: 'the-token' };
const jwk = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };
const claims = { jti: 'one', htm: 'POST', htu: 'https://app.example/v1/approvals/1/decision', iat: NOW, ath: accessTokenHash('the-token') };
const fault = (change: Record<string, unknown>, key: Record<string, unknown> = jwk, request = asked) => faultOfProof({ jwk: key, claims: { ...claims, ...change } }, request);

describe('a proof of possession', () => {
  it('goes with the request whose method, address and token it names, at about the time it names', () => {
    for (const change of [{}, { iat: NOW - 60 }, { iat: NOW + 60 }, { htu: 'HTTPS://APP.example:443/v1/x/../approvals/1/decision' }]) expect([change, fault(change)]).toEqual([change, undefined]);
  });

  it('goes with no other', () => {
    const wrong: Record<string, unknown>[] = [
      { htm: 'GET' }, { htm: 'post' }, { htm: undefined },
      ...['https://app.example/v1/approvals/2/decision', 'https://app.example/v1/approvals/1/decision?x=1', 'https://app.example/v1/approvals/1/decision#x', 'http://app.example/v1/approvals/1/decision', 'https://app.example:444/v1/approvals/1/decision', 'https://evil.example/v1/approvals/1/decision', 'https://me@app.example/v1/approvals/1/decision', '/v1/approvals/1/decision', '', 7].map((htu) => ({ htu })),
      ...[NOW - 61, NOW + 61, String(NOW), undefined, Number.NaN].map((iat) => ({ iat })),
      { ath: accessTokenHash('another') }, { ath: undefined },
      ...['', undefined, 1, 'x'.repeat(257)].map((jti) => ({ jti })),
    ];
    for (const change of wrong) expect([change, fault(change)]).toEqual([change, expect.stringMatching(new RegExp(`^${Object.keys(change)[0]!} is not`))]);
  });

  it('shows no private key, of any kind', () => {
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']) expect(fault({}, { ...jwk, [name]: 'x' })).toMatch(/private key/);
  });

  it('calls this machine by any of its names, and only this machine', () => {
    const local = { ...asked, url: new URL('http://localhost:4400/v1/me') };
    const htu = (origin: string) => fault({ htu: `${origin}/v1/me` }, jwk, local);
    for (const name of ['http://localhost:4400', 'http://127.0.0.1:4400', 'http://[::1]:4400']) expect(htu(name)).toBeUndefined();
    for (const name of ['http://127.0.0.2:4400', 'http://localhost:4401', 'http://localhost.evil.example:4400', 'https://localhost:4400']) expect(htu(name)).toMatch(/^htu/);
    expect(fault({ htu: 'https://localhost/v1/approvals/1/decision' })).toMatch(/^htu/);
  });

  it('uses up nobody else’s id', () => {
    expect(proofMark('a', 'one').equals(proofMark('a', 'one'))).toBe(true);
    expect(proofMark('a', 'one').equals(proofMark('b', 'one'))).toBe(false);
  });
});

describe('what a token is bound to', () => {
  it('is a key by its thumbprint, nothing, or what cannot be shown here', () => {
    expect(bindingOf(undefined)).toEqual({ by: 'nothing' });
    expect(bindingOf({ jkt: 'A'.repeat(43) })).toEqual({ by: 'key', thumbprint: 'A'.repeat(43) });
    for (const cnf of [null, {}, { jkt: '' }, { jkt: 'short' }, { jkt: 7 }, { 'x5t#S256': 'A'.repeat(43) }, 'text']) expect(bindingOf(cnf)).toEqual({ by: 'unknown' });
  });

  it('is asked for where decisions are made, or everywhere, as the operator wants', () => {
    const routes = [['POST', '/v1/approvals/:id/decision'], ['POST', '/v1/approvals/batch-sync'], ['POST', '/agent-team/approvals/tool/:id/approve'], ['POST', '/v1/devices'], ['POST', '/v1/passkeys/registration'], ['POST', '/v1/keys/:id/vouch'], ['PUT', '/v1/notification-preferences'], ['GET', '/v1/notification-preferences'], ['GET', '/v1/approvals/:id'], ['POST', '/v1/teams/:teamId/goals'], ['POST', '/agent-team/spawn']] as const;
    const demanded = (setting: 'never' | 'decisions' | 'always') => routes.map(([method, path]) => needsBoundToken(setting, { method, path }));
    expect(demanded('never')).toEqual(Array(11).fill(false));
    expect(demanded('decisions')).toEqual([true, true, true, true, true, true, true, false, false, false, false]);
    expect(demanded('always')).toEqual(Array(11).fill(true));
  });
});

describe('a nonce', () => {
  const secret = Buffer.alloc(32, 1);
  it('is taken for five minutes, by every copy with the same secret, also where its clock is a little behind', () => {
    const nonce = newestNonce(secret, NOW * 1000);
    for (const later of [0, 60, 239, -59]) expect([later, isFreshNonce(Buffer.from(secret), nonce, (NOW + later) * 1000)]).toEqual([later, true]);
    for (const later of [301, 3600, -121]) expect([later, isFreshNonce(secret, nonce, (NOW + later) * 1000)]).toEqual([later, false]);
    for (const other of ['', 'x', newestNonce(Buffer.alloc(32, 2), NOW * 1000)]) expect(isFreshNonce(secret, other, NOW * 1000)).toBe(false);
  });
});
