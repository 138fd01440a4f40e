import { LOGGER, type Logger } from '@countersign/service';
import { Controller, Get, HttpCode, Inject, Post, Query, Req, Res } from '@nestjs/common';
import * as client from 'openid-client';
import { GatewayConfig } from '../../config.js';
import { loginCookieName, readCookie, sessionCookieName, setCookie } from '../http/cookies.js';
import type { GatewayReply, GatewayRequest } from '../http/operation.js';
import { RateLimits } from '../http/rate-limits.js';
import { LOGIN_COOKIE_SECONDS, LoginAttempts } from '../postgres/login-attempts.js';
import { SESSION_LIFE_SECONDS, Sessions } from '../postgres/sessions.js';
import { BearerTokens } from './bearer-tokens.js';
import { callbackUrl, WEB_CLIENT } from './issuer-configuration.js';
import { localIssuerUrl } from './local-issuer.js';

/** A path of ours, never another site: `//host` and `/\host` would be one. */
const LOCAL_PATH = /^\/(?![/\\])[\x21-\x7e]{0,500}$/;

/** Cookies of the issuer's own session, by oidc-provider's names. */
const ISSUER_SESSION = ['_session', '_session.sig'];

/** Signs a browser in with code and PKCE, and keeps its session in a cookie that no script can read. */
@Controller('auth')
export class WebLoginController {
  private issuer: Promise<client.Configuration> | undefined;

  constructor(
    private readonly config: GatewayConfig,
    private readonly attempts: LoginAttempts,
    private readonly sessions: Sessions,
    private readonly tokens: BearerTokens,
    private readonly limits: RateLimits,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Anybody may begin, and each beginning is a row: an address may as often as it may fail. */
  @Get('login')
  async login(@Query('return') returnTo: string | undefined, @Req() request: GatewayRequest, @Res() reply: GatewayReply): Promise<void> {
    this.limits.stranger(request);
    const { publicUrl } = this.config;
    const [verifier, state, nonce] = [client.randomPKCECodeVerifier(), client.randomState(), client.randomNonce()];
    const attempt = await this.attempts.begin({ verifier, state, nonce, returnTo: localPath(returnTo) });
    const url = client.buildAuthorizationUrl(await this.discovered(), {
      redirect_uri: callbackUrl(publicUrl),
      scope: 'openid profile',
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    // The local issuer forgets who it was, so that one can be another persona each time.
    const forget = this.config.oidc ? [] : ISSUER_SESSION.map((name) => setCookie(publicUrl, name, '', 0));
    await reply.header('set-cookie', [setCookie(publicUrl, loginCookieName(publicUrl), attempt, LOGIN_COOKIE_SECONDS), ...forget]).redirect(url.href, 302);
  }

  @Get('callback')
  async callback(@Req() request: GatewayRequest, @Res() reply: GatewayReply): Promise<void> {
    const { publicUrl } = this.config;
    const cookie = readCookie(request.headers.cookie, loginCookieName(publicUrl));
    const attempt = cookie === undefined ? undefined : await this.attempts.take(cookie);
    const forget = setCookie(publicUrl, loginCookieName(publicUrl), '', 0);
    const person = attempt?.inTime && (await this.personOf(new URL(request.url, publicUrl), attempt));
    if (!attempt || !person) return void (await reply.header('set-cookie', forget).redirect(failedPath(attempt?.returnTo), 302));
    const secret = await this.sessions.open(person.id);
    await reply.header('set-cookie', [forget, setCookie(publicUrl, sessionCookieName(publicUrl), secret, SESSION_LIFE_SECONDS)]).redirect(attempt.returnTo, 302);
  }

  @Post('logout')
  @HttpCode(204)
  async logout(@Req() request: GatewayRequest, @Res({ passthrough: true }) reply: GatewayReply): Promise<void> {
    const name = sessionCookieName(this.config.publicUrl);
    const secret = readCookie(request.headers.cookie, name);
    if (secret !== undefined) await this.sessions.close(secret);
    // files of the customer's may be among what the browser keeps by itself
    void reply.header('clear-site-data', '"cache"').header('set-cookie', setCookie(this.config.publicUrl, name, '', 0));
  }

  private async personOf(url: URL, attempt: { verifier: string; state: string; nonce: string }) {
    try {
      const checks = { pkceCodeVerifier: attempt.verifier, expectedState: attempt.state, expectedNonce: attempt.nonce, idTokenExpected: true };
      const granted = await client.authorizationCodeGrant(await this.discovered(), url, checks);
      return await this.tokens.personBehind(granted.claims()!);
    } catch (error) {
      this.log.info({ err: error }, 'sign-in refused');
      return undefined;
    }
  }

  private discovered(): Promise<client.Configuration> {
    this.issuer ??= this.discover().catch((error: unknown) => {
      this.issuer = undefined; // asked again at the next sign-in
      throw error;
    });
    return this.issuer;
  }

  private discover(): Promise<client.Configuration> {
    const { oidc, publicUrl } = this.config;
    if (oidc) return client.discovery(new URL(oidc.issuer), oidc.clientId, oidc.clientSecret);
    const options = publicUrl.startsWith('https:') ? {} : { execute: [client.allowInsecureRequests] };
    return client.discovery(new URL(localIssuerUrl(publicUrl)), WEB_CLIENT, { id_token_signed_response_alg: 'ES256' }, client.None(), options);
  }
}

/** The way in once more, which leads to the same page. */
const failedPath = (returnTo = '/'): string => `/?signin=failed${returnTo === '/' ? '' : `&return=${encodeURIComponent(returnTo)}`}`;

const localPath = (returnTo: string | undefined): string => (returnTo !== undefined && LOCAL_PATH.test(returnTo) ? returnTo : '/');
