/** For what an access token must be bound to its holder's key: for nothing, for decisions and all that leads to one, or always. */
export const BOUND_TOKENS = ['never', 'decisions', 'always'] as const;
export type BoundTokens = (typeof BOUND_TOKENS)[number];

/** Approvals and questions, the devices and keys with which they are answered, and where one is rung about them. */
const DECIDING = /^\/(?:v1\/(?:approvals|devices|keys|passkeys|notification-preferences)|agent-team\/approvals)(?:\/|$)/;

/** That a request of this route may not come with a token that whoever reads it could use. */
export const needsBoundToken = (demanded: BoundTokens, { method, path }: { readonly method: string; readonly path: string }): boolean =>
  demanded === 'always' || (demanded === 'decisions' && method !== 'GET' && DECIDING.test(path));
