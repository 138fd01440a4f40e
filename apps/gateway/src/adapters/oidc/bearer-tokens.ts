import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { GatewayConfig } from '../../config.js';
import { People, type Person } from '../postgres/people.js';
import { LocalIssuer, localIssuerUrl } from './local-issuer.js';

/** Asymmetric only: a key that verifies must not be able to sign. */
const ALGORITHMS = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'];
const CLOCK_TOLERANCE_SECONDS = 5;
/** A signature that was checked is not checked again for so long; a key that the issuer took back counts until then. */
const REMEMBER_MS = 30_000;
const REMEMBER_AT_MOST = 1_000;

/** Checks access tokens of the configured issuer, and finds the person behind them. */
@Injectable()
export class BearerTokens {
  private keys: JWTVerifyGetKey | undefined;
  private readonly checked = new Map<string, { readonly claims: JWTPayload; readonly untilMs: number }>();

  constructor(
    private readonly config: GatewayConfig,
    private readonly local: LocalIssuer,
    private readonly people: People,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** What the token says; undefined for one that is expired, forged or for somebody else. That its bearer may use it is not said yet: `bindingOf` its `cnf`. */
  async claimsOf(token: string): Promise<JWTPayload | undefined> {
    return this.remembered(token) ?? (await this.verified(token));
  }

  /**
   * Our own issuer's subject is the person's id. At another issuer a person is who stands in our rows under issuer and subject:
   * names and e-mail addresses change hands there, and some issuers let people choose them.
   */
  async personBehind({ iss, sub }: JWTPayload): Promise<Person | undefined> {
    if (sub === undefined) return undefined;
    if (this.config.oidc === undefined) return this.people.byId(sub);
    const person = iss === undefined ? undefined : await this.people.bySubject(iss, sub);
    if (person === undefined) this.log.info({ issuer: iss, subject: sub }, 'a person of the issuer who is nobody here');
    return person;
  }

  private async verified(token: string): Promise<JWTPayload | undefined> {
    const { oidc, publicUrl } = this.config;
    const expected = oidc ? { issuer: oidc.issuer, audience: [oidc.clientId, publicUrl] } : { issuer: localIssuerUrl(publicUrl), audience: publicUrl };
    try {
      const { payload } = await jwtVerify(token, await this.keySet(), { ...expected, algorithms: ALGORITHMS, clockTolerance: CLOCK_TOLERANCE_SECONDS, requiredClaims: ['sub', 'exp'] });
      this.remember(token, payload);
      return payload;
    } catch (error) {
      if (!(error instanceof errors.JOSEError) || error instanceof errors.JWKSTimeout) throw error;
      this.log.debug({ code: error.code }, 'bearer token refused');
      return undefined;
    }
  }

  private remembered(token: string): JWTPayload | undefined {
    const found = this.checked.get(token);
    return found !== undefined && Date.now() < found.untilMs ? found.claims : undefined;
  }

  private remember(token: string, claims: JWTPayload): void {
    this.checked.delete(token);
    this.checked.set(token, { claims, untilMs: Math.min(Date.now() + REMEMBER_MS, claims.exp! * 1000) });
    const [oldest] = this.checked.keys();
    if (this.checked.size > REMEMBER_AT_MOST) this.checked.delete(oldest!);
  }

  private async keySet(): Promise<JWTVerifyGetKey> {
    this.keys ??= this.config.oidc ? createRemoteJWKSet(await jwksUri(this.config.oidc.issuer)) : createLocalJWKSet(this.local.publicKeys());
    return this.keys;
  }
}

/** From the issuer's discovery document (OpenID Connect Discovery 1.0 §4). */
async function jwksUri(issuer: string): Promise<URL> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, { signal: AbortSignal.timeout(5_000) });
  const { jwks_uri } = (await response.json()) as { jwks_uri: string };
  return new URL(jwks_uri);
}
