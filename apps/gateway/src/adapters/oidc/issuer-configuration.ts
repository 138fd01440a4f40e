import type { Adapter, ClientMetadata, Configuration, ResourceServer } from 'oidc-provider';
import type { People } from '../postgres/people.js';
import { TOKEN_ALG, type IssuerKeys } from './issuer-keys.js';

export const PERSONA_GRANT = 'urn:countersign:persona';
export const WEB_CLIENT = 'web';
export const API_SCOPE = 'api';

export interface IssuerParts {
  readonly publicUrl: string;
  readonly keys: IssuerKeys;
  adapter(kind: string): Adapter;
  /** With it a command line gets a token for a persona; without it there is no such client. */
  readonly cliSecret: string | undefined;
  readonly people: People;
}

const ACCESS_TOKEN_SECONDS = 30 * 60;
/** One that is bound to a key is made anew without anybody's doing. */
const BOUND_TOKEN_SECONDS = 5 * 60;
const HOUR_SECONDS = 3600;

export const callbackUrl = (publicUrl: string): string => `${publicUrl}/auth/callback`;

/** The API is the one resource there is; its tokens are JWTs, so that they are checked like any issuer's. */
export const apiResource = (publicUrl: string, bound = false): ResourceServer => ({
  audience: publicUrl,
  scope: API_SCOPE,
  accessTokenTTL: bound ? BOUND_TOKEN_SECONDS : ACCESS_TOKEN_SECONDS,
  accessTokenFormat: 'jwt',
  jwt: { sign: { alg: TOKEN_ALG } },
});

export function issuerConfiguration({ publicUrl, keys, adapter, cliSecret, people }: IssuerParts): Configuration {
  return {
    adapter,
    clients: [webClient(publicUrl), ...(cliSecret === undefined ? [] : [cliClient(cliSecret)])],
    jwks: { keys: keys.jwks.keys as NonNullable<Configuration['jwks']>['keys'] },
    cookies: { keys: [...keys.cookieKeys], long: { signed: true, httpOnly: true, sameSite: 'lax' }, short: { signed: true, httpOnly: true, sameSite: 'lax' } },
    scopes: ['openid', 'profile'],
    claims: { openid: ['sub'], profile: ['preferred_username', 'name'] },
    clientDefaults: { id_token_signed_response_alg: TOKEN_ALG },
    enabledJWA: { idTokenSigningAlgValues: [TOKEN_ALG] },
    pkce: { required: () => true },
    responseTypes: ['code'],
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => publicUrl,
        useGrantedResource: () => true,
        getResourceServerInfo: () => apiResource(publicUrl),
      },
    },
    ttl: { AccessToken: (_, { resourceServer }) => resourceServer?.accessTokenTTL ?? ACCESS_TOKEN_SECONDS, AuthorizationCode: 60, Grant: HOUR_SECONDS, IdToken: HOUR_SECONDS, Interaction: HOUR_SECONDS, Session: HOUR_SECONDS },
    interactions: { url: (_, interaction) => `/oidc/personas/${interaction.uid}` },
    findAccount: async (_, id) => {
      const person = await people.byId(id);
      return person && { accountId: person.id, claims: () => ({ sub: person.id, preferred_username: person.login, name: person.displayName }) };
    },
    // Our own web app asks for nobody's consent.
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client!.clientId, accountId: ctx.oidc.session!.accountId! });
      grant.addOIDCScope('openid profile');
      grant.addResourceScope(publicUrl, API_SCOPE);
      await grant.save();
      return grant;
    },
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign-in failed</title><p>Sign-in failed (${escapeHtml(out.error)}). <a href="/">Back</a></p>`;
    },
  };
}

const webClient = (publicUrl: string): ClientMetadata => ({
  client_id: WEB_CLIENT,
  client_name: 'Countersign',
  redirect_uris: [callbackUrl(publicUrl)],
  response_types: ['code'],
  grant_types: ['authorization_code'],
  token_endpoint_auth_method: 'none', // PKCE proves that code and exchange belong together
});

const cliClient = (secret: string): ClientMetadata => ({
  client_id: 'cli',
  client_name: 'countersign',
  client_secret: secret,
  redirect_uris: [],
  response_types: [],
  grant_types: [PERSONA_GRANT],
  token_endpoint_auth_method: 'client_secret_post',
});

export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
