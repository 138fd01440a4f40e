import { decode } from '@nats-io/jwt';
import { encode } from '@nats-io/nkeys';
import type { Authenticator } from '@nats-io/transport-node';
import { KeyPair } from './key-pair.js';

/** The two parts of a credentials file, each undefined where it is missing. */
export const partsOf = (creds: string): { jwt: string | undefined; seed: string | undefined } => ({
  jwt: /-----BEGIN NATS USER JWT-----\s*(\S+)/.exec(creds)?.[1],
  seed: /-----BEGIN USER NKEY SEED-----\s*(\S+)/.exec(creds)?.[1],
});

/** The public key of the user whose credentials file this is. */
export function publicKeyOf(creds: string): string {
  const { jwt } = partsOf(creds);
  if (jwt === undefined) throw new Error('the credentials file holds no user');
  return decode(jwt).sub;
}

/**
 * Shows the server who is there: the user's own JWT, and the server's nonce signed with its key. No key beside them: the server's log would
 * name that one, which nobody has checked, in place of the JWT's.
 */
export function authenticatorOf(creds: string): Authenticator {
  const { jwt, seed } = partsOf(creds);
  if (jwt === undefined || seed === undefined) throw new Error('the credentials file holds no user');
  const key = new KeyPair(Buffer.from(seed));
  return (nonce) => ({ jwt, sig: encode(key.sign(Buffer.from(nonce ?? ''))) });
}
