import { Injectable } from '@nestjs/common';
import { GatewayConfig } from '../../config.js';
import { HttpRefusal } from '../../domain/problem.js';
import { BearerTokens } from '../oidc/bearer-tokens.js';
import { People, type Person } from '../postgres/people.js';
import { sessionKeyOf } from '../postgres/sessions.js';
import { readCookie, sessionCookieName } from './cookies.js';
import type { GatewayRequest, Session } from './operation.js';

const signedOut = (message: string): HttpRefusal => new HttpRefusal('signed_out', message, {}, { 'www-authenticate': 'Bearer realm="countersign"' });

/** Who sends a request, from its bearer token or its session cookie and from nothing else (P12). */
@Injectable()
export class Identity {
  constructor(
    private readonly people: People,
    private readonly tokens: BearerTokens,
    private readonly config: GatewayConfig,
  ) {}

  /** Throws `HttpRefusal('signed_out')`. Roles are read anew each time: a role that was taken away is gone at once. */
  async of(request: GatewayRequest): Promise<Session> {
    const { authorization } = request.headers;
    if (authorization !== undefined) return this.fromToken(authorization);
    const secret = readCookie(request.headers.cookie, sessionCookieName(this.config.publicUrl));
    if (secret === undefined) throw signedOut('sign in, or send a bearer token');
    return this.fromCookie(secret);
  }

  private async fromToken(authorization: string): Promise<Session> {
    const token = /^Bearer ([\w.~+/=-]{1,8000})$/i.exec(authorization)?.[1];
    const person = token === undefined ? undefined : await this.tokens.personOf(token);
    if (token === undefined || person === undefined) throw signedOut('the bearer token is not valid: get a new one from the issuer (the local one: countersign token --as PERSONA)');
    return sessionOf(person, `token:${token}`);
  }

  private async fromCookie(secret: string): Promise<Session> {
    const key = sessionKeyOf(secret);
    const person = await this.people.bySession(key);
    if (person === undefined) throw signedOut('the session is over: sign in again');
    return sessionOf(person, `cookie:${key}`);
  }
}

const sessionOf = (person: Person, key: string): Session => ({
  personId: person.id,
  customerId: person.customerId,
  roles: person.roles,
  login: person.login,
  displayName: person.displayName,
  customerName: person.customerName,
  key,
});
