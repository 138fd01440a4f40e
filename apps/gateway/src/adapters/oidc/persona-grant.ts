import { errors, type Provider, type TokenEndpointGrantContext } from 'oidc-provider';
import type { People } from '../postgres/people.js';
import { ProofRefused, type DpopProofs } from './dpop-proofs.js';
import { API_SCOPE, apiResource, PERSONA_GRANT } from './issuer-configuration.js';

/**
 * Lets the command line of this machine, which knows the client's secret, act as a persona: `grant_type=urn:countersign:persona&persona=asha`.
 * With a proof (RFC 9449 §5) the token is bound to the key that made it.
 */
export function addPersonaGrant(provider: Provider, people: People, proofs: DpopProofs, publicUrl: string): void {
  provider.registerGrantType<{ persona?: string }>(
    PERSONA_GRANT,
    async (ctx) => {
      const { client, params } = ctx.oidc;
      const person = typeof params.persona === 'string' ? await people.byLogin(params.persona) : undefined;
      if (person === undefined) throw new errors.InvalidGrant('no such persona');
      const jkt = await keyOf(ctx, proofs);
      const grant = new provider.Grant({ clientId: client.clientId, accountId: person.id });
      const token = new provider.AccessToken({ accountId: person.id, client, grantId: await grant.save(), gty: 'persona', scope: API_SCOPE, jkt });
      token.resourceServer = new provider.ResourceServer(publicUrl, apiResource(publicUrl, jkt !== undefined));
      ctx.body = { access_token: await token.save(), expires_in: token.expiration, token_type: token.tokenType, scope: API_SCOPE };
    },
    ['persona'],
  );
}

/** The key that the caller holds; undefined where none is shown. What the next proof should repeat goes with the answer: issuer and API are one server. */
async function keyOf(ctx: TokenEndpointGrantContext, proofs: DpopProofs): Promise<string | undefined> {
  const proof = ctx.get('DPoP');
  if (proof === '') return undefined;
  try {
    const { thumbprint, nextNonce } = await proofs.take({ proof, method: ctx.method, path: new URL(ctx.oidc.urlFor('token')).pathname, nonceNeeded: false });
    if (nextNonce !== undefined) ctx.set('DPoP-Nonce', nextNonce);
    return thumbprint;
  } catch (refused) {
    if (!(refused instanceof ProofRefused)) throw refused;
    if (refused.error === 'invalid_dpop_proof') throw new errors.InvalidDpopProof(refused.message);
    ctx.set('DPoP-Nonce', proofs.nonce());
    throw new errors.UseDpopNonce(refused.message);
  }
}
