import { errors, type Provider } from 'oidc-provider';
import type { People } from '../postgres/people.js';
import { API_SCOPE, apiResource, PERSONA_GRANT } from './issuer-configuration.js';

/** Lets the command line of this machine, which knows the client's secret, act as a persona: `grant_type=urn:countersign:persona&persona=asha`. */
export function addPersonaGrant(provider: Provider, people: People, publicUrl: string): void {
  provider.registerGrantType<{ persona?: string }>(
    PERSONA_GRANT,
    async (ctx) => {
      const { client, params } = ctx.oidc;
      const person = typeof params.persona === 'string' ? await people.byLogin(params.persona) : undefined;
      if (person === undefined) throw new errors.InvalidGrant('no such persona');
      const grant = new provider.Grant({ clientId: client.clientId, accountId: person.id });
      const token = new provider.AccessToken({ accountId: person.id, client, grantId: await grant.save(), gty: 'persona', scope: API_SCOPE });
      token.resourceServer = new provider.ResourceServer(publicUrl, apiResource(publicUrl));
      ctx.body = { access_token: await token.save(), expires_in: token.expiration, token_type: 'Bearer', scope: API_SCOPE };
    },
    ['persona'],
  );
}
