import { Injectable } from '@nestjs/common';
import { GatewayConfig } from '../../config.js';
import { bindingOf, PROOF_ALGORITHMS } from '../../domain/dpop-proof.js';
import { HttpRefusal } from '../../domain/problem.js';
import { BearerTokens } from '../oidc/bearer-tokens.js';
import { DpopProofs, ProofRefused } from '../oidc/dpop-proofs.js';
import { People, type Person } from '../postgres/people.js';
import { sessionKeyOf } from '../postgres/sessions.js';
import { readCookie, sessionCookieName } from './cookies.js';
import type { GatewayRequest, Session } from './operation.js';

type Scheme = 'bearer' | 'dpop';
const TOKEN_INVALID = 'the token is not valid: get a new one from the issuer (the local one: countersign token --as PERSONA)';

export const dpopChallenge = (error: string, message: string): string => `DPoP error="${error}", error_description="${message}", algs="${PROOF_ALGORITHMS.join(' ')}"`;
const signedOut = (message: string, scheme: Scheme = 'bearer'): HttpRefusal =>
  new HttpRefusal('signed_out', message, {}, { 'www-authenticate': scheme === 'dpop' ? dpopChallenge('invalid_token', message) : 'Bearer realm="countersign"' });

/** Who sends a request, from its token, with the proof that goes with it, or its session cookie, and from nothing else (P12). */
@Injectable()
export class Identity {
  constructor(
    private readonly people: People,
    private readonly tokens: BearerTokens,
    private readonly proofs: DpopProofs,
    private readonly config: GatewayConfig,
  ) {}

  /** Throws `HttpRefusal`: `signed_out`, or what is wrong with the proof. Roles are read anew each time: a role that was taken away is gone at once. */
  of(request: GatewayRequest): Promise<Session> {
    return this.read(request, true);
  }

  /** The same for a request that is still being answered: its proof was taken when it came. */
  again(request: GatewayRequest): Promise<Session> {
    return this.read(request, false);
  }

  private read(request: GatewayRequest, first: boolean): Promise<Session> {
    const { authorization, cookie } = request.headers;
    if (authorization !== undefined) return this.fromToken(authorization, request, first);
    const secret = readCookie(cookie, sessionCookieName(this.config.publicUrl));
    if (secret === undefined) throw signedOut('sign in, or send a bearer token');
    return this.fromCookie(secret);
  }

  private async fromToken(authorization: string, request: GatewayRequest, first: boolean): Promise<Session> {
    const [, named, token] = /^(Bearer|DPoP) ([\w.~+/=-]{1,8000})$/i.exec(authorization) ?? [];
    const scheme = named?.toLowerCase() === 'dpop' ? 'dpop' : 'bearer';
    const claims = token === undefined ? undefined : await this.tokens.claimsOf(token);
    if (token === undefined || claims === undefined) throw signedOut(TOKEN_INVALID, scheme);
    const bound = bindingOf(claims['cnf']);
    if (bound.by === 'unknown') throw signedOut('the token is bound to what cannot be shown here', scheme);
    // who sends one under the other's name takes it for what it is not (RFC 9449 §7.1)
    if ((bound.by === 'key') !== (scheme === 'dpop')) throw signedOut(bound.by === 'key' ? 'the token is bound to a key: send it as DPoP, with a proof' : 'the token is bound to no key: send it as Bearer', 'dpop');
    const proven = bound.by === 'key' && first ? this.prove(request, token, bound.thumbprint) : undefined;
    const [person] = await Promise.all([this.tokens.personBehind(claims), proven]);
    if (person === undefined) throw signedOut(TOKEN_INVALID, scheme);
    return bound.by === 'key' ? sessionOf(person, `key:${bound.thumbprint}:${person.id}`, false) : sessionOf(person, `token:${token}`, true);
  }

  private async prove(request: GatewayRequest, token: string, thumbprint: string): Promise<void> {
    const proof = request.headers['dpop'];
    try {
      const { nextNonce } = await this.proofs.take({ proof: typeof proof === 'string' ? proof : undefined, method: request.method, path: request.originalUrl, token, thumbprint, nonceNeeded: true });
      if (nextNonce !== undefined) request.nextNonce = nextNonce;
    } catch (refused) {
      if (!(refused instanceof ProofRefused)) throw refused;
      const nonce: Record<string, string> = refused.error === 'use_dpop_nonce' ? { 'dpop-nonce': this.proofs.nonce() } : {};
      throw new HttpRefusal(refused.error, refused.message, {}, { 'www-authenticate': dpopChallenge(refused.error, refused.message), ...nonce });
    }
  }

  private async fromCookie(secret: string): Promise<Session> {
    const key = sessionKeyOf(secret);
    const person = await this.people.bySession(key);
    if (person === undefined) throw signedOut('the session is over: sign in again');
    return sessionOf(person, `cookie:${key}`, false);
  }
}

const sessionOf = (person: Person, key: string, copyable: boolean): Session => ({
  personId: person.id,
  customerId: person.customerId,
  roles: person.roles,
  login: person.login,
  displayName: person.displayName,
  customerName: person.customerName,
  key,
  copyable,
});
